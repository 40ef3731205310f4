import Archives
import ArgumentParser
import Bodies
import Foundation
import Pictures
import Sweeps
import Tensors
import Training

/// `penumbra render`: rendered people with their truth.
struct RenderCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "render",
    abstract: "Render people whose body is known.",
    discussion: """
      Writes NUMBER.png and NUMBER.json, the truth that penumbra sweep --truth reads: pose, betas, camera and what \
      hides each joint.
      """)

  @Option(help: "The number of people.")
  var count = 3

  @Option(help: "Decides who they are.")
  var seed: UInt64 = 1

  @Option(help: "The side of the pictures in pixels.")
  var side = 448

  @Flag(help: "With objects and other people in front of some of them.")
  var occluded = false

  @Flag(
    help: "Before the panoramas that the built-in networks learned from; else before those they never saw.")
  var trainingPanoramas = false

  @Option(help: ArgumentHelp("The folder to write to.", valueName: "dir"))
  var out: String

  @OptionGroup var body: BodyOptions

  func validate() throws {
    guard (1...1_000_000).contains(count) else { throw ValidationError("--count must be at least 1") }
    guard (16...4096).contains(side) else { throw ValidationError("--side must be from 16 to 4096") }
  }

  func run() throws {
    let studio = try BuiltInStudio.load(
      trainingPanoramas ? .training : .heldOut, body: body.load().model,
      settings: occluded ? .occluded : .unoccluded)
    try makeFolder(out)
    let progress = ProgressLine("Rendering")
    for first in stride(from: 0, to: count, by: Studio.block) {
      let people = studio.people(first..<min(first + Studio.block, count), seed: seed, side: side)
      for (offset, person) in people.enumerated() {
        let name = String(format: "%@/%05d", out, first + offset)
        try AtomicFile.write(person.picture.pngData(), to: name + ".png")
        let camera = [person.camera.scale, person.camera.tx, person.camera.ty]
        let truth = TruthFile(
          pose: person.pose, betas: person.betas, camera: camera, visibility: person.visibility)
        try AtomicFile.write(truth.json(), to: name + ".json")
        progress.show(first + offset + 1, of: count)
      }
    }
    progress.close("\(out): \(count) people, seed \(seed)")
  }
}

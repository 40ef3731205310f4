import Models
import Archives
import ArgumentParser
import Bodies
import Foundation
import Pictures
import Records
import Rendering
import Tensors

/// `penumbra render`: rendered people with their ground truth.
struct RenderCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "render",
    abstract: "Render people with ground truth.",
    discussion: """
      Writes NUMBER.png and NUMBER.json, the ground truth that penumbra sweep --truth reads: pose, betas, camera and \
      the visibility of each joint.
      """)

  @Option(help: "Number of people.")
  var count = 3

  @Option(help: "Seed of the random people.")
  var seed: UInt64 = 1

  @Option(help: "Side of the pictures in pixels.")
  var side = 448

  @Flag(help: "Put objects and other people in front of some of them.")
  var occluded = false

  @Flag(
    help: "Use the panoramas that the built-in networks were trained on (default: the held-out ones).")
  var trainingPanoramas = false

  @Option(help: ArgumentHelp("Folder to write to.", valueName: "dir"))
  var out: String

  @OptionGroup var body: BodyOptions

  func validate() throws {
    guard (1...1_000_000).contains(count) else { throw ValidationError("--count must be at least 1") }
    guard (16...4096).contains(side) else { throw ValidationError("--side must be from 16 to 4096") }
  }

  func run() throws {
    let renderer = try BuiltInRenderer.load(
      trainingPanoramas ? .training : .heldOut, body: body.load().model,
      settings: occluded ? .occluded : .unoccluded)
    try makeFolder(out)
    let progress = ProgressLine("Rendering")
    for first in stride(from: 0, to: count, by: Renderer.block) {
      let people = renderer.people(first..<min(first + Renderer.block, count), seed: seed, side: side)
      for (offset, person) in people.enumerated() {
        let name = String(format: "%@/%05d", out, first + offset)
        try AtomicFile.write(person.picture.pngData(), to: name + ".png")
        let camera = [person.camera.scale, person.camera.tx, person.camera.ty]
        let truth = GroundTruthFile(
          pose: person.pose, betas: person.betas, camera: camera, visibility: person.visibility)
        try AtomicFile.write(truth.json(), to: name + ".json")
        progress.show(first + offset + 1, of: count)
      }
    }
    progress.close("\(out): \(count) people, seed \(seed)")
  }
}

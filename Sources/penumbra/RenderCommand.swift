import Archives
import ArgumentParser
import Foundation
import Models
import Rendering

/// `penumbra render`: rendered people with their ground truth.
struct RenderCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "render",
    abstract: "Render people with ground truth.",
    discussion: """
      Writes NUMBER.png and NUMBER.json, the ground truth that penumbra sweep --truth reads: pose, betas, camera and \
      the visibility of each joint. The same command continues an interrupted one; a folder that contains other people \
      is refused. With --frames every person moves, as recorded people did, before a camera that stays.
      """)

  @Option(help: "Number of people.")
  var count = 3

  @Option(
    help: ArgumentHelp(
      "Render a clip of each person in a folder of its own, of so many frames, 30 a second (default: one picture each).",
      valueName: "n"))
  var frames: Int?

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
  @OptionGroup var quiet: QuietOption

  /// As many as a folder holds.
  static let mostPeople = 1_000_000

  func validate() throws {
    guard (1...Self.mostPeople).contains(count) else {
      throw ValidationError("--count is \(count); give 1 to \(Self.mostPeople)")
    }
    guard (1...Renderer.mostFrames).contains(frames ?? 1) else {
      throw ValidationError("--frames is \(frames ?? 1); give 1 to \(Renderer.mostFrames)")
    }
    guard (16...4096).contains(side) else { throw ValidationError("--side must be from 16 to 4096") }
  }

  func run() throws {
    quiet.apply()
    Interruption.watch()
    let renderer = try BuiltInRenderer.load(
      trainingPanoramas ? .training : .heldOut, body: body.load().model,
      settings: occluded ? .occluded : .unoccluded)
    let progress = ProgressLine("Rendering")
    if let frames {
      try makeFolder(out)
      let lock = try FolderLock(on: "\(out)/00000")
      defer { withExtendedLifetime(lock) {} }
      defer { progress.clear() }
      let motions = try BuiltInRenderer.motions()
      for index in 0..<count {
        let folder = RenderedFolder(
          "\(out)/\(String(format: "%05d", index))", renderer, clip: index, frames: frames, motions: motions,
          seed: seed, side: side)
        try folder.write(count: frames) { progress.show(index * frames + $0, of: count * frames) }
      }
      return progress.close("\(out): \(count) clips of \(frames) frames, seed \(seed)")
    }
    let people = RenderedFolder(out, renderer, seed: seed, side: side)
    let lock = try people.lock()
    defer { withExtendedLifetime(lock) {} }
    try people.write(count: count, progress)
    progress.close("\(out): \(count) people, seed \(seed)")
  }
}

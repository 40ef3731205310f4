import ArgumentParser

/// The command line.
@main
struct Penumbra: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "penumbra",
    abstract: "Shows what a 3D human pose network does when part of the person is hidden.")
}

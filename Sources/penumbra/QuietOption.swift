import ArgumentParser
import Models

/// Whether a command that may take long speaks of anything but results and errors.
struct QuietOption: ParsableArguments {
  @Flag(help: "Write neither progress nor notices, only results and errors.")
  var quiet = false

  /// Keeps all that follows to it.
  func apply() {
    guard quiet else { return }
    Console.beQuiet()
    WorkerModel.keepQuiet()
  }
}

import ArgumentParser
import Foundation
import Records

/// The command line.
@main
struct Penumbra: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "penumbra",
    abstract: "Show what a 3D human pose network does when part of the person is hidden.",
    version: Release.version,
    subcommands: [
      DemoCommand.self, SweepCommand.self, MeasureCommand.self, ReportCommand.self, CompareCommand.self,
      EstimateCommand.self,
      RenderCommand.self, TrainCommand.self, EvaluateCommand.self, ExperimentCommand.self, ImportCommand.self,
      InspectCommand.self, BenchCommand.self,
    ])

  /// Runs the command of the arguments; every failure is one line and the exit code of its kind.
  static func main() {
    signal(SIGXFSZ, SIG_IGN)  // a file that grows too long is an error to report, not a death
    do {
      try InstructionSetOption.checkEnvironment()
      var command = try parseAsRoot()
      try command.run()
    } catch {
      end(with: error)
    }
  }

  private static func end(with error: any Error) -> Never {
    if exitCode(for: error) == .success { exit(withError: error) }  // help and version
    let isUsage = exitCode(for: error) == .validationFailure
    let failure =
      Failure(error)
      ?? (isUsage
        ? Failure(.usage, message(for: error) + "; see penumbra help")
        : Failure(.internal, "\(error); internal error, please report it"))
    Console.writeError("penumbra: " + failure.description)
    Console.exit(failure.code)
  }
}

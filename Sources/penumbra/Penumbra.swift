import Archives
import ArgumentParser
import Foundation
import Records
import Tensors

/// The command line.
@main
struct Penumbra: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "penumbra",
    abstract: "Show what a 3D human pose network does when part of the person is hidden.",
    discussion: """
      Environment:

      \(Fixtures.variable): folder of the body, networks and pictures that come with the program (default: \
      ../share/penumbra from the program, or Fixtures of the repository).

      \(InstructionSet.variable): limit of the processor's instructions: baseline, avx2, avx512 or native (the default).

      \(ProgressLine.variable): seconds between lines of progress where standard error is no terminal (default: 60).
      """,
    version: Release.version,
    subcommands: [
      DemoCommand.self, SweepCommand.self, ExploreCommand.self, MeasureCommand.self, MergeCommand.self,
      ReportCommand.self, InfluenceCommand.self, BenchmarkCommand.self,
      CompareCommand.self, EstimateCommand.self, CheckCommand.self,
      RenderCommand.self, TrainCommand.self, EvaluateCommand.self, ExperimentCommand.self, ImportCommand.self,
      InspectCommand.self, BenchCommand.self,
    ])

  /// Runs the command of the arguments; every failure is one line and the exit code of its kind.
  static func main() {
    Interruption.begin()
    signal(SIGXFSZ, SIG_IGN)  // a file that grows too long is an error to report, not a death
    do {
      Memory.check()
      OpenFiles.check()
      try InstructionSetOption.checkEnvironment()
      var command = try parseAsRoot()
      try command.run()
    } catch {
      end(with: error)
    }
  }

  private static func end(with error: any Error) -> Never {
    Interruption.giveWay()
    let words = CommandLine.arguments.dropFirst()
    // The parser answers a request for the help of what is no command with success.
    let isLost =
      words.first == "help"
      && words.dropFirst().first.map { !$0.hasPrefix("-") && $0 != "help" && command(named: $0) == nil }
        == true
    if exitCode(for: error) == .success, !isLost {  // help and version
      Console.writeLine(fullMessage(for: error))
      Foundation.exit(0)
    }
    let isUsage = isLost || exitCode(for: error) == .validationFailure
    let failure =
      Failure(error)
      ?? (isUsage
        ? Failure(.usage, usageProblem(isLost ? "" : message(for: error), Array(words)))
        : Failure(.internal, "\(error); internal error, please report it"))
    Console.writeError("penumbra: " + failure.description)
    Console.exit(failure.code)
  }

  private static func command(named name: String) -> (any ParsableCommand.Type)? {
    configuration.subcommands.first { $0._commandName == name }
  }

  /// What is wrong with the arguments, what was meant, and where help is.
  private static func usageProblem(_ message: String, _ words: [String]) -> String {
    func problem(_ text: String, help command: String = "") -> String {
      let text = text.hasSuffix(".") ? String(text.dropLast()) : text
      return text + (text.hasSuffix("?") ? " See" : "; see") + " penumbra help\(command)"
    }
    guard let word = words.first(where: { $0 != "help" && !$0.hasPrefix("-") }) else {
      return problem(message)
    }
    if let command = command(named: word) {
      // The parser names an unknown option only when nothing else is wrong.
      return problem(unknownOption(of: command, in: words) ?? message, help: " " + word)
    }
    let meant = Suggestion.nearest(to: word, in: configuration.subcommands.map { $0._commandName })
    return problem("'\(word)' is no command" + (meant.map { "; did you mean \($0)?" } ?? ""))
  }

  /// The first option that a command does not have, and the one that may have been meant.
  private static func unknownOption(of command: any ParsableCommand.Type, in words: [String]) -> String? {
    let help = helpMessage(for: command, includeHidden: true, columns: 1000)
    let options = help.matches(of: /(?m)^  (?:-\w, )?(--[a-z0-9-]+)/).map { String($0.1) }
    for word in words.prefix(while: { $0 != "--" }) where word.hasPrefix("--") {
      let name = String(word.prefix { $0 != "=" })
      guard !options.contains(name), name != "--generate-completion-script" else { continue }
      let meant = Suggestion.nearest(to: name, in: options)
      return "Unknown option '\(name)'" + (meant.map { ". Did you mean '\($0)'?" } ?? "")
    }
    return nil
  }
}

import Foundation
import TestSupport
import Testing

@Suite("Help") struct HelpTests {
  /// What a command says about itself, in 80 columns.
  private static func help(_ command: [String]) throws -> String {
    try CommandLineRun(["help"] + command, environment: ["COLUMNS": "80"]).output
  }

  /// The commands that the overview lists, whose lines are indented by two spaces.
  static let commands: [String] = {
    let lines = (try? help([]))?.split(separator: "\n", omittingEmptySubsequences: false) ?? []
    return lines.drop { $0 != "SUBCOMMANDS:" }.dropFirst().prefix { !$0.isEmpty }
      .filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }.compactMap { $0.split(separator: " ").first }
      .map(String.init)
  }()

  @Test("the overview equals the one in Fixtures/help, word for word") func overview() throws {
    #expect(!Self.commands.isEmpty)
    #expect(try Self.help([]) == String(contentsOfFile: fixture("help/penumbra.txt"), encoding: .utf8))
  }

  @Test("every command's help equals the one in Fixtures/help, word for word", arguments: commands)
  func command(name: String) throws {
    let expected = try? String(contentsOfFile: fixture("help/\(name).txt"), encoding: .utf8)
    #expect(
      try Self.help([name]) == expected,
      "if the new text is what you want: penumbra help \(name) > Fixtures/help/\(name).txt")
  }

  @Test("asking for help and the version succeeds") func success() throws {
    for arguments in [["--help"], ["sweep", "--help"], ["help", "compare"], ["--version"]] {
      let run = try CommandLineRun(arguments)
      #expect(run.code == 0 && run.error.isEmpty && !run.output.isEmpty)
    }
  }
}

import Archives
import Foundation
import TestSupport
import Testing

/// Names that a terminal would take for commands.
@Suite("What a terminal gets") struct TerminalTests {
  /// Red from here on, and from right to left.
  private static let name = "per\u{1B}[31mson\u{202E}s"
  private static let shown = "per?[31mson?s"

  /// Whether a text has a scalar that the name has and its shown form has not.
  private func isTame(_ text: String) -> Bool {
    !text.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{202E}" }
  }

  @Test("names are no commands in progress, results and errors, and JSON spells them") func names() throws {
    try withMaterial { material in
      let picture = "\(material.folder)/\(Self.name).png"
      try FileManager.default.copyItem(atPath: material.picture, toPath: picture)
      var arguments = material.sweep("--stride", "7")
      arguments[1] = picture
      // Every line of progress, as where standard error is no terminal.
      let always = ["PENUMBRA_PROGRESS": "0"]
      let run = try CommandLineRun(arguments, environment: always)
      #expect(run.code == 0, "\(run.error)")
      #expect(isTame(run.output) && isTame(run.error))
      #expect(run.error.contains("\(Self.shown).png, pooled: ") && run.error.contains(" %, "), "\(run.error)")
      #expect(run.error.contains("out/\(Self.shown).pooled."), "\(run.error)")
      #expect(run.output.contains(Self.shown))

      let json = try CommandLineRun(arguments + ["--json"], environment: always)
      #expect(json.code == 0 && isTame(json.output) && isTame(json.error), "\(json.error)")
      let result = try JSONValue(Data(json.output.utf8), from: "output")["results"]?.array?[0]
      #expect(result?["record"]?.string?.contains("/out/\(Self.name).pooled.") == true)

      try FileManager.default.removeItem(atPath: picture)
      let missing = try CommandLineRun(arguments)
      #expect(missing.code == 66 && isTame(missing.error) && missing.error.contains(Self.shown))
    }
  }
}

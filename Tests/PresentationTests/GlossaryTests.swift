import Foundation
import Presentation
import TestSupport
import Testing

@Suite("Glossary") struct GlossaryTests {
  /// The definitions of `docs/glossary.md`, by term.
  private static func definitions() throws -> [String: String] {
    let path = repository.appending(path: "docs/glossary.md")
    let text = try String(contentsOf: path, encoding: .utf8)
    return text.split(separator: "\n").reduce(into: [:]) { found, line in
      guard let match = line.wholeMatch(of: /- \*\*(.+?)\*\*: (.+)/) else { return }
      found[String(match.1)] = String(match.2)
    }
  }

  @Test("says what docs/glossary.md says, word for word") func definitions() throws {
    let file = try Self.definitions()
    #expect(file.count > 100)
    for definition in Glossary.all {
      #expect(file[definition.term] == definition.meaning, "\(definition.term)")
      #expect(definition.meaning.hasSuffix("."))
    }
    #expect(Set(Glossary.all.map(\.term)).count == Glossary.all.count)
  }
}

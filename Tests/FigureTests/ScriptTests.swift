import Figures
import Foundation
import ReportSupport
import Presentation
import Testing

/// Names in scripts that DejaVu Sans lacks, or that run from the right.
@Suite("Scripts") struct ScriptTests {
  private static func report(_ label: String, picture: String = "person-1.png") -> Report {
    var synthetic = SyntheticRecord()
    (synthetic.label, synthetic.picture) = (label, picture)
    return Report([synthetic.record])
  }

  /// Whether fontconfig knows a font that has a letter.
  private static func hasFont(_ letter: Unicode.Scalar) -> Bool {
    let list = Process()
    list.executableURL = URL(filePath: "/usr/bin/env")
    list.arguments = ["fc-list", ":charset=" + String(letter.value, radix: 16), "family"]
    let output = Pipe()
    (list.standardOutput, list.standardError) = (output, FileHandle.nullDevice)
    guard (try? list.run()) != nil else { return false }
    let names = output.fileHandleForReading.readDataToEndOfFile()
    list.waitUntilExit()
    return !names.isEmpty
  }

  @Test(
    "a letter is drawn if any font has it, and named if none has", arguments: ["网络", "姿勢", "신경망", "شبكة"])
  func fonts(label: String) {
    let missing = Self.report(label).document().missingLetters
    #expect(missing.letters == Set(label.unicodeScalars.filter { !Self.hasFont($0) }).sorted())
  }

  @Test("a letter that no font has is named in one line") func missing() throws {
    // The last letter of a plane that belongs to nobody.
    let report = Self.report("net \u{10FFFD}")
    let missing = report.document().missingLetters
    #expect(missing.letters == ["\u{10FFFD}"])
    let notice = try #require(missing.notice)
    #expect(notice.contains("U+10FFFD") && !notice.contains("\n"))
    #expect(MissingLetters("图网".unicodeScalars).notice?.hasSuffix("apt-get install fonts-noto-cjk") == true)
    #expect(Self.report("net").document().missingLetters.notice == nil)
  }

  @Test(
    "pages are tidy, and their texts are the names as they were given",
    arguments: ["注意力网络", "شبكة الانتباه", "ทดสอบ"])
  func tidy(label: String) {
    let pages = Self.report(label, picture: label + "-1.png").drawn()
    expectTidy(pages, hasLongNames: true)
    #expect(pages.texts.contains { $0.text.hasPrefix("\(label): mean error") })
    #expect(!pages.texts.contains { $0.text.contains("\u{2068}") })
  }

  @Test("names of any script give the same bytes again") func deterministic() {
    let report = Self.report("注意力 شبكة 網")
    #expect(report.document().data == report.document().data)
  }

  @Test("names are cut between letters, never within one") func cutting() {
    // A letter with two accents, and a family of four.
    let (letter, family): (Character, Character) = ("e\u{301}\u{323}", "👩‍👩‍👧‍👦")
    let label = String(repeating: letter, count: 60) + String(repeating: family, count: 20)
    let cut = Self.report(label).drawn().texts.filter { $0.isCut && $0.text.contains("…") }
    #expect(!cut.isEmpty)
    for text in cut {
      let others = text.text.filter { $0 != letter && $0 != family }
      #expect(
        others.allSatisfy { $0.unicodeScalars.count == 1 && $0.isASCII || "…·−".contains($0) }, "\(text.text)"
      )
    }
  }
}

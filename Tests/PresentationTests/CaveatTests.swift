import Bodies
import Evaluation
import Foundation
import Models
import Presentation
import Records
import ReportSupport
import Tensors
import Testing

@Suite("What is said beside numbers") struct CaveatTests {
  private func record(_ change: (inout SyntheticRecord) -> Void = { _ in }) -> SweepRecord {
    var synthetic = SyntheticRecord()
    change(&synthetic)
    return synthetic.record
  }

  /// Two networks, the second swept adaptively.
  private func adaptive(hasTruth: Bool = true) -> [SweepRecord] {
    [
      record { if !hasTruth { $0.parts.remove(.truth) } },
      record {
        ($0.label, $0.seed, $0.tolerance) = ("b", 2, 4)
        if !hasTruth { $0.parts.remove(.truth) }
      },
    ]
  }

  /// The words of a phrase that are never cut.
  private func kept(_ phrase: Phrase) -> String {
    phrase.parts.filter { !$0.isName }.map(\.text).joined()
  }

  // MARK: Lower limits

  @Test("the terminal's maxima of an adaptive sweep are at least so large, differences of them about so")
  func terminal() throws {
    let records = adaptive()
    let lines = FindingsTable(of: records).lines
    let found = Findings.compared(records)
    for (name, value) in [
      ("worst position, MPJPE", found[1].worst.millimetres),
      ("worst position, PA-MPJPE", try #require(found[1].worst.alignedMillimetres)),
    ] {
      let line = try #require(lines.first { $0.hasPrefix(name) })
      #expect(line.contains("at least \(NumberFormat.tenths(value))") && line.contains("about "), "\(line)")
      #expect(line.components(separatedBy: "at least").count == 2)
    }
    let hip = try #require(lines.first { $0.hasPrefix("left hip") })
    #expect(hip.contains("≥ \(NumberFormat.tenths(found[1].joints[1].worstMillimetres))"))
    #expect(hip.components(separatedBy: "≥").count == 2)
    #expect(RecordSummary(records[1]).sizes.hasSuffix("interpolated to 4 mm, maxima are lower limits"))
    #expect(
      RecordSummary(records[1]).facts.contains {
        $0.name == "worst position" && $0.value.hasPrefix("at least ")
      })
    #expect(RecordSummary(records[0]).facts.allSatisfy { !$0.value.contains("at least") })
  }

  @Test(
    "on pages too: tables, short tables, ranges, bars, headings and the words beneath",
    arguments: [true, false])
  func pages(hasTruth: Bool) throws {
    let report = PictureReport.grouped(adaptive(hasTruth: hasTruth))[0]
    let page = PicturePage(report, report.entries)
    let worst = page.table.rows.filter { $0.label.text == "Patch: worst position" }
    #expect(worst.count == 2)
    for row in worst {
      #expect(!row.cells[0].contains("≥") && row.cells[1].hasPrefix("≥ ") && row.cells[2].hasPrefix("≈ "))
    }
    #expect(
      page.table.rows.filter { $0.label.text == "Patch: mean" }.allSatisfy { !$0.cells[1].contains("≥") })
    #expect(page.maps[1].range.contains("to ≥ ") && !page.maps[0].range.contains("≥"))
    #expect(page.differences[1]?.range.hasPrefix("≈ ") == true)
    #expect(page.howToRead.text.contains("at least"))
    #expect(kept(page.heading.explanation).contains("partly interpolated to 4 mm, maxima are lower limits"))

    let overview = OverviewPage([report], others: 1..<2)
    #expect(overview.rows[0].shortTable.rows[1].cells.last?.hasPrefix("≥ ") == true)
    #expect(overview.rows[0].shortTable.rows[0].cells.last?.contains("≥") == false)
    #expect(overview.howToRead.text.contains("at least"))
    #expect(JointBarsPage(report, report.entries).key.contains("at least"))
    #expect(!JointBarsPage(report, [report.entries[0]]).key.contains("at least"))
    let joints = JointGridPage(report, report.entries[1])
    #expect(joints.cells[3].range.contains("≥ ") && joints.notes.contains { $0.contains("at least") })
    let positions = try #require(WorstPositionsPage(report, report.entries))
    #expect(kept(positions.heading.explanation).contains("at least"))
    let settings = SettingsPage([report])
    #expect(settings.definitions.contains { $0.meaning.contains("lower limit") })
  }

  @Test("a sweep of every position, or an adaptive one that computed them all, has no such words")
  func exact() throws {
    var full = record { $0.tolerance = 4 }
    full.notes.interpolation?.computed = full.positions.count
    for records in [[record()], [full]] {
      let report = PictureReport.grouped(records)[0]
      let page = PicturePage(report, report.entries)
      let texts =
        [page.howToRead.text, page.heading.explanation.text, JointBarsPage(report, report.entries).key]
        + page.table.rows.flatMap(\.cells) + page.maps.map(\.range) + FindingsTable(of: records).lines
      for text in texts {
        for word in ["≥", "≈", "at least", "lower limit"] { #expect(!text.contains(word), "\(text)") }
      }
    }
  }

  @Test("means over a dataset say it as well, in the terminal and on the page") func dataset() throws {
    for tolerance in [Double?.none, 4] {
      let record = record { $0.tolerance = tolerance }
      var sum = DatasetSensitivity(like: record)
      sum.add(record)
      let lines = SensitivityTable([sum]).lines
      #expect(lines.contains { $0.contains("≥ is at least") } == (tolerance != nil))
      #expect(try #require(lines.last).contains("≥ ") == (tolerance != nil))
      let page = SensitivityPage.pages([sum], dataset: "set.npz")[0]
      #expect(page.key.contains("at least") == (tolerance != nil))
      #expect(kept(page.heading.explanation).contains("maxima are lower limits") == (tolerance != nil))
    }
  }

  // MARK: The body

  private func blind(_ label: String, _ change: (inout SweepRecord) -> Void = { _ in }) -> SweepRecord {
    var made = record {
      ($0.label, $0.maskOf) = (label, .cleanPrediction)
      $0.parts.remove(.truth)
    }
    change(&made)
    return made
  }

  @Test("where the silhouette is a prediction's, the body is the predicted one, and it is said whose")
  func predicted() throws {
    let records = [blind("gap"), blind("b") { $0.context.bodyMask = Tensor([96, 96]) }]
    let lines = FindingsTable(of: records).lines
    #expect(lines.contains { $0.hasPrefix("patch on the predicted body ") })
    #expect(lines.contains { $0.hasPrefix("patch off the predicted body ") })
    #expect(lines.contains("predicted body: the silhouette of gap's clean prediction"))
    let report = PictureReport.grouped(records)[0]
    // Both are told apart by one silhouette, and drawn over it.
    #expect(report.entries[1].findings.onBody?.positions == report.entries[0].findings.onBody?.positions)
    #expect(report.entries[1].bodyMask == records[0].context.bodyMask)
    let table = PicturePage(report, report.entries).table
    let labels = table.rows.map(\.label.text)
    #expect(labels.contains("Patch on the predicted body") && labels.contains("Patch off the predicted body"))
    let meaning = try #require(
      SettingsPage([report]).definitions.first { $0.term == "On the predicted body" }?.meaning)
    #expect(meaning.contains("gap's clean prediction, the same for all networks"))
    #expect(
      FindingsTable(of: [record()]).lines.contains { $0.hasPrefix("error increase, patch on the body ") })
    #expect(SettingsPage(PictureReport.grouped([record()])).definitions.contains { $0.term == "On the body" })
  }

  @Test("a row without positions is there, with the reason") func nobody() throws {
    for (value, words) in [(Float(0), "no position is on it"), (1, "no position is off it")] {
      let records = ["gap", "b"].map { label in
        record {
          $0.label = label
        }
      }.map { made in
        var made = made
        made.context.bodyMask = Tensor([96, 96], repeating: value)
        return made
      }
      let line = try #require(FindingsTable(of: records).lines.first { $0.contains(words) })
      #expect(line.contains(value == 0 ? "patch on the body" : "patch off the body") && line.contains("–"))
      let report = PictureReport.grouped(records)[0]
      let row = try #require(
        PicturePage(report, report.entries).table.rows.first { $0.remark != nil })
      #expect(row.remark == words && row.cells.isEmpty && !row.isHeading)
      #expect(row.label.text == (value == 0 ? "Error increase, on the body" : "Error increase, off the body"))
    }
  }

  // MARK: Definitions and settings

  @Test("the pelvis, always 0, is said to count where the mean is defined") func root() throws {
    for hasTruth in [true, false] {
      let report = PictureReport.grouped([record { if !hasTruth { $0.parts.remove(.truth) } }])[0]
      let term = hasTruth ? "MPJPE" : "Displacement"
      let meaning = try #require(SettingsPage([report]).definitions.first { $0.term == term }?.meaning)
      #expect(meaning.contains("The pelvis of smpl24 is always 0 and counts"), "\(meaning)")
      #expect(meaning.contains("over the other 23 joints the mean is 1.043 times as large"))
    }
    let five = PictureReport.grouped([record { $0.skeleton = .five }])[0]
    #expect(SettingsPage([five]).definitions.allSatisfy { !$0.meaning.contains("always 0") })
  }

  private func line(_ page: SettingsPage, _ words: String) -> String? {
    page.sections.flatMap(\.lines).map { "\($0.name.text): \($0.value.text)" }.first { $0.contains(words) }
  }

  @Test("the settings have command, processor and, where something is drawn, the seed") func settings() {
    let command = "penumbra sweep 'my picture.png' --model gap --model b"
    let records = ["gap", "b"].map { label in
      record {
        ($0.label, $0.command, $0.processor) = (label, command, "A processor, family 25, model 17")
      }
    }
    let page = SettingsPage(PictureReport.grouped(records))
    #expect(line(page, command) == "person-1.png: \(command)")
    #expect(page.sections.flatMap(\.lines).count { $0.value.text == command } == 1)
    #expect(line(page, "A processor, family 25") != nil)
    // Nothing is drawn where every position is computed.
    #expect(
      !page.sections.flatMap(\.lines).contains { $0.name.text == "Seed" || $0.value.text.contains("seed") })
    let adaptive = SettingsPage(PictureReport.grouped([record { ($0.tolerance, $0.seed) = (4, 31) }]))
    #expect(line(adaptive, "Seed: 31; chooses") != nil)
    // Records of before have neither.
    let older = SettingsPage(PictureReport.grouped([record()]))
    #expect(!older.sections.contains { $0.title.text == "Commands" })
    let facts = RecordSummary(records[0]).facts
    #expect(facts.contains { $0.name == "command" && $0.value == command })
    #expect(facts.contains { $0.name == "processor" } && !facts.contains { $0.name == "seed" })
  }
}

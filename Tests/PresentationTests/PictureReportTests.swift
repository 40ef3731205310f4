import Bodies
import Models
import Pictures
import Presentation
import Records
import ReportSupport
import Testing

@Suite("What a report on pictures shows") struct PictureReportTests {
  private func record(_ change: (inout SyntheticRecord) -> Void = { _ in }) -> SweepRecord {
    var synthetic = SyntheticRecord()
    change(&synthetic)
    return synthetic.record
  }

  // MARK: Groups

  @Test("groups records by picture and settings, in their order") func groups() {
    let reports = PictureReport.grouped([
      record(), record { $0.picture = "b.png" }, record { ($0.label, $0.seed) = ("attention", 2) },
      record { $0.occlusion = Occlusion(size: 80) }, record { $0.positions = PositionRule(stride: 56) },
    ])
    #expect(reports.map { $0.entries.map(\.label) } == [["gap", "attention"], ["gap"], ["gap"], ["gap"]])
    #expect(
      reports.map(\.stem) == [
        "person-1-square40-stride28", "b", "person-1-square80-stride28", "person-1-square40-stride56",
      ])
    #expect(reports[2].sizes.hasPrefix("patch 34 pixels, stride 12 of a 96-pixel crop (80 and 28"))
  }

  @Test("names from records stay in their folder and away from terminals") func hostileNames() {
    let reports = PictureReport.grouped([
      record { ($0.label, $0.picture) = ("x/../../OUT", "..\u{1B}[31m/a\u{7}.png") }
    ])
    #expect(reports[0].fileLabels == ["x_.._.._OUT"])
    #expect(reports[0].stem == "a_")
    for figure in reports[0].figures() {
      #expect(
        !figure.name.contains("/") && !figure.name.unicodeScalars.contains { $0.value < 32 }, "\(figure.name)"
      )
    }
  }

  @Test("pictures of one name have files of their own") func stems() {
    let other = record { $0.positions = PositionRule(stride: 28) }
    var second = other
    second.settings.picture.fingerprint = "another"
    #expect(PictureReport.grouped([other, second]).map(\.stem) == ["person-1", "person-1-2"])
  }

  @Test("a network has one colour in all reports, networks of one label have two") func colours() {
    let reports = PictureReport.grouped([
      record { $0.label = "a" }, record { $0.label = "b" },
      record { ($0.label, $0.picture) = ("b", "2.png") },
      record { ($0.label, $0.picture) = ("b", "2.png") },
    ])
    #expect(reports[0].entries.map(\.colour) == [.network(0), .network(1)])
    #expect(reports[1].entries.map(\.colour) == [.network(1), .network(2)])
    #expect(reports[1].entries.map(\.label) == ["b", "b (2)"])
  }

  // MARK: Maps

  @Test("every network but the first has a difference, where frames agree") func differences() throws {
    let report = PictureReport.grouped([
      record(), record { ($0.label, $0.seed) = ("b", 2) }, record { ($0.label, $0.seed) = ("c", 3) },
      record { ($0.label, $0.corner) = ("other crop", 8) },
    ])[0]
    let maps = report.entries.map(report.differenceMap)
    #expect(maps.map { $0 == nil } == [true, false, false, true])
    let (first, third) = (report.meanMap(report.entries[0]), report.meanMap(report.entries[2]))
    let difference = try #require(maps[2])
    for (value, pair) in zip(difference.values, zip(first.values, third.values)) {
      #expect(abs(value - (pair.1 - pair.0)) < 1e-3)
    }
    let page = PicturePage(report, report.entries)
    #expect(page.differences.compactMap(\.self).map(\.title.text) == ["minus gap", "minus gap"])
    #expect(page.table.rows[1].cells[1].contains(" ("))
  }

  @Test("the mean map is the mean over joints") func mean() {
    let record = record()
    let report = PictureReport.grouped([record])[0]
    let entry = report.entries[0]
    let joints = report.skeleton.joints.indices.map { report.jointMap(entry, $0) }
    let mean = report.meanMap(entry)
    for position in mean.values.indices {
      let sum = joints.reduce(0) { $0 + $1.values[position] }
      #expect(abs(mean.values[position] - sum / Double(joints.count)) < 1e-3)
    }
    #expect(mean.rowCentres == record.positions.rows.map { Double($0.centre) })
  }

  @Test("positions of a list are windows") func list() {
    let record = record { $0.positions = PositionRule(list: [[40, 40], [120, 100]]) }
    let report = PictureReport.grouped([record])[0]
    let map = report.meanMap(report.entries[0])
    #expect(map.windows?.count == 2 && map.rowCentres.isEmpty)
    #expect(report.sizes == "patch 17 pixels of a 96-pixel crop (40 of a 224-pixel crop), 2 listed positions")
  }

  @Test("three networks have three maps, in their order, with whole names") func three() {
    let labels = ["Whole-body baseline", "attention", "A third network"]
    let report = PictureReport.grouped(
      labels.enumerated().map { index, label in record { ($0.label, $0.seed) = (label, UInt64(index + 1)) } })[
        0]
    #expect(PicturePage(report, report.entries).maps.map(\.title.text) == labels)
    let row = OverviewPage([report], others: 0..<3).rows[0]
    #expect(row.maps.map(\.title.text) == labels)
    #expect(row.differences.compactMap(\.self).count == 2)
    #expect(JointBarsPage(report, report.entries).legend.map(\.text.text) == labels)
  }

  // MARK: What is missing is left out

  @Test("errors alone give maps, joints, bars and a table") func errorsAlone() {
    let report = PictureReport.grouped([
      record { $0.parts = [] }, record { ($0.label, $0.parts) = ("b", []) },
    ])[
      0]
    let page = PicturePage(report, report.entries)
    #expect(page.picture == nil && page.poses.isEmpty && page.maps.count == 2)
    #expect(page.table.rows.map(\.label.text).allSatisfy { !$0.contains("aligned") && !$0.contains("body") })
    #expect(JointBarsPage(report, report.entries).poses.isEmpty)
    #expect(WorstPositionsPage(report, report.entries) == nil)
    #expect(AttentionPage(report, report.entries[0]) == nil)
    #expect(!SettingsPage([report]).definitions.map(\.term).contains("On the body"))
  }

  @Test("joints without a camera are seen from the front, and it is said") func front() throws {
    let report = PictureReport.grouped([record { $0.parts = [.joints, .truth, .picture] }])[0]
    let page = try #require(WorstPositionsPage(report, report.entries))
    let panel = page.rows[0].panels[0]
    #expect(panel.note == "front view" && panel.crop == nil && panel.occluder == nil)
    let points = try #require(panel.skeletons.last).points
    #expect(points.allSatisfy { $0.x > 0 && $0.x < 1 && $0.y > 0 && $0.y < 1 })
  }

  @Test(
    "joints with a camera are where the crop shows them",
    arguments: [Skeleton.smpl24, .five, .named70] as [Skeleton])
  func projected(skeleton: Skeleton) throws {
    let record = record { $0.skeleton = skeleton }
    let report = PictureReport.grouped([record])[0]
    let pose = try #require(JointBarsPage(report, report.entries).poses.first)
    let points = try #require(pose.skeletons.last).points
    #expect(points.count == skeleton.count && pose.note == nil)
    let camera = WeakPerspectiveCamera(scale: 0.9, tx: 0, ty: 0)
    let joints = (try #require(record.clean.joints)).points
    for (point, joint) in zip(points, joints) {
      let expected = SIMD2<Double>(camera.pixel(of: joint, side: 96)) / 96
      #expect(abs(point.x - expected.x) < 1e-6 && abs(point.y - expected.y) < 1e-6)
    }
  }

  @Test("attention finds its joints by name") func attention() throws {
    let report = PictureReport.grouped([
      record { ($0.skeleton, $0.parts) = (.five, [.attention, .joints]) }
    ])[0]
    let page = try #require(AttentionPage(report, report.entries[0]))
    #expect(page.rows.count == AttentionPage.maxJoints && page.rows[0].attention.count == 4)
    #expect(page.heading.explanation.text.contains("The 3 joints with the largest error increase") == false)
    #expect(page.heading.explanation.text.contains("The 3 joints with the largest displacement"))
    for row in page.rows { #expect(row.attention.compactMap(\.high).max() == 1) }
  }

  @Test("the skin in UV space: seen or gray, what is outside white, and all of it filled in") func skin()
    throws
  {
    let reports = PictureReport.grouped([record { $0.parts.insert(.surface) }, record { $0.label = "b" }])
    #expect(SurfacePage(reports[0], reports[0].entries[1]) == nil)
    let page = try #require(SurfacePage(reports[0], reports[0].entries[0]))
    #expect(page.columns.map(\.title) == ["clean", "patch 1", "patch 2", "patch 3"])
    #expect(page.columns.map(\.share) == ["66.7 % seen", "66.7 % seen", "50.0 % seen", "33.3 % seen"])
    #expect(page.columns.map { $0.mark == nil } == [true, false, false, false])
    for column in page.columns {
      func pixel(_ picture: Picture, _ x: Int, _ y: Int) -> [UInt8] {
        Array(picture.pixels[3 * (y * 8 + x)..<3 * (y * 8 + x) + 3])
      }
      #expect(pixel(column.seen, 0, 0) == [255, 255, 255] && pixel(column.filled, 7, 3) == [255, 255, 255])
      #expect(pixel(column.seen, 3, 6) == [222, 222, 222] && pixel(column.filled, 3, 6) != [222, 222, 222])
      #expect(pixel(column.seen, 1, 1) == pixel(column.filled, 1, 1))
      #expect(pixel(column.filled, 6, 1)[0] > pixel(column.filled, 1, 1)[0])
      #expect(pixel(column.filled, 1, 6)[1] > pixel(column.filled, 1, 1)[1])
    }
  }

  // MARK: Words

  @Test("without ground truth nothing is called an error") func displacement() {
    let report = PictureReport.grouped([
      record { $0.parts.remove(.truth) }, record { ($0.label, $0.parts) = ("b", [.joints, .camera]) },
    ])[0]
    let page = PicturePage(report, report.entries)
    let texts =
      [page.heading.title, page.heading.explanation, page.howToRead, page.maps[0].key.title].map(\.text)
      + page.table.rows.map(\.label.text) + SettingsPage([report]).definitions.map(\.meaning)
      + [JointBarsPage(report, report.entries).heading.title.text]
    for text in texts { #expect(!text.lowercased().contains("error") && !text.contains("MPJPE"), "\(text)") }
    #expect(texts.contains("mean displacement from the clean prediction, mm"))
  }

  @Test("the table of the terminal has a difference from the first for every network") func findings() {
    let findings = ["gap", "b", "c"].map { label in Findings(record { $0.label = label }) }
    let lines = FindingsTable(findings).lines
    #expect(lines[0].hasPrefix("error, mm") && lines[0].contains("c minus gap"))
    #expect(!lines.contains { $0.contains("at least ") || $0.contains("≥") })
    #expect(lines.contains { $0.hasPrefix("left hip") && $0.contains("yes") })
    #expect(FindingsTable([findings[0]]).headlines.allSatisfy { !$0.contains("difference") })
  }

  @Test("a record is summed up in a line") func summary() {
    let disc = record {
      $0.occlusion = Occlusion(size: 112, shape: .disc, fill: .colour(red: 0, green: 0, blue: 0))
    }
    #expect(
      RecordSummary(disc).sizes
        == "disc 48 pixels, filled with black, stride 12 of a 96-pixel crop (112 and 28 of a 224-pixel crop), "
        + "centred grid")
    #expect(RecordSummary(disc).lines(path: "x.zarr") == ["gap: \(RecordSummary(disc).sizes), x.zarr"])
  }
}

extension Skeleton {
  fileprivate static var named70: Skeleton { all.first { $0.name == "mhr70" }! }
}

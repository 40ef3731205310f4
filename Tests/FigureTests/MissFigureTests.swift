import Archives
import Bodies
import Evaluation
import Figures
import Models
import Pictures
import Presentation
import Records
import ReportSupport
import TestSupport
import Tensors
import Testing

@Suite("Figures where nobody was found") struct MissFigureTests {
  /// A network that found nobody at some positions.
  private static func record(
    _ index: Int, picture: String = "person-1.png", truth: Bool = true,
    misses: @escaping (Int) -> Bool = { $0 % 5 == 1 }
  ) -> SweepRecord {
    var synthetic = SyntheticRecord()
    (synthetic.label, synthetic.seed, synthetic.picture) = ("net \(index + 1)", UInt64(index + 1), picture)
    synthetic.parts = Set(SyntheticRecord.Part.allCases)
    if !truth { synthetic.parts.remove(.truth) }
    synthetic.misses = misses
    return synthetic.record
  }

  @Test("a map is hatched there, and the legend says so", arguments: [true, false])
  func hatched(isList: Bool) throws {
    let map = PictureReport.grouped([Self.record(0) { $0 == 0 }])[0]
    let panel = map.meanPanel(map.entries[0])
    #expect(panel.key.hasMisses && panel.map.misses.count { $0 } == 1 && panel.map.values[0].isNaN)
    let crop = try #require(map.entries[0].crop)
    let picture = Heatmap(panel.map, panel.key).picture(over: crop, side: 448)
    // The first position is the upper left corner; its two grays are there, and nowhere where somebody was found.
    func grays(_ x: Range<Int>, _ y: Range<Int>) -> Set<[UInt8]> {
      Set(
        y.flatMap { y in
          x.map { x in (0..<3).map { picture.pixels[(y * picture.width + x) * 3 + $0] } }
        }.filter { [[0xC4, 0xC8, 0xCE], [0x8B, 0x90, 0x98]].contains($0) })
    }
    #expect(grays(0..<20, 0..<20).count == 2)
    #expect(grays(300..<400, 300..<400).isEmpty)
    let words = Report([Self.record(0)]).words
    #expect(words.contains("nobody found"))
    #expect(!Report([Self.record(0) { _ in false }]).words.contains("nobody found"))
  }

  @Test("the page beside the errors counts the misses") func page() throws {
    let report = PictureReport.grouped([Self.record(0), Self.record(1) { _ in false }])[0]
    let page = try #require(PairedMapsPage(missesIn: report, report.entries))
    let count = report.entries[0].record.positions.count
    let missed = (0..<count).count { $0 % 5 == 1 }
    #expect(page.networks[0].panels[1].range == "\(missed) of \(count) positions")
    #expect(page.networks.count == 1)
    #expect(page.networks[0].panels[1].map.values.reduce(0, +) == Double(missed))
    let found = PictureReport.grouped([Self.record(0) { _ in false }])[0]
    #expect(PairedMapsPage(missesIn: found, found.entries) == nil)
    #expect(FigureChoice.misses.obstacle(in: found) != nil && FigureChoice.misses.obstacle(in: report) == nil)
  }

  @Test("figures are tidy with misses", arguments: [1, 2, 4], [241.0, 510])
  func tidy(networks: Int, width: Double) {
    let choices: [FigureChoice] = [
      .overview, .grid, .bars, .worst, .attention, .misses, .uncertainty, .joint("left_wrist"),
    ]
    for truth in [true, false] {
      let report = Report((0..<networks).map { Self.record($0, truth: truth) })
      for choice in choices {
        let figures = report.figures(choice)
        #expect(!figures.isEmpty, "\(choice)")
        for figure in figures { expectTidy(figure.drawn(width: width), isPage: false) }
      }
    }
  }

  @Test("films say where nobody is found, and hatch it once the occluder has been there") func film() throws {
    let report = PictureReport.grouped([Self.record(0) { $0 == 3 }])[0]
    let page = FilmPage(report)
    let before = try #require(page.moments(at: 2).first), at = try #require(page.moments(at: 3).first)
    #expect(before.maps[0].misses.isEmpty && at.maps[0].misses[3])
    #expect(at.value == "nobody found" && at.pose?.skeletons.isEmpty == true && before.value.hasSuffix(" mm"))
    for frame in 0..<5 { #expect(layoutFaults(of: Film(report).canvas(frame)).count < 2) }
  }

  @Test("a set of pictures has a page of the share of pictures in which nobody was found") func set() throws {
    let records = (0..<3).map { picture in
      Self.record(0, picture: "\(picture).png") { $0 < picture }
    }
    var sum = DatasetSensitivity(like: records[0])
    for record in records { sum.add(record) }
    let report = SensitivityReport([sum], dataset: "set")
    expectTidy(report.drawn())
    let words = report.drawn().texts.map(\.text)
    #expect(words.joined(separator: " ").contains("share of the pictures in which nobody was found"))
    let lines = SensitivityTable([sum]).lines
    #expect(lines.last?.hasPrefix("nobody found") == true)
    let body = try BodyModel(Archive(contentsOf: fixture("body_1000.npz")).tensors(), from: "body")
    #expect(throws: Never.self) { try BodyPage([sum], dataset: "set", body: body) }
  }

  // MARK: Fuzz

  /// A record with what is not a number at random places of every array.
  private static func damaged(_ record: SweepRecord, _ random: inout SeededGenerator) -> SweepRecord {
    var record = record
    let share = [Float(0.05), 0.5, 1][random.integer(below: 3)]
    let positions = record.positions.count
    let rows = (0..<positions).map { _ in random.chance(share) }
    let isWhole = random.chance(0.6)
    func damaged(_ results: PositionResults, _ rows: [Bool]) -> PositionResults {
      PositionResults(
        results.arrays.mapValues { tensor in
          let width = tensor.count / results.count
          return Tensor(
            tensor.shape,
            tensor.elements.enumerated().map { index, value in
              rows[index / width] && (isWhole || random.chance(0.2))
                ? [.nan, .nan, .infinity, 1e30][isWhole ? 0 : random.integer(below: 4)] : value
            })
        })
    }
    record.results = damaged(record.results, rows)
    if random.chance(0.2) { record.clean = damaged(record.clean, [true]) }
    return record
  }

  @Test("nothing stops on numbers that are none, anywhere in a record", arguments: 0..<24)
  func fuzz(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed), stream: 77)
    let truth = random.chance(0.5)
    let records = (0..<1 + random.integer(below: 3)).map { index in
      Self.damaged(Self.record(index, truth: truth) { _ in false }, &random)
    }
    var style = MapStyle()
    style.scale = [.joint, .network, .picture, .report][random.integer(below: 4)]
    if random.chance(0.3) { style = .pare }
    if truth || style.quantity == nil {
      let reports = PictureReport.grouped(records, style: style)
      let report = Report(reports)
      #expect(!report.drawn().texts.isEmpty)
      for choice in [FigureChoice.overview, .grid, .bars, .worst, .attention, .misses, .uncertainty] {
        for figure in report.figures(choice) { _ = figure.data(.png, width: 240, dpi: 36) }
      }
      for figure in report.figures(side: 60) { #expect(figure.picture.width > 0) }
      let film = Film(reports[0], joints: [3], scale: 0.5)
      for frame in [0, 3, film.frameCount - 1] { _ = film.frame(frame) }
    }
    for record in records {
      #expect(!RecordSummary(record).facts.isEmpty && !record.exportedArrays.isEmpty)
    }
    #expect(!FindingsTable(of: records).lines.isEmpty)
    if records.count > 1 {
      #expect(throws: Never.self) { try Comparison(records[0], records[1], file: "b") }
    }
    var sum = DatasetSensitivity(like: records[0])
    for record in records { sum.add(record) }
    #expect(!SensitivityReport([sum], dataset: "set").drawn().texts.isEmpty)
  }
}

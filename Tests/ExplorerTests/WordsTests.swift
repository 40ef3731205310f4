import Archives
import Bodies
import Explorer
import Foundation
import Models
import Presentation
import Records
import ReportSupport
import Tensors
import Testing

/// The page says what the pages on paper say.
@Suite("Words, numbers, legends and colours of the page") struct WordsTests {
  private static let two = [
    record { $0.parts.insert(.attention) }, record { ($0.label, $0.seed) = ("attention", 2) },
  ]
  private static let displaced = [
    record { $0.parts.subtract([.truth, .mask]) },
    record {
      ($0.label, $0.seed) = ("attention", 2)
      $0.parts.subtract([.truth, .mask])
    },
  ]

  /// A colour as style sheets have it.
  private static func code(_ colour: Colour) -> String {
    let (red, green, blue) = colour.bytes
    return String(format: "#%02x%02x%02x", red, green, blue)
  }

  /// Expects a legend to be that of a map on paper.
  private func expect(
    _ key: JSONValue?, _ paper: ColourKey, title: String? = nil, _ page: PageReader,
    at location: SourceLocation = #_sourceLocation
  ) throws {
    let key = try #require(key, sourceLocation: location)
    #expect(key["low"]?.number == paper.scale.low && key["high"]?.number == paper.scale.high)
    #expect(
      key["title"]?.string == title ?? paper.title.text.replacing("  ", with: " "), sourceLocation: location)
    #expect(key["note"]?.string == paper.note, sourceLocation: location)
    let ticks = key["ticks"]?.array ?? []
    #expect(ticks.compactMap { $0["at"]?.number } == paper.scale.ticks, sourceLocation: location)
    #expect(
      ticks.compactMap { $0["text"]?.string } == paper.scale.ticks.map(paper.scale.label),
      sourceLocation: location)
    let marks = key["marks"]?.array ?? []
    #expect(marks.compactMap { $0["at"]?.number } == paper.marks.map(\.value), sourceLocation: location)
    // A mark is of the network whose colour it has on paper.
    let networks = try #require(page.report()["networks"]?.array).map { $0["colour"]?.string }
    #expect(
      marks.map { $0["network"]?.integer }
        == paper.marks.map { networks.firstIndex(of: Self.code($0.colour)) },
      sourceLocation: location)
    #expect(key["colours"]?.string == paper.colours.name && key["signed"]?.bool == paper.colours.isSigned)
    // The page takes the colour of a number from its table as the maps on paper take theirs.
    let text = try #require(page.header["colourMaps"]?[paper.colours.name]?.string)
    let table = [UInt8](try #require(Data(base64Encoded: text)))
    for step in 0...20 {
      let value = paper.scale.low + (paper.scale.high - paper.scale.low) * Double(step) / 20
      let reach = max(abs(paper.scale.low), abs(paper.scale.high))
      let share = paper.colours.isSigned ? 0.5 + 0.5 * value / reach : paper.scale.share(value)
      let index = 3 * Int((255 * share).rounded())
      let colour = paper.colour(of: value).bytes
      for (byte, part) in zip([colour.red, colour.green, colour.blue], table[index..<index + 3]) {
        #expect(abs(Int(byte) - Int(part)) <= 8, sourceLocation: location)
      }
    }
  }

  @Test("legends of all quantities are those on paper", arguments: [true, false]) func legends(hasTruth: Bool)
    throws
  {
    let records = hasTruth ? Self.two : Self.displaced
    let page = try PageReader(records)
    let names = try #require(page.report()["quantities"]?.array?.compactMap { $0["name"]?.string })
    #expect(
      names
        == (hasTruth
          ? ["increase", "error", "pa-increase", "pa-error"] : ["displacement", "pa-displacement"]))
    for name in names {
      var style = MapStyle()
      style.quantity = MapQuantity(rawValue: name)
      let report = PictureReport.grouped(records, style: style)[0]
      let paper = PicturePage(report, report.entries)
      let own = try page.quantity(name)
      let keys = try #require(own["keys"]?.array)
      #expect(own["title"]?.string == report.shown.name)
      #expect(own["unit"]?.string == "mm" && own["signed"]?.bool == report.shown.isSigned)
      for (index, panel) in paper.maps.enumerated() {
        let numbers = try #require(own["networks"]?.array?[index])
        try expect(keys[try #require(numbers["mean"]?.integer)], panel.key, page)
        let grid = JointGridPage(report, report.entries[index])
        try expect(keys[try #require(numbers["joint"]?.integer)], try #require(grid.key), page)
      }
      let difference = try #require(own["differences"]?.array?.first)
      #expect(difference["of"]?.integer == 1 && difference["minus"]?.integer == 0)
      let key = keys[try #require(difference["mean"]?.integer)]
      try expect(key, try #require(paper.differenceKey), page)
      #expect(key["reverse"]?.string == "gap minus attention, mm")
      let reading = try #require(own["reading"]?.string)
      let sentence = paper.howToRead.text.dropFirst("How to read the maps: ".count).prefix { $0 != "." }
      #expect(reading.hasPrefix(sentence) && reading.contains("share one scale"))
    }
  }

  @Test("a style is that of the page too: scales of joints, colours, the quantity asked for") func styles()
    throws
  {
    var style = MapStyle.pare
    style.overlay = 0.5
    let page = try PageReader(Self.two, style: style)
    let report = PictureReport.grouped(Self.two, style: style)[0]
    let own = try #require(page.report()["quantities"]?.array?.first)
    #expect(own["name"]?.string == "error")
    #expect(own["reading"]?.string?.contains("laid over the picture") == false)
    let (keys, numbers) = (try #require(own["keys"]?.array), try #require(own["networks"]?.array))
    let joints = try #require(numbers[1]["joint"]?.integers)
    for joint in report.mappedJoints {
      try expect(keys[joints[joint]], report.jointPanel(report.entries[1], joint).key, page)
    }
    style = MapStyle()
    style.quantity = .displacement
    let displaced = try PageReader(Self.two, style: style)
    #expect(try displaced.report()["quantities"]?.array?.first?["name"]?.string == "displacement")
    try expectNear(
      displaced.array("displacement"), #require(Self.two[0].displacements).millimetres, within: 0.0501)
    style.quantity = nil
    style.scale = .range(low: -50, high: 100)
    let ranged = try PageReader(Self.two, style: style)
    #expect(try ranged.quantity("increase")["keys"]?.array?[0]["high"]?.number == 100)
    #expect(try ranged.quantity("error")["keys"]?.array?[0]["high"]?.number != 100)
  }

  @Test("tables are those that the terminal shows", arguments: [true, false]) func tables(hasTruth: Bool)
    throws
  {
    let records = hasTruth ? Self.two : Self.displaced
    let page = try PageReader(records)
    let shown = try #require(page.report()["tables"]?.array).flatMap { table in
      let rows = [try #require(table["columns"]?.array)] + (table["rows"]?.array ?? []).compactMap(\.array)
      return TextTable(rows.map { $0.compactMap(\.string) }).lines
    }
    let paper = FindingsTable(of: records).lines.filter { !$0.isEmpty && !$0.hasPrefix("predicted body") }
    #expect(shown == paper)
  }

  @Test("worst positions, attention, titles and headings are those on paper") func pages() throws {
    let page = try PageReader(Self.two)
    let report = PictureReport.grouped(Self.two)[0]
    let worst = try #require(WorstPositionsPage(report, report.entries))
    for (index, row) in worst.rows.enumerated() {
      let own = try #require(page.network(index)["worst"]?.array)
      #expect(own.compactMap { $0["text"]?.string } == row.panels.map(\.detail))
      let found = report.entries[index].findings.worstPositions.map { [$0.position.row, $0.position.column] }
      #expect(own.compactMap { $0["at"]?.integers } == found)
    }
    #expect(try page.report()["worstTitle"]?.string == worst.heading.title.text)

    let attention = try #require(AttentionPage(report, report.entries[0]))
    let own = try #require(page.network()["attention"])
    #expect(own["titles"]?.strings == Array(attention.columns.dropLast()))
    try expect(own["key"], attention.attentionKey, page)
    let shares = try page.numbers(try #require(own["array"]))
    let joints = report.skeleton.count, maps = try #require(own["maps"]?.integer)
    for row in attention.rows {
      let joint = try #require(report.skeleton.titles.firstIndex(of: row.title))
      for (map, paper) in row.attention.enumerated() {
        let values = (0..<36).map { shares[$0 * maps * joints + map * joints + joint] }
        expectNear(values, paper.values, within: 0.0021)
      }
    }
    #expect(try page.network(1)["attention"] == JSONValue.null)

    let paper = PicturePage(report, report.entries)
    #expect(page.header["title"]?.string == paper.heading.title.text)
    #expect(try page.report()["explanation"]?.string == paper.heading.explanation.text)
    #expect(try page.report()["caveat"] == JSONValue.null)
    for (index, entry) in report.entries.enumerated() {
      #expect(try page.network(index)["colour"]?.string == Self.code(entry.colour))
    }
    let titles = page.header["skeletons"]?["smpl24"]?["titles"]?.strings
    #expect(titles == report.skeleton.titles)
    let glossary = try #require(page.header["glossary"]?.array)
    let known = Set(Glossary.all.map { [$0.title, $0.meaning] })
    #expect(!glossary.isEmpty && glossary.allSatisfy { known.contains($0.strings ?? []) })
  }

  @Test("clean marks are of both networks, in their order") func marks() throws {
    let own = try PageReader(Self.two).quantity("error")
    let mean = try #require(own["networks"]?.array?[0]["mean"]?.integer)
    let marks = try #require(own["keys"]?.array?[mean]["marks"]?.array)
    #expect(Set(marks.compactMap { $0["network"]?.integer }) == [0, 1])
  }

  @Test("the page opens on the picture where networks differ most, at the worst position of its second one")
  func start() throws {
    let records =
      Self.two + [
        record { ($0.picture, $0.seed) = ("c.png", 3) },
        record { ($0.label, $0.picture, $0.seed) = ("attention", "c.png", 4) },
      ]
    let page = try PageReader(records)
    let reports = PictureReport.grouped(records)
    func difference(_ report: PictureReport) throws -> Double {
      try #require(report.differenceMap(report.entries[1])).values.map(abs).max() ?? 0
    }
    let most = try difference(reports[0]) > difference(reports[1]) ? reports[0] : reports[1]
    #expect(page.header["start"]?["p"]?.string == most.stem)
    let worst = most.entries[1].findings.worstPositions[0].position
    #expect(page.header["start"]?["at"]?.string == "\(worst.row),\(worst.column)")
  }

  @Test("with one network, the page opens on the picture with the largest number") func startOfOne() throws {
    let records = [record(), record { ($0.picture, $0.seed) = ("c.png", 3) }]
    let reports = PictureReport.grouped(records)
    func largest(_ report: PictureReport) throws -> Double {
      try #require(report.meanMap(report.entries[0]).high)
    }
    let most = try largest(reports[0]) > largest(reports[1]) ? reports[0] : reports[1]
    #expect(try PageReader(records).header["start"]?["p"]?.string == most.stem)
  }
}

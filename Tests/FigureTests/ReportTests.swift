import Bodies
import Figures
import Foundation
import Pictures
import Presentation
import Records
import Tensors
import Testing

@Suite("Report") struct ReportTests {
  private static let example = Result { try Example() }
  private static let records = Result { try example.get().records() }
  private static let displaced = Result { try example.get().records(hasTruth: false) }
  /// Everything about the example with ground truth.
  private static let report = Result { Report(try records.get(), body: try example.get().body) }

  @Test("shows what it showed before") func references() throws {
    let report = try Self.report.get()
    try expectLike(report.firstPage(scale: 0.7), "first-page")
    let figures = report.figures(side: 240)
    for name in ["person-1-gap-mean", "person-1-attention-left_wrist", "person-1-difference"] {
      try expectLike(try #require(figures.first { $0.name == name }).picture, name)
    }
    #expect(figures.count == 1 + 2 * 25 + 1)
    #expect(Set(figures.map(\.name)).count == figures.count)
  }

  @Test("has every text where it was, on all pages") func texts() throws {
    let example = try Self.example.get()
    try expectTexts(Self.report.get().drawn(), "report")
    let displaced = try Self.displaced.get()
    try expectTexts(Report(displaced, body: example.body).drawn(), "report-displacements")
    let several = displaced + [example.record(isPooled: true, name: "person-2.png", picture: "another")]
    try expectTexts(Report(several).drawn(), "report-several")
  }

  @Test("all pages are tidy") func tidy() throws {
    expectTidy(try Self.report.get().drawn())
    expectTidy(Report(try Self.displaced.get(), body: try Self.example.get().body).drawn())
  }

  @Test("a lost legend is seen") func lostLegend() throws {
    let page = try Self.report.get().firstPage(scale: 0.7)
    var without = page
    // The numbers and the title of the first colour bar.
    for y in 312..<335 { for x in 30..<270 { without[x, y] = (255, 255, 255) } }
    #expect(differingTiles(page, page).isEmpty && differingTiles(page, without).count > 3)
  }

  @Test("shows a body over the picture and from the side") func body() throws {
    let example = try Self.example.get()
    let posed = example.body.posed(rotations: example.truth.rotations, betas: example.truth.betas)
    let body = BodySurface(
      vertices: posed.vertices.points, faces: example.body.faces, camera: Example.camera)
    try expectLike(body.sheet(on: example.crop, side: 160), "body")
  }

  @Test("is the same bytes again") func deterministic() throws {
    let (example, records) = (try Self.example.get(), try Self.records.get())
    let first = Report(records, body: example.body).document().data
    #expect(first.starts(with: Data("%PDF".utf8)))
    #expect(Report(records, body: example.body).document().data == first)
  }

  @Test("without ground truth speaks of displacement from the clean prediction, never of error")
  func words() throws {
    let example = try Self.example.get()
    let words = Report(try Self.displaced.get(), body: example.body).words
    #expect(!words.contains { $0.localizedCaseInsensitiveContains("error") })
    #expect(!words.contains { $0.contains("MPJPE") })
    #expect(!words.contains { ["truth", "ground truth"].contains($0.lowercased()) })
    #expect(words.contains("mean displacement from the clean prediction, mm"))
    #expect(words.contains("gap: displacement of every joint"))
  }

  @Test("writes the findings' numbers and the scale's ticks") func numbers() throws {
    let records = try Self.records.get()
    let words = try Self.report.get().words
    for finding in records.map({ Findings($0) }) {
      #expect(words.contains(NumberFormat.tenths(finding.mean.millimetres)))
      #expect(words.contains(NumberFormat.tenths(finding.worst.alignedMillimetres)))
    }
    let errors = records.flatMap { $0.meanError.elements.map { Double($0) * 1000 } }
    for tick in Scale(covering: errors).ticks { #expect(words.contains("\(Int(tick))")) }
  }

  @Test("of several pictures begins with a page for all of them") func overview() throws {
    let example = try Self.example.get()
    let pooled = example.record(isPooled: true)
    let other = example.record(isPooled: true, name: "person-2.png", picture: "another")
    let words = Report([pooled, other]).words
    #expect(words.contains { $0.hasPrefix("2 pictures, ") })
    #expect(words.contains("person-2"))
  }

  @Test("of one picture with several settings has pages for each") func settings() throws {
    let example = try Self.example.get()
    let report = Report([example.record(isPooled: true), example.record(isPooled: false, stride: 32)])
    #expect(report.words.contains { $0.hasPrefix("1 picture, 2 settings") })
    let names = report.figures(side: 24).map(\.name)
    #expect(names.contains("person-1-square40-stride16-gap-mean"))
    #expect(names.contains("person-1-square40-stride32-attention-mean"))
  }
}

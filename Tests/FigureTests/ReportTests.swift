import Bodies
import Figures
import Foundation
import Pictures
import Sweeps
import Tensors
import Testing

@Suite("Report") struct ReportTests {
  private static let example = Result { try Example() }
  private static let records = Result { try example.get().records() }
  private static let displaced = Result { try example.get().records(hasTruth: false) }

  @Test("shows what it showed before") func references() throws {
    let (example, records) = (try Self.example.get(), try Self.records.get())
    let report = try Report(records, body: example.body)
    try expectLike(report.firstPage(scale: 0.7), "first-page")
    let figures = report.figures(side: 240)
    for name in ["person-1-gap-mean", "person-1-attention-left_wrist", "person-1-difference"] {
      try expectLike(try #require(figures.first { $0.name == name }).picture, name)
    }
    #expect(figures.count == 1 + 2 * 26 + 1)
    #expect(Set(figures.map(\.name)).count == figures.count)
  }

  @Test("shows a body over the picture and from the side") func body() throws {
    let example = try Self.example.get()
    let posed = example.body.posed(rotations: example.truth.rotations, betas: example.truth.betas)
    let body = BodyDrawing(
      vertices: posed.vertices.points, faces: example.body.faces, camera: Example.camera)
    try expectLike(body.sheet(on: example.crop, side: 160), "body")
  }

  @Test("is the same bytes again") func deterministic() throws {
    let (example, records) = (try Self.example.get(), try Self.records.get())
    let first = try Report(records, body: example.body).pdf()
    #expect(first.starts(with: Data("%PDF".utf8)))
    #expect(try Report(records, body: example.body).pdf() == first)
  }

  @Test("without truth speaks of displacement from the clean prediction, never of error") func words() throws
  {
    let example = try Self.example.get()
    let words = try Report(Self.displaced.get(), body: example.body).words
    #expect(!words.contains { $0.localizedCaseInsensitiveContains("error") })
    #expect(!words.contains { $0.contains("MPJPE") })
    #expect(!words.contains { $0.lowercased() == "truth" })
    #expect(words.contains("mean displacement from the clean prediction, mm"))
    #expect(words.contains("gap: displacement of every joint"))
  }

  @Test("writes the findings' numbers and the scale's ticks") func numbers() throws {
    let (example, records) = (try Self.example.get(), try Self.records.get())
    let words = try Report(records, body: example.body).words
    let findings = records.map { Findings($0) }
    for finding in findings {
      #expect(words.contains(String(format: "%.1f", finding.mean.millimetres)))
      #expect(words.contains(String(format: "%.1f", finding.worst.alignedMillimetres)))
    }
    let errors = records.flatMap { $0.meanError.elements.map { Double($0) * 1000 } }
    for tick in Scale(covering: errors).ticks { #expect(words.contains("\(Int(tick))")) }
  }

  @Test("of several pictures begins with a page for all of them") func overview() throws {
    let example = try Self.example.get()
    let pooled = example.record(isPooled: true)
    let other = example.record(isPooled: true, name: "person-2.png", picture: "another")
    let words = try Report([pooled, other], body: nil).words
    #expect(words.contains { $0.hasPrefix("2 pictures, ") })
    #expect(words.contains("person-2"))
  }

  @Test("names for files take no other's place") func distinct() {
    #expect(Report.distinct(["a", "a", "b", "a-2", "a"]) == ["a", "a-3", "b", "a-2", "a-4"])
    #expect(Report.distinct(["a", "a"]) == ["a", "a-2"] && Report.distinct([]).isEmpty)
  }

  @Test("does not mix records of one picture that were not made alike") func unlike() throws {
    let example = try Self.example.get()
    let pair = [example.record(isPooled: true), example.record(isPooled: false, stride: 32)]
    let error = #expect(throws: SweepError.self) { try Report(pair, body: nil, files: ["a.zarr", "b.zarr"]) }
    #expect(error?.description.hasPrefix("b.zarr: was made with another occluder or grid") == true)
  }
}

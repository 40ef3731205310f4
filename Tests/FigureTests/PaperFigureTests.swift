import Bodies
import Figures
import Foundation
import Models
import Pictures
import Presentation
import Records
import ReportSupport
import TestSupport
import Testing

@Suite("Figures that stand alone") struct PaperFigureTests {
  private static func records(_ count: Int, truth: Bool = true) -> [SweepRecord] {
    (0..<count).map { index in
      var synthetic = SyntheticRecord()
      (synthetic.label, synthetic.seed) = ("net \(index + 1)", UInt64(index + 1))
      synthetic.parts = Set(SyntheticRecord.Part.allCases)
      if !truth { synthetic.parts.remove(.truth) }
      return synthetic.record
    }
  }

  private static let choices: [FigureChoice] = [
    .overview, .grid, .bars, .worst, .attention, .surface, .joint("left_wrist"),
  ]

  @Test(
    "are tidy in a column and across a page", arguments: [1, 2, 4], [241.0, 510])
  func tidy(networks: Int, width: Double) {
    for truth in [true, false] {
      for quantity in [nil, MapQuantity.displacement] {
        for rule in [ScaleRule.picture, .joint] {
          var style = MapStyle()
          (style.quantity, style.scale) = (quantity, rule)
          let report = Report(Self.records(networks, truth: truth), style: style)
          for choice in Self.choices {
            let figures = report.figures(choice)
            #expect(!figures.isEmpty)
            for figure in figures { expectTidy(figure.drawn(width: width), isPage: false) }
          }
        }
      }
    }
  }

  @Test("of absolute errors and of the published look are tidy") func looks() {
    for style in [
      MapStyle.pare,
      {
        var style = MapStyle(); style.quantity = .error; return style
      }(),
    ] {
      let report = Report(Self.records(2), style: style)
      for figure in Self.choices.flatMap(report.figures) {
        expectTidy(figure.drawn(width: 510), isPage: false)
      }
    }
  }

  @Test("are files of the format, as wide as asked for, and the same again") func formats() throws {
    let figure = try #require(Report(Self.records(2)).figures(.overview).first)
    #expect(figure.name == "person-1-overview")
    #expect(figure.data(.pdf, width: 241).starts(with: Data("%PDF".utf8)))
    let svg = String(decoding: figure.data(.svg, width: 241), as: UTF8.self)
    #expect(svg.contains("<svg") && svg.contains("width=\"241pt\""))
    let png = figure.data(.png, width: 241, dpi: 144)
    let picture = try Picture(data: png, from: "figure.png")
    #expect(picture.width == 482)
    // The density, so that the picture is as wide on paper.
    #expect(png.range(of: Data("pHYs".utf8)) != nil)
    #expect(figure.data(.png, width: 241, dpi: 144) == png)
  }

  @Test("of more pixels than a PNG can have are refused, and a picture longer than that is drawn smaller")
  func tooLarge() throws {
    let figure = try #require(Report(Self.records(1)).figures(.overview).first)
    #expect(figure.obstacle(toPNGOf: 241, dpi: 300) == nil)
    #expect(figure.obstacle(toPNGOf: 4000, dpi: 2400)?.hasPrefix("would have 133333 × ") == true)
    for width in [15_000, 20_000, 32_767, 40_000] {
      let canvas = Canvas(pictureWidth: 60, height: 10, scale: 1)
      canvas.draw(Picture(width: width, height: 2, red: 9, green: 90, blue: 7), in: Rect(0, 0, 60, 10))
      #expect(canvas.picture()[30, 5] == (9, 90, 7), "\(width)")
    }
  }

  @Test("are one for a picture, or one for each network") func counts() {
    let report = Report(Self.records(3))
    #expect(report.figures(.grid).map(\.name) == (1...3).map { "person-1-net \($0)-grid" })
    #expect(report.figures(.bars).map(\.name) == ["person-1-bars"])
    #expect(report.figures(.joint("left_wrist")).map(\.name) == ["person-1-left_wrist"])
  }

  @Test("say why a record does not have them") func obstacles() {
    var bare = SyntheticRecord()
    bare.parts = []
    let report = PictureReport.grouped([bare.record])[0]
    #expect(FigureChoice.attention.obstacle(in: report)?.contains("no attention") == true)
    #expect(FigureChoice.surface.obstacle(in: report)?.contains("no skin") == true)
    #expect(FigureChoice.worst.obstacle(in: report) != nil)
    #expect(FigureChoice.joint("left_ear").obstacle(in: report)?.contains("left_wrist") == true)
    #expect(FigureChoice("joint:left_wrist") == .joint("left_wrist") && FigureChoice("joint:") == nil)
    #expect(FigureChoice.names.dropLast().allSatisfy { FigureChoice($0)?.name == $0 })
  }

  @Test("over the photograph a map is where the crop was, at the photograph's resolution") func photograph()
    throws
  {
    var synthetic = SyntheticRecord()
    synthetic.corner = 60
    // The crop is 200 × 200 pixels of the picture, from (60, 60).
    let photograph = Picture(width: 400, height: 300, red: 10, green: 200, blue: 30)
    let record = synthetic.record
    var style = MapStyle()
    style.scale = .range(low: 0, high: 1)
    let figures = Report([record], style: style)
      .figures(over: photograph, fingerprint: record.settings.picture.fingerprint)
    #expect(figures.map(\.name) == ["person-1-gap-photograph-map"])
    let picture = try Picture(data: figures[0].data(.png, width: 404, dpi: 72), from: "figure.png")
    let (left, top) = (2, 24)
    #expect(picture[left + 30, top + 30] == (10, 200, 30))
    #expect(picture[left + 300, top + 200] == (10, 200, 30))
    #expect(picture[left + 90, top + 90] != (10, 200, 30))
    #expect(Report([record]).figures(over: photograph, fingerprint: "another").isEmpty)
  }
}

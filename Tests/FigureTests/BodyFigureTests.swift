import Archives
import Bodies
import Evaluation
import Figures
import Foundation
import Pictures
import Presentation
import Records
import ReportSupport
import Tensors
import TestSupport
import Testing

@Suite("Figure of a body") struct BodyFigureTests {
  private static let body = Result {
    try BodyModel(Archive(contentsOf: fixture("body_1000.npz")).tensors(), from: "body_1000.npz")
  }

  private func page(_ networks: Int) throws -> BodyPage {
    let records = (0..<networks).map { index in
      var synthetic = SyntheticRecord()
      (synthetic.label, synthetic.seed) = ("network \(index + 1)", UInt64(index + 1))
      return synthetic.record
    }
    return try BodyPage(PictureReport.grouped(records, body: Self.body.get())[0])
  }

  @Test("is tidy for any number of networks", arguments: [1, 2, 3, 4, 6, 8]) func layout(count: Int) throws {
    let figure = BodyFigure([try page(count)])
    expectTidy(figure.drawn())
    let texts = figure.drawn().texts.map(\.text)
    #expect(texts.count { $0 == "front" } == count && texts.count { $0 == "back" } == count)
    #expect(texts.count { $0 == "left" } == 2 * count)
  }

  @Test("a dataset's sums are tidy, with gray parts") func dataset() throws {
    let sums = SensitivityReportTests.sums(2, .h36m14)
    let page = try BodyPage(sums, dataset: "3dpw_test.npz", body: Self.body.get())
    expectTidy(BodyFigure([page]).drawn())
    #expect(try colours(of: page)[page.unmeasured.code, default: 0] > 500)
  }

  @Test("a colour on the body is the colour on its bar, without light or shade") func flat() throws {
    let page = try page(1)
    let colours = try colours(of: page)
    // Parts that follow one joint alone.
    for joint in [Joint.head, .leftKnee, .rightElbow, .rightAnkle] {
      let value = page.maps[0].joints[joint.rawValue]
      let colour = page.key.colour(of: value)
      #expect(colours[colour.code, default: 0] > 100, "\(joint)")
    }
  }

  private func colours(of page: BodyPage) throws -> [UInt32: Int] {
    let picture = BodyFigure([page]).picture()
    return stride(from: 0, to: picture.pixels.count, by: 3).reduce(into: [:]) { counts, i in
      let code =
        UInt32(picture.pixels[i]) << 16 | UInt32(picture.pixels[i + 1]) << 8 | UInt32(picture.pixels[i + 2])
      counts[code, default: 0] += 1
    }
  }

  @Test("is tidy at the width of a column, and of a page", arguments: [1, 2, 5], [241.0, 510])
  func columns(count: Int, width: Double) throws {
    let records = (0..<count).map { index in
      var synthetic = SyntheticRecord()
      (synthetic.label, synthetic.seed) = ("network \(index + 1)", UInt64(index + 1))
      return synthetic.record
    }
    let figures = Report(records, body: try Self.body.get()).figures(.body)
    let figure = try #require(figures.first)
    #expect(figures.count == 1 && figure.name == "person-1-body")
    let faults = layoutFaults(of: figure.drawn(width: width)).filter { !$0.contains("footer") }
    #expect(faults.isEmpty, "\(faults.prefix(5).joined(separator: "\n"))")
  }

  @Test("is the same bytes again") func deterministic() throws {
    let figure = BodyFigure([try page(2)])
    #expect(figure.document().data == figure.document().data)
  }
}

extension Colour {
  fileprivate var code: UInt32 { UInt32(bytes.red) << 16 | UInt32(bytes.green) << 8 | UInt32(bytes.blue) }
}

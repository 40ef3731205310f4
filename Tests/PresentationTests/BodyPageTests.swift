import Archives
import Bodies
import Foundation
import Presentation
import Records
import ReportSupport
import TestSupport
import Testing

@Suite("Errors on a body") struct BodyPageTests {
  private static let body = Result {
    try BodyModel(Archive(contentsOf: fixture("body_1000.npz")).tensors(), from: "body_1000.npz")
  }

  private func report(
    _ skeleton: Skeleton = .smpl24, parts: Set<SyntheticRecord.Part>? = nil, hasBody: Bool = true
  ) throws -> PictureReport {
    var synthetic = SyntheticRecord()
    synthetic.skeleton = skeleton
    if let parts { synthetic.parts = parts }
    var second = synthetic
    (second.label, second.seed) = ("attention", 2)
    return PictureReport.grouped(
      [synthetic.record, second.record], body: hasBody ? try Self.body.get() : nil)[0]
  }

  @Test("has each joint's mean minus its clean error, on one scale about 0") func increases() throws {
    let (report, body) = (try report(), try Self.body.get())
    let page = try BodyPage(report)
    #expect(page.maps.map(\.title.text) == ["gap", "attention"])
    for (map, entry) in zip(page.maps, report.entries) {
      let joints = entry.findings.joints.map { Double($0.meanMillimetres) - Double($0.cleanMillimetres) }
      #expect(zip(map.joints, joints).allSatisfy { abs($0 - $1) < 1e-3 })
      #expect(map.sums == body.blended(map.joints))
      #expect(map.shares.allSatisfy { abs($0 - 1) < 1e-5 })
      #expect(map.joints.allSatisfy { page.key.scale.low <= $0 && $0 <= page.key.scale.high })
    }
    #expect(page.key.scale.low <= 0 && page.key.scale.high >= 0 && page.key.colours == .change)
    #expect(page.key.title.text.hasPrefix("mean error increase"))
    #expect(!page.notes.contains { $0.contains("Gray") })
  }

  @Test("without ground truth has displacements from zero, and speaks of no error") func displacements()
    throws
  {
    let page = try BodyPage(report(parts: [.joints, .camera]))
    #expect(page.key.scale.low == 0 && page.key.colours == .inferno)
    let texts =
      [page.heading.title, page.heading.explanation, page.foot, page.key.title].map(\.text) + page.notes
    #expect(!texts.contains { $0.localizedCaseInsensitiveContains("error") })
    #expect(page.key.title.text.contains("displacement"))
  }

  @Test("leaves parts gray whose joint was not measured") func gray() throws {
    let page = try BodyPage(report(.h36m14))
    let (map, body) = (page.maps[0], try Self.body.get())
    #expect(map.joints[Joint.spine2.rawValue].isNaN && !map.joints[Joint.leftKnee.rawValue].isNaN)
    #expect(map.shares.contains { $0 < 0.1 } && map.shares.contains { $0 > 0.9 })
    #expect(body.vertexCount == map.sums.count && map.sums.allSatisfy(\.isFinite))
    #expect(page.notes.contains { $0.hasPrefix("Gray") })
  }

  @Test("takes the scale that is given") func scale() throws {
    let scale = Scale(covering: [-500, 500], isDifference: true)
    #expect(try BodyPage(report(), scale: scale).key.scale == scale)
  }

  @Test("is not there without a body, or without the joints of the limbs") func unavailable() throws {
    #expect(throws: BodyPage.Unavailable.self) { try BodyPage(report(hasBody: false)) }
    #expect(FigureChoice.body.obstacle(in: try report(.five))?.contains("left_shoulder") == true)
    #expect(FigureChoice.body.obstacle(in: try report()) == nil)
    let error = #expect(throws: BodyPage.Unavailable.self) { try BodyPage(report(.five)) }
    #expect(error?.description.contains("left_shoulder") == true)
  }
}

import Bodies
import Evaluation
import Figures
import Models
import Presentation
import Records
import ReportSupport
import TestSupport
import Tensors
import Testing

@Suite("Report on occluders over many pictures") struct OcclusionReportTests {
  private static let body = try! SMPLBody(contentsOf: fixture("body_1000.npz"))

  /// A summary of made-up records of some networks on some pictures.
  private static func summary(
    networks: Int, pictures: Int, sizes: [Int] = [40], hasBody: Bool = true, hasTruth: Bool = true,
    skeleton: Skeleton = .smpl24, isLong: Bool = false, tolerance: Double? = nil, missEvery: Int? = nil
  ) throws -> OcclusionSummary {
    let records = (0..<pictures).flatMap { picture in
      (0..<networks).flatMap { network in
        sizes.map { size in
          var synthetic = SyntheticRecord()
          synthetic.skeleton = skeleton
          synthetic.label =
            isLong ? "a network with a long name, version \(network + 1)" : "net \(network + 1)"
          synthetic.picture =
            isLong ? "a-picture-with-a-long-name-of-its-own-and-more-\(picture).png" : "person-\(picture).png"
          synthetic.occlusion = Occlusion(size: size)
          synthetic.positions = PositionRule(stride: 14)
          synthetic.seed = UInt64(1 + network + 10 * picture + size * 1000)
          synthetic.tolerance = tolerance
          if let missEvery { synthetic.misses = { $0 % missEvery == 0 } }
          if !hasTruth { synthetic.parts.remove(.truth) }
          var record = synthetic.record
          if hasBody, hasTruth {
            let still = (0..<24).flatMap { joint -> [Float] in
              let sign: Float = joint == 0 ? -1 : 1  // stands upright in a picture whose y points down
              return [1, 0, 0, 0, sign, 0, 0, 0, sign]
            }
            record.context.truthBody = (Tensor([24, 3, 3], still), Tensor([10], repeating: 0))
            record.context.truthCamera = Tensor([3], [0.9, 0, 0.2])
          }
          return record
        }
      }
    }
    return try OcclusionSummary(of: records, body: body)
  }

  @Test("has no texts over one another, none outside the page, none cut but names") func layout() throws {
    for networks in [1, 2, 3, 5, 6] {
      for isLong in [false, true] {
        let summary = try Self.summary(
          networks: networks, pictures: networks == 2 ? 1 : 12, sizes: networks == 3 ? [40, 80] : [40],
          isLong: isLong)
        expectTidy(OcclusionReport(summary, title: "people").drawn(), hasLongNames: isLong)
      }
    }
    let others = [
      try Self.summary(networks: 2, pictures: 4, hasTruth: false),
      try Self.summary(networks: 2, pictures: 4, hasBody: false),
      try Self.summary(networks: 2, pictures: 4, skeleton: .common12),
      try Self.summary(networks: 2, pictures: 4, tolerance: 2),
      try Self.summary(networks: 2, pictures: 4, missEvery: 3),
    ]
    for summary in others { expectTidy(OcclusionReport(summary, title: "people").drawn()) }
  }

  @Test("says how it was measured, and has a page for every matrix") func words() throws {
    let summary = try Self.summary(networks: 2, pictures: 4)
    let words = OcclusionReport(summary, title: "people").drawn().texts.map(\.text)
    #expect(words.contains("net 1: error increase of each joint by covered part"))
    #expect(words.contains("The pictures with the worst positions"))
    let methods = words.joined(separator: " ")
    for part in [
      "moved over 4 pictures with a stride of 14 pixels", "bootstrap, 1000 draws, seed 0",
      "body: ground truth",
    ] {
      #expect(methods.contains(part), "\(part)")
    }
    let lower = OcclusionPages(try Self.summary(networks: 1, pictures: 4, tolerance: 2), title: "people")
      .lines
    #expect(lower.contains { $0.contains("≥ ") })
    #expect(!OcclusionPages(summary, title: "people").lines.contains { $0.contains("≥ ") })
  }

  @Test("pictures that one of the networks lacks are left out, and said so") func leftOut() throws {
    let whole = try Self.summary(networks: 2, pictures: 3)
    #expect(whole.leftOut == 0 && whole.pictures.count == 3)
    var one = SyntheticRecord(), other = SyntheticRecord(), third = SyntheticRecord()
    (other.label, third.picture) = ("attention", "person-2.png")
    let some = try OcclusionSummary(of: [one.record, other.record, third.record], body: Self.body)
    #expect(some.leftOut == 1 && some.pictures == ["person-1.png"])
    #expect(OcclusionPages(some, title: "x").lines.contains { $0.hasPrefix("1 picture was not") })
    one.parts.remove(.truth)
    #expect(throws: RecordError.self) {
      try OcclusionSummary(of: [one.record, other.record], body: Self.body)
    }
  }
}

import Figures
import Foundation
import Evaluation
import Tensors
import Testing

@Suite("Experiment's report") struct ExperimentReportTests {
  private static func summary(_ names: [String], fills: [OcclusionRobustness.Settings.Fill] = [.gray])
    -> ExperimentSummary
  {
    var settings = OcclusionRobustness.Settings()
    (settings.people, settings.patches, settings.fills) = (12, [40], fills)
    func run(_ seed: UInt64) -> ExperimentSummary.Run {
      var random = SeededGenerator(seed: seed)
      func array(_ shape: [Int], missing: Float = 0) -> Tensor {
        Tensor(
          [12] + shape,
          (0..<12 * shape.reduce(1, *)).map { _ in random.chance(missing) ? .nan : random.uniform(0.05...0.2)
          })
      }
      let whole = ["error": array([24]), "error_pa": array([24]), "vertex_error": array([])]
      var gray: [String: Tensor] = [:]
      for key in OcclusionStatistics.Key.allCases { gray[key.rawValue] = array(key.shape, missing: 0.1) }
      gray[OcclusionStatistics.Key.isVisible.rawValue] = Tensor([12, 24], (0..<288).map { Float($0 % 2) })
      return .init(
        name: "seed \(seed)", fingerprint: "\(seed)",
        robustness: OcclusionRobustness(
          people: 12,
          conditions: [.clean: whole, .objects: whole, .patch(40, .gray): gray, .patch(40, .textured): gray]))
    }
    return ExperimentSummary(
      name: "trial", settings: settings, reference: names[0],
      variants: names.enumerated().map { ($1, [run(UInt64($0 + 1))]) }, resamples: 50)
  }

  private static let log = """
    pictures,seconds_per_1000,learning_rate,total,parts,joints_3d
    6400,9.5,0.0005,120.5,20,
    12800,9.1,0.0004,90.25,15,30
    no,line
    """

  @Test("has a page for every figure, with the numbers of the summary") func pages() throws {
    let summary = Self.summary(["gap", "attention"], fills: [.gray, .textured])
    let curve = TrainingCurve(name: "gap, seed 1", variant: "gap", log: Self.log)
    #expect(curve.points("parts")?.map(\.y) == [20, 15] && curve.points("joints_3d")?.map(\.x) == [12800])
    let report = ExperimentReport(summary, curves: [curve])
    let names = report.figures(scale: 0.3).map(\.name)
    #expect(
      names == [
        "overview", "observations", "differences", "joints-40", "influence-40-gap", "influence-40-attention",
        "attention-40", "training", "definitions",
      ])
    let words = report.words
    let clean = try #require(summary.variants[1].values["clean.mpjpe_mm"]?.estimate)
    #expect(words.contains { $0.hasPrefix(String(format: "%.1f  (%.1f to", clean.mean, clean.low)) })
    #expect(words.contains("Difference from gap") && words.contains("joints 3d"))
    #expect(words.contains("Textured patch, coarse positions") && words.contains("Left wrist"))
  }

  @Test("is the same bytes again") func deterministic() {
    let summary = Self.summary(["gap", "attention"])
    let report = ExperimentReport(summary, curves: [])
    let first = report.pdf()
    #expect(first.starts(with: Data("%PDF".utf8)))
    #expect(ExperimentReport(summary, curves: []).pdf() == first)
    #expect(!report.figures(scale: 0.3).contains { $0.name == "training" })
  }

  @Test("of one variant, and of more than a chart holds") func counts() {
    let one = ExperimentReport(Self.summary(["only"]), curves: []).figures(scale: 0.3).map(\.name)
    #expect(!one.contains("differences"))
    let many = ExperimentReport(Self.summary((1...8).map { "v\($0)" }), curves: [])
    #expect(many.words.contains { $0.contains("the first 6 of 8 variants.") })
    let names = many.figures(scale: 0.3).map(\.name)
    #expect(names.count { $0.hasPrefix("influence") } == 8 && names[1] == "table")
    #expect(!one.contains("table") && names.filter { $0.hasPrefix("table") } == ["table"])
    #expect((1...8).allSatisfy { many.words.contains("v\($0)") })
    let more = ExperimentReport(Self.summary((1...20).map { "v\($0)" }), curves: [])
    #expect(more.figures(scale: 0.3).map(\.name).filter { $0.hasPrefix("table") } == ["table", "table-2"])
  }
}

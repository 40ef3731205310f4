import Bodies
import Evaluation
import Figures
import Foundation
import Presentation
import Records
import ReportSupport
import Tensors
import Testing

@Suite("Experiment's report") struct ExperimentReportTests {
  static func summary(_ names: [String], fills: [OcclusionRobustness.Settings.Fill] = [.gray])
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

  static let log = """
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
    let first = report.document().data
    #expect(first.starts(with: Data("%PDF".utf8)))
    #expect(ExperimentReport(summary, curves: []).document().data == first)
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

  @Test("pages are tidy for any number of variants", arguments: [1, 2, 3, 4, 6, 8, 20], [false, true])
  func layout(count: Int, isLong: Bool) {
    let names = (1...count).map { isLong ? "a variant with a long name, number \($0)" : "variant \($0)" }
    let curves = names.map { TrainingCurve(name: "\($0), seed 1", variant: $0, log: Self.log) }
    let report = ExperimentReport(Self.summary(names, fills: [.gray, .textured]), curves: curves)
    expectTidy(report.drawn(), hasLongNames: isLong)
  }

  @Test("has every text where it was, on all pages") func texts() throws {
    let curve = TrainingCurve(name: "gap, seed 1", variant: "gap", log: Self.log)
    let summary = Self.summary(["gap", "attention"], fills: [.gray, .textured])
    try expectTexts(ExperimentReport(summary, curves: [curve]).drawn(), "experiment")
  }

  @Test("charts beside one another have one axis and are of the same positions") func axes() throws {
    let pages = ExperimentPages(Self.summary(["gap", "attention"], fills: [.gray, .textured]), curves: [])
    let panels = pages.overview.panels
    #expect(panels.map(\.title) == ["Gray patch, coarse positions", "Textured patch, coarse positions"])
    #expect(panels[0].upwardScale == panels[1].upwardScale && panels[0].ticks == panels[1].ticks)
    let alone = ExperimentPages(Self.summary(["gap"]), curves: []).overview.panels
    #expect(alone.map(\.title) == ["Gray patch, all positions"])
    let columns = try #require(pages.differences).columns
    #expect(columns[0].charts[0].scale == columns[1].charts[0].scale)
  }

  @Test("the matrix of influence goes limb by limb, parts down and joints across") func influence() throws {
    let summary = Self.summary(["gap"])
    let variant = summary.variants[0]
    let page = try #require(ExperimentPages(summary, curves: []).influence(variant, 40))
    let panel = page.panels[0]
    #expect(panel.rows.prefix(7) == ["Pelvis", "Spine1", "Spine2", "Spine3", "Neck", "Head", "Left collar"])
    #expect(panel.groups == [6, 11, 16, 20])
    let (hip, wrist) = (Joint.leftHip.rawValue, Joint.rightWrist.rawValue)
    let (row, column) = (panel.rows.firstIndex(of: "Left hip")!, panel.columns.firstIndex(of: "Right wrist")!)
    let value = variant.influence[40]!.all[hip][wrist]
    #expect(panel.values[row][column] == (value.pictures >= 10 ? value.mean : nil))
  }
}

@Suite("Report on a dataset") struct SensitivityReportTests {
  static func sums(_ count: Int, _ skeleton: Skeleton) -> [DatasetSensitivity] {
    (0..<count).map { index in
      var synthetic = SyntheticRecord()
      (synthetic.label, synthetic.skeleton) = ("network \(index + 1)", skeleton)
      var sum = DatasetSensitivity(like: synthetic.record)
      for picture in 0..<3 {
        synthetic.seed = UInt64(10 * index + picture + 1)
        sum.add(synthetic.record)
      }
      return sum
    }
  }

  @Test("pages are tidy for any number of networks and joints", arguments: [1, 2, 3, 4, 6, 8])
  func layout(count: Int) {
    for skeleton in [Skeleton.h36m14, .smpl24, .five] {
      expectTidy(SensitivityReport(Self.sums(count, skeleton), dataset: "3dpw_test.npz").drawn())
    }
  }

  @Test("shows the groups of a skeleton and then all joints") func groups() {
    let pages = SensitivityPage.pages(Self.sums(6, .h36m14), dataset: "3dpw_test.npz")
    #expect(pages.count == 2 && pages.map(\.series.count) == [3, 3])
    #expect(pages[0].rows == ["Ankle", "Knee", "Hip", "Wrist", "Elbow", "Shoulder", "Head", "All"])
    #expect(pages[1].heading.title.text == "Occlusion sensitivity per joint (2 of 2)")
    #expect(pages[0].scale == pages[1].scale && pages[0].mapKey == pages[1].mapKey)
  }
}

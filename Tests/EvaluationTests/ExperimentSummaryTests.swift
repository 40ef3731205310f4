import Bodies
import Foundation
import Evaluation
import TestSupport
import Tensors
import Testing

@Suite("Experiment's summary") struct ExperimentSummaryTests {
  static let settings: OcclusionRobustness.Settings = {
    var settings = OcclusionRobustness.Settings()
    (settings.people, settings.patches) = (6, [40])
    return settings
  }()

  /// Measurements of six people: errors of 100 mm and a tenth of a metre more for each person after the first.
  static func robustness(increase: Float, attends: Bool = false) -> OcclusionRobustness {
    func array(_ shape: [Int], _ value: (Int) -> Float) -> Tensor {
      Tensor(stacking: (0..<6).map { Tensor([1] + shape, repeating: value($0)) })
    }
    let whole = [
      "error": array([24]) { 0.1 + 0.1 * Float($0) }, "error_pa": array([24]) { _ in 0.05 },
      "vertex_error": array([]) { _ in 0.2 },
    ]
    var behind = whole
    // The second person's head and hands are hidden, and off by 0.3 m more than in sight.
    var errors = [Float](repeating: 0, count: 144), isCovered = errors
    for person in 0..<6 {
      for joint in 0..<24 {
        errors[24 * person + joint] = 0.1 + 0.1 * Float(person) + (person == 1 ? 0.3 : 0)
        isCovered[24 * person + joint] = person == 1 && [15, 22, 23].contains(joint) ? 1 : 0
      }
    }
    (behind["error"], behind["is_covered"]) = (Tensor([6, 24], errors), Tensor([6, 24], isCovered))
    var gray: [String: Tensor] = [:]
    for key in OcclusionStatistics.Key.allCases
    where attends || !["attention", "pear", "spear"].contains(where: key.rawValue.hasPrefix) {
      gray[key.rawValue] = array(key.shape) { person in
        switch key {
        case .meanError, .coarseMeanError: 0.1 + 0.1 * Float(person) + increase
        // Only half of the people have a hidden joint.
        case .groupIncrease, .influence: person < 3 ? increase : .nan
        case .isVisible: person < 2 ? 0 : 1
        case .attentionBefore: 0.25
        default: 0.3
        }
      }
    }
    return OcclusionRobustness(
      people: 6,
      conditions: [.clean: whole, .objects: behind, .patch(40, .gray): gray, .patch(40, .textured): gray])
  }

  @Test("metrics are in millimetres, rises against the same person's clean error") func metrics() throws {
    let robustness = Self.robustness(increase: 0.01)
    func values(_ key: String) throws -> [Double] {
      let metric = try #require(Metric.all(Self.settings).first { $0.key == key }, "\(key)")
      return try #require(metric.values(of: robustness), "\(key)")
    }
    for (person, value) in try values("clean.mpjpe_mm").enumerated() {
      #expect(abs(value - 100 * Double(person + 1)) < 1e-3)
    }
    #expect(try values("clean.pve_mm").allSatisfy { abs($0 - 200) < 1e-3 })
    for key in ["gray_40.mean_mpjpe_increase_mm", "textured_40.coarse_mean_mpjpe_increase_mm"] {
      #expect(try values(key).allSatisfy { abs($0 - 10) < 1e-3 })
    }
    let rises = try values("objects.mpjpe_increase_mm")
    #expect(rises.indices.allSatisfy { abs(rises[$0] - ($0 == 1 ? 300 : 0)) < 1e-3 })
    let covered = try (values("objects.covered_mpjpe_mm"), values("objects.covered_mpjpe_increase_mm"))
    #expect(covered.0.map(\.isNaN) == [true, false, true, true, true, true])
    #expect(abs(covered.0[1] - 500) < 1e-3 && abs(covered.1[1] - 300) < 1e-3)
    #expect(try values("gray_40.worst_pa_mpjpe_increase_mm").allSatisfy { abs($0 - 250) < 1e-3 })
    #expect(try values("gray_40.hidden_covered_increase_mm").count { $0.isNaN } == 3)
    let keys = Metric.all(Self.settings).map(\.key)
    #expect(Set(keys).count == keys.count)
  }

  @Test("means, bounds and differences of variants and seeds") func summary() throws {
    func run(_ name: String, _ increase: Float, attends: Bool = false) -> ExperimentSummary.Run {
      .init(name: name, fingerprint: name, robustness: Self.robustness(increase: increase, attends: attends))
    }
    let summary = ExperimentSummary(
      name: "test", settings: Self.settings, reference: "a",
      variants: [
        ("a", [run("seed 1", 0.01), run("seed 2", 0.03)]), ("b", [run("seed 1", 0.02), run("seed 2", 0.04)]),
        ("c", [run("seed 1", 0.05, attends: true)]),
      ])
    let key = "gray_40.mean_mpjpe_increase_mm"
    let value = try #require(summary.variants[0].values[key])
    #expect(abs(value.estimate.mean - 20) < 1e-3 && abs(value.runs[1] - 30) < 1e-3)
    // Nothing but the seed differs: a standard error of 10 mm, of which two seeds allow 12.7.
    #expect(abs(value.estimate.low - 20 + 127.06) < 12 && abs(value.estimate.high - 20 - 127.06) < 12)
    #expect(summary.variants[0].differences == nil)
    let difference = try #require(summary.variants[1].differences?[key])
    #expect(abs(difference.mean - 10) < 1e-3 && difference.high - difference.low < 1e-3)
    #expect(summary.variants[1].values["gray_40.attention_before"] == nil)
    let attention = try #require(summary.variants[2].values["gray_40.attention_before"]?.estimate)
    #expect(abs(attention.mean - 0.25) < 1e-6)
    #expect(summary.variants[2].differences?["gray_40.attention_before"] == nil)

    let influence = try #require(summary.variants[2].influence[40])
    #expect(influence.all[3][5].pictures == 3 && abs(influence.all[3][5].mean - 50) < 1e-3)
    #expect(influence.hidden[3][5].pictures == 2)
    let joint = try #require(summary.variants[2].joints[40]?[4])
    #expect(joint.joint == Joint(rawValue: 4)!.name && abs(joint.mean.mean - 400) < 1e-2)
    #expect(summary.variants[0].joints[40]?[4].attentionBefore == nil)
  }
}

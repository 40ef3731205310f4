import Evaluation
import Testing

@Suite("Metrics") struct MetricTests {
  /// The keys of version 0.1.0 for a patch of 40, in the order of its tables.
  private static let old = [
    "clean.mpjpe_mm", "clean.pa_mpjpe_mm", "clean.pve_mm", "objects.mpjpe_mm", "objects.mpjpe_rise_mm",
    "objects.pa_mpjpe_mm", "objects.pa_mpjpe_rise_mm", "objects.pve_mm", "objects.pve_rise_mm",
    "objects.covered_mpjpe_mm", "objects.covered_mpjpe_rise_mm", "gray_40.mean_mpjpe_mm",
    "gray_40.mean_mpjpe_rise_mm", "gray_40.worst_mpjpe_mm", "gray_40.worst_mpjpe_rise_mm",
    "gray_40.mean_pa_mpjpe_mm", "gray_40.mean_pa_mpjpe_rise_mm", "gray_40.worst_pa_mpjpe_mm",
    "gray_40.worst_pa_mpjpe_rise_mm", "gray_40.coarse_mean_mpjpe_mm", "gray_40.coarse_mean_mpjpe_rise_mm",
    "gray_40.coarse_worst_mpjpe_mm", "gray_40.coarse_worst_mpjpe_rise_mm",
    "gray_40.coarse_mean_pa_mpjpe_mm", "gray_40.coarse_mean_pa_mpjpe_rise_mm",
    "gray_40.coarse_worst_pa_mpjpe_mm", "gray_40.coarse_worst_pa_mpjpe_rise_mm",
    "textured_40.coarse_mean_mpjpe_mm", "textured_40.coarse_mean_mpjpe_rise_mm",
    "textured_40.coarse_worst_mpjpe_mm", "textured_40.coarse_worst_mpjpe_rise_mm",
    "textured_40.coarse_mean_pa_mpjpe_mm", "textured_40.coarse_mean_pa_mpjpe_rise_mm",
    "textured_40.coarse_worst_pa_mpjpe_mm", "textured_40.coarse_worst_pa_mpjpe_rise_mm",
    "gray_40.on_body_rise_mm", "gray_40.edge_rise_mm", "gray_40.background_rise_mm",
    "gray_40.on_body_less_background_mm", "gray_40.visible_covered_rise_mm",
    "gray_40.visible_elsewhere_rise_mm", "gray_40.visible_elsewhere_on_body_rise_mm",
    "gray_40.hidden_covered_rise_mm", "gray_40.hidden_elsewhere_rise_mm",
    "gray_40.hidden_elsewhere_on_body_rise_mm", "gray_40.covered_visible_less_hidden_mm",
    "gray_40.attention_before", "gray_40.attention_after", "gray_40.attention_rise_spearman",
    "gray_40.attention_rise_pearson",
  ]

  private static let all: [Metric] = {
    var settings = OcclusionRobustness.Settings()
    settings.patches = [40]
    return Metric.all(settings)
  }()

  @Test("keys are those of version 0.1.0, in the same order, with other words") func keys() {
    #expect(Self.all.map(\.key) == Self.old.map(Metric.modernised))
    #expect(Self.all.map(\.key).map(Metric.modernised) == Self.all.map(\.key))
    #expect(!Self.all.contains { $0.key.contains("_rise") || $0.key.contains("_less_") })
  }

  @Test("a key names one metric") func distinct() {
    #expect(Set(Self.all).count == Self.all.count && Set(Self.all.map(\.key)).count == Self.all.count)
  }

  @Test("units and signs follow from the kind") func units() {
    for metric in Self.all {
      switch metric.kind {
      case .error: #expect(metric.unit == .millimetres && !metric.isSigned)
      case .increase, .difference: #expect(metric.unit == .millimetres && metric.isSigned)
      case .attentionShare: #expect(metric.unit == .share && !metric.isSigned)
      case .correlation: #expect(metric.unit == .correlation && metric.isSigned)
      }
      #expect(metric.key.hasSuffix("_mm") == (metric.unit == .millimetres))
    }
  }
}

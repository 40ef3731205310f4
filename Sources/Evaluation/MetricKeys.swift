extension Metric {
  /// The key in files, "gray_40.mean_mpjpe_increase_mm".
  public var key: String { "\(condition.name).\(name)" + (unit == .millimetres ? "_mm" : "") }

  /// Rewrites a key of version 0.1.0, such as `gray_40.on_body_less_background_mm`, to that of today.
  ///
  /// | version 0.1.0 | today |
  /// | --- | --- |
  /// | `…_rise_…` | `…_increase_…` |
  /// | `…_less_…` | `…_minus_…` |
  public static func modernised(_ key: String) -> String {
    key.replacing("_rise", with: "_increase").replacing("_less_", with: "_minus_")
  }

  private var name: String {
    switch kind {
    case .error: errorName
    case .increase: errorName + "_increase"
    case .difference: region == .covered ? "covered_visible_minus_hidden" : "on_body_minus_background"
    case .attentionShare(let moment): "attention_\(moment.rawValue)"
    case .correlation(let coefficient): "attention_increase_\(coefficient.rawValue)"
    }
  }

  private var errorName: String {
    let measure = points == .vertices ? "pve" : alignment == .procrustes ? "pa_mpjpe" : "mpjpe"
    let joints = points == .visibleJoints ? "visible" : "hidden"
    return switch region {
    case .all, .coarse:
      if case .patch = condition {
        (region == .coarse ? "coarse_" : "") + "\(statistic.rawValue)_\(measure)"
      } else {
        (points == .occludedJoints ? "covered_" : "") + measure
      }
    case .body: "on_body"
    case .edge: "edge"
    case .background: "background"
    case .covered: "\(joints)_covered"
    case .elsewhere: "\(joints)_elsewhere"
    case .elsewhereOnBody: "\(joints)_elsewhere_on_body"
    case .bodyMinusBackground: "on_body_minus_background"
    }
  }
}

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

  /// The group that it is listed in.
  public var heading: String {
    switch condition {
    case .clean: return "Unoccluded image"
    case .objects: return "Objects in front"
    case .patch(let size, let fill):
      let patch = "\(fill.rawValue) patch of \(size)"
      if case .attentionShare = kind { return "Attention, \(patch)" }
      if case .correlation = kind { return "Attention, \(patch)" }
      switch region {
      case .all: return patch.prefix(1).uppercased() + patch.dropFirst()
      case .coarse: return patch.prefix(1).uppercased() + patch.dropFirst() + ", coarse positions"
      case .body, .edge, .background, .bodyMinusBackground: return "Error increase by where the \(patch) is"
      case .covered, .elsewhere, .elsewhereOnBody: return "Error increase of a joint, \(patch)"
      }
    }
  }

  /// Its name in the group.
  public var title: String { baseTitle + (hasCleanError && kind == .increase ? ", error increase" : "") }

  /// Its name where space is scarce: an error increase is a Δ.
  public var shortTitle: String { (hasCleanError && kind == .increase ? "Δ " : "") + baseTitle }

  /// The name without the kind of number.
  public var baseTitle: String {
    switch kind {
    case .error, .increase: return errorTitle
    case .difference: return region == .covered ? "covered: visible minus hidden" : "body minus background"
    case .attentionShare(.before): return "share at the patch's position before occlusion"
    case .attentionShare(.after): return "share on the patch"
    case .correlation(let coefficient):
      return "attention and error increase, " + (coefficient == .spearman ? "Spearman" : "Pearson")
    }
  }

  /// Whether it is an error like the clean one; the headings of the others name the error increase.
  private var hasCleanError: Bool { region == .all || region == .coarse }

  private var errorTitle: String {
    let measure = points == .vertices ? "PVE" : alignment == .procrustes ? "PA-MPJPE" : "MPJPE"
    let joint = points == .visibleJoints ? "visible joint" : "hidden joint"
    return switch region {
    case .all, .coarse:
      if case .patch = condition {
        "\(measure), " + (statistic == .mean ? "mean over positions" : "worst position")
      } else {
        measure + (points == .occludedJoints ? ", joints that they hide" : "")
      }
    case .body: "patch on the body"
    case .edge: "patch over its edge"
    case .background: "patch on the background"
    case .covered: points == .visibleJoints ? "visible joint, covered" : "hidden joint, patch on its position"
    case .elsewhere: "\(joint), patch elsewhere"
    case .elsewhereOnBody: "\(joint), patch elsewhere on the body"
    case .bodyMinusBackground: "body minus background"
    }
  }
}

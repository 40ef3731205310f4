import Evaluation

extension Metric {
  /// The group that it is listed in.
  package var heading: String {
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
  package var title: String { baseTitle + (hasCleanError && kind == .increase ? ", error increase" : "") }

  /// Its name where space is scarce: an error increase is a Δ.
  package var shortTitle: String { (hasCleanError && kind == .increase ? "Δ " : "") + baseTitle }

  /// The name without the kind of number.
  package var baseTitle: String {
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

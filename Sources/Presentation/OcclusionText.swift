import Bodies
import Evaluation
import Models
import Records

extension OcclusionPages {
  // MARK: Text

  /// Everything for the terminal.
  public var lines: [String] {
    var lines: [String] = []
    for setting in summary.settings {
      let entries = summary.entries(under: setting)
      if !lines.isEmpty { lines.append("") }
      lines += ["\(count), \(words(setting))", intervals, ""]
      lines +=
        TextTable(
          [[""] + entries.map(\.network)]
            + table(setting).rows.map { [$0.isHeading ? $0.label.text : "  " + $0.label.text] + $0.cells }
        ).lines
      guard entries.contains(where: { !$0.parts.isEmpty }) else { continue }
      lines += [
        "", "\(quantity) while a part is covered, mean over joints, mm, and the joint that it affects most",
      ]
      let parts = Joint.allCases.map(\.name).filter { part in
        entries.contains { $0.parts.contains { $0.part == part } }
      }
      lines +=
        TextTable(
          [["part", "pictures"] + entries.map(\.network)]
            + parts.map { part in
              let effects = entries.map { $0.parts.first { $0.part == part } }
              return [part, "\(effects.compactMap { $0?.mean.pictures }.max() ?? 0)"] + effects.map(text)
            }
        ).lines
      lines += ["", "worst positions, the worst first: \(quantity), picture, centre of the occluder in it"]
      for entry in entries {
        let shown = entry.worstPositions.prefix(3).map {
          "\(NumberFormat.whole($0.millimetres)) mm \($0.picture) (\(NumberFormat.whole($0.x)), \(NumberFormat.whole($0.y)))"
        }
        lines.append("\(entry.network): \(shown.joined(separator: "; "))")
      }
    }
    if summary.leftOut > 0 {
      lines += [
        "",
        "\(summary.leftOut) picture\(summary.leftOut == 1 ? " was" : "s were") not swept by all networks with all "
          + "occluders, and left out",
      ]
    }
    return lines
  }

  private func text(_ effect: OcclusionSummary.PartEffect?) -> String {
    guard let effect else { return NumberFormat.missing }
    let format: NumberFormat = summary.hasTruth ? .signed : .tenths
    let interval = hasIntervals ? " [\(format(effect.mean.low)), \(format(effect.mean.high))]" : ""
    return "\(format(effect.mean.mean))\(interval) \(effect.joint) \(format(effect.ofJoint.mean))"
  }

  // MARK: Methods

  /// A paragraph for a paper: what was done, in words.
  func methods(_ setting: OcclusionSummary.Setting) -> String {
    let occlusion = setting.occlusion
    let positions =
      setting.isList
      ? "at given positions of each picture"
      : "with a stride of \(setting.stride) pixels"
        + (setting.isRegion ? " over a region of each picture" : "")
    let reference =
      summary.hasTruth
      ? "the mean per-joint position error (MPJPE) over \(summary.skeleton.count) joints (\(summary.skeleton.name)), with "
        + "the \(summary.skeleton.rootTitle) of prediction and ground truth laid on each other"
      : "the mean distance of \(summary.skeleton.count) joints (\(summary.skeleton.name)) from the network's own prediction "
        + "without the occluder, with the \(summary.skeleton.rootTitle) of both laid on each other"
    let sampling =
      setting.tolerance.map { " Positions were sampled adaptively to an interpolation error of \($0) mm." }
      ?? ""
    let done =
      setting.hidesParts
      ? "In \(count), each visible body part was hidden by its own outline, filled with \(occlusion.fill.name), and each "
        + "network was run on every such picture. "
      : "An occluder (\(occlusion.title); sizes and strides in pixels of a 224-pixel square about the person) was moved "
        + "over \(count) \(positions) (\(setting.kind.rawValue) grid), and each network was run at every position. "
    return
      "Methods. \(done)We "
      + "report \(reference); error increases are errors with the occluder minus those without it.\(sampling)"
      + (hasIntervals
        ? " Intervals are 95 % percentile intervals over pictures (bootstrap, \(summary.resamples) draws, seed \(summary.seed))."
        : "")
      + (summary.bodies.isEmpty
        ? ""
        : " A body part counts as covered where the occluder hides at least half of its visible pixels (body: "
          + "\(summary.bodies.joined(separator: ", "))).") + " Computed with Penumbra \(Release.version)."
  }
}

import Bodies
public import Evaluation

/// The results of an experiment as Markdown, and as a few lines for the terminal.
public struct ExperimentTable: Sendable {
  private let summary: ExperimentSummary

  /// The table of a summary.
  public init(_ summary: ExperimentSummary) { self.summary = summary }

  /// What was measured, and what means and intervals are of.
  static func explanation(_ summary: ExperimentSummary) -> String {
    let settings = summary.settings
    return
      "\(settings.people) rendered people, seed \(settings.seed); patches in pixels of a 224-pixel crop, gray ones "
      + "every \(settings.stride)\(settings.fills.contains(.textured) ? ", coarse positions one in \(settings.texturedEvery) of these down and across" : ""). "
      + "Errors in mm, \(Joint.count) joints, the pelvis, always 0, among them. In brackets 95 % confidence intervals: \(summary.resamples) draws of people"
      + (summary.variants.contains { $0.runs.count > 1 } ? " and seeds." : ".")
  }

  private static func format(_ unit: Metric.Unit, isSigned: Bool = false) -> NumberFormat {
    NumberFormat(decimals: unit == .millimetres ? 1 : 3, isSigned: isSigned)
  }

  private static func cell(_ estimate: MeanWithInterval?, _ format: NumberFormat) -> String {
    guard let estimate, estimate.mean.isFinite else { return NumberFormat.missing }
    return "\(format(estimate.mean)) (\(format(estimate.low)) to \(format(estimate.high)))"
  }

  /// All metrics, the differences from the reference, and each seed, as Markdown.
  public var markdown: String {
    var text = "# \(summary.name)\n\n\(Self.explanation(summary))\n\n"
    let variants = summary.variants
    text += table(variants.map(\.name)) { metric in
      variants.map { variant in
        Self.cell(variant.values[metric.key]?.estimate, Self.format(metric.unit, isSigned: metric.isSigned))
      }
    }
    let others = variants.filter { $0.differences != nil }
    if let reference = summary.reference, !others.isEmpty {
      text +=
        "\n## Difference from \(reference)\n\nOn the same pictures; a difference whose confidence interval does not contain 0 is in bold.\n\n"
      text += table(others.map(\.name)) { metric in
        others.map { variant in
          let difference = variant.differences?[metric.key]
          let cell = Self.cell(difference, Self.format(metric.unit, isSigned: true))
          return difference.map { $0.low > 0 || $0.high < 0 } == true ? "**\(cell)**" : cell
        }
      }
    }
    let repeated = variants.filter { $0.runs.count > 1 }
    if !repeated.isEmpty {
      text += "\n## Each seed\n\n"
      text += table(repeated.map { "\($0.name): \($0.runs.joined(separator: ", "))" }) { metric in
        repeated.map { variant in
          variant.values[metric.key]?.runs.map { Self.format(metric.unit)($0) }.joined(separator: ", ")
            ?? NumberFormat.missing
        }
      }
    }
    var networks = MarkdownTable(["variant", "network", "fingerprint"])
    for variant in variants {
      for (run, fingerprint) in zip(variant.runs, variant.fingerprints) {
        networks.add([variant.name, run, "`\(fingerprint)`"])
      }
    }
    return text + "\n## Networks\n\n" + networks.text
  }

  private func table(_ columns: [String], _ cells: (Metric) -> [String]) -> String {
    var table = MarkdownTable([""] + columns)
    var heading = ""
    for metric in summary.metrics {
      let cells = cells(metric)
      guard cells.contains(where: { $0 != NumberFormat.missing }) else { continue }
      if metric.heading != heading {
        heading = metric.heading
        table.add(heading: heading)
      }
      table.add([metric.title] + cells)
    }
    return table.text
  }

  /// The most important numbers, for the terminal.
  public var headlines: [String] {
    let variants = summary.variants
    let rows = summary.metrics.filter(Self.isHeadline).map { metric in
      let format = Self.format(metric.unit, isSigned: metric.isSigned)
      return ["\(metric.heading): \(metric.title)"]
        + variants.map { Self.cell($0.values[metric.key]?.estimate, format) }
    }
    let known = rows.filter { $0.dropFirst().contains { $0 != NumberFormat.missing } }
    return [Self.explanation(summary), ""] + TextTable([[""] + variants.map(\.name)] + known).lines
  }

  private static func isHeadline(_ metric: Metric) -> Bool {
    switch (metric.condition, metric.kind) {
    case (.clean, .error): metric.points == .joints
    case (.objects, .error): metric.points == .joints && metric.alignment == .none
    case (.patch, .increase):
      [.all, .body, .background, .covered].contains(metric.region) && metric.alignment == .none
    case (.patch, .attentionShare), (.patch, .correlation(.spearman)): true
    default: false
    }
  }
}

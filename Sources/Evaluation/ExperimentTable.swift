import Foundation

/// The results of an experiment as Markdown, and as a few lines for the terminal.
public struct ExperimentTable {
  private let summary: ExperimentSummary

  /// The table of a summary.
  public init(_ summary: ExperimentSummary) { self.summary = summary }

  /// What was measured, and what means and intervals are of.
  static func explanation(_ summary: ExperimentSummary) -> String {
    let settings = summary.settings
    return
      "\(settings.people) rendered people, seed \(settings.seed); patches in pixels of a 224-pixel crop, gray ones "
      + "every \(settings.stride)\(settings.fills.contains(.textured) ? ", coarse positions one in \(settings.texturedEvery) of these down and across" : ""). "
      + "Errors in mm, 24 joints. In brackets 95 % confidence intervals: \(summary.resamples) draws of people"
      + (summary.variants.contains { $0.runs.count > 1 } ? " and seeds." : ".")
  }

  static func number(_ value: Double, _ unit: Metric.Unit, signed: Bool = false) -> String {
    guard value.isFinite else { return "–" }
    let digits =
      switch unit {
      case .millimetres: String(format: "%.1f", abs(value))
      case .share, .correlation: String(format: "%.3f", abs(value))
      }
    let isZero = digits.allSatisfy { $0 == "0" || $0 == "." }
    return (isZero ? "" : value < 0 ? "−" : signed ? "+" : "") + digits
  }

  private static func cell(_ estimate: MeanWithInterval?, _ unit: Metric.Unit, signed: Bool = false) -> String
  {
    guard let estimate, estimate.mean.isFinite else { return "–" }
    func text(_ value: Double) -> String { number(value, unit, signed: signed) }
    return "\(text(estimate.mean)) (\(text(estimate.low)) to \(text(estimate.high)))"
  }

  /// All metrics, the differences from the reference, and each seed, as Markdown.
  public var markdown: String {
    var text = "# \(summary.name)\n\n\(Self.explanation(summary))\n\n"
    let variants = summary.variants
    text += table(variants.map(\.name)) { metric in
      variants.map { variant in
        Self.cell(variant.values[metric.key]?.estimate, metric.unit, signed: metric.isSigned)
      }
    }
    let others = variants.filter { $0.differences != nil }
    if let reference = summary.reference, !others.isEmpty {
      text +=
        "\n## Difference from \(reference)\n\nOn the same pictures; a difference whose confidence interval does not contain 0 is in bold.\n\n"
      text += table(others.map(\.name)) { metric in
        others.map { variant in
          let difference = variant.differences?[metric.key]
          let cell = Self.cell(difference, metric.unit, signed: true)
          return difference.map { $0.low > 0 || $0.high < 0 } == true ? "**\(cell)**" : cell
        }
      }
    }
    let repeated = variants.filter { $0.runs.count > 1 }
    if !repeated.isEmpty {
      text += "\n## Each seed\n\n"
      text += table(repeated.map { "\($0.name): \($0.runs.joined(separator: ", "))" }) { metric in
        repeated.map { variant in
          variant.values[metric.key]?.runs.map { Self.number($0, metric.unit) }.joined(separator: ", ")
            ?? "–"
        }
      }
    }
    text += "\n## Networks\n\n| variant | network | fingerprint |\n| --- | --- | --- |\n"
    for variant in variants {
      for (run, fingerprint) in zip(variant.runs, variant.fingerprints) {
        text += "| \(variant.name) | \(run) | `\(fingerprint)` |\n"
      }
    }
    return text
  }

  private func table(_ columns: [String], _ cells: (Metric) -> [String]) -> String {
    var text =
      "| | " + columns.joined(separator: " | ") + " |\n|"
      + String(repeating: " --- |", count: columns.count + 1) + "\n"
    var heading = ""
    for metric in summary.metrics {
      let cells = cells(metric)
      guard cells.contains(where: { $0 != "–" }) else { continue }
      if metric.heading != heading {
        heading = metric.heading
        text += "| **\(heading)** |" + String(repeating: " |", count: columns.count) + "\n"
      }
      text += "| \(metric.title) | " + cells.joined(separator: " | ") + " |\n"
    }
    return text
  }

  /// The most important numbers, for the terminal.
  public var headlines: [String] {
    let variants = summary.variants
    let metrics = summary.metrics.filter(Self.isHeadline)
    let heads = metrics.map { "\($0.heading): \($0.title)" }
    let width = max(58, heads.map(\.count).max() ?? 0)
    func row(_ head: String, _ cells: [String]) -> String {
      head.padding(toLength: width, withPad: " ", startingAt: 0)
        + cells.map { String(repeating: " ", count: max(1, 26 - $0.count)) + $0 }.joined()
    }
    var lines = [Self.explanation(summary), "", row("", variants.map(\.name))]
    for (metric, head) in zip(metrics, heads) {
      let cells = variants.map {
        Self.cell($0.values[metric.key]?.estimate, metric.unit, signed: metric.isSigned)
      }
      if cells.contains(where: { $0 != "–" }) {
        lines.append(row(head, cells))
      }
    }
    return lines
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

import Foundation
import Sweeps

/// An experiment's results for people, as Markdown and as a few lines.
struct ExperimentTable {
  private let summary: ExperimentSummary

  init(_ summary: ExperimentSummary) { self.summary = summary }

  /// What means and bounds are of.
  static func explanation(_ summary: ExperimentSummary) -> String {
    let settings = summary.settings
    return
      "\(settings.people) rendered people, seed \(settings.seed); patches in pixels of a 224-pixel crop, gray ones "
      + "every \(settings.stride)\(settings.fills.contains(.textured) ? ", coarse places one in \(settings.texturedEvery) of these down and across" : ""). "
      + "Errors in mm, 24 joints. In brackets the bounds of 95 %: \(summary.resamples) draws of people"
      + (summary.variants.contains { $0.runs.count > 1 } ? " and seeds." : ".")
  }

  static func number(_ value: Double, _ unit: Quantity.Unit, signed: Bool = false) -> String {
    guard value.isFinite else { return "–" }
    let digits =
      switch unit {
      case .millimetres: String(format: "%.1f", abs(value))
      case .share, .correlation: String(format: "%.3f", abs(value))
      }
    let isZero = digits.allSatisfy { $0 == "0" || $0 == "." }
    return (isZero ? "" : value < 0 ? "−" : signed ? "+" : "") + digits
  }

  private static func cell(_ estimate: BoundedMean?, _ unit: Quantity.Unit, signed: Bool = false) -> String {
    guard let estimate, estimate.mean.isFinite else { return "–" }
    func text(_ value: Double) -> String { number(value, unit, signed: signed) }
    return "\(text(estimate.mean)) (\(text(estimate.low)) to \(text(estimate.high)))"
  }

  /// Whether a quantity is a difference already, so that its sign matters.
  private static func isSigned(_ quantity: Quantity) -> Bool {
    quantity.key.contains("_rise") && quantity.unit == .millimetres || quantity.key.contains("_less_")
      || quantity.unit == .correlation
  }

  /// Everything: all quantities, the differences from the reference, and every seed.
  var markdown: String {
    var text = "# \(summary.name)\n\n\(Self.explanation(summary))\n\n"
    let variants = summary.variants
    text += table(variants.map(\.name)) { quantity in
      variants.map { variant in
        Self.cell(variant.values[quantity.key]?.estimate, quantity.unit, signed: Self.isSigned(quantity))
      }
    }
    let others = variants.filter { $0.differences != nil }
    if let reference = summary.reference, !others.isEmpty {
      text +=
        "\n## Difference from \(reference)\n\nOn the same pictures; a difference whose bounds lie on one side of 0 is in bold.\n\n"
      text += table(others.map(\.name)) { quantity in
        others.map { variant in
          let difference = variant.differences?[quantity.key]
          let cell = Self.cell(difference, quantity.unit, signed: true)
          return difference.map { $0.low > 0 || $0.high < 0 } == true ? "**\(cell)**" : cell
        }
      }
    }
    let repeated = variants.filter { $0.runs.count > 1 }
    if !repeated.isEmpty {
      text += "\n## Every seed\n\n"
      text += table(repeated.map { "\($0.name): \($0.runs.joined(separator: ", "))" }) { quantity in
        repeated.map { variant in
          variant.values[quantity.key]?.runs.map { Self.number($0, quantity.unit) }.joined(separator: ", ")
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

  private func table(_ columns: [String], _ cells: (Quantity) -> [String]) -> String {
    var text =
      "| | " + columns.joined(separator: " | ") + " |\n|"
      + String(repeating: " --- |", count: columns.count + 1) + "\n"
    var heading = ""
    for quantity in summary.quantities {
      let cells = cells(quantity)
      guard cells.contains(where: { $0 != "–" }) else { continue }
      if quantity.heading != heading {
        heading = quantity.heading
        text += "| **\(heading)** |" + String(repeating: " |", count: columns.count) + "\n"
      }
      text += "| \(quantity.title) | " + cells.joined(separator: " | ") + " |\n"
    }
    return text
  }

  /// The numbers to look at first, for the terminal.
  var headlines: [String] {
    let endings = [
      "clean.mpjpe_mm", "clean.pa_mpjpe_mm", "objects.mpjpe_mm", ".mean_mpjpe_rise_mm",
      ".worst_mpjpe_rise_mm",
      ".on_body_rise_mm", ".background_rise_mm", ".visible_covered_rise_mm", ".hidden_covered_rise_mm",
      ".attention_before", ".attention_after", ".attention_rise_spearman",
    ]
    let variants = summary.variants
    func row(_ head: String, _ cells: [String]) -> String {
      head.padding(toLength: max(58, head.count), withPad: " ", startingAt: 0)
        + cells.map { String(repeating: " ", count: max(1, 26 - $0.count)) + $0 }.joined()
    }
    var lines = [Self.explanation(summary), "", row("", variants.map(\.name))]
    for quantity in summary.quantities where endings.contains(where: quantity.key.hasSuffix) {
      let cells = variants.map {
        Self.cell($0.values[quantity.key]?.estimate, quantity.unit, signed: Self.isSigned(quantity))
      }
      if cells.contains(where: { $0 != "–" }) {
        lines.append(row("\(quantity.heading): \(quantity.title)", cells))
      }
    }
    return lines
  }
}

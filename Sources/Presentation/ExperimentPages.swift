import Bodies
public import Evaluation
import Records

/// What the pages on an experiment show, from its summary and the logs of its training.
public struct ExperimentPages: Sendable {
  /// One variant with its colour.
  struct Shown: Sendable {
    let variant: ExperimentSummary.Variant
    let colour: Colour
    var legend: LegendEntry { LegendEntry(colour, Phrase(name: variant.name)) }
  }

  let summary: ExperimentSummary
  let curves: [TrainingCurve]
  /// The joints that experiments measure.
  let skeleton = Skeleton.smpl24
  /// The most variants in one chart: more would repeat colours.
  public static let maxVariants = Colour.networks.count

  /// The pages on an experiment; `curves` may be empty.
  public init(_ summary: ExperimentSummary, curves: [TrainingCurve]) {
    precondition(!summary.variants.isEmpty, "a report on no variant")
    (self.summary, self.curves) = (summary, curves)
  }

  /// The experiment's name.
  public var name: String { summary.name }
  /// The variants, in order.
  public var variants: [ExperimentSummary.Variant] { summary.variants }
  /// The sizes of the gray patch.
  public var patches: [Int] { summary.settings.fills.contains(.gray) ? summary.settings.patches : [] }

  /// The line at the foot of the pages.
  public var foot: Phrase {
    let settings = summary.settings
    return
      "Penumbra \(Release.version)  ·  \(name: summary.name)  ·  \(settings.people) rendered people, seed "
      + "\(settings.seed)  ·  95 % confidence intervals, \(summary.resamples) draws  ·  millimetres"
  }

  /// The variants that charts show, each with its colour.
  var shown: [Shown] {
    summary.variants.prefix(Self.maxVariants).enumerated().map { Shown(variant: $1, colour: .network($0)) }
  }

  func estimate(_ variant: ExperimentSummary.Variant, _ metric: Metric) -> MeanWithInterval? {
    variant.values[metric.key]?.estimate
  }

  /// A mean with its interval, "78.3  (75.0 to 81.4)".
  static func text(_ value: MeanWithInterval?, _ format: NumberFormat) -> String {
    guard let value, value.mean.isFinite else { return NumberFormat.missing }
    return "\(format(value.mean))  (\(format(value.low)) to \(format(value.high)))"
  }
}

// MARK: Overview

extension ExperimentPages {
  /// The first page: errors over the size of the patch.
  public struct Overview: Sendable {
    /// The headline.
    public let heading: Heading
    /// The variants that the charts show, and what their lines are.
    public let legend: [LegendEntry], key: String
    /// A chart for every fill of the patch.
    public let panels: [LinePanel]
  }

  /// The errors of variants over the size of the patch.
  public var overview: Overview {
    let count = summary.variants.count
    let more: Phrase =
      count > Self.maxVariants ? " Charts show the first \(Self.maxVariants) of \(count) variants." : ""
    return Overview(
      heading: Heading(
        "\(name: name): error under occlusion",
        "Means over \(summary.settings.people) rendered people, without a patch and with patches at every position of "
          + "a grid. Whiskers: 95 % confidence intervals.\(more)"),
      legend: shown.map(\.legend), key: "solid: mean over positions  ·  dashed: worst position",
      panels: LinePanel.onOneScale(summary.settings.fills.map(panel)))
  }

  private func panel(_ fill: OcclusionRobustness.Settings.Fill) -> LinePanel {
    let patches = summary.settings.patches
    // Charts beside one another are of the same positions: those that the textured patch was at.
    let isCoarse = summary.settings.fills.contains(.textured)
    var lines: [LinePanel.Line] = []
    for (order, one) in shown.enumerated() {
      // Beside one another, so that whiskers do not hide others.
      let shift = (Double(order) - Double(shown.count - 1) / 2) * 0.012 * Double(patches.last ?? 1)
      for (statistic, isDashed) in [(Metric.Statistic.mean, false), (.worst, true)] {
        let metrics =
          [Metric(condition: .clean, kind: .error)]
          + patches.map {
            Metric(
              condition: .patch($0, fill), kind: .error, region: isCoarse ? .coarse : .all,
              statistic: statistic)
          }
        let values = metrics.compactMap { estimate(one.variant, $0) }
        guard values.count == metrics.count else { continue }
        lines.append(
          .init(
            colour: one.colour,
            points: zip([0] + patches, values).map { (x: Double($0) + shift, y: $1.mean) }, intervals: values,
            isDashed: isDashed, hasDots: true))
      }
    }
    return LinePanel(
      "\(fill == .textured ? "Textured" : "Gray") patch, \(isCoarse ? "coarse" : "all") positions", lines,
      across: "side of the patch, pixels of a 224-pixel crop", upward: "MPJPE, mm",
      ticks: ([0] + patches).map(Double.init))
  }

  // MARK: Table

  /// The headline of the pages of tables.
  public var tableHeading: Heading {
    Heading(
      "\(name: name): errors of all variants",
      "Means over \(summary.settings.people) rendered people, with 95 % confidence intervals in brackets.")
  }

  /// The errors of all variants, as many in a table as charts show.
  public var tables: [NumberTable] {
    let all = Array(summary.variants.enumerated())
    return stride(from: 0, to: all.count, by: Self.maxVariants).map {
      table(Array(all[$0..<min($0 + Self.maxVariants, all.count)]))
    }
  }

  private func table(_ variants: [(offset: Int, element: ExperimentSummary.Variant)]) -> NumberTable {
    var table = NumberTable(
      columns: variants.map { index, variant in
        // Those that no chart shows have no colour.
        .init(Phrase(name: variant.name), index < Self.maxVariants ? .network(index) : .ink)
      }, rows: [])
    var heading = ""
    for metric in summary.metrics where Self.isHeadline(metric) {
      if metric.heading != heading {
        heading = metric.heading
        table.rows.append(.init(Phrase(heading), []))
      }
      let format: NumberFormat = metric.isSigned ? .signed : .tenths
      table.rows.append(
        .init(
          Phrase(metric.shortTitle), variants.map { Self.text(estimate($0.element, metric), format) }))
    }
    return table
  }

  /// Whether the table of errors has a metric: errors without a patch, and the most important ones with it.
  private static func isHeadline(_ metric: Metric) -> Bool {
    let isOverPositions = metric.region == .all || metric.region == .coarse
    return switch (metric.condition, metric.kind) {
    case (.clean, .error): true
    case (.objects, .error), (.objects, .increase): metric.points != .vertices
    case (.patch, .error): isOverPositions && metric.statistic == .mean && metric.alignment == .none
    case (.patch, .increase): isOverPositions && (metric.statistic == .mean || metric.alignment == .none)
    default: false
    }
  }
}

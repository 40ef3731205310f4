import Bodies
public import Evaluation
public import Foundation
public import Pictures
import Sweeps

/// The losses of a training run, from its log (`docs/training.md`).
public struct TrainingCurve: Sendable {
  /// The run's name.
  public let name: String
  /// The variant that it is a run of.
  public let variant: String
  /// The names of the numbers after `pictures`, and a row of all numbers for every line of the log.
  let columns: [String], rows: [[Double]]

  /// The columns that are no losses.
  static let others: Set = [
    "pictures", "seconds_per_1000", "learning_rate", "rendering", "forward", "backward", "updating",
  ]

  /// Reads a log in CSV; lines that do not begin with a number are left out.
  public init(name: String, variant: String, log: String) {
    (self.name, self.variant) = (name, variant)
    let lines = log.split(whereSeparator: \.isNewline).map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    let head = lines.first ?? []
    columns = head
    rows = lines.dropFirst().map { $0.map { Double($0) ?? .nan } }
      .filter { $0.count == head.count && $0[0].isFinite }
  }

  /// One column over the pictures seen, where the log has it.
  public func points(_ column: String) -> [(x: Double, y: Double)]? {
    guard let index = columns.firstIndex(of: column), index > 0 else { return nil }
    return rows.filter { $0[index].isFinite }.map { ($0[0], $0[index]) }
  }
}

/// The figures of an experiment, drawn from its summary and the logs of its training alone.
///
/// The same summary gives the same bytes.
public struct ExperimentReport {
  let summary: ExperimentSummary
  let curves: [TrainingCurve]
  /// The most variants in one chart.
  static let most = 6
  /// The most variants whose table stands beside the charts.
  private static let mostBeside = 3
  /// Whether the table of errors has a page of its own.
  var hasTablePage: Bool { summary.variants.count > Self.mostBeside }

  /// A report on an experiment; `curves` may be empty.
  public init(_ summary: ExperimentSummary, curves: [TrainingCurve]) {
    precondition(!summary.variants.isEmpty, "a report on no variant")
    (self.summary, self.curves) = (summary, curves)
  }

  typealias Page = (name: String, draw: (inout Sheet) -> Void)

  /// What draws each page, in order, with the stem of its figure's file name.
  private var pages: [Page] {
    var pages: [Page] = [("overview", drawOverview)]
    if hasTablePage {
      for (index, tables) in tablePages.enumerated() {
        pages.append((index == 0 ? "table" : "table-\(index + 1)", { drawTables(tables, on: &$0) }))
      }
    }
    let patches = summary.settings.fills.contains(.gray) ? summary.settings.patches : []
    if !patches.isEmpty { pages.append(("observations", drawObservations)) }
    if summary.variants.contains(where: { $0.differences != nil }) {
      pages.append(("differences", drawDifferences))
    }
    for patch in patches { pages.append(("joints-\(patch)", { drawJoints(patch, on: &$0) })) }
    for patch in patches {
      for variant in summary.variants {
        pages.append(
          ("influence-\(patch)-\(variant.name)", { drawInfluence(variant, patch, on: &$0) }))
      }
    }
    for patch in patches where !attending(patch).isEmpty {
      pages.append(("attention-\(patch)", { drawAttention(patch, on: &$0) }))
    }
    if curves.contains(where: { $0.rows.count > 1 }) { pages.append(("training", drawCurves)) }
    pages.append(("definitions", drawDefinitions))
    return pages
  }

  var foot: String {
    let settings = summary.settings
    return "Penumbra \(Release.version)  ·  \(summary.name)  ·  \(settings.people) rendered people, seed "
      + "\(settings.seed)  ·  95 % confidence intervals, \(summary.resamples) draws  ·  millimetres"
  }

  /// The report as a PDF, A4 landscape.
  public func pdf() -> Data { drawn().finishedPDF() }

  /// Every text in the report, line by line.
  public var words: [String] { drawn().words }

  private func drawn() -> Canvas {
    let canvas = Canvas(pdfWidth: Sheet.width, height: Sheet.height, title: "Penumbra: \(summary.name)")
    var sheet = Sheet(canvas, foot: foot)
    for page in pages { page.draw(&sheet) }
    return canvas
  }

  /// Every page as a picture, with the stem of its file name.
  public func figures(scale: Double = 2) -> [(name: String, picture: Picture)] {
    pages.enumerated().map { index, page in
      let canvas = Canvas(pictureWidth: Sheet.width, height: Sheet.height, scale: scale)
      var sheet = Sheet(canvas, foot: foot, first: index + 1)
      page.draw(&sheet)
      return (page.name, canvas.picture())
    }
  }

  // MARK: Shared by pages

  /// The variants that charts show, each with its colour.
  var shown: [(variant: ExperimentSummary.Variant, colour: Colour)] {
    summary.variants.prefix(Self.most).enumerated().map { ($1, .network($0)) }
  }

  /// Those of them that have attention.
  func attending(_ patch: Int) -> [(variant: ExperimentSummary.Variant, colour: Colour)] {
    shown.filter { $0.variant.joints[patch]?.contains { $0.attentionBefore != nil } == true }
  }

  /// Draws the names of variants and returns where they end.
  @discardableResult
  func drawLegend(
    _ variants: [(variant: ExperimentSummary.Variant, colour: Colour)], on canvas: Canvas, _ x: Double,
    _ y: Double
  ) -> Double {
    Legend(entries: variants.map { ($0.colour, $0.variant.name) }).draw(on: canvas, x, y)
  }

  func estimate(_ variant: ExperimentSummary.Variant, _ metric: Metric) -> MeanWithInterval? {
    variant.values[metric.key]?.estimate
  }

  static func text(_ value: MeanWithInterval?, isSigned: Bool = false) -> String {
    guard let value, value.mean.isFinite else { return "–" }
    func number(_ value: Double) -> String {
      isSigned ? Numbers.signed(Float(value)) : Numbers.tenths(Float(value))
    }
    return "\(number(value.mean))  (\(number(value.low)) to \(number(value.high)))"
  }
}

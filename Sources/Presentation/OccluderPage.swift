public import Evaluation
import Models
import Records

/// The page that compares occluders: what sizes, shapes and fills do to networks.
public struct OccluderPage: Sendable {
  /// The headline.
  public let heading: Heading
  /// The networks' colours.
  public let legend: [LegendEntry]
  /// The mean over positions and the worst position, a row an occluder.
  public let charts: [IntervalRows]
  /// The mean over positions minus that of the first occluder, where there are several pictures.
  public let differences: IntervalRows?
  /// The mean over positions against the size, where there are several sizes.
  public let lines: LinePanel?
  /// Below the charts.
  public let notes: [String]

  /// The most occluders that a page holds.
  public static let mostRows = 20
  /// The dashes that tell lines of several occluders apart are two.
  private static let mostKinds = 2

  /// The pages on records; none where they are of one occlusion.
  public static func pages(_ reports: [PictureReport]) -> [OccluderPage] {
    let records = reports.flatMap { $0.entries.map(\.record) }
    guard let comparison = OccluderComparison(records) else { return [] }
    let colours = Dictionary(
      reports.flatMap(\.entries).map { ($0.record.settings.model.label, $0.colour) }
    ) { first, _ in first }
    let rows = comparison.occlusions.indices
    let parts = stride(from: 0, to: rows.count, by: mostRows).map { $0..<min($0 + mostRows, rows.count) }
    return parts.enumerated().map { index, rows in
      OccluderPage(
        comparison, rows, colours, isFirst: index == 0, part: (index, parts.count))
    }
  }

  private init(
    _ comparison: OccluderComparison, _ rows: Range<Int>, _ colours: [String: Colour], isFirst: Bool,
    part: (index: Int, count: Int)
  ) {
    let words = OccluderWords(comparison)
    heading = words.heading.part(part.index, of: part.count)
    legend = comparison.networks.map { LegendEntry(colours[$0] ?? .ink, Phrase(name: $0)) }
    let titles = rows.map { comparison.occlusions[$0].title }
    func chart(_ what: String, _ value: (OccluderComparison.Entry) -> MeanWithInterval) -> IntervalRows {
      IntervalRows(
        titles,
        comparison.networks.map { network in
          let entries = comparison.entries(of: network)
          return .init(
            colour: colours[network] ?? .ink, values: rows.map { words.shown(value(entries[$0])) })
        }, title: "\(words.quantity), \(what), mm")
    }
    charts = [chart("mean over positions", \.mean), chart("worst position", \.worst)]
    let others = rows.filter { $0 > 0 }
    differences =
      comparison.pictures < 2 || others.isEmpty
      ? nil
      : IntervalRows(
        others.map { comparison.occlusions[$0].title },
        comparison.networks.map { network in
          let entries = comparison.entries(of: network)
          return .init(colour: colours[network] ?? .ink, values: others.map { entries[$0].difference })
        }, title: "mean over positions minus that of \(comparison.occlusions[0].title), mm")
    lines = isFirst ? Self.lines(comparison, colours, words) : nil
    notes = words.notes + (lines.map { _ in words.dashes } ?? [])
  }

  /// Increase against size: a line for each network, and of a second shape or fill a dashed one.
  private static func lines(
    _ comparison: OccluderComparison, _ colours: [String: Colour], _ words: OccluderWords
  ) -> LinePanel? {
    let kinds = words.kinds
    let sizes = Set(comparison.occlusions.map(\.size)).sorted()
    guard sizes.count > 1, kinds.count <= mostKinds else { return nil }
    let lines = comparison.networks.flatMap { network in
      let entries = comparison.entries(of: network)
      return kinds.enumerated().map { order, kind in
        let own = entries.filter { OccluderWords.kind($0.occlusion) == kind }
          .sorted { $0.occlusion.size < $1.occlusion.size }
        return LinePanel.Line(
          colour: colours[network] ?? .ink, points: own.map { (Double($0.occlusion.size), $0.mean.mean) },
          intervals: own.compactMap { words.shown($0.mean) }, isDashed: order > 0, hasDots: true)
      }
    }
    return LinePanel(
      "", lines, across: "width of the occluder, of 224 pixels",
      upward: "\(words.quantity), mean over positions, mm", ticks: sizes.map(Double.init))
  }
}

/// A comparison of occluders as a table for the terminal.
public struct OccluderTable: Sendable {
  /// The lines.
  public let lines: [String]

  /// The table of a comparison: a row an occluder, for each network the mean over positions and the worst position.
  public init(_ comparison: OccluderComparison) {
    let words = OccluderWords(comparison)
    var rows = [
      ["\(words.quantity), mm"] + comparison.networks.flatMap { ["\($0) mean", "\($0) worst"] }
    ]
    for (index, occlusion) in comparison.occlusions.enumerated() {
      rows.append(
        [occlusion.title]
          + comparison.networks.flatMap { network -> [String] in
            let entry = comparison.entries(of: network)[index]
            let limit = entry.worstIsLowerLimit ? Maximum.lowerLimit.sign : ""
            return [words.text(entry.mean), limit + words.text(entry.worst)]
          })
    }
    lines = TextTable(rows).lines + words.notes
  }
}

/// The words for a comparison of occluders.
private struct OccluderWords {
  let comparison: OccluderComparison

  init(_ comparison: OccluderComparison) { self.comparison = comparison }

  var quantity: String { comparison.hasTruth ? "error increase" : "displacement" }

  private var hasIntervals: Bool { comparison.pictures > 1 }

  private var number: NumberFormat { comparison.hasTruth ? .signed : .tenths }

  var heading: Heading {
    let pictures = "\(comparison.pictures) picture\(comparison.pictures == 1 ? "" : "s")"
    let intervals =
      hasIntervals ? " Bars are 95 % confidence intervals over pictures (bootstrap)." : ""
    return Heading(
      "What sizes, shapes and fills of the occluder do",
      "\(pictures). "
        + (comparison.hasTruth
          ? "The error with the occluder minus the error without it."
          : "How far joints are from the clean prediction.") + Phrase(intervals))
  }

  /// A number with an interval, or of one picture without.
  func shown(_ value: MeanWithInterval) -> MeanWithInterval {
    hasIntervals
      ? value : MeanWithInterval(mean: value.mean, low: .nan, high: .nan, pictures: value.pictures)
  }

  func text(_ value: MeanWithInterval) -> String {
    number(value.mean) + (hasIntervals ? " [\(number(value.low)), \(number(value.high))]" : "")
  }

  var notes: [String] {
    var notes: [String] = []
    if comparison.leftOut > 0 {
      notes.append(
        "\(comparison.leftOut) picture\(comparison.leftOut == 1 ? " was" : "s were") not swept under all occluders by "
          + "all networks, and left out.")
    }
    let missed = comparison.entries.filter { $0.missedShare > 0 }
    if !missed.isEmpty {
      let most = missed.map(\.missedShare).max()! * 100
      notes.append(
        "Nobody was found at up to \(NumberFormat.tenths(most)) % of the positions; numbers are of the others."
      )
    }
    return notes
  }

  /// Shapes and fills, in the order in which they come.
  var kinds: [String] {
    comparison.occlusions.map(Self.kind).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  static func kind(_ occlusion: Occlusion) -> String {
    "\(occlusion.shape.name), \(occlusion.fill.name)"
  }

  var dashes: [String] {
    kinds.count < 2 ? [] : ["Lines: \(kinds[0]); dashed: \(kinds[1])."]
  }
}

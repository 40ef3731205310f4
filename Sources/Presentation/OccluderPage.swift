public import Evaluation
import Models
import Records

/// The page that compares occluders: what sizes, shapes and fills do to networks.
public struct OccluderPage: Sendable {
  /// The headline.
  public let heading: Heading
  /// The networks' colours.
  public let legend: [LegendEntry]
  /// The mean over positions and the worst position, a row an occluder; none on a page of lines alone.
  public let charts: [IntervalRows]
  /// The mean over positions minus that of the first occluder, where there are several pictures.
  public let differences: IntervalRows?
  /// The mean over positions against the size, where there are several sizes: one panel with the dashed lines of a second
  /// shape or fill, or one for each of more shapes and fills, on a page of their own.
  public let lines: [LinePanel]
  /// Below the charts.
  public let notes: [String]

  /// The most occluders that a page holds.
  public static let mostRows = 20
  /// The dashes that tell lines of several occluders apart are two.
  private static let mostDashed = 2
  /// The most panels of lines on a page.
  private static let mostPanels = 9

  /// The pages on records; none where they are of one occlusion.
  public static func pages(_ reports: [PictureReport]) -> [OccluderPage] {
    let records = reports.flatMap { $0.entries.map(\.record) }
    let colours = reports.flatMap(\.entries).map { ($0.record.settings.model.label, $0.colour) }
    return OccluderComparison(records).map { pages($0, Dictionary(colours) { first, _ in first }) } ?? []
  }

  /// The pages on the means over a set of pictures; none where they are of one occlusion.
  public static func pages(_ sums: [DatasetSensitivity]) -> [OccluderPage] {
    guard let comparison = OccluderComparison(sums) else { return [] }
    let colours = comparison.networks.enumerated().map { ($1, Colour.network($0)) }
    return pages(comparison, Dictionary(colours) { first, _ in first })
  }

  private static func pages(
    _ comparison: OccluderComparison, _ colours: [String: Colour]
  ) -> [OccluderPage] {
    let rows = comparison.occlusions.indices
    let parts = stride(from: 0, to: rows.count, by: mostRows).map { $0..<min($0 + mostRows, rows.count) }
    let words = OccluderWords(comparison)
    let lines = lines(comparison, colours, words)
    let isOwnPage = words.kinds.count > mostDashed
    let panels =
      isOwnPage
      ? stride(from: 0, to: lines.count, by: mostPanels).map { Array(lines[$0...].prefix(mostPanels)) } : []
    let count = parts.count + panels.count
    return parts.enumerated().map { index, rows in
      OccluderPage(
        comparison, rows, colours, lines: index == 0 && !isOwnPage ? lines : [], part: (index, count))
    }
      + panels.enumerated().map { index, lines in
        OccluderPage(comparison, 0..<0, colours, lines: lines, part: (parts.count + index, count))
      }
  }

  private init(
    _ comparison: OccluderComparison, _ rows: Range<Int>, _ colours: [String: Colour], lines: [LinePanel],
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
    charts =
      rows.isEmpty ? [] : [chart("mean over positions", \.mean), chart("worst position", \.worst)]
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
    self.lines = lines
    notes = words.notes + (lines.count == 1 && !rows.isEmpty ? words.dashes : [])
  }

  /// Increase against size: a line for each network, and of a second shape or fill a dashed one; of more a panel for each.
  private static func lines(
    _ comparison: OccluderComparison, _ colours: [String: Colour], _ words: OccluderWords
  ) -> [LinePanel] {
    let kinds = words.kinds
    let sizes = Set(comparison.occlusions.map(\.size)).sorted()
    guard sizes.count > 1 else { return [] }
    func lines(_ kinds: [String]) -> [LinePanel.Line] {
      comparison.networks.flatMap { network in
        let entries = comparison.entries(of: network)
        return kinds.enumerated().map { order, kind in
          let own = entries.filter { OccluderWords.kind($0.occlusion) == kind }
            .sorted { $0.occlusion.size < $1.occlusion.size }
          return LinePanel.Line(
            colour: colours[network] ?? .ink, points: own.map { (Double($0.occlusion.size), $0.mean.mean) },
            intervals: own.compactMap { words.shown($0.mean) }, isDashed: order > 0, hasDots: true)
        }
      }
    }
    func panel(_ title: String, _ kinds: [String]) -> LinePanel {
      LinePanel(
        title, lines(kinds), across: "width of the occluder, of 224 pixels",
        upward: "\(words.quantity), mean over positions, mm", ticks: sizes.map(Double.init))
    }
    return kinds.count <= mostDashed
      ? [panel("", kinds)] : LinePanel.onOneScale(kinds.map { panel($0, [$0]) })
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
    lines = TextTable(rows).lines + Self.differences(comparison, words) + words.notes
  }
}

extension OccluderTable {
  /// What each occluder does minus what the first does to the same pictures; none of one picture.
  private static func differences(_ comparison: OccluderComparison, _ words: OccluderWords) -> [String] {
    guard comparison.pictures > 1 else { return [] }
    let rows = comparison.occlusions.indices.dropFirst().map { index in
      [comparison.occlusions[index].title]
        + comparison.networks.map { network in
          comparison.entries(of: network)[index].difference.map { words.difference($0) } ?? ""
        }
    }
    return [""]
      + TextTable([["mean minus that of \(comparison.occlusions[0].title), mm"] + comparison.networks] + rows)
      .lines
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

  func difference(_ value: MeanWithInterval) -> String {
    "\(NumberFormat.signed(value.mean)) [\(NumberFormat.signed(value.low)), \(NumberFormat.signed(value.high))]"
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

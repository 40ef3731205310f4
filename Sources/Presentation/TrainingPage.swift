import Evaluation

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

extension ExperimentPages {
  /// The losses of all training runs.
  public struct Training: Sendable {
    /// The headline.
    public let heading: Heading
    /// The variants.
    public let legend: [LegendEntry]
    /// A chart for every loss.
    public let panels: [LinePanel]
  }

  /// The losses of all training runs; nil without logs of more than a line.
  public var training: Training? {
    guard curves.contains(where: { $0.rows.count > 1 }) else { return nil }
    let all = curves.reduce(into: [String]()) { names, curve in
      if !names.contains(curve.variant) { names.append(curve.variant) }
    }
    // More would repeat colours.
    let names = all.prefix(Self.maxVariants)
    let measured = summary.variants.map(\.name)
    let colours = names.map { name in
      measured.firstIndex(of: name).map { Colour.network($0) } ?? Colour.muted
    }
    let shown = curves.filter { names.contains($0.variant) }
    func colour(_ curve: TrainingCurve) -> Colour { colours[names.firstIndex(of: curve.variant)!] }
    let more: Phrase =
      all.count > names.count ? " The first \(names.count) of \(all.count) variants." : ""
    return Training(
      heading: Heading(
        "Training losses",
        "The losses of every training run over the pictures seen, from its log; the lowest line is not always the most "
          + "robust network.\(more)"),
      legend: zip(names, colours).map { LegendEntry($1, Phrase(name: $0)) },
      panels: Self.losses(shown).map { column, share in
        let lines = shown.compactMap { curve -> LinePanel.Line? in
          guard let points = curve.points(column), points.contains(where: { $0.y > 0 }) else { return nil }
          return .init(colour: colour(curve), points: points)
        }
        return LinePanel(
          column.replacing("_", with: " "), lines, across: "pictures", upward: "loss", share: share)
      })
  }

  /// The losses that are worth a chart, and the share of their numbers that it must hold.
  ///
  /// What is next to nothing but for an outlier, as the camera's term, has no chart; others leave outliers out.
  private static func losses(_ curves: [TrainingCurve]) -> [(column: String, share: Double)] {
    let columns = curves.reduce(into: [String]()) { columns, curve in
      for column in curve.columns.dropFirst()
      where !columns.contains(column) && !TrainingCurve.others.contains(column) {
        columns.append(column)
      }
    }
    return columns.compactMap { column in
      let values = curves.flatMap { ($0.points(column) ?? []).map(\.y) }.sorted()
      guard let last = values.last else { return nil }
      let high = values[Int(0.97 * Double(values.count - 1))]
      return high > 0.1 ? (column, last > 2 * high ? 0.97 : 1) : nil
    }
  }
}

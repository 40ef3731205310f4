import Records

/// Rows of numbers under column heads, already written out.
public struct NumberTable: Sendable {
  /// The head of a column.
  public struct Column: Sendable {
    /// The text.
    public let title: Phrase
    /// Its colour.
    public let colour: Colour

    /// A head of its parts.
    public init(_ title: Phrase, _ colour: Colour) { (self.title, self.colour) = (title, colour) }
  }

  /// A row: what it is about, and a number for every column.
  public struct Row: Sendable {
    /// What the row is about.
    public let label: Phrase
    /// The numbers; none in a heading.
    public let cells: [String]
    /// The cell to stress: the better network's.
    public let stressed: Int?

    /// A row of its parts.
    public init(_ label: Phrase, _ cells: [String], stressed: Int? = nil) {
      (self.label, self.cells, self.stressed) = (label, cells, stressed)
    }

    /// Whether the row is a heading for those that follow.
    public var isHeading: Bool { cells.isEmpty }
  }

  /// The columns.
  public let columns: [Column]
  /// The rows.
  public var rows: [Row]

  /// A table of its parts.
  public init(columns: [Column], rows: [Row]) { (self.columns, self.rows) = (columns, rows) }
}

extension PictureReport {
  /// What the occluder does to some networks: MPJPE and, where it was measured, PA-MPJPE.
  ///
  /// Two networks have a column of differences; of more, every one has its difference from the first in brackets.
  func headlines(_ entries: [Entry]) -> NumberTable {
    var columns = entries.map { NumberTable.Column(Phrase(name: $0.label), $0.colour) }
    if entries.count == 2 { columns.append(.init("diff.", .muted)) }
    var rows: [NumberTable.Row] = []
    func heading(_ label: Phrase) { rows.append(.init(label, [])) }
    func row(_ label: Phrase, isSigned: Bool = false, _ value: (Findings) -> Float?) {
      let values = entries.map { value($0.findings) }
      guard values.contains(where: { $0 != nil }) else { return }
      rows.append(Self.row(label, values, isSigned ? .signed : .tenths))
    }

    heading(hasTruth ? "MPJPE, mm" : "Displacement from the clean prediction, mm")
    if hasTruth { row("Clean") { $0.clean.millimetres } }
    row("Patch: mean") { $0.mean.millimetres }
    row("Patch: worst position") { $0.worst.millimetres }
    row(hasTruth ? "Error increase, on the body" : "Patch on the body", isSigned: hasTruth) {
      $0.onBody?.increase?.millimetres
    }
    row(hasTruth ? "Error increase, off the body" : "Patch off the body", isSigned: hasTruth) {
      $0.offBody?.increase?.millimetres
    }
    row("Visible joints") { $0.visible?.mean?.millimetres }
    row("Hidden joints") { $0.hidden?.mean?.millimetres }
    guard entries.contains(where: { $0.findings.mean.alignedMillimetres != nil }) else {
      return NumberTable(columns: columns, rows: rows)
    }
    heading(hasTruth ? "PA-MPJPE, mm" : "Procrustes-aligned, mm")
    if hasTruth { row("Clean") { $0.clean.alignedMillimetres } }
    row("Patch: mean") { $0.mean.alignedMillimetres }
    row("Patch: worst position") { $0.worst.alignedMillimetres }
    return NumberTable(columns: columns, rows: rows)
  }

  /// A row for some networks, the smallest number stressed.
  private static func row(_ label: Phrase, _ values: [Float?], _ format: NumberFormat) -> NumberTable.Row {
    var cells = values.map { format($0) }
    if values.count == 2, let a = values[0], let b = values[1] {
      cells.append(NumberFormat.signed(b - a))
    } else if values.count > 2, let first = values[0] {
      for (index, value) in values.enumerated().dropFirst() {
        if let value { cells[index] += " (\(NumberFormat.signed(value - first)))" }
      }
    }
    return .init(label, cells, stressed: smallest(values))
  }

  /// The smallest of several numbers, unless another is as small to a tenth.
  private static func smallest(_ values: [Float?]) -> Int? {
    let known = values.enumerated().compactMap { index, value in value.map { (index, $0) } }
      .sorted { $0.1 < $1.1 }
    guard known.count > 1, known[1].1 - known[0].1 >= 0.05 else { return nil }
    return known[0].0
  }
}

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
    /// The numbers; none in a heading, and none where there is a remark.
    public let cells: [String]
    /// Why there are no numbers; nil where there are.
    public let remark: String?

    /// A row of its parts.
    public init(_ label: Phrase, _ cells: [String], remark: String? = nil) {
      (self.label, self.cells, self.remark) = (label, cells, remark)
    }

    /// Whether the row is a heading for those that follow.
    public var isHeading: Bool { cells.isEmpty && remark == nil }
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
    func row(
      _ label: Phrase, isSigned: Bool = false, isMaximum: Bool = false, _ value: (Findings) -> Float?
    ) {
      let values = entries.map { value($0.findings) }
      guard values.contains(where: { $0 != nil }) else { return }
      let limits = entries.map { isMaximum && $0.findings.worstIsLowerLimit }
      rows.append(Self.row(label, values, isSigned ? .signed : .tenths, limits))
    }
    func region(isOn: Bool) {
      let words = BodyRegionWords(entries.map(\.findings), isOn: isOn)
      guard words.isKnown else { return }
      let label = Phrase((hasTruth ? "Error increase, " : "Patch ") + words.place)
      if let reason = words.reason { return rows.append(.init(label, [], remark: reason)) }
      row(label + Phrase(words.remark), isSigned: hasTruth) { words.region(of: $0)?.increase?.millimetres }
    }

    if entries.contains(where: { $0.findings.displacement != nil }) {
      heading("What the \(occluder) does, mean over positions, mm")
      row("Error increase", isSigned: true) { $0.mean.millimetres - $0.clean.millimetres }
      row("Displacement") { $0.displacement?.millimetres }
    }
    heading(hasTruth ? "MPJPE, mm" : "Displacement from the clean prediction, mm")
    if hasTruth { row("Clean") { $0.clean.millimetres } }
    row("Patch: mean") { $0.mean.millimetres }
    row("Patch: worst position", isMaximum: true) { $0.worst.millimetres }
    if hasMisses {
      // Its difference is one of shares, not of millimetres.
      row("Nobody found, % of positions") { Float($0.missedShare * 100) }
    }
    region(isOn: true)
    region(isOn: false)
    row("Visible joints") { $0.visible?.mean?.millimetres }
    row("Hidden joints") { $0.hidden?.mean?.millimetres }
    guard entries.contains(where: { $0.findings.mean.alignedMillimetres != nil }) else {
      return NumberTable(columns: columns, rows: rows)
    }
    heading(hasTruth ? "PA-MPJPE, mm" : "Procrustes-aligned, mm")
    if hasTruth { row("Clean") { $0.clean.alignedMillimetres } }
    row("Patch: mean") { $0.mean.alignedMillimetres }
    row("Patch: worst position", isMaximum: true) { $0.worst.alignedMillimetres }
    return NumberTable(columns: columns, rows: rows)
  }

  /// A row for some networks, with what of their numbers is a lower limit.
  private static func row(
    _ label: Phrase, _ values: [Float?], _ format: NumberFormat, _ limits: [Bool]
  ) -> NumberTable.Row {
    var cells = zip(values, limits).map { value, isLimit in
      (isLimit && value != nil ? Maximum.lowerLimit.sign : "") + format(value)
    }
    let sign = (limits.contains(true) ? Maximum.approximate : .exact).sign
    if values.count == 2, let a = values[0], let b = values[1] {
      cells.append(sign + NumberFormat.signed(b - a))
    } else if values.count == 2 {
      cells.append(NumberFormat.missing)
    } else if values.count > 2, let first = values[0] {
      for (index, value) in values.enumerated().dropFirst() {
        if let value { cells[index] += " (\(sign)\(NumberFormat.signed(value - first)))" }
      }
    }
    return .init(label, cells)
  }
}

/// Rows of text in columns of one width each, for the terminal.
///
///     TextTable([["joint", "mm"], ["left hip", "12.0"]]).lines  // "joint       mm", "left hip  12.0"
public struct TextTable: Sendable {
  /// Where the text of a column stands.
  public enum Alignment: Sendable {
    /// At the left.
    case left
    /// At the right.
    case right
  }

  private let rows: [[String]]
  private let alignments: [Alignment]

  /// A table of rows; the first column is flush left, the others right unless `alignments` say otherwise.
  public init(_ rows: [[String]], alignments: [Alignment] = [.left]) {
    (self.rows, self.alignments) = (rows, alignments)
  }

  /// The lines, columns two spaces apart.
  public var lines: [String] {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - cell.count)
        return alignment(column) == .left ? cell + space : space + cell
      }
      let line = cells.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
  }

  private func alignment(_ column: Int) -> Alignment {
    column < alignments.count ? alignments[column] : .right
  }
}

/// A table as Markdown, in sections whose rows have a heading in common.
public struct MarkdownTable: Sendable {
  private let head: [String]
  private var lines: [String] = []

  /// A table with the heads of its columns; that of the first is often empty.
  public init(_ head: [String]) { self.head = head }

  /// Adds a row.
  public mutating func add(_ cells: [String]) { lines.append("| " + cells.joined(separator: " | ") + " |") }

  /// Adds a heading for the rows that follow.
  public mutating func add(heading: String) {
    lines.append("| **\(heading)** |" + String(repeating: " |", count: head.count - 1))
  }

  /// The table as text, with a line break at its end.
  public var text: String {
    let first = head.map { $0.isEmpty ? "| " : "| \($0) " }.joined() + "|"
    let rule = "|" + String(repeating: " --- |", count: head.count)
    return ([first, rule] + lines).joined(separator: "\n") + "\n"
  }
}

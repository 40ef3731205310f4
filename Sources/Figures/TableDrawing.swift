internal import Presentation

/// A table on a page: its rows and columns as `NumberTable` gives them.
struct TableDrawing {
  let table: NumberTable
  var style = TypeStyle(size: 7)
  var rowHeight = 14.0
  /// The width of a column of numbers.
  var cellWidth = 46.0

  var height: Double { rowHeight * Double(table.rows.count + 1) }

  func draw(on canvas: Canvas, in rect: Rect) {
    let left = rect.maxX - cellWidth * Double(table.columns.count)
    for (index, column) in table.columns.enumerated() {
      canvas.text(
        column.title, left + cellWidth * Double(index + 1), rect.y + rowHeight * 0.7,
        style.coloured(column.colour).bold(), .right, width: cellWidth - 4)
    }
    canvas.line(rect.x, rect.y + rowHeight, rect.maxX, rect.y + rowHeight, .ink, width: 0.6)
    for (index, row) in table.rows.enumerated() {
      let top = rect.y + rowHeight * Double(index + 1)
      draw(row, on: canvas, rect, baseline: top + rowHeight * 0.7, left: left)
      canvas.line(rect.x, top + rowHeight, rect.maxX, top + rowHeight, .hairline, width: 0.3)
    }
  }

  private func draw(
    _ row: NumberTable.Row, on canvas: Canvas, _ rect: Rect, baseline: Double, left: Double
  ) {
    guard !row.isHeading else {
      canvas.text(row.label, rect.x, baseline, style.coloured(.muted).bold(), width: rect.width)
      return
    }
    if let remark = row.remark {
      let width = canvas.width(of: remark, style)
      canvas.text(row.label, rect.x, baseline, style, width: rect.width - width - 8)
      canvas.text(remark, rect.maxX, baseline, style.coloured(.muted), .right)
      return
    }
    // A number seldom takes the left quarter of its cell.
    let first = row.cells.first.map { canvas.width(of: $0, style) } ?? 0
    canvas.text(row.label, rect.x, baseline, style, width: left + cellWidth - first - 4 - rect.x)
    for (index, cell) in row.cells.enumerated() {
      canvas.text(
        Phrase(cell), left + cellWidth * Double(index + 1), baseline, style, .right, width: cellWidth - 3)
    }
  }
}

/// A line of coloured marks and what they stand for.
struct Legend {
  var entries: [LegendEntry]
  var style = TypeStyle.label

  private static let mark = 14.0, gap = 14.0

  /// Draws the entries from the left, in as many lines as they need, and returns the end of the last one.
  @discardableResult
  func draw(
    on canvas: Canvas, _ x: Double, _ y: Double, width limit: Double = .infinity
  ) -> (x: Double, y: Double) {
    var end = (x: x, y: y)
    for (entry, left, line, width) in positions(on: canvas, width: limit) {
      let (left, baseline) = (x + left, y + 11 * Double(line))
      canvas.line(
        [(left, baseline - 2.3), (left + 10, baseline - 2.3)], entry.colour, width: 2.4, isRound: true)
      canvas.text(entry.text, left + Self.mark, baseline, style, width: width + 0.01)
      end = (left + Self.mark + width, baseline)
    }
    return end
  }

  /// The height that the entries need.
  func height(on canvas: Canvas, width limit: Double) -> Double {
    11 * Double((positions(on: canvas, width: limit).last?.line ?? -1) + 1)
  }

  private func positions(
    on canvas: Canvas, width limit: Double
  ) -> [(entry: LegendEntry, left: Double, line: Int, width: Double)] {
    var (left, line) = (0.0, 0)
    return entries.map { entry in
      let width = min(canvas.width(of: entry.text.text, style), limit - Self.mark)
      if left > 0, left + Self.mark + width > limit { (left, line) = (0, line + 1) }
      defer { left += Self.mark + width + Self.gap }
      return (entry, left, line, width)
    }
  }
}

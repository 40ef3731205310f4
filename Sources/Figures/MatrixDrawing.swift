internal import Presentation

/// A square for each pair of names: those of rows to the left, those of columns above.
struct MatrixDrawing {
  let panel: MatrixPanel
  let key: ColourKey
  /// The width of the rows' names, and the height of the columns'.
  static let labels = 58.0

  /// Draws the matrix, all within a rectangle.
  func draw(on canvas: Canvas, in rect: Rect) {
    let (rows, columns) = (panel.rows.count, panel.columns.count)
    let cell = min(
      (rect.width - Self.labels) / Double(columns), (rect.height - Self.labels) / Double(rows))
    let (left, top) = (rect.x + Self.labels, rect.y + Self.labels)
    for (row, name) in panel.rows.enumerated() {
      let y = top + cell * Double(row)
      canvas.text(Phrase(name), left - 4, y + cell / 2 + 2.1, .tick, .right, width: Self.labels - 6)
      for (column, value) in panel.values[row].enumerated() {
        canvas.fill(
          Rect(left + cell * Double(column), y, cell - 0.4, cell - 0.4),
          value.map { key.colour(of: $0) } ?? .hairline)
      }
    }
    for (column, name) in panel.columns.enumerated() {
      canvas.textUpward(
        Phrase(name), left + cell * (Double(column) + 0.5) + 2.1, top - 4, .tick, .left,
        length: Self.labels - 6)
    }
    let (width, height) = (cell * Double(columns) - 0.4, cell * Double(rows) - 0.4)
    for group in panel.groups {
      let at = cell * Double(group) - 0.2
      canvas.line(left, top + at, left + width, top + at, .muted, width: 0.5)
      canvas.line(left + at, top, left + at, top + height, .muted, width: 0.5)
    }
    canvas.frame(Rect(left, top, width, height))
  }
}

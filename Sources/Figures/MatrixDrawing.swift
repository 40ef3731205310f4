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
      let at = top + cell * Double(group) - 0.2
      canvas.line(left, at, left + width, at, .muted, width: 0.5)
    }
    for group in panel.columnGroups {
      let at = left + cell * Double(group) - 0.2
      canvas.line(at, top, at, top + height, .muted, width: 0.5)
    }
    canvas.frame(Rect(left, top, width, height))
  }
}

/// A page of matrices side by side, with what their colours stand for below.
func drawInfluence(_ page: ExperimentPages.Influence, on layout: inout PageLayout) {
  layout.begin(page.heading)
  let (canvas, area) = (layout.canvas, PageLayout.body)
  let columns = area.columns(2, gap: 25)
  for (panel, column) in zip(page.panels, columns) {
    canvas.text(panel.title, column.x + MatrixDrawing.labels, column.y + 2, .heading)
    MatrixDrawing(panel: panel, key: page.key)
      .draw(on: canvas, in: Rect(column.x, column.y + 8, column.width, column.width))
  }
  let bottom = columns[0].y + 8 + columns[0].width
  canvas.text(page.axes, columns[0].x + MatrixDrawing.labels, bottom + 14, .caption)
  let left = columns[1].x + MatrixDrawing.labels
  ColourBar(page.key).drawAcross(on: canvas, at: left, bottom + 10, width: columns[1].maxX - left)
}

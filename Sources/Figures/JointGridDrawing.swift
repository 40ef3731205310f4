internal import Presentation

/// The map of every joint of one network, as PARE's figures show them (Kocabas et al. 2021).
extension PictureDrawing {
  /// As many joints as leave maps large enough to read.
  private static let maxCells = 6 * 4
  private static let noteWidth = 118.0

  func jointGridPages(of entry: PictureReport.Entry) -> [Page] {
    let page = JointGridPage(report, entry, colours: colours)
    let parts = page.cells.balanced(into: Self.maxCells)
    return parts.enumerated().map { index, cells in
      { drawJointGrid(page, cells, page.heading.part(index, of: parts.count), on: &$0) }
    }
  }

  private func drawJointGrid(
    _ page: JointGridPage, _ cells: [JointGridPage.Cell], _ heading: Heading, on layout: inout PageLayout
  ) {
    layout.begin(heading)
    let (canvas, area) = (layout.canvas, PageLayout.body)
    let (gap, head) = (9.0, 19.0)
    let (columns, side) = Self.grid(cells.count, in: area, gap: gap, head: head)
    for (index, cell) in cells.enumerated() {
      let rect = Rect(
        area.x + Double(index % columns) * (side + gap),
        area.y + head + Double(index / columns) * (side + head + 4), side, side)
      draw(cell, page, on: canvas, in: rect)
    }
    let x = area.maxX - Self.noteWidth + 14
    let barHeight = min(220, area.height * 0.5)
    ColourBar(page.key).drawUpward(on: canvas, in: Rect(x, area.y + head, Self.noteWidth, barHeight))
    var y = area.y + head + barHeight + 26
    for note in page.notes {
      y = canvas.paragraph(note, x, y, width: Self.noteWidth - 14, .caption) + 5
    }
  }

  private func draw(_ cell: JointGridPage.Cell, _ page: JointGridPage, on canvas: Canvas, in rect: Rect) {
    let style = TypeStyle(size: 7, isBold: true)
    canvas.text(cell.range, rect.x, rect.y - 3, .label.coloured(.muted))
    var right = cell.clean ?? ""
    if let hidden = cell.isHidden {
      let width = rect.width - canvas.width(of: hidden, .label) - 4
      if canvas.width(of: cell.title, style) <= width {
        canvas.text(hidden, rect.maxX, rect.y - 11, .label.coloured(.truth), .right)
      } else {
        // A long name leaves room on the line below.
        right = right.isEmpty ? hidden : "\(hidden), \(right)"
      }
    }
    canvas.text(Phrase(cell.title), rect.x, rect.y - 11, style, width: rect.width)
    canvas.text(
      Phrase(right), rect.maxX, rect.y - 3, .label.coloured(.muted), .right,
      width: rect.width - canvas.width(of: cell.range, .label) - 3)
    Heatmap(cell.map, page.key).draw(on: canvas, in: rect, over: backdrops[page.entry])
  }

  /// The number of columns that makes the maps largest.
  private static func grid(
    _ count: Int, in area: Rect, gap: Double, head: Double
  ) -> (columns: Int, side: Double) {
    let sides = (1...count).map { columns in
      let rows = Double((count + columns - 1) / columns)
      return min(
        (area.width - noteWidth - gap * Double(columns - 1)) / Double(columns),
        (area.height - head * rows - 4 * (rows - 1)) / rows)
    }
    let best = sides.indices.max { sides[$0] < sides[$1] }!
    return (best + 1, min(sides[best], 260))
  }
}

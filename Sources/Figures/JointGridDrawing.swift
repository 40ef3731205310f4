internal import Presentation

/// The map of every joint, or of every layer, of one network.
extension PictureDrawing {
  /// As many joints as leave maps large enough to read.
  private static let maxCells = 6 * 4
  private static let noteWidth = 118.0

  func jointGridPages(of entry: PictureReport.Entry) -> [Page] {
    pages(of: JointGridPage(report, entry))
  }

  func layerPages(of entry: PictureReport.Entry) -> [Page] {
    JointGridPage(layersOf: entry, in: report).map(pages) ?? []
  }

  private func pages(of page: JointGridPage) -> [Page] {
    let parts = page.cells.balanced(into: Self.maxCells - (page.picture == nil ? 0 : 1))
    return parts.enumerated().map { index, cells in
      { drawJointGrid(page, cells, page.heading.part(index, of: parts.count), on: &$0) }
    }
  }

  private func drawJointGrid(
    _ page: JointGridPage, _ cells: [JointGridPage.Cell], _ heading: Heading, on layout: inout PageLayout
  ) {
    layout.begin(heading)
    let (canvas, area) = (layout.canvas, PageLayout.body)
    let (gap, head) = (9.0, 21.0)
    let first = page.picture == nil ? 0 : 1
    let (columns, side) = Self.grid(cells.count + first, in: area, gap: gap, head: head)
    func rect(_ index: Int) -> Rect {
      Rect(
        area.x + Double(index % columns) * (side + gap),
        area.y + head + Double(index / columns) * (side + head + 4), side, side)
    }
    if let picture = page.picture { drawCrop(picture, on: canvas, in: rect(0)) }
    for (index, cell) in cells.enumerated() { draw(cell, page, on: canvas, in: rect(index + first)) }
    let x = area.maxX - Self.noteWidth + 14
    let barHeight = min(220, area.height * 0.5)
    var y = area.y + head
    if let key = page.key {
      ColourBar(key).drawUpward(on: canvas, in: Rect(x, y, Self.noteWidth, barHeight))
      y += barHeight + 26
    }
    for note in page.notes {
      y = canvas.paragraph(note, x, y, width: Self.noteWidth - 14, .caption) + 5
    }
  }

  /// Draws the picture that the maps are of, with the outline that is over them.
  func drawCrop(_ picture: PosePanel, on canvas: Canvas, in rect: Rect) {
    guard let index = picture.crop, let crop = report.entries[index].crop else { return }
    canvas.text(picture.title, rect.x, rect.y - 3, TypeStyle(size: 7, isBold: true), width: rect.width)
    canvas.draw(crop, in: rect)
    if let outline = backdrops[index].outline { canvas.draw(outline, in: rect) }
    canvas.frame(rect)
  }

  /// Draws a joint's map with its name and numbers above.
  func draw(_ cell: JointGridPage.Cell, _ page: JointGridPage, on canvas: Canvas, in rect: Rect) {
    let style = TypeStyle(size: 7, isBold: true)
    let range = canvas.width(of: cell.range, .label)
    let notes = [cell.isHidden, cell.clean].compactMap(\.self)
    let below = notes.joined(separator: ", ")
    if range + 5 + canvas.width(of: below, .label) <= rect.width {
      canvas.text(Phrase(cell.title), rect.x, rect.y - 11, style, width: rect.width)
      canvas.text(cell.range, rect.x, rect.y - 3, .label.coloured(.muted))
      canvas.text(below, rect.maxX, rect.y - 3, .label.coloured(.muted), .right)
    } else if let hidden = cell.isHidden,
      range + 5 + canvas.width(of: cell.clean ?? "", .label) <= rect.width,
      canvas.width(of: cell.title, style) + canvas.width(of: hidden, .label) + 4 <= rect.width
    {
      canvas.text(Phrase(cell.title), rect.x, rect.y - 11, style, width: rect.width)
      canvas.text(hidden, rect.maxX, rect.y - 11, .label.coloured(.truth), .right)
      canvas.text(cell.range, rect.x, rect.y - 3, .label.coloured(.muted))
      canvas.text(cell.clean ?? "", rect.maxX, rect.y - 3, .label.coloured(.muted), .right)
    } else {
      // On narrow maps what else there is has a line of its own.
      let small = TypeStyle(size: 5.5, colour: .muted)
      canvas.text(
        Phrase(cell.title), rect.x, rect.y - 15.5, TypeStyle(size: 6.5, isBold: true), width: rect.width)
      canvas.text(Phrase(cell.range), rect.x, rect.y - 8.7, small, width: rect.width)
      canvas.text(Phrase(below), rect.x, rect.y - 2.7, small, width: rect.width)
    }
    Heatmap(cell.map, cell.key, overlay: report.style.overlay)
      .draw(on: canvas, in: rect, over: backdrops[page.entry])
    if page.key == nil {
      ColourBar(cell.key).drawStrip(on: canvas, in: Rect(rect.x, rect.maxY + 1.5, rect.width, 2.5))
    }
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

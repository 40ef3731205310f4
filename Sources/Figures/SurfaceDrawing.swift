internal import Presentation

/// The skin that a network lays out in UV space, with and without the occluder.
extension PictureDrawing {
  func surfacePages(of entry: PictureReport.Entry) -> [Page] {
    guard let page = SurfacePage(report, entry) else { return [] }
    return [
      { layout in
        layout.begin(page.heading)
        let area = PageLayout.body
        let side = min((area.width - 62) / 4 - 8, (area.height - 48) / 3 - 10)
        draw(page, on: layout.canvas, at: (area.x, area.y), side: side, labels: 62, gap: 8)
      }
    ]
  }

  /// Draws a column for the clean image and for each position; returns where the drawing ends.
  @discardableResult
  func draw(
    _ page: SurfacePage, on canvas: Canvas, at origin: (x: Double, y: Double), side: Double, labels: Double,
    gap: Double
  ) -> Double {
    func cell(_ row: Int, _ column: Int) -> Rect {
      Rect(
        origin.x + labels + Double(column) * (side + gap), origin.y + 19 + Double(row) * (side + gap), side,
        side)
    }
    for (row, title) in page.rows.enumerated() {
      canvas.paragraph(
        title, origin.x, cell(row, 0).midY - 2, width: labels - 6, TypeStyle(size: 8, isBold: true),
        leading: 1.25)
    }
    for (index, column) in page.columns.enumerated() {
      for (line, text) in [column.title, column.share].enumerated() {
        canvas.text(
          Phrase(text), cell(0, index).midX, origin.y + 6 + 8 * Double(line),
          line == 0 ? .label : .label.coloured(.muted), .centre, width: side + gap - 2)
      }
      let picture = cell(0, index)
      if let crop = report.entries[page.entry].crop {
        canvas.draw(crop, in: picture)
      } else {
        canvas.fill(picture, .wash)
      }
      canvas.clipped(to: picture) { column.mark?.draw(on: canvas, in: picture) }
      canvas.frame(picture)
      for (row, map) in [column.seen, column.filled].enumerated() {
        canvas.draw(Bitmap(map), in: cell(row + 1, index), smoothly: false)
        canvas.frame(cell(row + 1, index))
      }
    }
    let bottom = cell(page.rows.count - 1, 0).maxY
    return canvas.paragraph(
      page.key, origin.x + labels, bottom + 10, width: Double(page.columns.count) * (side + gap) - gap,
      .label.coloured(.muted))
  }
}

internal import Presentation

/// Where a network looks for its joints, with and without the occluder, beside the joints' maps.
extension PictureDrawing {
  func attentionPages(of entry: PictureReport.Entry) -> [Page] {
    guard let page = AttentionPage(report, entry) else { return [] }
    return [{ drawAttention(page, on: &$0) }]
  }

  private func drawAttention(_ page: AttentionPage, on layout: inout PageLayout) {
    layout.begin(page.heading)
    let (canvas, area) = (layout.canvas, PageLayout.body)
    let (gap, labels) = (6.0, 62.0)
    let columns = Double(page.columns.count)
    let rows = Double(page.rows.count)
    let below = page.key == nil ? ColourBar.height + 6 : 8
    let side = min(
      (area.width - labels - gap * (columns - 1)) / columns, (area.height - 56) / max(rows, 2) - below)
    func cell(_ row: Int, _ column: Int) -> Rect {
      Rect(
        area.x + labels + Double(column) * (side + gap), area.y + 12 + Double(row) * (side + below), side,
        side)
    }
    for (column, title) in page.columns.enumerated() {
      canvas.text(Phrase(title), cell(0, column).midX, area.y + 6, .caption, .centre, width: side + gap - 2)
    }
    for (order, row) in page.rows.enumerated() {
      canvas.paragraph(
        row.title, area.x, cell(order, 0).midY - 2, width: labels - 6, TypeStyle(size: 8, isBold: true),
        leading: 1.25)
      drawRow(row, page, on: canvas) { cell(order, $0) }
      guard page.key == nil else { continue }
      let map = cell(order, row.attention.count)
      ColourBar(row.key).drawAcross(on: canvas, at: map.x, map.maxY + 5, width: map.width)
    }
    let bottom = cell(page.rows.count - 1, 0).maxY + (page.key == nil ? ColourBar.height + 8 : 10)
    ColourBar(page.attentionKey).drawAcross(on: canvas, at: area.x + labels, bottom, width: 260)
    if let key = page.key {
      ColourBar(key).drawAcross(on: canvas, at: area.x + labels + 300, bottom, width: 260)
    }
  }

  /// Draws a joint's attention, with and without the occluder, and its map.
  func drawRow(
    _ row: AttentionPage.Row, _ page: AttentionPage, on canvas: Canvas, _ cell: (_ column: Int) -> Rect
  ) {
    let (backdrop, overlay) = (backdrops[page.entry], report.style.overlay)
    for (column, map) in row.attention.enumerated() {
      Heatmap(map, page.attentionKey, overlay: overlay).draw(on: canvas, in: cell(column), over: backdrop)
      guard column > 0 else { continue }
      canvas.clipped(to: cell(column)) { page.marks[column - 1].drawEdge(on: canvas, in: cell(column)) }
    }
    Heatmap(row.map, row.key, overlay: overlay)
      .draw(on: canvas, in: cell(row.attention.count), over: backdrop)
  }
}

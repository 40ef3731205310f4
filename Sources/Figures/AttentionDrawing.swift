internal import Presentation

/// Where a network looks for its joints, with and without the occluder, beside the joints' maps.
extension PictureDrawing {
  func attentionPages(of entry: PictureReport.Entry) -> [Page] {
    guard let page = AttentionPage(report, entry, colours: colours) else { return [] }
    return [{ drawAttention(page, on: &$0) }]
  }

  /// Joints in one block or in two side by side.
  private func drawAttention(_ page: AttentionPage, on layout: inout PageLayout) {
    layout.begin(page.heading)
    let (canvas, area) = (layout.canvas, PageLayout.body)
    let blocks = page.rows.count > AttentionPage.maxJoints / 2 ? 2 : 1
    let perBlock = (page.rows.count + blocks - 1) / blocks
    let (gap, blockGap, labels) = (5.0, 26.0, 46.0)
    let block = (area.width - blockGap * Double(blocks - 1)) / Double(blocks)
    let columns = Double(page.columns.count)
    let side = min(
      (block - labels - gap * (columns - 1)) / columns, (area.height - 48) / Double(perBlock) - 8)
    for half in 0..<blocks {
      let x = area.x + Double(half) * (block + blockGap) + labels
      for (column, title) in page.columns.enumerated() {
        canvas.text(
          Phrase(title), x + Double(column) * (side + gap) + side / 2, area.y + 6, .caption, .centre,
          width: side + gap - 2)
      }
    }
    for (order, row) in page.rows.enumerated() {
      let x = area.x + Double(order / perBlock) * (block + blockGap)
      let y = area.y + 12 + Double(order % perBlock) * (side + 8)
      canvas.paragraph(row.title, x, y + side / 2 - 2, width: labels - 4, .label.bold(), leading: 1.25)
      draw(row, page, on: canvas) { Rect(x + labels + Double($0) * (side + gap), y, side, side) }
    }
    let y = area.maxY - 26
    ColourBar(page.attentionKey).drawAcross(on: canvas, at: area.x + labels, y, width: 220)
    ColourBar(page.key).drawAcross(on: canvas, at: area.x + labels + 260, y, width: 220)
  }

  private func draw(
    _ row: AttentionPage.Row, _ page: AttentionPage, on canvas: Canvas, _ cell: (_ column: Int) -> Rect
  ) {
    let backdrop = backdrops[page.entry]
    for (column, map) in row.attention.enumerated() {
      Heatmap(map, page.attentionKey).draw(on: canvas, in: cell(column), over: backdrop)
      guard column > 0 else { continue }
      canvas.clipped(to: cell(column)) { page.marks[column - 1].drawEdge(on: canvas, in: cell(column)) }
    }
    Heatmap(row.map, page.key).draw(on: canvas, in: cell(row.attention.count), over: backdrop)
  }
}

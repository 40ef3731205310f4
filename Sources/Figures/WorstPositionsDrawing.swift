internal import Presentation

/// The worst positions of the occluder, two networks a page, and what the networks then predict.
extension PictureDrawing {
  var worstPositionsPages: [Page] {
    let pages = report.entries.chunks(of: 2).compactMap { WorstPositionsPage(report, $0) }
    return pages.enumerated().map { index, page in
      { drawWorstPositions(page, page.heading.part(index, of: pages.count), on: &$0) }
    }
  }

  private func drawWorstPositions(_ page: WorstPositionsPage, _ heading: Heading, on layout: inout PageLayout)
  {
    layout.begin(heading)
    let (canvas, area) = (layout.canvas, PageLayout.body)
    let (gap, head, foot) = (14.0, 22.0, 22.0)
    let side = min((area.width - 3 * gap) / 4, (area.height - 52) / 2 - head - 16)
    for (index, row) in page.rows.enumerated() {
      let y = area.y + head + Double(index) * (side + head + foot)
      let map = Rect(area.x, y, side, side)
      draw(row.map, on: canvas, in: map)
      canvas.clipped(to: map) {
        for (order, mark) in row.marks.enumerated() {
          mark.drawNumber("\(order + 1)", on: canvas, in: map)
        }
      }
      for (order, panel) in row.panels.enumerated() {
        draw(panel, on: canvas, in: Rect(area.x + Double(order + 1) * (side + gap), y, side, side))
      }
    }
    let bottom = area.y + Double(page.rows.count) * (side + head + foot) - foot + 8
    // With a scale for each network, every map has its bar below it.
    let common = page.rows.map(\.map).commonKey
    for (index, row) in page.rows.enumerated() where common == nil || index == page.rows.count - 1 {
      let y = area.y + head + Double(index) * (side + head + foot) + side + 6
      ColourBar(row.map.key).drawAcross(on: canvas, at: area.x, y, width: side)
    }
    let left = area.x + side + gap
    Legend(entries: page.legend).draw(on: canvas, left, bottom + 8, width: area.maxX - left)
  }
}

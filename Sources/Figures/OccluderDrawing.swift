internal import Presentation

/// Draws the pages that compare occluders.
struct OccluderDrawing {
  let contents: [OccluderPage]

  init(_ reports: [PictureReport]) { contents = OccluderPage.pages(reports) }

  var pages: [PageLayout.Page] {
    contents.map { page in { layout in draw(page, on: &layout) } }
  }

  private static let labelWidth = 150.0
  private static let rowHeight = 22.0
  private static let gap = 26.0

  private func draw(_ page: OccluderPage, on layout: inout PageLayout) {
    layout.begin(page.heading)
    let (canvas, area) = (layout.canvas, PageLayout.body)
    let bottom = Legend(entries: page.legend).draw(on: canvas, area.x, area.y + 4, width: area.width).y
    let top = bottom + 14
    let foot = area.maxY - 12 * Double(page.notes.count)
    let columns = area.columns(page.charts.count, gap: Self.gap)
    let rows = Double(page.charts[0].rows.count)
    let hasMore = page.lines != nil || page.differences != nil
    let height = min((foot - top) * (hasMore ? 0.5 : 1), rows * Self.rowHeight + 30)
    for (chart, column) in zip(page.charts, columns) {
      chart.draw(
        on: canvas, in: Rect(column.x, top, column.width, height), labelWidth: Self.labelWidth)
    }
    func below(_ column: Int, height most: Double = .infinity) -> Rect {
      let (rect, start) = (columns[column], top + height + Self.gap)
      return Rect(rect.x, start, rect.width, min(most, foot - start - 6))
    }
    page.lines?.draw(on: canvas, in: below(0))
    if let differences = page.differences {
      differences.draw(
        on: canvas, in: below(1, height: Double(differences.rows.count) * Self.rowHeight + 30),
        labelWidth: Self.labelWidth)
    }
    for (index, note) in page.notes.enumerated() {
      canvas.text(Phrase(note), area.x, foot + 12 * Double(index + 1), .caption, width: area.width)
    }
  }
}

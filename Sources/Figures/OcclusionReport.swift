public import Evaluation
internal import Presentation

/// A report on what occluders do to networks over many pictures, drawn from a summary of records alone.
///
/// The same summary gives the same bytes.
public struct OcclusionReport: Sendable {
  private let content: OcclusionPages

  /// A report on a summary; `title` is what the pictures are together.
  public init(_ summary: OcclusionSummary, title: String) { content = OcclusionPages(summary, title: title) }

  private var pages: [PageLayout.Page] {
    content.tables.map { page in { draw(page, on: &$0) } }
      + content.parts.map { page in { draw(page, on: &$0) } }
      + content.influence.map { page in { drawInfluence(page, on: &$0) } }
      + content.worst.map { page in { draw(page, on: &$0) } }
  }

  /// The report as a PDF, A4 landscape.
  public func document() -> Document {
    PageLayout.document(pages, title: "Penumbra: what occluders do", foot: content.foot)
  }

  /// All pages on one canvas, for checks of their layout.
  package func drawn() -> Canvas { PageLayout.recorded(pages, foot: content.foot) }

  private func draw(_ page: OcclusionPages.TablePage, on layout: inout PageLayout) {
    layout.begin(page.heading)
    let (canvas, area) = (layout.canvas, PageLayout.body)
    let width = min(150, (area.width - 190) / Double(page.table.columns.count))
    let table = TableDrawing(
      table: page.table, style: TypeStyle(size: 7),
      rowHeight: min(13, (area.height - 60) / Double(page.table.rows.count + 1)),
      cellWidth: width)
    let wide = min(area.width, 210 + width * Double(page.table.columns.count))
    table.draw(on: canvas, in: Rect(area.x, area.y - 6, wide, table.height))
    _ = canvas.paragraph(page.note, area.x, area.y + table.height + 14, width: min(area.width, 620), .body)
  }

  private func draw(_ page: OcclusionPages.PartsPage, on layout: inout PageLayout) {
    layout.begin(page.heading)
    let (canvas, area) = (layout.canvas, PageLayout.body)
    let bottom = Legend(entries: page.legend).draw(on: canvas, area.x, area.y + 4, width: area.width).y
    let height = min(area.maxY - bottom - 14, 22 * Double(page.chart.rows.count) + 30)
    page.chart.draw(
      on: canvas, in: Rect(area.x, bottom + 14, min(area.width, 560), height), labelWidth: 90)
  }
}

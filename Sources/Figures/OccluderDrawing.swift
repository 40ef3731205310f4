public import Evaluation
public import Pictures
internal import Presentation

/// The pages that compare what several occluders do to networks on a set of pictures.
public struct OccluderReport: Sendable {
  private let drawing: OccluderDrawing, foot: Phrase

  /// The pages on the means over a set's pictures; nil where they are of one occlusion.
  public init?(_ sums: [DatasetSensitivity], dataset: String) {
    drawing = OccluderDrawing(sums)
    guard !drawing.contents.isEmpty else { return nil }
    foot = SensitivityPage.foot(sums[0], dataset: dataset)
  }

  /// The report as a PDF, A4 landscape.
  public func document() -> Document {
    PageLayout.document(drawing.pages, title: "Penumbra: occluders compared", foot: foot)
  }

  /// All pages on one canvas, for checks of their layout.
  package func drawn() -> Canvas { PageLayout.recorded(drawing.pages, foot: foot) }

  /// The first page as a picture, twice as many pixels as points.
  public func picture(scale: Double = 2) -> Picture {
    PageLayout.picture(drawing.pages[0], foot: foot, scale: scale).picture()
  }
}

/// Draws the pages that compare occluders.
struct OccluderDrawing: Sendable {
  let contents: [OccluderPage]

  init(_ reports: [PictureReport]) { contents = OccluderPage.pages(reports) }
  init(_ sums: [DatasetSensitivity]) { contents = OccluderPage.pages(sums) }

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
    for (index, note) in page.notes.enumerated() {
      canvas.text(Phrase(note), area.x, foot + 12 * Double(index + 1), .caption, width: area.width)
    }
    if page.charts.isEmpty {
      return draw(page.lines, on: canvas, in: Rect(area.x, top, area.width, foot - top - 6))
    }
    let columns = area.columns(page.charts.count, gap: Self.gap)
    let rows = Double(page.charts[0].rows.count)
    let hasMore = !page.lines.isEmpty || page.differences != nil
    let height = min((foot - top) * (hasMore ? 0.5 : 1), rows * Self.rowHeight + 30)
    for (chart, column) in zip(page.charts, columns) {
      chart.draw(
        on: canvas, in: Rect(column.x, top, column.width, height), labelWidth: Self.labelWidth)
    }
    func below(_ column: Int, height most: Double = .infinity) -> Rect {
      let (rect, start) = (columns[column], top + height + Self.gap)
      return Rect(rect.x, start, rect.width, min(most, foot - start - 6))
    }
    page.lines.first?.draw(on: canvas, in: below(0))
    if let differences = page.differences {
      differences.draw(
        on: canvas, in: below(1, height: Double(differences.rows.count) * Self.rowHeight + 30),
        labelWidth: Self.labelWidth)
    }
  }

  /// Draws panels of lines side by side, at most three in a row.
  private func draw(_ panels: [LinePanel], on canvas: Canvas, in area: Rect) {
    let columns = area.columns(min(3, panels.count), gap: Self.gap)
    let rows = (panels.count + columns.count - 1) / columns.count
    let height = min((area.height - Self.gap * Double(rows - 1)) / Double(rows), 260)
    for (index, panel) in panels.enumerated() {
      let column = columns[index % columns.count]
      let y = area.y + Double(index / columns.count) * (height + Self.gap)
      panel.draw(on: canvas, in: Rect(column.x, y, column.width, height))
    }
  }
}

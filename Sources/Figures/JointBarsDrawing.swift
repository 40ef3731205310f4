internal import Presentation

/// The numbers of every joint, network beside network, and the poses that they are about.
extension PictureDrawing {
  var jointBarsPages: [Page] {
    let pages = comparedNetworks.map { JointBarsPage(report, $0) }
    let parts = pages.flatMap { page in
      let rowHeight = max(11, 4.2 * Double(page.series.count))
      let limit = Int((PageLayout.body.height - 52) / rowHeight)
      return Array(page.rows.indices).balanced(into: limit).map { (page, $0) }
    }
    return parts.enumerated().map { index, part in
      { drawJointBars(part.0, part.1, part.0.heading.part(index, of: parts.count), on: &$0) }
    }
  }

  private func drawJointBars(
    _ page: JointBarsPage, _ rows: [Int], _ heading: Heading, on layout: inout PageLayout
  ) {
    layout.begin(heading)
    let (canvas, area) = (layout.canvas, PageLayout.body)
    let width = page.poses.isEmpty ? area.width : 500.0
    let chart = BarChart(
      rows: rows.map { page.rows[$0] },
      series: page.series.map { $0.rows(rows) }, title: page.title, scale: page.scale)
    let label = chart.labelWidth(on: canvas, atLeast: 92)
    let top = drawBarKey(
      page.legend, page.key, on: canvas, Rect(area.x + label, area.y + 6, width - label, 0))
    let y = max(area.y + 16, top + 10)
    chart.draw(on: canvas, in: Rect(area.x, y, width, area.maxY - y), labelWidth: label)
    guard !page.poses.isEmpty else { return }
    let left = area.x + width + 30
    drawPoses(page, on: canvas, Rect(left, area.y + 16, area.maxX - left, area.height - 16))
  }

  /// The poses in one column or two, with their colours below.
  private func drawPoses(_ page: JointBarsPage, on canvas: Canvas, _ area: Rect) {
    let columns = page.poses.count > 2 ? 2 : 1
    let rows = max(2, (page.poses.count + columns - 1) / columns)
    let (gap, legend) = (10.0, Legend(entries: page.poseLegend))
    let note = page.note.map { canvas.lines($0, width: area.width, .caption) } ?? []
    let below = legend.height(on: canvas, width: area.width) + 9.8 * Double(note.count) + 22
    let side = min(
      (area.width - gap * Double(columns - 1)) / Double(columns),
      (area.height - max(60, below)) / Double(rows) - 14)
    var bottom = area.y
    for (index, pose) in page.poses.enumerated() {
      let rect = Rect(
        area.x + Double(index % columns) * (side + gap),
        area.y + 8 + Double(index / columns) * (side + 22), side, side)
      draw(pose, on: canvas, in: rect)
      bottom = rect.maxY
    }
    let end = legend.draw(on: canvas, area.x, bottom + 14, width: area.width)
    if let note = page.note { canvas.paragraph(note, area.x, end.y + 14, width: area.width, .caption) }
  }
}

/// Draws the networks of a bar chart and what its marks are, in one line where there is room, and returns the last
/// baseline.
func drawBarKey(_ legend: [LegendEntry], _ key: String, on canvas: Canvas, _ area: Rect) -> Double {
  let end = Legend(entries: legend).draw(on: canvas, area.x, area.y, width: area.width)
  guard !key.isEmpty else { return end.y }
  if end.x + 18 + canvas.width(of: key, .caption) <= area.maxX {
    canvas.text(key, end.x + 18, end.y, .caption)
    return end.y
  }
  return canvas.paragraph(key, area.x, end.y + 11, width: area.width, .caption) - 9.8
}

extension JointBarsPage.Series {
  /// The numbers of some joints.
  fileprivate func rows(_ rows: [Int]) -> JointBarsPage.Series {
    .init(
      colour: colour, mean: rows.map { mean[$0] }, worst: rows.map { worst[$0] },
      clean: clean.map { clean in rows.map { clean[$0] } })
  }
}

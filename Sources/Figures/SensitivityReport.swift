public import Evaluation
public import Pictures
internal import Presentation

/// A page on a whole dataset: the errors of joints, and where the occluder raises them on average.
///
/// As in PARE's figures (Kocabas et al. 2021, section 3); of more than four networks there are more pages.
public struct SensitivityReport: Sendable {
  private let contents: [SensitivityPage]
  private let misses: [PairedMapsPage]

  /// A report on networks that were swept over the same pictures of a dataset.
  public init(_ sums: [DatasetSensitivity], dataset: String) {
    contents = SensitivityPage.pages(sums, dataset: dataset)
    misses = SensitivityPage.misses(sums, dataset: dataset)
  }

  private var pages: [PageLayout.Page] {
    contents.map { page in { draw(page, on: &$0) } } + misses.map { page in { draw(page, on: &$0) } }
  }

  /// The report as a PDF, A4 landscape.
  public func document() -> Document {
    PageLayout.document(pages, title: "Penumbra: occlusion sensitivity", foot: contents[0].foot)
  }

  /// All pages on one canvas, for checks of their layout.
  package func drawn() -> Canvas { PageLayout.recorded(pages, foot: contents[0].foot) }

  /// The first page as a picture, twice as many pixels as points.
  public func picture(scale: Double = 2) -> Picture {
    PageLayout.picture(pages[0], foot: contents[0].foot, scale: scale).picture()
  }

  private func draw(_ page: SensitivityPage, on layout: inout PageLayout) {
    layout.begin(page.heading)
    let (canvas, area) = (layout.canvas, PageLayout.body)
    let chart = BarChart(rows: page.rows, series: page.series, title: page.title, scale: page.scale)
    let (label, width) = (chart.labelWidth(on: canvas, atLeast: 62), 440.0)
    let bottom = drawBarKey(
      page.legend, page.key, on: canvas, Rect(area.x + label, area.y + 6, width - label, 0))
    let top = bottom + 10
    chart.draw(on: canvas, in: Rect(area.x, top, width, area.maxY - top), labelWidth: label)
    let left = area.x + width + 34
    drawMaps(page, on: canvas, Rect(left, area.y, area.maxX - left, area.height))
  }

  /// Where networks found nobody, below their mean maps.
  private func draw(_ page: PairedMapsPage, on layout: inout PageLayout) {
    layout.begin(page.heading)
    PairedMapsDrawing(page: page) { draw($0, on: $1, in: $2) }
      .draw(on: layout.canvas, in: PageLayout.body)
  }

  /// Draws a map of pictures that differ, so that none is beneath it.
  private func draw(_ panel: MapPanel, on canvas: Canvas, in rect: Rect) {
    canvas.text(panel.title, rect.x, rect.y - 12, .heading.coloured(panel.colour), width: rect.width)
    canvas.text(
      Phrase([panel.range, panel.clean].compactMap(\.self).joined(separator: "  ·  ")), rect.x, rect.y - 3.5,
      .label.coloured(.muted), width: rect.width)
    canvas.draw(Heatmap(panel.map, panel.key).bitmap(), in: rect, smoothly: false)
    canvas.frame(rect)
  }

  /// The mean maps on one scale, two beside each other.
  private func drawMaps(_ page: SensitivityPage, on canvas: Canvas, _ area: Rect) {
    guard !page.maps.isEmpty else {
      canvas.paragraph(page.note, area.x, area.y + 16, width: area.width, .caption)
      return
    }
    let columns = min(page.maps.count, 2), rows = (page.maps.count + 1) / 2
    let gap = 14.0
    let side = min((area.width - gap) / 2, (area.height - 60) / Double(rows) - 30)
    var bottom = area.y
    for (index, panel) in page.maps.enumerated() {
      let rect = Rect(
        area.x + Double(index % 2) * (side + gap), area.y + 22 + Double(index / 2) * (side + 30), side, side)
      draw(panel, on: canvas, in: rect)
      bottom = rect.maxY
    }
    let width = side * Double(columns) + gap * Double(columns - 1)
    let end = ColourBar(page.mapKey).drawAcross(on: canvas, at: area.x, bottom + 10, width: width)
    canvas.paragraph(page.note, area.x, end + 12, width: area.width, .caption)
  }
}

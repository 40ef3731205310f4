import Bodies
public import Foundation
public import Pictures
public import Presentation
import Tensors

/// A figure that stands alone, as wide as a column of a paper; its type has the same size at every width.
///
///     let figures = report.figures(.grid)
///     try AtomicFile.write(figures[0].data(.pdf, width: 241), to: "grid.pdf")
///
/// The same records give the same bytes.
public struct PaperFigure: Sendable {
  /// A kind of file.
  public enum Format: String, CaseIterable, Sendable {
    /// Lines and letters stay such, and maps are pictures of a few samples a pixel.
    case pdf, svg
    /// Pixels.
    case png
  }

  /// The stem of its file name: picture, network and figure, `person-1-gap-grid`.
  public let name: String
  /// Draws within a width, from the upper left corner, and returns the height that is needed.
  let draw: @Sendable (_ canvas: Canvas, _ width: Double) -> Double

  private static let margin = 2.0

  /// Why there is no PNG of a width and density, as it follows the file's name; nil where there is one.
  ///
  /// - Parameters:
  ///   - width: points of 1/72 inch.
  ///   - dpi: pixels an inch.
  public func obstacle(toPNGOf width: Double, dpi: Double) -> String? {
    let (across, down) = ((width * dpi / 72).rounded(), (height(width) * dpi / 72).rounded())
    let isLong = max(across, down) > Double(Canvas.longestSide)
    guard isLong || across * down > Double(Picture.mostPixels) else { return nil }
    return
      "would have \(Int(bounded: across)) × \(Int(bounded: down)) pixels, and a PNG has at most \(Canvas.longestSide) a side "
      + "and \(Picture.mostPixels) in total; give a smaller --width or --dpi, or --format pdf"
  }

  /// The file of the figure; a PNG only where there is no ``obstacle(toPNGOf:dpi:)``.
  ///
  /// - Parameters:
  ///   - width: points of 1/72 inch.
  ///   - dpi: pixels an inch, of a PNG.
  public func data(_ format: Format, width: Double, dpi: Double = 300) -> Data {
    document(format, width: width, dpi: dpi).data
  }

  /// The file of the figure, and the letters in it that no font has.
  public func document(_ format: Format, width: Double, dpi: Double = 300) -> Document {
    let canvas: Canvas
    let height = height(width)
    switch format {
    case .pdf: canvas = Canvas(pdfWidth: width, height: height, title: name)
    case .svg: canvas = Canvas(svgWidth: width, height: height)
    case .png: canvas = Canvas(pictureWidth: width, height: height, scale: dpi / 72)
    }
    draw(on: canvas, width)
    let data = format == .png ? canvas.picture().pngData(pixelsPerInch: dpi) : canvas.finished()
    return Document(data: data, missingLetters: canvas.missingLetters)
  }

  /// The figure recorded alone, for checks of its layout.
  package func drawn(width: Double) -> Canvas {
    let canvas = Canvas(recordingWidth: width, height: height(width))
    draw(on: canvas, width)
    return canvas
  }

  private func height(_ width: Double) -> Double {
    draw(on: Canvas(recordingWidth: width, height: 10_000), width).rounded(.up)
  }

  @discardableResult
  private func draw(on canvas: Canvas, _ width: Double) -> Double {
    canvas.shifted(by: Self.margin) { draw(canvas, width - 2 * Self.margin) } + 2 * Self.margin
  }
}

extension Report {
  /// The figures of a kind: one for every picture, and for some kinds every network.
  public func figures(_ choice: FigureChoice) -> [PaperFigure] {
    pictures.flatMap { $0.paperFigures(choice) }
  }

  /// The mean map and the predicted body of every network over a whole photograph, in the reports on it.
  ///
  /// - Parameter fingerprint: the digest of the photograph's pixels, by which records name it.
  public func figures(over photograph: Picture, fingerprint: String) -> [PaperFigure] {
    pictures.filter { $0.report.pictureFingerprint == fingerprint }.flatMap { $0.figures(over: photograph) }
  }
}

extension PictureDrawing {
  fileprivate func paperFigures(_ choice: FigureChoice) -> [PaperFigure] {
    guard choice.obstacle(in: report) == nil else { return [] }
    let entries = report.entries
    let labels = report.fileLabels
    func whole(_ name: String, _ draw: @escaping @Sendable (Canvas, Double) -> Double) -> [PaperFigure] {
      [PaperFigure(name: "\(report.stem)-\(name)", draw: draw)]
    }
    func each<Page: Sendable>(
      _ name: String, _ page: (PictureReport.Entry) -> Page?,
      _ draw: @escaping @Sendable (Page, Canvas, Double) -> Double
    ) -> [PaperFigure] {
      zip(entries, labels).compactMap { entry, label in
        page(entry).map { page in
          PaperFigure(name: "\(report.stem)-\(label)-\(name)") { draw(page, $0, $1) }
        }
      }
    }
    switch choice {
    case .overview: return whole("overview") { drawOverview(on: $0, width: $1) }
    case .bars: return whole("bars") { drawBars(on: $0, width: $1) }
    case .joint(let name):
      let joint = report.skeleton.joints.firstIndex(of: name)!
      return whole(name) { drawJoint(joint, on: $0, width: $1) }
    case .grid:
      return each("grid") {
        JointGridPage(report, $0)
      } _: {
        drawGrid($0, on: $1, width: $2)
      }
    case .worst:
      return each("worst") {
        WorstPositionsPage(report, [$0])
      } _: {
        drawWorst($0, on: $1, width: $2)
      }
    case .attention:
      return each("attention") {
        AttentionPage(report, $0)
      } _: {
        drawAttentionFigure($0, on: $1, width: $2)
      }
    case .surface:
      return each("surface") {
        SurfacePage(report, $0)
      } _: { page, canvas, width in
        let side = (width - 44 - 5 * Double(page.columns.count - 1)) / Double(page.columns.count)
        return draw(page, on: canvas, at: (0, 0), side: side, labels: 44, gap: 5)
      }
    case .body:
      guard let page = try? BodyPage(report) else { return [] }
      return whole("body") { BodyDrawing(page).draw(on: $0, width: $1) }
    case .misses:
      guard let page = PairedMapsPage(missesIn: report, entries) else { return [] }
      return whole("misses") { drawPaired(page, on: $0, width: $1) }
    case .uncertainty:
      guard let page = PairedMapsPage(uncertaintyIn: report, entries) else { return [] }
      return whole("uncertainty") { drawPaired(page, on: $0, width: $1) }
    case .layers:
      return each("layers") {
        JointGridPage(layersOf: $0, in: report)
      } _: {
        drawGrid($0, on: $1, width: $2)
      }
    case .photograph: return []
    }
  }

  // MARK: Panels in rows

  /// Squares in as many rows as a width needs.
  private struct Flow {
    let columns: Int, side: Double, head: Double, foot: Double
    static let gap = 7.0

    /// Squares no smaller than a side, in rows that are filled alike.
    init(
      _ count: Int, width: Double, atLeast least: Double, head: Double, foot: Double = 0, columns: Int? = nil
    ) {
      let most = max(1, min(count, Int((width + Self.gap) / (least + Self.gap))))
      let rows = (count + most - 1) / most
      self.columns = columns ?? (count + rows - 1) / rows
      let columns = Double(self.columns)
      side = min((width - Self.gap * (columns - 1)) / columns, 200)
      (self.head, self.foot) = (head, foot)
    }

    func rect(_ index: Int) -> Rect {
      Rect(
        Double(index % columns) * (side + Self.gap),
        head + Double(index / columns) * (side + head + foot + 4), side, side)
    }

    /// Where squares end.
    func bottom(_ count: Int) -> Double { rect(count - 1).maxY + foot }
  }

  /// Draws bars beside one another, or below one another where they would be too narrow, and returns where they end.
  private func draw(_ keys: [ColourKey], on canvas: Canvas, below y: Double, width: Double) -> Double {
    let isNarrow = width / Double(max(keys.count, 1)) < 170
    let each = isNarrow ? width : (width - 12 * Double(keys.count - 1)) / Double(max(keys.count, 1))
    var bottom = y
    for (index, key) in keys.enumerated() {
      let end = ColourBar(key).drawAcross(
        on: canvas, at: isNarrow ? 0 : Double(index) * (each + 12), (isNarrow ? bottom : y) + 6,
        width: min(each, 300))
      bottom = max(bottom, end)
    }
    return bottom
  }

  // MARK: Figures

  private func drawOverview(on canvas: Canvas, width: Double) -> Double {
    let page = OverviewPage([report], others: 0..<report.entries.count)
    let row = page.rows[0]
    let panels =
      row.maps
      + report.entries.compactMap {
        report.differencePanel($0, isNarrow: report.entries.count == 2, page.differenceKey)
      }
    let flow = Flow(panels.count + 1, width: width, atLeast: 82, head: Self.mapHead)
    drawOverviewPicture(row, on: canvas, in: flow.rect(0))
    for (index, panel) in panels.enumerated() { draw(panel, on: canvas, in: flow.rect(index + 1)) }
    return draw(
      page.meanKeys + [page.differenceKey].compactMap(\.self), on: canvas,
      below: flow.bottom(panels.count + 1), width: width)
  }

  private func drawOverviewPicture(_ row: OverviewPage.Row, on canvas: Canvas, in rect: Rect) {
    canvas.text(row.picture.title, rect.x, rect.y - 12, TypeStyle(size: 7.5, isBold: true), width: rect.width)
    canvas.text(row.picture.detail, rect.x, rect.y - 3.5, TypeStyle.label.coloured(.truth).bold())
    if let crop = row.picture.crop.flatMap({ report.entries[$0].crop }) {
      canvas.draw(crop, in: rect)
    } else {
      canvas.fill(rect, .wash)
    }
    canvas.clipped(to: rect) {
      for skeleton in row.picture.skeletons { skeleton.draw(on: canvas, in: rect, thickness: 1.2) }
    }
    canvas.frame(rect)
  }

  private func drawJoint(_ joint: Int, on canvas: Canvas, width: Double) -> Double {
    let panels = report.entries.map { report.jointPanel($0, joint) }
    let isOwn = panels.commonKey == nil
    let flow = Flow(
      panels.count, width: width, atLeast: 100, head: Self.mapHead, foot: isOwn ? ColourBar.height + 14 : 0)
    for (index, panel) in panels.enumerated() {
      let rect = flow.rect(index)
      draw(panel, on: canvas, in: rect)
      if isOwn { ColourBar(panel.key).drawAcross(on: canvas, at: rect.x, rect.maxY + 4, width: rect.width) }
    }
    return draw(
      [panels.commonKey].compactMap(\.self), on: canvas, below: flow.bottom(panels.count), width: width)
  }

  private func drawGrid(_ page: JointGridPage, on canvas: Canvas, width: Double) -> Double {
    let first = page.picture == nil ? 0 : 1
    let count = page.cells.count + first
    let flow = Flow(
      count, width: width, atLeast: 52, head: 21, foot: page.key == nil ? 5 : 0, columns: page.columns)
    let title = page.title.map { title in
      canvas.text(title, 0, 7, .heading, width: width)
      return 14.0
    }
    return canvas.shifted(down: title ?? 0) {
      if let picture = page.picture { drawCrop(picture, on: canvas, in: flow.rect(0)) }
      for (index, cell) in page.cells.enumerated() {
        draw(cell, page, on: canvas, in: flow.rect(index + first))
      }
      return draw([page.key].compactMap(\.self), on: canvas, below: flow.bottom(count), width: width)
    } + (title ?? 0)
  }

  private func drawBars(on canvas: Canvas, width: Double) -> Double {
    let page = JointBarsPage(report, report.entries)
    let chart = BarChart(rows: page.rows, series: page.series, title: page.title, scale: page.scale)
    let label = min(chart.labelWidth(on: canvas, atLeast: 40), width / 3)
    let top = drawBarKey(page.legend, page.key, on: canvas, Rect(0, 7, width, 0)) + 8
    let height = max(11, 4.2 * Double(page.series.count)) * Double(page.rows.count) + 26
    chart.draw(on: canvas, in: Rect(0, top, width - 10, height), labelWidth: label)
    return top + height
  }

  private func drawWorst(_ page: WorstPositionsPage, on canvas: Canvas, width: Double) -> Double {
    let row = page.rows[0]
    let count = row.panels.count + 1
    let flow = Flow(count, width: width, atLeast: 105, head: Self.mapHead)
    let map = flow.rect(0)
    draw(row.map, on: canvas, in: map)
    canvas.clipped(to: map) {
      for (order, mark) in row.marks.enumerated() { mark.drawNumber("\(order + 1)", on: canvas, in: map) }
    }
    for (order, panel) in row.panels.enumerated() { draw(panel, on: canvas, in: flow.rect(order + 1)) }
    let bottom = draw([row.map.key], on: canvas, below: flow.bottom(count), width: width)
    return Legend(entries: page.legend).draw(on: canvas, 0, bottom + 8, width: width).y + 3
  }

  private func drawAttentionFigure(_ page: AttentionPage, on canvas: Canvas, width: Double) -> Double {
    let labels = 44.0
    let columns = page.columns.count
    let side = (width - labels - 5 * Double(columns - 1)) / Double(columns)
    let foot = page.key == nil ? ColourBar.height + 6 : 6
    func cell(_ row: Int, _ column: Int) -> Rect {
      Rect(labels + Double(column) * (side + 5), 11 + Double(row) * (side + foot), side, side)
    }
    for (column, title) in page.columns.enumerated() {
      canvas.text(Phrase(title), cell(0, column).midX, 6, .label, .centre, width: side + 3)
    }
    for (order, row) in page.rows.enumerated() {
      canvas.paragraph(
        row.title, 0, cell(order, 0).midY, width: labels - 4, .label.bold(), leading: 1.25)
      drawRow(row, page, on: canvas) { cell(order, $0) }
    }
    let bottom = cell(page.rows.count - 1, 0).maxY + (page.key == nil ? foot : 0)
    return draw([page.attentionKey, page.key].compactMap(\.self), on: canvas, below: bottom, width: width)
  }
}

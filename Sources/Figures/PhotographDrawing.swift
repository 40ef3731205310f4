import Bodies
internal import Pictures
internal import Presentation
import Tensors

/// Maps and bodies in the coordinates of the photograph that they are about, not of a network's crop.
extension PictureDrawing {
  /// For every network its mean map and its predicted body over the whole photograph.
  func figures(over photograph: Picture) -> [PaperFigure] {
    let labels = report.fileLabels
    return zip(report.entries, labels).flatMap { entry, label in
      let name = "\(report.stem)-\(label)-photograph"
      var figures = [PaperFigure(name: "\(name)-map") { drawMap(entry, photograph, on: $0, width: $1) }]
      if let body = report.cleanBody(entry) {
        figures.append(
          PaperFigure(name: "\(name)-body") { drawBody(body, entry, photograph, on: $0, width: $1) })
      }
      return figures
    }
  }

  /// The photograph over a width, and where a network's crop is on it.
  private func rects(
    _ entry: PictureReport.Entry, _ photograph: Picture, top: Double, width: Double
  ) -> (whole: Rect, crop: Rect) {
    let unit = width / Double(photograph.width)
    let crop = report.crop(of: entry)
    return (
      Rect(0, top, width, Double(photograph.height) * unit),
      Rect(crop.x * unit, top + crop.y * unit, crop.width * unit, crop.height * unit)
    )
  }

  private func drawMap(
    _ entry: PictureReport.Entry, _ photograph: Picture, on canvas: Canvas, width: Double
  ) -> Double {
    let panel = report.meanPanel(entry)
    let (whole, crop) = rects(entry, photograph, top: Self.mapHead, width: width)
    drawHead(panel, on: canvas, in: whole)
    canvas.draw(photograph, in: whole)
    canvas.clipped(to: whole) {
      canvas.draw(
        Heatmap(panel.map, panel.key).bitmap(), in: crop, smoothly: false, opacity: 1 - report.style.overlay)
      if let outline = backdrops[panel.entry].outline { canvas.draw(outline, in: crop) }
      canvas.outline(crop, .ink, width: 0.5)
    }
    canvas.frame(whole)
    ColourBar(panel.key).drawAcross(on: canvas, at: 0, whole.maxY + 6, width: min(width, 320))
    return whole.maxY + 6 + ColourBar.height
  }

  private func drawBody(
    _ body: BodySurface, _ entry: PictureReport.Entry, _ photograph: Picture, on canvas: Canvas, width: Double
  ) -> Double {
    let (whole, crop) = rects(entry, photograph, top: 13, width: width)
    canvas.text(
      "\(name: entry.label), predicted from the unoccluded image", 0, 9, .heading.coloured(entry.colour),
      width: width)
    canvas.draw(photograph, in: whole)
    // A view so much wider than the crop that no part of the body is cut off.
    let wider = 3.0
    var surface = body
    surface.camera.scale /= Float(wider)
    let samples = min(4096, Int(bounded: report.crop(of: entry).width * wider, .down))
    let rect = Rect(
      crop.midX - crop.width * wider / 2, crop.midY - crop.height * wider / 2, crop.width * wider,
      crop.height * wider)
    canvas.clipped(to: whole) {
      canvas.draw(surface.front(samples: max(samples, 420)), in: rect, opacity: 0.94)
    }
    canvas.frame(whole)
    return whole.maxY
  }
}

internal import Presentation

/// What the pages on one picture are drawn from.
struct PictureDrawing: Sendable {
  typealias Page = PageLayout.Page

  let report: PictureReport
  /// What is beneath each network's maps.
  let backdrops: [Backdrop]

  init(_ report: PictureReport) {
    self.report = report
    backdrops = report.entries.map { Backdrop($0) }
  }

  /// All pages on the picture.
  var pages: [Page] {
    picturePages + missPages + uncertaintyPages + report.entries.flatMap(jointGridPages) + jointBarsPages
      + worstPositionsPages
      + report.entries.flatMap(attentionPages) + report.entries.flatMap(surfacePages)
      + report.entries.flatMap(layerPages)
  }

  /// The networks in runs that a page holds; the first is on every page, since the others are compared with it.
  var comparedNetworks: [[PictureReport.Entry]] {
    let entries = report.entries
    guard entries.count > Self.maxNetworks else { return [entries] }
    return Array(entries.dropFirst()).balanced(into: Self.maxNetworks - 1).map { [entries[0]] + $0 }
  }

  /// The most networks on one page: more would have colours twice.
  static let maxNetworks = Colour.networks.count

  // MARK: Panels

  /// The room that a map's title needs above it.
  static let mapHead = 22.0

  /// Draws a map with its name above, and below that its clean error and its range.
  func draw(_ panel: MapPanel, on canvas: Canvas, in rect: Rect) {
    drawHead(panel, on: canvas, in: rect)
    Heatmap(panel.map, panel.key, overlay: report.style.overlay)
      .draw(on: canvas, in: rect, over: backdrops[panel.entry])
  }

  /// Writes what is above a map.
  func drawHead(_ panel: MapPanel, on canvas: Canvas, in rect: Rect) {
    let size = min(9, 7 + rect.width / 80)
    canvas.text(
      panel.title, rect.x, rect.y - 12, TypeStyle(size: size, isBold: true, colour: panel.colour),
      width: rect.width)
    let numbers = [panel.range, panel.clean].compactMap(\.self).joined(separator: "  ·  ")
    canvas.text(Phrase(numbers), rect.x, rect.y - 3.5, .label.coloured(.muted), width: rect.width)
  }

  /// Draws maps with what their colours stand for: one bar below all, or one below each.
  func drawBars(of panels: [MapPanel], in rects: [Rect], on canvas: Canvas) {
    guard let first = rects.first, let last = rects.last else { return }
    if let key = panels.commonKey {
      ColourBar(key).drawAcross(on: canvas, at: first.x, first.maxY + 6, width: last.maxX - first.x)
    } else {
      for (panel, rect) in zip(panels, rects) {
        ColourBar(panel.key).drawAcross(on: canvas, at: rect.x, rect.maxY + 6, width: rect.width)
      }
    }
  }

  /// The width of the view from the side, as a share of that of the panel.
  static let sideShare = 0.4

  /// Draws a pose with its title above; a body is seen from its side as well, right of the rectangle.
  func draw(_ panel: PosePanel, on canvas: Canvas, in rect: Rect, thickness: Double = 1.6) {
    let side = Rect(rect.maxX + 2, rect.y, rect.width * Self.sideShare, rect.height)
    let end = panel.surface == nil ? rect.maxX : side.maxX
    let detail = panel.detail.isEmpty ? 0 : canvas.width(of: panel.detail, .caption) + 6
    canvas.text(
      panel.title, rect.x, rect.y - 4, .heading.coloured(panel.colour), width: end - rect.x - detail)
    canvas.text(panel.detail, end, rect.y - 4, .caption, .right)
    if let crop = panel.crop.flatMap({ report.entries[$0].crop }) {
      canvas.draw(crop, in: rect)
    } else {
      canvas.fill(rect, .wash)
    }
    canvas.clipped(to: rect) {
      panel.occluder?.draw(on: canvas, in: rect)
      if let surface = panel.surface { canvas.draw(surface.front(samples: 420), in: rect, opacity: 0.94) }
      for skeleton in panel.skeletons { skeleton.draw(on: canvas, in: rect, thickness: thickness) }
    }
    if let surface = panel.surface {
      canvas.fill(side, .wash)
      let whole = Rect(side.midX - rect.width / 2, rect.y, rect.width, rect.height)
      canvas.clipped(to: side) {
        canvas.draw(surface.fromTheSide(samples: 420, share: Self.sideShare), in: whole)
      }
      canvas.frame(side)
    }
    canvas.frame(rect)
    if let note = panel.note { canvas.text(note, rect.x + 4, rect.maxY - 4, .label.coloured(.muted)) }
  }
}

internal import Presentation

/// What the pages on one picture are drawn from.
struct PictureDrawing: Sendable {
  typealias Page = PageLayout.Page

  let report: PictureReport
  let colours: Colormap
  /// What is beneath each network's maps.
  let backdrops: [Backdrop]

  init(_ report: PictureReport, colours: Colormap) {
    (self.report, self.colours) = (report, colours)
    backdrops = report.entries.map { Backdrop($0) }
  }

  /// All pages on the picture.
  var pages: [Page] {
    picturePages + report.entries.flatMap(jointGridPages) + jointBarsPages + worstPositionsPages
      + report.entries.flatMap(attentionPages)
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

  /// Draws a map with its name and its range above, beside one another or, on narrow maps, one above the other.
  func draw(
    _ panel: MapPanel, _ key: ColourKey, on canvas: Canvas, in rect: Rect, isStacked: Bool = false
  ) {
    if isStacked {
      canvas.text(
        panel.title, rect.x, rect.y - 11, TypeStyle(size: 7.5, isBold: true, colour: panel.colour),
        width: rect.width)
      canvas.text(Phrase(panel.range), rect.x, rect.y - 3, .label.coloured(.muted), width: rect.width)
    } else {
      let range = canvas.width(of: panel.range, .caption)
      canvas.text(
        panel.title, rect.x, rect.y - 4, .heading.coloured(panel.colour), width: rect.width - range - 6)
      canvas.text(panel.range, rect.maxX, rect.y - 4, .caption, .right)
    }
    Heatmap(panel.map, key).draw(on: canvas, in: rect, over: backdrops[panel.entry])
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
      canvas.clipped(to: side) { canvas.draw(surface.fromTheSide(samples: 420), in: whole) }
      canvas.frame(side)
    }
    canvas.frame(rect)
    if let note = panel.note { canvas.text(note, rect.x + 4, rect.maxY - 4, .label.coloured(.muted)) }
  }
}

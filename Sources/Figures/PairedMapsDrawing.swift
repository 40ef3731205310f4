internal import Presentation
import Records

/// Where networks found nobody, and what they report of themselves, beside their errors.
extension PictureDrawing {
  var missPages: [Page] {
    pairedPages(report.entries.filter { $0.findings.missed > 0 }) { PairedMapsPage(missesIn: report, $0) }
  }
  var uncertaintyPages: [Page] {
    pairedPages(report.entries) { PairedMapsPage(uncertaintyIn: report, $0) }
  }

  /// Draws a page as a figure of a width, and returns the height that it needs.
  func drawPaired(_ page: PairedMapsPage, on canvas: Canvas, width: Double) -> Double {
    PairedMapsDrawing(page: page) { draw($0, on: $1, in: $2) }.drawFigure(on: canvas, width: width)
  }

  private func pairedPages(
    _ entries: [PictureReport.Entry], _ page: ([PictureReport.Entry]) -> PairedMapsPage?
  ) -> [Page] {
    let pages = entries.chunks(of: PairedMapsPage.maxNetworks).compactMap(page)
    return pages.enumerated().map { index, page in
      { layout in
        layout.begin(page.heading.part(index, of: pages.count))
        PairedMapsDrawing(page: page) { draw($0, on: $1, in: $2) }
          .draw(on: layout.canvas, in: PageLayout.body)
      }
    }
  }
}

/// Draws a row of maps for each network, every map with what its colours stand for.
struct PairedMapsDrawing {
  let page: PairedMapsPage
  let drawPanel: (_ panel: MapPanel, _ canvas: Canvas, _ rect: Rect) -> Void

  private static let (gap, head, foot, text) = (12.0, PictureDrawing.mapHead, 60.0, 236.0)
  /// The least side of a map that has room for its numbers.
  private static let least = 105.0

  /// Draws the networks below one another, and what is known of each at its right.
  func draw(on canvas: Canvas, in area: Rect) {
    let (networks, note) = (Double(max(page.networks.count, 1)), 26.0)
    let height = (area.height - note) / networks
    let maps = Double(page.networks.map(\.panels.count).max() ?? 1)
    let room = area.width - Self.text - 2 * Self.gap
    let side = min((room - Self.gap * (maps - 1)) / maps, height - Self.head - Self.foot)
    for (index, network) in page.networks.enumerated() {
      let y = area.y + Double(index) * height
      drawMaps(network, on: canvas, Rect(area.x, y, room, height), side: side)
      // Beside the maps of the network that has most.
      let left = area.x + maps * (side + Self.gap) + Self.gap
      drawText(network, on: canvas, Rect(left, y + Self.head, Self.text, height - Self.head))
    }
    canvas.paragraph(page.note, area.x, area.maxY - 12, width: area.width, .caption)
  }

  /// Draws the networks below one another within a width, from the top, and returns where they end.
  func drawFigure(on canvas: Canvas, width: Double) -> Double {
    var y = 0.0
    for network in page.networks {
      let most = max(1, min(network.panels.count, Int((width + Self.gap) / (Self.least + Self.gap))))
      let side = min((width - Self.gap * Double(most - 1)) / Double(most), 200)
      for line in network.panels.chunks(of: most) {
        let part = PairedMapsPage.Network(panels: line, lines: [], table: nil)
        y = drawMaps(part, on: canvas, Rect(0, y, width, 0), side: side) + 8
      }
      for line in network.lines { y = canvas.paragraph(line, 0, y, width: width, .label) }
      y += 4
    }
    return y
  }

  /// Draws maps beside one another with their legends, and returns where these end.
  @discardableResult
  private func drawMaps(
    _ network: PairedMapsPage.Network, on canvas: Canvas, _ area: Rect, side: Double
  ) -> Double {
    var bottom = area.y
    for (index, panel) in network.panels.enumerated() {
      let rect = Rect(area.x + Double(index) * (side + Self.gap), area.y + Self.head, side, side)
      drawPanel(panel, canvas, rect)
      let end =
        page.legend.isEmpty || panel.key.colours != .misses
        ? ColourBar(panel.key).drawAcross(on: canvas, at: rect.x, rect.maxY + 6, width: side)
        : Legend(entries: page.legend).draw(on: canvas, rect.x, rect.maxY + 13, width: side).y + 4
      bottom = max(bottom, end)
    }
    return bottom
  }

  private func drawText(_ network: PairedMapsPage.Network, on canvas: Canvas, _ area: Rect) {
    var y = area.y + 8
    for line in network.lines { y = canvas.paragraph(line, area.x, y, width: area.width, .body) + 2 }
    guard let table = network.table else { return }
    let rows = Double(table.rows.count + 1)
    let height = min(10, (area.y + area.height - y - 8) / rows)
    TableDrawing(
      table: table, style: TypeStyle(size: min(6.5, height * 0.75)), rowHeight: height, cellWidth: 60
    )
    .draw(on: canvas, in: Rect(area.x, y, area.width, height * rows))
  }
}

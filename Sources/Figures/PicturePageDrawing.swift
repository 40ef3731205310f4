internal import Presentation

/// The page that stands for a picture alone; of more than two networks in two parts, maps and predictions.
extension PictureDrawing {
  var picturePages: [Page] {
    guard report.entries.count > 2 else {
      let page = PicturePage(report, report.entries)
      return [{ drawWhole(page, on: &$0) }]
    }
    let pages = comparedNetworks.map { PicturePage(report, $0) }
    return pages.enumerated().map { index, page in
      { drawMaps(page, page.heading.part(index, of: pages.count), on: &$0) }
    }
      + pages.enumerated().map { index, page in
        { drawPredictions(page, page.predictionsHeading.part(index, of: pages.count), on: &$0) }
      }
  }

  private static let gap = 12.0

  // MARK: One or two networks

  private func drawWhole(_ page: PicturePage, on layout: inout PageLayout) {
    layout.begin(page.heading)
    let (canvas, area) = (layout.canvas, PageLayout.body)
    let panels = [page.picture].compactMap(\.self) + page.poses
    let side = (area.width - 42) / 5.2
    drawPoses(panels, on: canvas, Rect(area.x, area.y + 16, area.width, side), perRow: panels.count)
    let isPair = page.maps.count > 1
    let top = area.y + (panels.isEmpty ? Self.mapHead : side + 16 + Self.mapHead + 22)
    // Without poses the maps of two networks take the whole width, and the table goes below.
    let mapSide = panels.isEmpty ? (isPair ? (area.width - 2 * Self.gap) / 3 : 300) : isPair ? 160 : 176
    let end = drawMapRow(page, on: canvas, Rect(area.x, top, area.width, mapSide))
    let table = TableDrawing(table: page.table, rowHeight: 14.5, cellWidth: isPair ? 44 : 60)
    if panels.isEmpty && isPair {
      let below = top + mapSide + 44
      table.draw(on: canvas, in: Rect(area.x, below, 300, table.height))
      canvas.paragraph(
        page.howToRead.text, area.x + 334, below + 11, width: area.width - 334, .bodyMuted, leading: 1.5)
    } else {
      table.draw(on: canvas, in: Rect(end + 14, top - 12, min(area.maxX - end - 14, 300), table.height))
      canvas.paragraph(
        page.howToRead.text, area.x, max(top + mapSide + 62, top + table.height + 10), width: area.width,
        .bodyMuted, leading: 1.5)
    }
  }

  /// Draws maps and differences beside one another with their legends, and returns where they end.
  private func drawMapRow(_ page: PicturePage, on canvas: Canvas, _ area: Rect) -> Double {
    let (side, gap) = (area.height, Self.gap)
    func rect(_ index: Int) -> Rect { Rect(area.x + Double(index) * (side + gap), area.y, side, side) }
    let differences = page.differences.compactMap(\.self)
    for (index, map) in (page.maps + differences).enumerated() { draw(map, on: canvas, in: rect(index)) }
    let count = page.maps.count
    drawBars(of: page.maps, in: (0..<count).map(rect), on: canvas)
    drawBars(of: differences, in: differences.indices.map { rect(count + $0) }, on: canvas)
    return rect(count + differences.count - 1).maxX
  }

  /// Draws the picture and poses in rows of a rectangle, and returns how far down they reach.
  @discardableResult
  private func drawPoses(
    _ panels: [PosePanel], on canvas: Canvas, _ area: Rect, perRow: Int
  ) -> Double {
    var (x, y) = (area.x, area.y)
    for (index, panel) in panels.enumerated() {
      if index > 0, index % perRow == 0 { (x, y) = (area.x, y + area.height + 22) }
      let rect = Rect(x, y, area.height, area.height)
      draw(panel, on: canvas, in: rect)
      x = rect.maxX + (panel.surface == nil ? 0 : 2 + rect.width * Self.sideShare) + 12
    }
    return panels.isEmpty ? area.y : y + area.height
  }

  // MARK: More networks

  /// Mean maps above, differences below, so that a network has a column.
  private func drawMaps(_ page: PicturePage, _ heading: Heading, on layout: inout PageLayout) {
    layout.begin(heading)
    let (canvas, area, gap) = (layout.canvas, PageLayout.body, Self.gap)
    let count = Double(page.maps.count)
    let hasDifferences = page.differenceKey != nil
    // Three columns leave room for the explanation at their right.
    let beside = count < 4 ? 168.0 : 0
    let rows = hasDifferences || page.picture != nil ? 2.0 : 1
    let side = min(
      (area.width - beside - gap * count) / count, (area.height - (beside > 0 ? 4 : 40)) / rows - 62)
    let head = Self.mapHead
    let end = area.x + count * side + gap * (count - 1)
    func column(_ index: Int, _ row: Double) -> Rect {
      Rect(area.x + Double(index) * (side + gap), area.y + head + row * (side + 62), side, side)
    }
    for (index, map) in page.maps.enumerated() {
      draw(map, on: canvas, in: column(index, 0))
    }
    drawBars(of: page.maps, in: page.maps.indices.map { column($0, 0) }, on: canvas)
    if let picture = page.picture { draw(picture, on: canvas, in: column(0, 1)) }
    if let key = page.differenceKey {
      for (index, map) in page.differences.enumerated() {
        if let map { draw(map, on: canvas, in: column(index, 1)) }
      }
      let left = column(1, 1)
      ColourBar(key).drawAcross(on: canvas, at: left.x, left.maxY + 6, width: end - left.x)
    }
    let text = page.howToRead.text
    if beside > 0 {
      canvas.paragraph(
        text, end + 20, area.y + head + 6, width: area.maxX - end - 20, .bodyMuted, leading: 1.5)
    } else {
      canvas.paragraph(
        text, area.x, column(0, rows - 1).maxY + 50, width: area.width, .bodyMuted, leading: 1.5)
    }
  }

  /// Ground truth and clean predictions, and the numbers of all networks.
  private func drawPredictions(_ page: PicturePage, _ heading: Heading, on layout: inout PageLayout) {
    layout.begin(heading)
    let (canvas, area) = (layout.canvas, PageLayout.body)
    let count = Double(page.table.columns.count)
    let table = TableDrawing(
      table: page.table, rowHeight: 13, cellWidth: min(100, (area.width - 160) / count))
    let panels = page.poses
    let rows = panels.count > 4 ? 2 : 1
    let perRow = (panels.count + rows - 1) / rows
    let share = panels.contains { $0.surface != nil } ? 1 + Self.sideShare : 1
    let side = min(
      (area.width - 14 * Double(perRow)) / (Double(max(perRow, 1)) * share),
      (area.height - table.height - 30) / Double(rows) - 22)
    let bottom = drawPoses(
      panels, on: canvas, Rect(area.x, area.y + 16, area.width, side), perRow: max(perRow, 1))
    let width = min(area.width, 160 + count * table.cellWidth)
    table.draw(on: canvas, in: Rect(area.x, bottom + (panels.isEmpty ? 0 : 22), width, table.height))
  }
}

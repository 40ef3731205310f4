internal import Presentation

/// The first pages of a report on several pictures.
struct OverviewDrawing {
  private let pictures: [PictureDrawing]
  private let colours: Colormap
  /// The networks beside the first of a picture, at most.
  private let others: Int

  init(_ pictures: [PictureDrawing], colours: Colormap) {
    (self.pictures, self.colours) = (pictures, colours)
    others = pictures.map(\.report.entries.count).max()! - 1
  }

  var pages: [PageLayout.Page] {
    let reports = pictures.map(\.report)
    let perPage = others < 2 ? 3 : 2
    let networks = others < 2 ? [0..<2] : Array(1...others).balanced(into: 5).map { $0[0]..<$0.last! + 1 }
    let pages = networks.map { OverviewPage(reports, others: $0, colours: colours) }
    let parts = pages.flatMap { page in page.rows.chunks(of: perPage).map { (page, $0) } }
    return parts.enumerated().map { index, part in
      let (page, rows) = part
      let heading = page.heading.part(index, of: parts.count)
      return { layout in
        layout.begin(heading)
        if others < 2 { drawLines(page, rows, on: layout.canvas) } else { drawBlocks(page, rows, on: layout.canvas) }
      }
    }
  }

  // MARK: One or two networks: a line for a picture

  private func drawLines(_ page: OverviewPage, _ rows: [OverviewPage.Row], on canvas: Canvas) {
    let (area, gap, head, side) = (PageLayout.body, 10.0, 21.0, 114.0)
    let networks = others + 1
    for (index, row) in rows.enumerated() {
      let y = area.y + 8 + Double(index) * (side + head + 4)
      func cell(_ column: Int) -> Rect { Rect(area.x + Double(column) * (side + gap), y, side, side) }
      let picture = pictures[row.report]
      drawPicture(row, on: canvas, in: cell(0))
      for (column, map) in row.maps.enumerated() {
        picture.draw(map, page.meanKey, on: canvas, in: cell(column + 1))
      }
      if let key = page.differenceKey, let map = row.differences.last ?? nil {
        picture.draw(map, key, on: canvas, in: cell(networks + 1))
      }
      let last = cell(networks + (page.differenceKey == nil ? 0 : 1)).maxX + 18
      let table = TableDrawing(table: row.table)
      table.draw(
        on: canvas, in: Rect(last, y + (side - table.height) / 2, min(area.maxX - last, 300), table.height))
    }
    let bottom = area.y + 8 + Double(rows.count) * (side + head + 4) - head + 3
    let maps = Rect(
      area.x + side + gap, bottom, side * Double(networks) + gap * Double(networks - 1), 24)
    ColourBar(page.meanKey).drawAcross(on: canvas, in: maps)
    if let key = page.differenceKey {
      ColourBar(key).drawAcross(on: canvas, in: Rect(maps.maxX + gap, bottom, side, 24))
    }
    canvas.paragraph(page.howToRead.text, area.x, bottom + 40, width: area.width, .caption)
  }

  private func drawPicture(_ row: OverviewPage.Row, on canvas: Canvas, in rect: Rect) {
    let detail = row.picture.detail.isEmpty ? 0 : canvas.width(of: row.picture.detail, .label.bold()) + 5
    canvas.text(row.picture.title, rect.x, rect.y - 4, .heading, width: rect.width - detail)
    canvas.text(row.picture.detail, rect.maxX, rect.y - 4, .label.coloured(.truth).bold(), .right)
    if let crop = row.picture.crop.flatMap({ pictures[row.report].report.entries[$0].crop }) {
      canvas.draw(crop, in: rect)
    } else {
      canvas.fill(rect, .wash)
    }
    canvas.clipped(to: rect) {
      for skeleton in row.picture.skeletons { skeleton.draw(on: canvas, in: rect, thickness: 1.3) }
    }
    canvas.frame(rect)
  }

  // MARK: More networks: a block for a picture, maps above their differences

  private func drawBlocks(_ page: OverviewPage, _ rows: [OverviewPage.Row], on canvas: Canvas) {
    let (area, gap) = (PageLayout.body, 10.0)
    let columns = Double(page.rows.map(\.maps.count).max()! + 1)
    let head = 20.0
    let side = min((area.width - gap * (columns - 1)) / columns, (area.height - 76) / 4 - head)
    for (index, row) in rows.enumerated() {
      let y = area.y + head - 6 + Double(index) * 2 * (side + head)
      func cell(_ column: Int, _ line: Double) -> Rect {
        Rect(area.x + Double(column) * (side + gap), y + line * (side + head), side, side)
      }
      let picture = pictures[row.report]
      drawPicture(row, on: canvas, in: cell(0, 0))
      for (column, map) in row.maps.enumerated() {
        picture.draw(map, page.meanKey, on: canvas, in: cell(column + 1, 0), isStacked: true)
      }
      for (column, map) in row.differences.enumerated() {
        if let map, let key = page.differenceKey {
          picture.draw(map, key, on: canvas, in: cell(column + 1, 1), isStacked: true)
        }
      }
      // Below the first network, which is compared with none, is room for the numbers.
      let table = TableDrawing(table: row.shortTable, style: TypeStyle(size: 6.5), rowHeight: 11, cellWidth: 34)
      table.draw(on: canvas, in: Rect(area.x, cell(0, 1).y - 8, 2 * side + gap - 6, table.height))
    }
    let bottom = area.y + head - 6 + Double(rows.count) * 2 * (side + head) - head + 8
    let width = (columns - 1) * (side + gap) - gap
    let left = area.x + side + gap
    ColourBar(page.meanKey).drawAcross(on: canvas, in: Rect(left, bottom, width / 2 - 8, 24))
    if let key = page.differenceKey {
      ColourBar(key).drawAcross(on: canvas, in: Rect(left + width / 2 + 8, bottom, width / 2 - 8, 24))
    }
    canvas.paragraph(page.howToRead.text, area.x, bottom + 40, width: area.width, .caption)
  }
}

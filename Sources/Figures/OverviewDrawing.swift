internal import Presentation

/// The first pages of a report on several pictures.
struct OverviewDrawing {
  private let pictures: [PictureDrawing]
  /// The networks beside the first of a picture, at most.
  private let others: Int

  init(_ pictures: [PictureDrawing]) {
    self.pictures = pictures
    others = pictures.map(\.report.entries.count).max()! - 1
  }

  var pages: [PageLayout.Page] {
    let reports = pictures.map(\.report)
    let networks = others < 2 ? [0..<2] : Array(1...others).balanced(into: 5).map { $0[0]..<$0.last! + 1 }
    let pages = networks.map { OverviewPage(reports, others: $0) }
    let parts = pages.flatMap { page -> [(OverviewPage, [OverviewPage.Row])] in
      let perPage = Self.isInBlocks(page) ? 2 : Lines(page).perPage
      return page.rows.chunks(of: perPage).map { (page, $0) }
    }
    return parts.enumerated().map { index, part in
      let (page, rows) = part
      let heading = page.heading.part(index, of: parts.count)
      return { layout in
        layout.begin(heading)
        if Self.isInBlocks(page) {
          drawBlocks(page, rows, on: layout.canvas)
        } else {
          drawLines(page, rows, on: layout.canvas)
        }
      }
    }
  }

  /// Whether the maps of a picture take two lines: of five networks or more they would be too small on one.
  private static func isInBlocks(_ page: OverviewPage) -> Bool { page.networks > 4 }

  // MARK: Up to four networks: a line for a picture

  /// How pictures are laid out in lines: picture, maps, differences and, where there is room, numbers.
  private struct Lines {
    let side: Double, head: Double, perPage: Int
    let networks: Int
    let hasTable: Bool, isStacked: Bool
    static let gap = 10.0

    init(_ page: OverviewPage) {
      networks = page.networks
      let columns = Double(1 + networks + (page.differenceKey == nil ? 0 : networks - 1))
      let area = PageLayout.body
      hasTable = networks < 3
      let widest = (area.width - Self.gap * (columns - 1)) / columns
      // As many pictures on every page, at most three, and as large as that leaves room for.
      let count = page.rows.count
      perPage = hasTable ? 3 : count.dividedUp(by: count.dividedUp(by: 3))
      let tallest = (area.height - 66) / Double(perPage) - 28
      side = hasTable ? min(114, widest) : min(widest, tallest)
      isStacked = side < 105
      head = isStacked ? 28 : 25
    }

    func cell(_ row: Int, _ column: Int) -> Rect {
      let area = PageLayout.body
      return Rect(
        area.x + Double(column) * (side + Self.gap), area.y + head - 17 + Double(row) * (side + head), side,
        side)
    }
  }

  private func drawLines(_ page: OverviewPage, _ rows: [OverviewPage.Row], on canvas: Canvas) {
    let (area, lines) = (PageLayout.body, Lines(page))
    for (index, row) in rows.enumerated() {
      let picture = pictures[row.report]
      drawPicture(row, on: canvas, in: lines.cell(index, 0), isStacked: lines.isStacked)
      for (column, map) in row.maps.enumerated() {
        picture.draw(map, on: canvas, in: lines.cell(index, column + 1))
      }
      for (column, map) in row.differences.enumerated() {
        guard let map else { continue }
        picture.draw(map, on: canvas, in: lines.cell(index, lines.networks + column))
      }
      guard lines.hasTable else { continue }
      let first = lines.cell(index, lines.networks + (page.differenceKey == nil ? 1 : 2))
      let (left, table) = (first.x + 8, TableDrawing(table: row.table))
      table.draw(
        on: canvas,
        in: Rect(left, first.midY - table.height / 2, min(area.maxX - left, 300), table.height))
    }
    let maps = lines.cell(rows.count - 1, 1)
    let bottom = maps.maxY + 7
    let last = lines.cell(rows.count - 1, lines.networks)
    // Without differences there is room to the right.
    let least = page.differenceKey == nil ? 260.0 : 0
    var barsEnd = drawBars(page.meanKeys, on: canvas, Rect(maps.x, bottom, max(last.maxX - maps.x, least), 0))
    if let key = page.differenceKey {
      let end = lines.cell(rows.count - 1, 2 * lines.networks - 1).maxX
      let left = last.maxX + Lines.gap
      barsEnd = max(barsEnd, ColourBar(key).drawAcross(on: canvas, at: left, bottom, width: end - left))
    }
    canvas.paragraph(page.howToRead.text, area.x, max(bottom + 40, barsEnd + 8), width: area.width, .caption)
  }

  private func drawPicture(_ row: OverviewPage.Row, on canvas: Canvas, in rect: Rect, isStacked: Bool) {
    let (title, detail) = (row.picture.title, row.picture.detail)
    let style = TypeStyle.label.coloured(.truth).bold()
    let width = detail.isEmpty ? 0 : canvas.width(of: detail, style) + 5
    if let settings = row.settings {
      canvas.text(title, rect.x, rect.y - 11, TypeStyle(size: 7.5, isBold: true), width: rect.width)
      canvas.text(
        Phrase(settings), rect.x, rect.y - 3, .label.coloured(.muted), width: rect.width - width)
      canvas.text(detail, rect.maxX, rect.y - 3, style, .right)
    } else if isStacked, !detail.isEmpty {
      canvas.text(title, rect.x, rect.y - 11, TypeStyle(size: 7.5, isBold: true), width: rect.width)
      canvas.text(detail, rect.x, rect.y - 3, style)
    } else {
      canvas.text(title, rect.x, rect.y - 4, .heading, width: rect.width - width)
      canvas.text(detail, rect.maxX, rect.y - 4, style, .right)
    }
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

  /// Draws the legend of every quantity beside one another, and returns where the longest ends.
  private func drawBars(_ keys: [ColourKey], on canvas: Canvas, _ area: Rect) -> Double {
    let gap = 12.0
    let width = (area.width - gap * Double(keys.count - 1)) / Double(keys.count)
    return keys.enumerated().map { index, key in
      ColourBar(key).drawAcross(on: canvas, at: area.x + Double(index) * (width + gap), area.y, width: width)
    }.max() ?? area.y
  }

  // MARK: More networks: a block for a picture, maps above their differences

  private func drawBlocks(_ page: OverviewPage, _ rows: [OverviewPage.Row], on canvas: Canvas) {
    let (area, gap) = (PageLayout.body, 10.0)
    let columns = Double(page.networks + 1)
    let head = 20.0
    let side = min((area.width - gap * (columns - 1)) / columns, (area.height - 76) / 4 - head)
    for (index, row) in rows.enumerated() {
      let y = area.y + head - 6 + Double(index) * 2 * (side + head)
      func cell(_ column: Int, _ line: Double) -> Rect {
        Rect(area.x + Double(column) * (side + gap), y + line * (side + head), side, side)
      }
      let picture = pictures[row.report]
      drawPicture(row, on: canvas, in: cell(0, 0), isStacked: true)
      for (column, map) in row.maps.enumerated() {
        picture.draw(map, on: canvas, in: cell(column + 1, 0))
      }
      for (column, map) in row.differences.enumerated() {
        if let map { picture.draw(map, on: canvas, in: cell(column + 1, 1)) }
      }
      // Below the first network, which is compared with none, is room for the numbers.
      let table = TableDrawing(
        table: row.shortTable, style: TypeStyle(size: 6.5), rowHeight: 11, cellWidth: 34)
      table.draw(on: canvas, in: Rect(area.x, cell(0, 1).y - 8, 2 * side + gap - 6, table.height))
    }
    let bottom = area.y + head - 6 + Double(rows.count) * 2 * (side + head) - head + 8
    let width = (columns - 1) * (side + gap) - gap
    let left = area.x + side + gap
    var barsEnd = drawBars(page.meanKeys, on: canvas, Rect(left, bottom, width / 2 - 8, 0))
    if let key = page.differenceKey {
      barsEnd = max(
        barsEnd,
        ColourBar(key).drawAcross(on: canvas, at: left + width / 2 + 8, bottom, width: width / 2 - 8))
    }
    canvas.paragraph(page.howToRead.text, area.x, max(bottom + 40, barsEnd + 8), width: area.width, .caption)
  }
}

extension Int {
  /// How many parts of at most so many it takes.
  fileprivate func dividedUp(by most: Int) -> Int { Swift.max(1, (self + most - 1) / Swift.max(1, most)) }
}

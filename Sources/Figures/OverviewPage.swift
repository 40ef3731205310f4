import Pictures
import Sweeps

/// The first page of a report on several pictures: one row a picture.
enum Overview {
  /// Rows that fit on a page.
  static let rowsPerPage = 3

  static func draw(_ exhibits: [Exhibit], on sheet: inout Sheet, colours: Colormap) {
    let info = exhibits[0].info
    let hasTruth = exhibits.allSatisfy(\.hasTruth)
    var names: [String] = []
    for entry in exhibits.flatMap(\.entries) where !names.contains(entry.label) { names.append(entry.label) }
    let labels = names.joined(separator: " and ")
    sheet.begin(
      hasTruth
        ? "Where a patch raises the error of \(labels)" : "Where a patch moves \(labels)",
      "\(exhibits.count) pictures, \(info.sizes)."
        + (hasTruth ? "" : " Without truth, numbers are displacements from the clean prediction."))
    let canvas = sheet.canvas
    let area = Sheet.body
    let (gap, head) = (10.0, 19.0)
    let side = (area.height - 52) / Double(rowsPerPage) - head
    let scale = Scale(
      covering: exhibits.flatMap { exhibit in exhibit.entries.flatMap { exhibit.meanMap($0).values } })
    let differences = exhibits.map { $0.differenceMap() }
    let differenceScale = Scale(covering: differences.flatMap { $0?.values ?? [] }, isDifference: true)
    let networks = min(exhibits.map(\.entries.count).max()!, 2)

    for (row, exhibit) in exhibits.prefix(rowsPerPage).enumerated() {
      let y = area.y + 8 + Double(row) * (side + head)
      func cell(_ column: Int) -> Rect { Rect(area.x + Double(column) * (side + gap), y, side, side) }
      exhibit.drawOverlaidPicture(on: canvas, cell(0))
      for (column, entry) in exhibit.entries.prefix(2).enumerated() {
        let map = exhibit.meanMap(entry)
        let rect = cell(column + 1)
        exhibit.mapTitle(canvas, entry.label, entry.colour, map, rect)
        Heatmap(map, scale: scale, colours: colours).draw(on: canvas, in: rect, over: entry.ground)
      }
      if let map = differences[row] {
        let rect = cell(networks + 1)
        exhibit.mapTitle(canvas, "difference", .ink, map, rect)
        Heatmap(map, scale: differenceScale, colours: .difference).draw(
          on: canvas, in: rect, over: exhibit.entries[0].ground)
      }
      let last = cell(networks + (differences[row] == nil ? 0 : 1)).maxX + 18
      var table = exhibit.shortTable
      table.style = TypeStyle(size: 7)
      table.cellWidth = 48
      table.rowHeight = 14
      table.draw(on: canvas, last, y + (side - table.height) / 2, width: area.maxX - last)
    }

    let barY = area.y + 8 + Double(min(exhibits.count, rowsPerPage)) * (side + head) - head + 7
    let maps = Rect(
      area.x + side + gap, barY, side * Double(networks) + gap * Double(networks - 1), 24)
    ColourBar(
      scale: scale, colours: colours,
      title: hasTruth ? "mean error over joints, mm" : "mean displacement from the clean prediction, mm"
    ).drawAcross(on: canvas, in: maps)
    if let pair = zip(exhibits, differences).first(where: { $0.1 != nil })?.0.entries {
      ColourBar(
        scale: differenceScale, colours: .difference,
        title: "\(pair[1].label) less \(pair[0].label), mm"
      )
      .drawAcross(on: canvas, in: Rect(maps.maxX + gap, barY, side, 24))
    }
    canvas.paragraph(
      "The colour at a point is the mean \(hasTruth ? "error over the joints" : "displacement of the joints") when a "
        + "gray patch is centred there: dark regions do not matter to the network, bright ones do."
        + (networks > 1 ? " In the difference a point has the colour of the network that does worse." : ""),
      area.x, barY + 38, width: area.width, .caption)
  }
}

extension Exhibit {
  /// The picture with the truth's skeleton and those of the clean predictions.
  func drawOverlaidPicture(on canvas: Canvas, _ rect: Rect) {
    canvas.text(canvas.fitted(stem, .heading, width: rect.width * 0.75), rect.x, rect.y - 4, .heading)
    canvas.draw(crop, in: rect)
    canvas.clipped(to: rect) {
      truthSkeleton(beside: entries[0], entries[0].record.clean, at: 0, in: rect)?.draw(
        on: canvas, thickness: 1.3)
      for entry in entries.prefix(2) {
        skeleton(entry, entry.record.clean, at: 0, in: rect).draw(on: canvas, thickness: 1.3)
      }
    }
    canvas.frame(rect)
    if hasTruth { canvas.text("truth", rect.maxX, rect.y - 4, .label.coloured(.truth).bold(), .right) }
  }

  /// The few numbers that stand beside a row of the overview.
  fileprivate var shortTable: Table {
    var table = headlineTable
    let kept = hasTruth ? 6 : 5
    table.rows = Array(table.rows.prefix(kept))
    return table
  }
}

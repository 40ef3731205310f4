import Pictures
import Sweeps

/// The page that tells a picture's story alone: picture, truth, answers, maps, numbers.
extension Exhibit {
  func drawPicturePage(on sheet: inout Sheet, colours: Colormap) {
    let networks = entries.map(\.label).joined(separator: " and ")
    sheet.begin(
      hasTruth
        ? "Where a patch raises the error of \(networks)" : "Where a patch moves \(networks)",
      "\(name): \(info.sizes). "
        + (hasTruth
          ? "Errors are distances from the true joints."
          : "There is no truth: all numbers are displacements from the clean prediction."))
    let canvas = sheet.canvas
    let area = Sheet.body
    let panel = (area.width - 42) / 5.2
    drawBodies(on: canvas, Rect(area.x, area.y + 16, area.width, panel))
    drawMaps(on: canvas, Rect(area.x, area.y + panel + 58, area.width, 176), colours)
    canvas.paragraph(howToRead, area.x, area.y + panel + 296, width: area.width, .bodyMuted, leading: 1.5)
  }

  private var howToRead: String {
    let what =
      hasTruth ? "mean error over the joints" : "mean displacement of the joints from the clean prediction"
    var text =
      "How to read the maps: the colour at a point is the \(what) when the gray patch is centred there. "
      + "Dark regions do not matter to the network; bright ones do."
    if entries.count > 1 {
      text +=
        " Both maps share one scale in millimetres. In the difference map a point has the colour of the network "
        + "that is \(hasTruth ? "further off" : "moved more") with the patch there."
    }
    return text
  }

  /// The picture, and everyone's body over it and from the side.
  private func drawBodies(on canvas: Canvas, _ area: Rect) {
    let side = area.height
    var x = area.x
    let first = Rect(x, area.y, side, side)
    canvas.text("Picture", x, area.y - 4, .heading)
    canvas.draw(crop, in: first)
    canvas.frame(first)
    x += side + 12

    func panel(
      _ title: String, _ colour: Colour, _ body: BodyDrawing?, _ skeletons: (Rect) -> [SkeletonDrawing]
    ) {
      let rect = Rect(x, area.y, side, side)
      let beside = Rect(x + side + 2, area.y, side * 0.4, side)
      canvas.text(canvas.fitted(title, .heading, width: side * 1.4), x, area.y - 4, .heading.coloured(colour))
      canvas.draw(crop, in: rect)
      canvas.fill(beside, .wash)
      if let body {
        canvas.draw(body.front(samples: 420), in: rect, opacity: 0.94)
        let whole = Rect(beside.midX - side / 2, area.y, side, side)
        canvas.clipped(to: beside) { canvas.draw(body.fromTheSide(samples: 420), in: whole) }
      } else {
        canvas.clipped(to: rect) { for skeleton in skeletons(rect) { skeleton.draw(on: canvas) } }
      }
      canvas.frame(rect)
      canvas.frame(beside)
      x = beside.maxX + 12
    }
    if hasTruth {
      let entry = entries[0]
      panel("Truth", .truth, truthBody()) { rect in
        truthSkeleton(beside: entry, entry.record.clean, at: 0, in: rect).map { [$0] } ?? []
      }
    }
    for entry in entries.prefix(hasTruth ? 2 : 3) {
      let error = hasTruth ? " · \(Numbers.whole(entry.findings.clean.millimetres)) mm" : ""
      panel("\(entry.label), whole picture\(error)", entry.colour, cleanBody(entry)) { rect in
        [skeleton(entry, entry.record.clean, at: 0, in: rect)]
      }
    }
  }

  /// The mean maps on one scale, their difference, and the table.
  private func drawMaps(on canvas: Canvas, _ area: Rect, _ colours: Colormap) {
    let side = area.height
    let gap = 12.0
    let scale = meanScale
    var x = area.x
    let shown = entries.prefix(2)
    for entry in shown {
      let rect = Rect(x, area.y, side, side)
      let map = meanMap(entry)
      mapTitle(canvas, "\(entry.label): mean \(hasTruth ? "error" : "map")", entry.colour, map, rect)
      Heatmap(map, scale: scale, colours: colours).draw(on: canvas, in: rect, over: entry.ground)
      x += side + gap
    }
    let barTitle = hasTruth ? "mean error over joints, mm" : "mean displacement from the clean prediction, mm"
    ColourBar(scale: scale, colours: colours, title: barTitle)
      .drawAcross(
        on: canvas,
        in: Rect(area.x, area.maxY + 6, side * Double(shown.count) + gap * Double(shown.count - 1), 24))
    if let map = differenceMap() {
      let rect = Rect(x, area.y, side, side)
      let scale = Scale(covering: map.values, isDifference: true)
      mapTitle(canvas, "\(entries[1].label) less \(entries[0].label)", .ink, map, rect)
      Heatmap(map, scale: scale, colours: .difference).draw(on: canvas, in: rect, over: entries[0].ground)
      ColourBar(scale: scale, colours: .difference, title: "difference of the maps, mm")
        .drawAcross(on: canvas, in: Rect(x, area.maxY + 6, side, 24))
      x += side + gap
    }
    var table = headlineTable
    table.style = TypeStyle(size: 7)
    table.cellWidth = entries.count > 1 ? 44 : 60
    table.rowHeight = 14.5
    table.draw(on: canvas, x + 4, area.y - 12, width: min(area.maxX - x - 4, 300))
  }

  /// A map's name at the left and its least and greatest number at the right.
  func mapTitle(_ canvas: Canvas, _ title: String, _ colour: Colour, _ map: PlaceMap, _ rect: Rect) {
    let range = [map.low, map.high].compactMap { $0.map { Numbers.whole(Float($0)) } }.joined(
      separator: " to ")
    let width = canvas.width(of: range + " mm", .caption)
    canvas.text(
      canvas.fitted(title, .heading, width: rect.width - width - 6), rect.x, rect.y - 4,
      .heading.coloured(colour))
    canvas.text(range + " mm", rect.maxX, rect.y - 4, .caption, .right)
  }
}

import Sweeps

/// The three places where the patch does most harm, and what the network then says.
extension Exhibit {
  func drawWorstPlaces(on sheet: inout Sheet, colours: Colormap) {
    sheet.begin(
      "The worst places of the patch",
      "\(name): what each network says with the patch where the mean \(quantity) is greatest; the three patches "
        + "do not overlap.")
    let canvas = sheet.canvas
    let area = Sheet.body
    let (gap, head) = (14.0, 16.0)
    let shown = Array(entries.prefix(2))
    let side = min((area.width - 3 * gap) / 4, (area.height - 40) / Double(shown.count) - head - 14)
    let scale = meanScale
    for (row, entry) in shown.enumerated() {
      let y = area.y + head + Double(row) * (side + head + 22)
      let map = Rect(area.x, y, side, side)
      mapTitle(
        canvas, "\(entry.label): mean \(hasTruth ? "error" : "map")", entry.colour, meanMap(entry), map)
      Heatmap(meanMap(entry), scale: scale, colours: colours).draw(on: canvas, in: map, over: entry.ground)

      let indices = entry.record.worstPlaces()
      for (order, (index, finding)) in zip(indices, entry.findings.worstPlaces).enumerated() {
        drawMark(canvas, patch(entry, at: index, in: map), "\(order + 1)")
        let rect = Rect(area.x + Double(order + 1) * (side + gap), y, side, side)
        let distance = Numbers.whole(finding.distance.millimetres) + " mm"
        canvas.text("\(order + 1)", rect.x, y - 4, .heading)
        canvas.text(
          hasTruth
            ? "\(distance), clean \(Numbers.whole(entry.findings.clean.millimetres)) mm"
            : "\(distance) from the clean prediction",
          rect.maxX, y - 4, .caption, .right)
        canvas.draw(crop, in: rect)
        canvas.clipped(to: rect) {
          let patch = patch(entry, at: index, in: rect)
          canvas.fill(patch, patchColour)
          canvas.frame(patch, .white, width: 0.7)
          if hasTruth {
            truthSkeleton(beside: entry, entry.record.measurements, at: index, in: rect)?.draw(on: canvas)
          } else {
            var clean = skeleton(entry, entry.record.clean, at: 0, in: rect)
            clean.colour = .clean
            clean.draw(on: canvas)
          }
          skeleton(entry, entry.record.measurements, at: index, in: rect).draw(on: canvas)
        }
        canvas.frame(rect)
      }
    }
    var legend: [(colour: Colour, text: String)] = [
      hasTruth ? (.truth, "truth") : (.clean, "clean prediction")
    ]
    legend += shown.map { (colour: $0.colour, text: "\($0.label), with the patch") }
    Legend(entries: legend).draw(on: canvas, area.x, area.y + Double(shown.count) * (side + head + 22) + 2)
  }

  /// A numbered square over a map.
  private func drawMark(_ canvas: Canvas, _ rect: Rect, _ text: String) {
    canvas.frame(rect, .ink, width: 1.8)
    canvas.frame(rect, .white, width: 0.9)
    canvas.disc(rect.midX, rect.midY, radius: 5.2, .white)
    canvas.text(text, rect.midX, rect.midY + 2.4, TypeStyle(size: 7, isBold: true), .centre)
  }
}

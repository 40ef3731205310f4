import Bodies
import Sweeps

/// Which joints suffer, network beside network, and the skeletons that the numbers are about.
extension Exhibit {
  func drawJointBars(on sheet: inout Sheet) {
    sheet.begin(
      hasTruth ? "Which joints suffer" : "Which joints move",
      "\(name): every joint under all places of the patch, millimetres, pelvises laid on each other"
        + (hasTruth ? "." : "; displacements from the clean prediction."))
    let canvas = sheet.canvas
    let area = Sheet.body
    let chart = Rect(area.x, area.y + 16, 500, area.height - 16)
    var entriesOfLegend = entries.map { (colour: $0.colour, text: $0.label) }
    if entriesOfLegend.count > 4 { entriesOfLegend.removeLast(entriesOfLegend.count - 4) }
    let end = Legend(entries: entriesOfLegend).draw(on: canvas, chart.x + 92, area.y + 6)
    let key =
      "bar: mean over places  ·  line: to the worst place"
      + (hasTruth ? "  ·  black tick: whole picture" : "")
    canvas.text(key, end + 18, area.y + 6, .caption)

    let series = entries.prefix(4).map { entry in
      BarChart.Series(
        name: entry.label, colour: entry.colour,
        mean: entry.findings.joints.map { Double($0.meanMillimetres) },
        worst: entry.findings.joints.map { Double($0.worstMillimetres) },
        clean: hasTruth ? entry.findings.joints.map { Double($0.cleanMillimetres) } : nil)
    }
    let hidden = entries[0].findings.joints.map { $0.visibility.map { $0 != .visible } ?? false }
    BarChart(
      rows: zip(info.jointSet.jointTitles, hidden).map { $0 + ($1 ? " (hidden)" : "") }, series: series,
      title: hasTruth ? "error, mm" : "displacement from the clean prediction, mm"
    ).draw(on: canvas, in: chart, labelWidth: 92)

    drawSkeletons(
      on: canvas, Rect(chart.maxX + 30, area.y + 16, area.maxX - chart.maxX - 30, area.height - 16))
  }

  /// The clean predictions over the picture, each with the truth.
  private func drawSkeletons(on canvas: Canvas, _ area: Rect) {
    let side = min(area.width, (area.height - 60) / 2)
    var y = area.y
    for entry in entries.prefix(2) {
      let rect = Rect(area.x, y + 10, side, side)
      canvas.text("\(entry.label), whole picture", rect.x, y + 4, .heading.coloured(entry.colour))
      canvas.draw(crop, in: rect)
      canvas.clipped(to: rect) {
        truthSkeleton(beside: entry, entry.record.clean, at: 0, in: rect)?.draw(on: canvas)
        skeleton(entry, entry.record.clean, at: 0, in: rect).draw(on: canvas)
      }
      canvas.frame(rect)
      y = rect.maxY + 20
    }
    var legend: [(colour: Colour, text: String)] = hasTruth ? [(.truth, "truth")] : []
    legend += entries.prefix(2).map { (colour: $0.colour, text: $0.label) }
    Legend(entries: legend).draw(on: canvas, area.x, y - 6)
    if hasTruth && entries[0].record.truthCamera == nil {
      canvas.paragraph(
        "The truth has no camera: its pelvis is laid on the prediction's.", area.x, y + 8, width: side,
        .caption)
    }
  }
}

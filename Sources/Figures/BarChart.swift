internal import Presentation

/// Bars of several networks beside one another, a group for each row.
///
/// A bar reaches to the mean over positions; a thin line goes on to the worst position, and a tick marks the clean error.
struct BarChart {
  var rows: [String]
  var series: [JointBarsPage.Series]
  /// What the axis shows, with the unit.
  var title: String
  var scale: Scale

  /// The width that the longest label needs.
  func labelWidth(on canvas: Canvas, atLeast least: Double) -> Double {
    min(max(least, 14 + (rows.map { canvas.width(of: $0, .label) }.max() ?? 0)), 170)
  }

  func draw(on canvas: Canvas, in rect: Rect, labelWidth: Double) {
    let frame = RowFrame(
      rows: rows, scale: scale, title: title, on: canvas, in: rect, labelWidth: labelWidth)
    let bar = min(frame.group * 0.78 / Double(series.count), 14)
    for index in rows.indices {
      let middle = frame.row(index, on: canvas)
      for (order, one) in series.enumerated() {
        let top = middle + bar * (Double(order) - Double(series.count) / 2)
        draw(one, index, on: canvas, frame, top: top, height: bar)
      }
    }
  }

  private func draw(
    _ one: JointBarsPage.Series, _ index: Int, on canvas: Canvas, _ frame: RowFrame, top: Double,
    height: Double
  ) {
    // A network that found nobody anywhere has no numbers.
    guard one.mean[index].isFinite, one.worst[index].isFinite else { return }
    let (mean, worst) = (frame.x(one.mean[index]), frame.x(one.worst[index]))
    canvas.fill(
      Rect(frame.plot.x, top + 0.4, max(mean - frame.plot.x, 0.3), height - 0.8), one.colour.opacity(0.85))
    let centre = top + height / 2
    canvas.line(mean, centre, worst, centre, one.colour, width: 0.8)
    canvas.line(worst, centre - height * 0.3, worst, centre + height * 0.3, one.colour, width: 0.8)
    if let clean = one.clean.map({ frame.x($0[index]) }), clean.isFinite {
      canvas.line(clean, top + 0.2, clean, top + height - 0.2, .white, width: 2)
      canvas.line(clean, top + 0.2, clean, top + height - 0.2, .ink, width: 0.9)
    }
  }
}

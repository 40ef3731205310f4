/// Bars of several networks beside one another, a group per row.
///
/// A bar reaches to the mean over places; a thin line goes on to the worst place, and a tick marks the picture
/// without a patch.
struct BarChart {
  /// One network's numbers, one per row, millimetres.
  struct Series {
    var name: String
    var colour: Colour
    var mean: [Double]
    var worst: [Double]
    /// Absent without truth, where it would be zero.
    var clean: [Double]?
  }

  var rows: [String]
  var series: [Series]
  /// What the axis shows, with the unit.
  var title: String

  func draw(on canvas: Canvas, in rect: Rect, labelWidth: Double) {
    let plot = Rect(rect.x + labelWidth, rect.y, rect.width - labelWidth, rect.height - 26)
    let scale = Scale(covering: [0] + series.flatMap(\.worst))
    func x(_ value: Double) -> Double { plot.x + plot.width * scale.share(value) }
    for tick in scale.ticks {
      canvas.line(
        x(tick), plot.y, x(tick), plot.maxY, tick == 0 ? .muted : .hairline, width: tick == 0 ? 0.7 : 0.35)
      canvas.text(Scale.text(tick), x(tick), plot.maxY + 9, .tick, .centre)
    }
    canvas.text(title, plot.midX, plot.maxY + 21, .caption, .centre)

    let group = plot.height / Double(rows.count)
    let bar = min(group * 0.78 / Double(series.count), 14)
    for (index, row) in rows.enumerated() {
      let middle = plot.y + group * (Double(index) + 0.5)
      if index % 2 == 1 { canvas.fill(Rect(rect.x, middle - group / 2, labelWidth, group), .wash) }
      canvas.text(canvas.fitted(row, .label, width: labelWidth - 8), plot.x - 6, middle + 2.3, .label, .right)
      for (order, one) in series.enumerated() {
        let top = middle + bar * (Double(order) - Double(series.count) / 2)
        let (mean, worst) = (one.mean[index], one.worst[index])
        canvas.fill(Rect(plot.x, top + 0.4, max(x(mean) - plot.x, 0.3), bar - 0.8), one.colour.opacity(0.85))
        let centre = top + bar / 2
        canvas.line(x(mean), centre, x(worst), centre, one.colour, width: 0.8)
        canvas.line(x(worst), centre - bar * 0.3, x(worst), centre + bar * 0.3, one.colour, width: 0.8)
        if let clean = one.clean?[index] {
          canvas.line(x(clean), top + 0.2, x(clean), top + bar - 0.2, .white, width: 2)
          canvas.line(x(clean), top + 0.2, x(clean), top + bar - 0.2, .ink, width: 0.9)
        }
      }
    }
  }
}

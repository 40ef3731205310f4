import Sweeps

/// Means with their bounds, a dot and a whisker for every network in every row.
struct IntervalChart {
  /// One network's numbers, one a row; nil where it has none.
  struct Series {
    var colour: Colour
    var values: [BoundedMean?]
  }

  var rows: [String]
  var series: [Series]
  /// What the axis shows, with the unit.
  var title: String
  /// Spans at least this much.
  var leastRange = 1.0

  func draw(on canvas: Canvas, in rect: Rect, labelWidth: Double) {
    let plot = Rect(rect.x + labelWidth, rect.y, rect.width - labelWidth, rect.height - 26)
    let present = series.flatMap { $0.values.compactMap(\.self) }
    let scale = Scale(
      covering: [0] + present.flatMap { [$0.mean, $0.low, $0.high] }, leastRange: leastRange)
    func x(_ value: Double) -> Double { plot.x + plot.width * scale.share(value) }
    for tick in scale.ticks {
      let isZero = abs(tick) < 1e-9
      canvas.line(
        x(tick), plot.y, x(tick), plot.maxY, isZero ? .muted : .hairline, width: isZero ? 0.7 : 0.35)
      canvas.text(Scale.text(tick), x(tick), plot.maxY + 9, .tick, .centre)
    }
    canvas.text(title, plot.midX, plot.maxY + 21, .caption, .centre)
    let group = plot.height / Double(rows.count)
    let step = min(group * 0.8 / Double(series.count), 9)
    for (index, row) in rows.enumerated() {
      let middle = plot.y + group * (Double(index) + 0.5)
      if index % 2 == 1 { canvas.fill(Rect(rect.x, middle - group / 2, labelWidth, group), .wash) }
      canvas.text(canvas.fitted(row, .label, width: labelWidth - 8), plot.x - 6, middle + 2.3, .label, .right)
      for (order, one) in series.enumerated() {
        guard let value = one.values[index], value.mean.isFinite else { continue }
        let y = middle + step * (Double(order) - Double(series.count - 1) / 2)
        if value.low.isFinite, value.high.isFinite {
          canvas.line(x(value.low), y, x(value.high), y, one.colour, width: 1)
          for end in [value.low, value.high] {
            canvas.line(x(end), y - step * 0.22, x(end), y + step * 0.22, one.colour, width: 0.8)
          }
        }
        canvas.disc(x(value.mean), y, radius: min(2.2, step * 0.32), one.colour)
      }
    }
  }
}

internal import Evaluation
internal import Presentation

extension IntervalRows {
  /// Draws a dot and a whisker for each network in each row.
  func draw(on canvas: Canvas, in rect: Rect, labelWidth: Double) {
    guard !rows.isEmpty else { return }
    let frame = RowFrame(
      rows: rows, scale: scale, title: title, on: canvas, in: rect, labelWidth: labelWidth)
    let step = min(frame.group * 0.8 / Double(series.count), 9)
    for index in rows.indices {
      let middle = frame.row(index, on: canvas)
      for (order, one) in series.enumerated() {
        guard let value = one.values[index], value.mean.isFinite else { continue }
        let y = middle + step * (Double(order) - Double(series.count - 1) / 2)
        if value.low.isFinite, value.high.isFinite {
          canvas.line(frame.x(value.low), y, frame.x(value.high), y, one.colour, width: 1)
          for end in [value.low, value.high] {
            canvas.line(frame.x(end), y - step * 0.22, frame.x(end), y + step * 0.22, one.colour, width: 0.8)
          }
        }
        canvas.disc(frame.x(value.mean), y, radius: min(2.2, step * 0.32), one.colour)
      }
    }
  }
}

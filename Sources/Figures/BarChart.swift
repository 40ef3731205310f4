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
    let scale = Scale(covering: [0] + series.flatMap { $0.worst + ($0.clean ?? []) })
    let frame = RowFrame(
      rows: rows, scale: scale, title: title, on: canvas, in: rect, labelWidth: labelWidth)
    let bar = min(frame.group * 0.78 / Double(series.count), 14)
    for index in rows.indices {
      let middle = frame.row(index, on: canvas)
      for (order, one) in series.enumerated() {
        let top = middle + bar * (Double(order) - Double(series.count) / 2)
        let (mean, worst) = (one.mean[index], one.worst[index])
        canvas.fill(
          Rect(frame.plot.x, top + 0.4, max(frame.x(mean) - frame.plot.x, 0.3), bar - 0.8),
          one.colour.opacity(0.85))
        let centre = top + bar / 2
        canvas.line(frame.x(mean), centre, frame.x(worst), centre, one.colour, width: 0.8)
        canvas.line(
          frame.x(worst), centre - bar * 0.3, frame.x(worst), centre + bar * 0.3, one.colour, width: 0.8)
        if let clean = one.clean?[index] {
          canvas.line(frame.x(clean), top + 0.2, frame.x(clean), top + bar - 0.2, .white, width: 2)
          canvas.line(frame.x(clean), top + 0.2, frame.x(clean), top + bar - 0.2, .ink, width: 0.9)
        }
      }
    }
  }
}

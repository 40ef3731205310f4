import Evaluation

/// Lines of several networks over one axis, with intervals where given.
struct LineChart {
  /// One line.
  struct Line {
    var colour: Colour
    var points: [(x: Double, y: Double)]
    /// Intervals of all points, or none.
    var bounds: [MeanWithInterval] = []
    var isDashed = false
    var hasDots = false
    var width = 1.2
  }

  var lines: [Line]
  /// What the axes show, with the unit.
  var across: String, upward: String
  /// The numbers written along the lower axis; those of a scale unless given.
  var ticks: [Double]?
  /// The share of all numbers that the upward axis must hold; lines are cut off beyond it.
  var share = 1.0

  func draw(on canvas: Canvas, in rect: Rect) {
    let plot = Rect(rect.x + 34, rect.y, rect.width - 34, rect.height - 28)
    let all = lines.flatMap { $0.points.map(\.y) + $0.bounds.flatMap { [$0.low, $0.high] } }
    let upScale = Scale(
      covering: all.filter(\.isFinite), share: share, leastRange: 1e-3)
    let xs = lines.flatMap { $0.points.map(\.x) }
    let acrossScale = Scale(covering: [0] + xs.map { max($0, 0) })
    let last = max(ticks?.last ?? acrossScale.high, 1)
    let (near, far) = ticks == nil ? (0, acrossScale.high) : (-0.04 * last, 1.04 * last)
    func x(_ value: Double) -> Double { plot.x + plot.width * (value - near) / (far - near) }
    func y(_ value: Double) -> Double { plot.maxY - plot.height * upScale.share(value) }
    for tick in upScale.ticks {
      canvas.line(plot.x, y(tick), plot.maxX, y(tick), .hairline, width: 0.35)
      canvas.text(Scale.text(tick), plot.x - 4, y(tick) + 2.2, .tick, .right)
    }
    for tick in ticks ?? acrossScale.ticks {
      canvas.line(x(tick), plot.maxY, x(tick), plot.maxY + 2.5, .muted)
      canvas.text(LineChart.short(tick), x(tick), plot.maxY + 10, .tick, .centre)
    }
    canvas.line(plot.x, plot.maxY, plot.maxX, plot.maxY, .muted, width: 0.7)
    canvas.text(across, plot.midX, plot.maxY + 21, .caption, .centre)
    canvas.textUpward(upward, rect.x + 6, plot.midY, .caption)
    canvas.clipped(to: Rect(plot.x - 3, plot.y, plot.width + 6, plot.height + 3)) {
      for line in lines {
        let points = line.points.filter { $0.y.isFinite }.map { (x: x($0.x), y: y($0.y)) }
        canvas.line(
          points, line.colour, width: line.width, dashes: line.isDashed ? [3, 2] : [], isRound: true)
        for (point, bounds) in zip(line.points, line.bounds) where bounds.low.isFinite && bounds.high.isFinite
        {
          canvas.line(
            x(point.x), y(bounds.low), x(point.x), y(bounds.high), line.colour.opacity(0.7), width: 0.8)
        }
        if line.hasDots { for point in points { canvas.disc(point.x, point.y, radius: 2, line.colour) } }
      }
    }
  }

  /// Thousands as "160 k".
  private static func short(_ value: Double) -> String {
    value >= 1000 ? "\(Scale.text(value / 1000)) k" : Scale.text(value)
  }
}

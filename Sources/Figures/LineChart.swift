internal import Evaluation
internal import Presentation

extension LinePanel {
  /// Draws the lines with their axes and, above, what they are about.
  func draw(on canvas: Canvas, in rect: Rect, width: Double = 1.2) {
    canvas.text(title, rect.x + 34, rect.y - 5, .heading)
    guard !lines.isEmpty else { return }
    let plot = Rect(rect.x + 34, rect.y, rect.width - 34, rect.height - 28)
    let last = max(ticks?.last ?? acrossScale.high, 1)
    let (near, far) = ticks == nil ? (0, acrossScale.high) : (-0.04 * last, 1.04 * last)
    func x(_ value: Double) -> Double { plot.x + plot.width * (value - near) / (far - near) }
    func y(_ value: Double) -> Double { plot.maxY - plot.height * upwardScale.share(value) }
    for tick in upwardScale.ticks {
      canvas.line(plot.x, y(tick), plot.maxX, y(tick), .hairline, width: 0.35)
      canvas.text(NumberFormat.tick(tick), plot.x - 4, y(tick) + 2.2, .tick, .right)
    }
    for tick in ticks ?? acrossScale.ticks {
      canvas.line(x(tick), plot.maxY, x(tick), plot.maxY + 2.5, .muted)
      canvas.text(Self.label(tick), x(tick), plot.maxY + 10, .tick, .centre)
    }
    canvas.line(plot.x, plot.maxY, plot.maxX, plot.maxY, .muted, width: 0.7)
    canvas.text(across, plot.midX, plot.maxY + 21, .caption, .centre)
    canvas.textUpward(Phrase(upward), rect.x + 6, plot.midY, .caption)
    canvas.clipped(to: Rect(plot.x - 3, plot.y, plot.width + 6, plot.height + 3)) {
      for line in lines { line.draw(on: canvas, width: width, x, y) }
    }
  }
}

extension LinePanel.Line {
  fileprivate func draw(
    on canvas: Canvas, width: Double, _ x: (Double) -> Double, _ y: (Double) -> Double
  ) {
    let known = points.filter { $0.y.isFinite }.map { (x: x($0.x), y: y($0.y)) }
    canvas.line(known, colour, width: width, dashes: isDashed ? [3, 2] : [], isRound: true)
    for (point, interval) in zip(points, intervals) where interval.low.isFinite && interval.high.isFinite {
      canvas.line(
        x(point.x), y(interval.low), x(point.x), y(interval.high), colour.opacity(0.7), width: 0.8)
    }
    if hasDots { for point in known { canvas.disc(point.x, point.y, radius: 2, colour) } }
  }
}

internal import Presentation

/// A strip of all colours with the numbers they stand for.
struct ColourBar {
  let key: ColourKey
  private var scale: Scale { key.scale }

  init(_ key: ColourKey) { self.key = key }

  /// Draws the bar within a width, its numbers and title below.
  func drawAcross(on canvas: Canvas, at x: Double, _ y: Double, width: Double) {
    let bar = Rect(x + 6, y, width - 12, 6)
    let strip = (0..<256).map { Bitmap.pixel(key.colours.colour(at: Double($0) / 255)) }
    canvas.draw(Bitmap(width: 256, height: 1, pixels: strip, isOpaque: true), in: bar)
    canvas.frame(bar)
    // On a narrow bar only every so many ticks are named, the ends among them.
    let least = 23.0
    let gaps = scale.ticks.count - 1
    let every =
      (1...max(gaps, 1)).first { gaps % $0 == 0 && bar.width * Double($0) >= least * Double(gaps) } ?? gaps
    for (index, tick) in scale.ticks.enumerated() {
      let x = bar.x + bar.width * scale.share(tick)
      canvas.line(x, bar.maxY, x, bar.maxY + 2, .muted)
      guard index % max(every, 1) == 0 else { continue }
      canvas.text(scale.label(tick), x, bar.maxY + 8.5, .tick, .centre)
    }
    canvas.text(key.title, bar.midX, bar.maxY + 18, .caption, .centre, width: width)
  }

  /// Draws the bar upward along the left of a rectangle, its numbers to the right.
  func drawUpward(on canvas: Canvas, in rect: Rect) {
    let bar = Rect(rect.x, rect.y, 8, rect.height)
    let strip = (0..<256).map { Bitmap.pixel(key.colours.colour(at: 1 - Double($0) / 255)) }
    canvas.draw(Bitmap(width: 1, height: 256, pixels: strip, isOpaque: true), in: bar)
    canvas.frame(bar)
    for tick in scale.ticks {
      let y = bar.maxY - bar.height * scale.share(tick)
      canvas.line(bar.maxX, y, bar.maxX + 2, y, .muted)
      canvas.text(scale.label(tick), bar.maxX + 4, y + 2.2, .tick)
    }
    canvas.textUpward(key.title, bar.maxX + 30, bar.midY, .caption, length: bar.height)
  }
}

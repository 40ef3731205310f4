internal import Presentation

/// A strip of all colours with the numbers they stand for.
struct ColourBar {
  let key: ColourKey
  private var scale: Scale { key.scale }

  init(_ key: ColourKey) { self.key = key }

  /// The height that a bar takes with its numbers, title and note.
  static let height = 34.0

  /// Draws the bar within a width, its numbers, title and note below, and returns where they end.
  @discardableResult
  func drawAcross(on canvas: Canvas, at x: Double, _ y: Double, width: Double) -> Double {
    let bar = Rect(x + 6, y, width - 12, 6)
    canvas.draw(
      Bitmap(width: 256, height: 1, pixels: strip(from: scale.low, to: scale.high), isOpaque: true), in: bar)
    canvas.frame(bar)
    for mark in key.marks where (0...1).contains(scale.share(mark.value)) {
      let x = bar.x + bar.width * scale.share(mark.value)
      canvas.line(x, bar.y - 1, x, bar.maxY + 1, .white, width: 2.6)
      canvas.line(x, bar.y - 1, x, bar.maxY + 1, mark.colour, width: 1.2)
    }
    // On a narrow bar only every so many ticks are named, the ends among them.
    let least = 23.0
    let gaps = scale.ticks.count - 1
    let every =
      (1...max(gaps, 1)).first { gaps % $0 == 0 && bar.width * Double($0) >= least * Double(gaps) } ?? gaps
    for (index, tick) in scale.ticks.enumerated() {
      let middle = bar.x + bar.width * scale.share(tick)
      canvas.line(middle, bar.maxY, middle, bar.maxY + 2, .muted)
      guard index % max(every, 1) == 0 else { continue }
      // Long numbers at the ends stay within the width.
      let half = canvas.width(of: scale.label(tick), .tick) / 2
      canvas.text(
        scale.label(tick), min(max(middle, x + half), x + width - half), bar.maxY + 8.5, .tick, .centre)
    }
    let end = drawTitle(on: canvas, bar.midX, bar.maxY + 18, width: width)
    return (key.hasMisses ? drawMissed(on: canvas, bar.midX, end + 8.5) : end) + 4
  }

  /// Draws what the hatching means around a middle, and returns its baseline.
  private func drawMissed(on canvas: Canvas, _ middle: Double, _ baseline: Double) -> Double {
    let width = 13 + canvas.width(of: ColourKey.missed, .caption)
    let left = middle - width / 2
    Hatch.draw(on: canvas, in: Rect(left, baseline - 5.2, 9, 6))
    canvas.text(ColourKey.missed, left + 13, baseline, .caption)
    return baseline
  }

  /// The title and the note, in one line where there is room, else in lines of words; returns the last baseline.
  private func drawTitle(on canvas: Canvas, _ x: Double, _ y: Double, width: Double) -> Double {
    let whole = key.note.map { key.title + Phrase("  ·  \($0)") } ?? key.title
    if canvas.width(of: whole.text, .caption) * 0.9 <= width {
      canvas.text(whole, x, y, .caption, .centre, width: width)
      return y
    }
    let fits = canvas.width(of: key.title.text, .caption) * 0.85 <= width
    let title = fits || key.title.parts.contains(where: \.isName)
    let lines =
      (title ? [key.title] : canvas.lines(key.title.text, width: width, .caption).map { Phrase($0) })
      + (key.note.map { canvas.lines($0, width: width, .caption).map { Phrase($0) } } ?? [])
    for (index, line) in lines.enumerated() {
      canvas.text(line, x, y + 8 * Double(index), .caption, .centre, width: width)
    }
    return y + 8 * Double(lines.count - 1)
  }

  /// Draws the colours alone, for maps whose ends are written elsewhere.
  func drawStrip(on canvas: Canvas, in bar: Rect) {
    canvas.draw(
      Bitmap(width: 256, height: 1, pixels: strip(from: scale.low, to: scale.high), isOpaque: true), in: bar)
    canvas.frame(bar)
    for mark in key.marks where (0...1).contains(scale.share(mark.value)) {
      let x = bar.x + bar.width * scale.share(mark.value)
      canvas.line(x, bar.y, x, bar.maxY, .white, width: 2)
      canvas.line(x, bar.y, x, bar.maxY, mark.colour, width: 1)
    }
  }

  /// Draws the bar upward along the left of a rectangle, its numbers to the right.
  func drawUpward(on canvas: Canvas, in rect: Rect) {
    let bar = Rect(rect.x, rect.y, 8, rect.height)
    canvas.draw(
      Bitmap(width: 1, height: 256, pixels: strip(from: scale.high, to: scale.low), isOpaque: true), in: bar)
    canvas.frame(bar)
    for mark in key.marks where (0...1).contains(scale.share(mark.value)) {
      let y = bar.maxY - bar.height * scale.share(mark.value)
      canvas.line(bar.x - 1, y, bar.maxX + 1, y, .white, width: 2.6)
      canvas.line(bar.x - 1, y, bar.maxX + 1, y, mark.colour, width: 1.2)
    }
    for tick in scale.ticks {
      let y = bar.maxY - bar.height * scale.share(tick)
      canvas.line(bar.maxX, y, bar.maxX + 2, y, .muted)
      canvas.text(scale.label(tick), bar.maxX + 4, y + 2.2, .tick)
    }
    canvas.textUpward(key.title, bar.maxX + 38, bar.midY, .caption, length: bar.height)
    guard key.hasMisses else { return }
    Hatch.draw(on: canvas, in: Rect(rect.x, rect.maxY + 8, 9, 6))
    canvas.text(ColourKey.missed, rect.x + 13, rect.maxY + 13.2, .caption)
  }

  private func strip(from first: Double, to last: Double) -> [UInt32] {
    (0..<256).map { Bitmap.pixel(key.colour(of: first + (last - first) * Double($0) / 255)) }
  }
}

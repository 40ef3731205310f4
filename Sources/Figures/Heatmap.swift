public import Pictures

/// A map of numbers drawn over the crop it belongs to.
///
/// Every number fills the rectangle around the true centre of its patch, halfway to the neighbouring centres;
/// the outermost reach the crop's edge where that is less than a step away. Nothing is smoothed, and what no
/// patch was centred near stays free of colour.
public struct Heatmap {
  /// The numbers and their places.
  public var map: PlaceMap
  /// The numbers that the ends of the colours stand for.
  public var scale: Scale
  /// The colours.
  public var colours: Colormap
  /// How much the colours cover the crop, 0…1.
  public var opacity: Double

  /// A map to be drawn on a scale.
  public init(_ map: PlaceMap, scale: Scale, colours: Colormap = .inferno, opacity: Double = 0.66) {
    self.map = map
    self.scale = scale
    self.colours = colours
    self.opacity = opacity
  }

  /// Draws the map over a ground, which it lets through.
  func draw(on canvas: Canvas, in rect: Rect, over ground: Ground) {
    canvas.clipped(to: rect) {
      canvas.draw(ground.gray, in: rect)
      canvas.draw(bitmap(), in: rect, smoothly: false, opacity: opacity)
      if let outline = ground.outline { canvas.draw(outline, in: rect) }
    }
    // Some viewers round pictures outward to whole pixels; a white edge covers what sticks out.
    canvas.frame(rect.inset(-0.8), .white, width: 1.6)
    canvas.frame(rect)
  }

  /// The map over its crop as a picture of `side` pixels, for files and for looking closely.
  public func picture(over crop: Picture, side: Int) -> Picture {
    let canvas = Canvas(pictureWidth: Double(side), height: Double(side), scale: 1)
    let rect = Rect(0, 0, Double(side), Double(side))
    canvas.draw(Ground(crop, mask: nil).gray, in: rect)
    canvas.draw(bitmap(), in: rect, smoothly: false, opacity: opacity)
    return canvas.picture()
  }

  /// The map at a few samples per pixel of the crop: viewers smooth small pictures, whatever one asks for.
  func bitmap() -> Bitmap {
    // An even number of samples, because cells may end in the middle of a pixel.
    let perPixel = max(2, Int((256 / map.side).rounded(.up)) / 2 * 2)
    let samples = Int((map.side * Double(perPixel)).rounded())
    let row = Self.nearest(map.rowCentres, samples: samples, perPixel: perPixel)
    let column = Self.nearest(map.columnCentres, samples: samples, perPixel: perPixel)
    let cells = map.values.map { value in
      value.isNaN ? 0 : Bitmap.pixel(colours.colour(at: scale.share(value)))
    }
    let width = map.columnCentres.count
    var pixels: [UInt32] = []
    pixels.reserveCapacity(samples * samples)
    var known: (row: Int, start: Int)?
    for r in row {
      if let known, known.row == r {
        pixels += pixels[known.start..<known.start + samples]
        continue
      }
      known = (r, pixels.count)
      for c in column { pixels.append(r < 0 || c < 0 ? 0 : cells[r * width + c]) }
    }
    return Bitmap(
      width: samples, height: samples, pixels: pixels, isOpaque: pixels.allSatisfy { $0 >> 24 == 255 })
  }

  /// For every sample the centre whose cell it is in, or −1 for none.
  private static func nearest(_ centres: [Double], samples: Int, perPixel: Int) -> [Int] {
    let (first, last) = (centres[0], centres[centres.count - 1])
    let step = centres.count > 1 ? centres[1] - first : .infinity
    let end = Double(samples) / Double(perPixel)
    let from = first < step ? 0 : first - step / 2
    let to = end - last < step ? end : last + step / 2
    var index = 0
    return (0..<samples).map { sample in
      let place = (Double(sample) + 0.5) / Double(perPixel)
      while index + 1 < centres.count, place > (centres[index] + centres[index + 1]) / 2 { index += 1 }
      return place < from || place > to ? -1 : index
    }
  }
}

/// A strip of all colours with the numbers they stand for.
struct ColourBar {
  var scale: Scale
  var colours: Colormap
  /// What the numbers measure, with the unit.
  var title: String

  /// Draws the bar along the top of a rectangle, its numbers and title below; 24 points are enough.
  func drawAcross(on canvas: Canvas, in rect: Rect) {
    let bar = Rect(rect.x + 6, rect.y, rect.width - 12, 6)
    let strip = (0..<256).map { Bitmap.pixel(colours.colour(at: Double($0) / 255)) }
    canvas.draw(Bitmap(width: 256, height: 1, pixels: strip, isOpaque: true), in: bar)
    canvas.frame(bar)
    // On a narrow bar only every so many ticks are named, the ends among them.
    let gaps = scale.ticks.count - 1
    let every =
      (1...max(gaps, 1)).first { gaps % $0 == 0 && bar.width * Double($0) >= 24 * Double(gaps) } ?? gaps
    for (index, tick) in scale.ticks.enumerated() {
      let x = bar.x + bar.width * scale.share(tick)
      canvas.line(x, bar.maxY, x, bar.maxY + 2, .muted)
      guard index % max(every, 1) == 0 else { continue }
      canvas.text(scale.label(tick), x, bar.maxY + 8.5, .tick, .centre)
    }
    canvas.text(title, bar.midX, bar.maxY + 18, .caption, .centre)
  }

  /// Draws the bar upward along the left of a rectangle, its numbers to the right.
  func drawUpward(on canvas: Canvas, in rect: Rect) {
    let bar = Rect(rect.x, rect.y, 8, rect.height)
    let strip = (0..<256).map { Bitmap.pixel(colours.colour(at: 1 - Double($0) / 255)) }
    canvas.draw(Bitmap(width: 1, height: 256, pixels: strip, isOpaque: true), in: bar)
    canvas.frame(bar)
    for tick in scale.ticks {
      let y = bar.maxY - bar.height * scale.share(tick)
      canvas.line(bar.maxX, y, bar.maxX + 2, y, .muted)
      canvas.text(scale.label(tick), bar.maxX + 4, y + 2.2, .tick)
    }
    canvas.textUpward(title, bar.maxX + 30, bar.midY, .caption)
  }
}

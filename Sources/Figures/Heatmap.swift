public import Pictures
public import Presentation
import Tensors

/// A map of numbers drawn in the place of the crop it belongs to.
///
/// Every number fills the rectangle around the centre of its occluder, halfway to the neighbouring centres; the outermost
/// reach the crop's edge where that is no more than a step away. Nothing is smoothed, and what no occluder was centred near
/// stays free of colour. Where nobody was found the map is hatched in grays. Where positions are a list, every number fills what the occluder covers, larger numbers on top.
public struct Heatmap {
  /// The numbers and their positions.
  public var map: PositionMap
  /// What colours stand for.
  public var key: ColourKey
  /// How much of the crop shows through, 0…1; only at 0 colours are those of the bar.
  public var overlay: Double

  /// A map to be drawn in the colours of its legend.
  public init(_ map: PositionMap, _ key: ColourKey, overlay: Double = 0) {
    (self.map, self.key, self.overlay) = (map, key, overlay)
  }

  /// Draws the map over a backdrop, and the body's outline over the map.
  func draw(on canvas: Canvas, in rect: Rect, over backdrop: Backdrop) {
    canvas.clipped(to: rect) {
      if let gray = backdrop.gray { canvas.draw(gray, in: rect) }
      canvas.draw(bitmap(), in: rect, smoothly: false, opacity: backdrop.gray == nil ? 1 : 1 - overlay)
      if let outline = backdrop.outline { canvas.draw(outline, in: rect) }
    }
    // Some viewers round pictures outward to whole pixels; a white edge covers what sticks out.
    canvas.outline(rect.inset(-0.8), .white, width: 1.6)
    canvas.frame(rect)
  }

  /// The map over its crop as a picture of `side` pixels, for files and for looking closely.
  public func picture(over crop: Picture, side: Int) -> Picture {
    let canvas = Canvas(pictureWidth: Double(side), height: Double(side), scale: 1)
    let rect = Rect(0, 0, Double(side), Double(side))
    let backdrop = Backdrop(crop)
    canvas.draw(backdrop.gray!, in: rect)
    canvas.draw(bitmap(), in: rect, smoothly: false, opacity: 1 - overlay)
    return canvas.picture()
  }

  /// The map at a few samples per pixel of the crop: viewers smooth small pictures, whatever one asks for.
  func bitmap() -> Bitmap {
    // An even number of samples, because cells may end in the middle of a pixel.
    let perPixel = max(2, Int(bounded: 256 / map.side, .up) / 2 * 2)
    let samples = Int(bounded: map.side * Double(perPixel))
    let cells = map.values.enumerated().map { index, value in
      !map.misses.isEmpty && map.misses[index]
        ? Self.missed : value.isNaN ? 0 : Bitmap.pixel(key.colour(of: value))
    }
    if let windows = map.windows { return bitmap(windows, cells, samples, perPixel: perPixel) }
    let row = Self.nearest(map.rowCentres, step: map.step, samples: samples, perPixel: perPixel)
    let column = Self.nearest(map.columnCentres, step: map.step, samples: samples, perPixel: perPixel)
    let width = map.columnCentres.count
    var pixels: [UInt32] = []
    pixels.reserveCapacity(samples * samples)
    var known: (row: Int, start: Int)?
    for (y, r) in row.enumerated() {
      if let known, known.row == r, map.misses.isEmpty {
        // A slice would hold on to all rows, and each row copy them.
        pixels += Array(pixels[known.start..<known.start + samples])
        continue
      }
      known = (r, pixels.count)
      for (x, c) in column.enumerated() {
        pixels.append(
          r < 0 || c < 0 ? 0 : Self.sample(cells[r * width + c], x, y, samples: samples))
      }
    }
    return Bitmap(
      width: samples, height: samples, pixels: pixels, isOpaque: pixels.allSatisfy { $0 >> 24 == 255 })
  }

  /// Stands for a cell where nobody was found; no colour has it, since it is coloured and has no opacity.
  private static let missed: UInt32 = 1

  /// A sample of a cell: hatched where nobody was found.
  private static func sample(_ cell: UInt32, _ x: Int, _ y: Int, samples: Int) -> UInt32 {
    guard cell == missed else { return cell }
    // So many stripes across a map, whatever its side.
    let stripe = max(2, samples / 56)
    return (x + y) / stripe % 2 == 0 ? Bitmap.pixel(Hatch.light) : Bitmap.pixel(Hatch.dark)
  }

  /// Windows over one another, that of the largest number on top.
  private func bitmap(
    _ windows: [PositionMap.Window], _ cells: [UInt32], _ samples: Int, perPixel: Int
  ) -> Bitmap {
    var pixels = [UInt32](repeating: 0, count: samples * samples)
    func range(_ pixels: Range<Double>) -> Range<Int> {
      let ends = [pixels.lowerBound, pixels.upperBound].map {
        min(max(Int(bounded: $0 * Double(perPixel)), 0), samples)
      }
      return ends[0]..<max(ends[0], ends[1])
    }
    // What is not a number has no order.
    let missed = windows.indices.filter { cells[$0] == Self.missed }
    let numbers = windows.indices.filter { !map.values[$0].isNaN && cells[$0] != Self.missed }
    for index in missed + numbers.sorted(by: { map.values[$0] < map.values[$1] }) {
      for row in range(windows[index].rows) {
        for column in range(windows[index].columns) {
          pixels[row * samples + column] = Self.sample(cells[index], column, row, samples: samples)
        }
      }
    }
    return Bitmap(width: samples, height: samples, pixels: pixels)
  }

  /// For every sample the centre whose cell it is in, or −1 for none.
  private static func nearest(_ centres: [Double], step: Double?, samples: Int, perPixel: Int) -> [Int] {
    let (first, last) = (centres[0], centres[centres.count - 1])
    // Centres at places of the picture are rounded to pixels, here a pixel closer than there.
    let gaps = zip(centres.dropFirst(), centres).map { $0 - $1 }
    let step = gaps.max() ?? step ?? .infinity
    let end = Double(samples) / Double(perPixel)
    let from = first <= step ? 0 : first - step / 2
    let to = end - last <= step ? end : last + step / 2
    var index = 0
    return (0..<samples).map { sample in
      let x = (Double(sample) + 0.5) / Double(perPixel)
      while index + 1 < centres.count, x > (centres[index] + centres[index + 1]) / 2 { index += 1 }
      return x < from || x > to ? -1 : index
    }
  }
}

/// How a place where nobody was found looks: stripes of two grays, which no scale of colours has beside each other.
enum Hatch {
  static let light = Colour.hatches[0], dark = Colour.hatches[1]

  /// Draws a sample of the stripes, as a legend has it.
  static func draw(on canvas: Canvas, in rect: Rect) {
    canvas.fill(rect, light)
    canvas.clipped(to: rect) {
      for x in stride(from: rect.x - rect.height, to: rect.maxX, by: 3.6) {
        canvas.line(x, rect.maxY, x + rect.height, rect.y, dark, width: 1.3)
      }
    }
    canvas.frame(rect)
  }
}

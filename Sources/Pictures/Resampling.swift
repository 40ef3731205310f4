/// Bilinear resizing as Pillow does it for bytes, bit for bit.
///
/// A triangle filter that widens when the picture shrinks, so that every pixel counts; a horizontal pass, then
/// a vertical one, each in 22-bit fixed point and rounded to bytes (Pillow, `Resample.c`).
struct Resampling {
  /// The input pixels that make one output pixel, and their weights times 2²².
  private struct Window {
    let start: Int
    let weights: [Int32]
  }
  private let windows: [Window]

  /// The filter that takes `input` pixels to `output` pixels.
  init(from input: Int, to output: Int) { self.init(from: input, to: output, at: Array(0..<output)) }

  /// The same for some of the output pixels alone, at least one.
  init(from input: Int, to output: Int, at places: [Int]) {
    let ratio = Double(input) / Double(output)
    let reach = max(ratio, 1)
    let inverse = 1 / reach
    windows = places.map { i in
      let centre = (Double(i) + 0.5) * ratio
      let low = max(0, Int(centre - reach + 0.5))
      let high = min(input, Int(centre + reach + 0.5))
      var weights = (low..<high).map { max(0, 1 - abs((Double($0) - centre + 0.5) * inverse)) }
      let sum = weights.reduce(0, +)
      if sum != 0 { weights = weights.map { $0 / sum } }
      return Window(start: low, weights: weights.map { Int32($0 * Double(1 << 22) + 0.5) })
    }
  }

  var count: Int { windows.count }

  /// The input pixels from the first to the last one that counts.
  var reads: Range<Int> {
    windows.map(\.start).min()!..<windows.map { $0.start + $0.weights.count }.max()!
  }

  /// Resizes every row: `source` holds pixels `first..<first + present` of rows that are 0 elsewhere.
  func rows(_ source: [UInt8], rows: Int, present: Int, first: Int) -> [UInt8] {
    let width = windows.count
    return [UInt8](unsafeUninitializedCapacity: rows * width * 3) { target, count in
      count = rows * width * 3
      source.withUnsafeBufferPointer { source in
        for (x, window) in windows.enumerated() {
          let (low, high) = Self.overlap(window, first, present)
          for y in 0..<rows {
            let base = (y * present - first) * 3
            var (r, g, b): (Int32, Int32, Int32) = (1 << 21, 1 << 21, 1 << 21)
            for k in low..<high {
              let (w, p) = (window.weights[k - window.start], base + k * 3)
              r += w * Int32(source[p])
              g += w * Int32(source[p + 1])
              b += w * Int32(source[p + 2])
            }
            let p = (y * width + x) * 3
            target[p] = Self.byte(r)
            target[p + 1] = Self.byte(g)
            target[p + 2] = Self.byte(b)
          }
        }
      }
    }
  }

  /// Resizes every column: `source` holds rows `first..<first + present` of a picture that is 0 elsewhere.
  func columns(_ source: [UInt8], width: Int, present: Int, first: Int) -> [UInt8] {
    let row = width * 3
    var sums = [Int32](repeating: 0, count: row)
    return [UInt8](unsafeUninitializedCapacity: windows.count * row) { target, count in
      count = windows.count * row
      source.withUnsafeBufferPointer { source in
        sums.withUnsafeMutableBufferPointer { sums in
          for (y, window) in windows.enumerated() {
            sums.update(repeating: 1 << 21)
            let (low, high) = Self.overlap(window, first, present)
            for k in low..<high {
              let (w, p) = (window.weights[k - window.start], (k - first) * row)
              for i in 0..<row { sums[i] += w * Int32(source[p + i]) }
            }
            for i in 0..<row { target[y * row + i] = Self.byte(sums[i]) }
          }
        }
      }
    }
  }

  private static func overlap(_ window: Window, _ first: Int, _ present: Int) -> (Int, Int) {
    let low = max(window.start, first)
    return (low, max(low, min(window.start + window.weights.count, first + present)))
  }

  @inline(__always) private static func byte(_ sum: Int32) -> UInt8 { UInt8(min(max(sum >> 22, 0), 255)) }
}

extension Picture {
  /// The picture at another size, every source pixel counted when it shrinks.
  public func resized(width: Int, height: Int) -> Picture {
    if width == self.width && height == self.height { return self }
    let wide = Resampling(from: self.width, to: width)
      .rows(pixels, rows: self.height, present: self.width, first: 0)
    let bytes = Resampling(from: self.height, to: height)
      .columns(wide, width: width, present: self.height, first: 0)
    return Picture(width: width, height: height, pixels: bytes)
  }

  /// Some columns and rows of the picture at another size, as they are in the whole of it, which is never made.
  func resized(width: Int, height: Int, columns: [Int], rows: [Int]) -> Picture {
    let down = Resampling(from: self.height, to: height, at: rows)
    let read = down.reads
    let wide = Resampling(from: self.width, to: width, at: columns)
      .rows(
        Array(pixels[read.lowerBound * self.width * 3..<read.upperBound * self.width * 3]), rows: read.count,
        present: self.width, first: 0)
    let bytes = down.columns(wide, width: columns.count, present: read.count, first: read.lowerBound)
    return Picture(width: columns.count, height: rows.count, pixels: bytes)
  }
}

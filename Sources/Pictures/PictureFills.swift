import Tensors

/// Pictures that an occluder can show instead of what it hides.
extension Picture {
  /// The mean colour: red, green and blue, 0…255.
  public var averageColour: [Float] {
    var sums = [0, 0, 0]
    for i in stride(from: 0, to: pixels.count, by: 3) {
      for c in 0..<3 { sums[c] += Int(pixels[i + c]) }
    }
    return sums.map { Float(Double($0) / Double(width * height)) }
  }

  /// The picture out of focus: convolved with a Gaussian, its border continued outwards.
  ///
  /// The Gaussian is that of three box filters of fractional width, whose variance is exact (Gwosdek et al., Theoretical
  /// foundations of Gaussian convolution by extended box filtering, 2011). The time does not depend on the deviation.
  ///
  /// - Parameter deviation: of the Gaussian, in pixels, above 0.
  public func blurred(deviation: Double) -> Picture {
    precondition(deviation > 0 && deviation.isFinite, "a blur of \(deviation) pixels")
    let box = BoxFilter(deviation: deviation, passes: 3)
    var values = pixels.map(Float.init)
    for _ in 0..<3 {
      values = box.filtered(values, lines: height, lineStep: width * 3, count: width, step: 3, lanes: 3)
      values = box.filtered(
        values, lines: 1, lineStep: 0, count: height, step: width * 3, lanes: width * 3)
    }
    return Picture(
      width: width, height: height, pixels: values.map { UInt8(level: $0) })
  }

  /// Noise: every cell has its own colour, each channel of which is equally likely anywhere from 0 to 255.
  ///
  /// - Parameters:
  ///   - cell: the side of a cell in pixels, at least 1.
  ///   - seed: what the colours are drawn from.
  public init(noiseOf seed: UInt64, width: Int, height: Int, cell: Double) {
    precondition(cell >= 1, "cells of \(cell) pixels")
    var random = SeededGenerator(seed: seed)
    func cells(_ length: Int) -> Int { Int(bounded: Double(length - 1) / cell, .down) + 1 }
    let (across, down) = (cells(width), cells(height))
    let colours = (0..<across * down).map { _ in
      let bits = random.next()
      return (UInt8(truncatingIfNeeded: bits >> 40), UInt8(truncatingIfNeeded: bits >> 48), UInt8(bits >> 56))
    }
    var pixels: [UInt8] = []
    pixels.reserveCapacity(width * height * 3)
    for y in 0..<height {
      let row = Int(Double(y) / cell) * across
      for x in 0..<width {
        let (red, green, blue) = colours[row + Int(Double(x) / cell)]
        pixels += [red, green, blue]
      }
    }
    self.init(width: width, height: height, pixels: pixels)
  }

  /// The picture as a pattern over a larger one: once in a square, and mirrored beside it without a seam.
  ///
  /// - Parameter square: where it lies, in pixels of the result; its shorter side fills the square.
  public func tiled(over square: Box, width: Int, height: Int) -> Picture {
    let scale = square.width / Double(min(self.width, self.height))
    func length(_ own: Int) -> Int { max(1, Int(bounded: Double(own) * scale)) }
    let (wide, high) = (length(self.width), length(self.height))
    func places(_ count: Int, _ first: Double, _ length: Int) -> [Int] {
      let start = Int(bounded: first)
      return (0..<count).map { i in
        let place = ((i - start) % (2 * length) + 2 * length) % (2 * length)
        return place < length ? place : 2 * length - 1 - place
      }
    }
    let (across, down) = (places(width, square.x, wide), places(height, square.y, high))
    // No more of the pattern is made than is seen: about a large box it is huge.
    let (columns, rows) = (Set(across).sorted(), Set(down).sorted())
    let tile = resized(width: wide, height: high, columns: columns, rows: rows)
    let column = Dictionary(uniqueKeysWithValues: zip(columns, columns.indices))
    let row = Dictionary(uniqueKeysWithValues: zip(rows, rows.indices))
    let (fromColumns, fromRows) = (across.map { column[$0]! }, down.map { row[$0]! })
    var pixels: [UInt8] = []
    pixels.reserveCapacity(width * height * 3)
    for row in fromRows {
      for column in fromColumns {
        let from = (row * tile.width + column) * 3
        pixels += tile.pixels[from..<from + 3]
      }
    }
    return Picture(width: width, height: height, pixels: pixels)
  }

  /// The picture in another size, as large as it must be to fill it, its middle kept.
  public func covering(width: Int, height: Int) -> Picture {
    if (width, height) == (self.width, self.height) { return self }
    let scale = max(Double(width) / Double(self.width), Double(height) / Double(self.height))
    let wide = max(width, Int(bounded: Double(self.width) * scale))
    let high = max(height, Int(bounded: Double(self.height) * scale))
    let (left, top) = ((wide - width) / 2, (high - height) / 2)
    // Of a strip the whole would be huge.
    return resized(
      width: wide, height: high, columns: Array(left..<left + width), rows: Array(top..<top + height))
  }
}

/// A mean over a whole number of samples and a part of one more at either end.
private struct BoxFilter {
  /// Samples on either side that count wholly.
  private let reach: Int
  /// How much of the next one counts.
  private let share: Float

  /// A filter which, applied so many times, has the variance of a Gaussian.
  init(deviation: Double, passes: Int) {
    let variance = deviation * deviation / Double(passes)
    let whole = (((12 * variance + 1).squareRoot() - 1) / 2).rounded(.down)
    reach = Int(bounded: whole)
    share = Float(
      (2 * whole + 1) * (whole * (whole + 1) - 3 * variance)
        / (6 * (variance - (whole + 1) * (whole + 1))))
  }

  /// Lines of `count` samples, `step` numbers apart, each sample `lanes` numbers, filtered along the line.
  func filtered(
    _ values: [Float], lines: Int, lineStep: Int, count: Int, step: Int, lanes: Int
  ) -> [Float] {
    let factor = 1 / (Float(2 * reach + 1) + 2 * share)
    return [Float](unsafeUninitializedCapacity: values.count) { result, initialised in
      values.withUnsafeBufferPointer { values in
        // Sums run over many samples: whole bytes stay exact in floats of 64 bits, and so nearly do their means.
        var sums = [Double](repeating: 0, count: lanes)
        // Beyond the border its sample counts as often as it is repeated.
        let inner = min(reach, count - 1), repeats = Double(reach - inner)
        for line in 0..<lines {
          func start(_ index: Int) -> Int { line * lineStep + min(max(index, 0), count - 1) * step }
          for lane in 0..<lanes {
            let inside = (-inner...inner).reduce(0.0) { $0 + Double(values[start($1) + lane]) }
            sums[lane] =
              inside + repeats * (Double(values[start(0) + lane]) + Double(values[start(count - 1) + lane]))
          }
          for index in 0..<count {
            let (to, before, after) = (start(index), start(index - reach - 1), start(index + reach + 1))
            let leaving = start(index - reach)
            for lane in 0..<lanes {
              let ends = values[before + lane] + values[after + lane]
              result.initializeElement(
                at: to + lane, to: factor * (Float(sums[lane]) + share * ends))
              sums[lane] += Double(values[after + lane]) - Double(values[leaving + lane])
            }
          }
        }
      }
      initialised = values.count
    }
  }
}

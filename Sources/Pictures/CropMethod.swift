import Foundation
public import Tensors

/// How the square around a person is brought to the side of a network's crop.
///
/// The published codes differ by a level or two in most pixels, which a network does notice.
public enum CropMethod: String, Codable, Sendable, CaseIterable {
  /// As SPIN cuts for everything: stretched to the whole range of bytes, resized as Pillow does.
  case spin
  /// As PARE cuts for evaluation: smoothed against aliasing, interpolated, left in floats.
  case pare
  /// As PARE's demo cuts: interpolated from the four pixels around, nothing smoothed.
  case demo
  /// As MediaPipe cuts for BlazePose: a square a quarter larger than the box, interpolated from the four pixels around,
  /// nothing smoothed.
  case blazePose = "blazepose"

  /// How much larger than the box the crop is.
  public var margin: Double { self == .blazePose ? 1.25 : 1 }
}

extension Picture {
  /// What a network sees of a box, or of a picture that is a crop already: `[side, side, 3]`, normalised.
  ///
  /// Without a box a picture of the side passes unchanged; any other is cut to its largest square.
  ///
  /// - Parameter other: the picture that this one, of the same size, is seen in through an occluder: it is cut just as that.
  /// - Throws: `PictureError` where the box misses the picture or has no extent.
  public func networkInput(
    around box: Box?, side: Int, by method: CropMethod, like other: Picture? = nil
  ) throws(PictureError) -> Tensor {
    if box == nil, width == side, height == side { return normalised() }
    let box = try partWanted(around: box, side: side, by: method)
    return switch method {
    case .spin: try crop(around: box, side: side, stretchedLike: other).normalised()
    case .pare: Self.normalised(try smoothCrop(around: box, side: side))
    case .demo: Self.normalised(try warpedCrop(around: box, side: side))
    case .blazePose: Self.normalised(try interpolatedCrop(around: box, side: side))
    }
  }

  /// The crop of PARE's evaluation, `[side, side, 3]` in 0…255.
  ///
  /// Kocabas et al. 2021, published code.
  ///
  /// What is outside the picture is black. Shrinking by a factor f, a Gaussian of (f − 1) / 2 pixels comes
  /// before linear interpolation, and borders are mirrored, as in `skimage.transform.resize`.
  /// - Throws: `PictureError` where the box misses the picture or has no extent.
  public func smoothCrop(around box: Box, side: Int) throws(PictureError) -> Tensor {
    let (columns, rows) = try cutOut(box, side: side)
    guard rows.count * columns.count <= 1 << 26 else {
      throw .badBox(box, "is larger than 8192 × 8192 pixels, the limit for smoothing in this crop")
    }
    var patch = [Double](repeating: 0, count: rows.count * columns.count * 3)
    for y in rows.clamped(to: 0..<height) {
      for x in columns.clamped(to: 0..<width) {
        let to = ((y - rows.lowerBound) * columns.count + x - columns.lowerBound) * 3
        for c in 0..<3 { patch[to + c] = Double(pixels[(y * width + x) * 3 + c]) }
      }
    }
    // Rows first, as one long run of samples a row apart; then columns.
    let across = columns.count * 3
    let low = Self.shrunk(patch, count: rows.count, to: side, step: across, lines: across, lineStep: 1)
    var result = [Float](repeating: 0, count: side * side * 3)
    for c in 0..<3 {
      let channel = stride(from: c, to: low.count, by: 3).map { low[$0] }
      let small = Self.shrunk(
        channel, count: columns.count, to: side, step: 1, lines: side, lineStep: columns.count)
      for y in 0..<side {
        for x in 0..<side { result[(y * side + x) * 3 + c] = Float(small[x * side + y]) }
      }
    }
    return Tensor([side, side, 3], result)
  }

  /// Every line of `count` samples, `step` apart, smoothed and brought to `side` samples.
  ///
  /// The result holds sample after sample, each with all lines.
  private static func shrunk(
    _ source: [Double], count: Int, to side: Int, step: Int, lines: Int, lineStep: Int
  ) -> [Double] {
    let ratio = Double(count) / Double(side)
    let deviation = max(0, (ratio - 1) / 2)
    func mirrored(_ index: Int) -> Int {
      guard count > 1 else { return 0 }
      let period = 2 * (count - 1)
      let place = ((index % period) + period) % period
      return min(place, period - place)
    }
    let radius = deviation > 0 ? Int(4 * deviation + 0.5) : 0
    var kernel = (-radius...radius).map { deviation > 0 ? exp(-0.5 * pow(Double($0) / deviation, 2)) : 1 }
    let sum = kernel.reduce(0, +)
    kernel = kernel.map { $0 / sum }
    var result = [Double](repeating: 0, count: side * lines)
    for i in 0..<side {
      let place = (Double(i) + 0.5) * ratio - 0.5
      let before = Int(bounded: place, .down)
      let share = place - Double(before)
      for (index, weight) in [(before, 1 - share), (before + 1, share)] where weight > 0 {
        for (k, factor) in kernel.enumerated() {
          let from = mirrored(mirrored(index) + k - radius) * step
          let weight = weight * factor
          for line in 0..<lines { result[i * lines + line] += weight * source[from + line * lineStep] }
        }
      }
    }
    return result
  }

  /// The crop of PARE's demo, `[side, side, 3]` in whole numbers 0…255.
  ///
  /// Kocabas et al. 2021, published code.
  ///
  /// An affine map with pixel centres on whole numbers; bilinear, black outside the picture, as OpenCV's
  /// `warpAffine`.
  /// - Throws: `PictureError` where the box misses the picture or has no extent.
  public func warpedCrop(around box: Box, side: Int) throws(PictureError) -> Tensor {
    _ = try cutOut(box, side: side)
    let scale = max(box.width, box.height) / Double(side)
    func places(_ centre: Double) -> [(Int, Double)] {
      (0..<side).map { i in
        let place = (Double(i) - Double(side) / 2) * scale + centre
        return (Int(bounded: place, .down), place - place.rounded(.down))
      }
    }
    let columns = places(box.x + box.width / 2)
    var result = [Float](repeating: 0, count: side * side * 3)
    for (y, (row, down)) in places(box.y + box.height / 2).enumerated() {
      for (x, (column, right)) in columns.enumerated() {
        for c in 0..<3 {
          func value(_ x: Int, _ y: Int) -> Double {
            x >= 0 && x < width && y >= 0 && y < height ? Double(pixels[(y * width + x) * 3 + c]) : 0
          }
          let above = value(column, row) * (1 - right) + value(column + 1, row) * right
          let below = value(column, row + 1) * (1 - right) + value(column + 1, row + 1) * right
          result[(y * side + x) * 3 + c] = Float((above * (1 - down) + below * down).rounded())
        }
      }
    }
    return Tensor([side, side, 3], result)
  }

  /// The square around a box, `[side, side, 3]` in 0…255, as MediaPipe cuts for BlazePose.
  ///
  /// Bilinear with pixel centres half a pixel from the corner, black outside the picture.
  /// - Throws: `PictureError` where the box misses the picture or has no extent.
  public func interpolatedCrop(around box: Box, side: Int) throws(PictureError) -> Tensor {
    _ = try cutOut(box, side: side)
    let extent = max(box.width, box.height)
    func places(_ centre: Double) -> [(before: Int, share: Float)] {
      (0..<side).map { i in
        let place = centre + ((Double(i) + 0.5) / Double(side) - 0.5) * extent - 0.5
        return (Int(bounded: place, .down), Float(place - place.rounded(.down)))
      }
    }
    let (columns, rows) = (places(box.x + box.width / 2), places(box.y + box.height / 2))
    var result = [Float](repeating: 0, count: side * side * 3)
    for (y, row) in rows.enumerated() {
      for (x, column) in columns.enumerated() {
        for (dy, down) in [(0, 1 - row.share), (1, row.share)] where (0..<height).contains(row.before + dy) {
          for (dx, right) in [(0, 1 - column.share), (1, column.share)]
          where (0..<width).contains(column.before + dx) {
            let from = ((row.before + dy) * width + column.before + dx) * 3
            for c in 0..<3 { result[(y * side + x) * 3 + c] += down * right * Float(pixels[from + c]) }
          }
        }
      }
    }
    return Tensor([side, side, 3], result)
  }

  private static func normalised(_ colours: Tensor) -> Tensor {
    var result = colours
    result.withMutableElements { values in
      for i in values.indices {
        values[i] = (values[i] / 255 - meanColour[i % 3]) / colourDeviation[i % 3]
      }
    }
    return result
  }
}

extension Picture {
  /// The part of the picture that a crop shows, in its pixels; it may reach beyond the picture.
  ///
  /// - Throws: `PictureError` where the box misses the picture or has no extent.
  public func partCut(around box: Box?, side: Int, by method: CropMethod) throws(PictureError) -> Box {
    if box == nil, width == side, height == side {
      return Box(x: 0, y: 0, width: Double(side), height: Double(side))
    }
    let box = try partWanted(around: box, side: side, by: method)
    let (columns, rows) = try cutOut(box, side: side)
    guard method == .demo || method == .blazePose else {
      return Box(
        x: Double(columns.lowerBound), y: Double(rows.lowerBound), width: Double(columns.count),
        height: Double(rows.count))
    }
    // Pixel centres of the crop are on whole numbers of the picture, half a pixel from its corner.
    let extent = max(box.width, box.height)
    let scale = method == .blazePose ? 1 : extent / Double(side)
    return Box(
      x: box.x + (box.width - extent) / 2 + (1 - scale) / 2,
      y: box.y + (box.height - extent) / 2 + (1 - scale) / 2,
      width: extent, height: extent)
  }

  /// A box with the method's margin; a picture without a box is a crop already and has its margin.
  private func partWanted(
    around box: Box?, side: Int, by method: CropMethod
  ) throws(PictureError) -> Box {
    guard let box else { return Box(wholeOf: self) }
    // Errors are about the box that was given, and no method takes one that others refuse.
    _ = try cutOut(box, side: side)
    return box.enlarged(by: method.margin)
  }
}

extension Picture {
  /// The square crop that the baseline network sees, bit for bit as its published code cuts it.
  ///
  /// The box grows to a square of its longer side around its centre; what is outside the picture is black.
  /// The cut-out is stretched to the whole range of bytes (as `scipy.misc.imresize` does) and resized as Pillow
  /// does (SPIN, Kolotouros et al. 2019, published code).
  ///
  /// - Parameter other: a picture of the same size, whose stretch is used instead of its own: what an occluder shows keeps
  ///   its colours beside those of the crop.
  /// - Throws: `PictureError` where the box misses the picture or has no extent.
  public func crop(
    around box: Box, side: Int, stretchedLike other: Picture? = nil
  ) throws(PictureError) -> Picture {
    let (columns, rows) = try cutOut(box, side: side)
    let inside = (
      columns: columns.clamped(to: 0..<width), rows: rows.clamped(to: 0..<height)
    )
    var patch = bytes(inside.columns, inside.rows)
    // Black is the least value there is, so what is padded stays 0 under the stretch and need not be stored.
    let isPadded = inside.columns != columns || inside.rows != rows
    let range = Self.range(of: other?.bytes(inside.columns, inside.rows) ?? patch, withBlack: isPadded)
    Self.stretch(&patch, from: range)
    let wide = Resampling(from: columns.count, to: side).rows(
      patch, rows: inside.rows.count, present: inside.columns.count,
      first: inside.columns.lowerBound - columns.lowerBound)
    let bytes = Resampling(from: rows.count, to: side).columns(
      wide, width: side, present: inside.rows.count, first: inside.rows.lowerBound - rows.lowerBound)
    return Picture(width: side, height: side, pixels: bytes)
  }

  /// The bytes of columns and rows, row by row.
  private func bytes(_ columns: Range<Int>, _ rows: Range<Int>) -> [UInt8] {
    var patch: [UInt8] = []
    patch.reserveCapacity(rows.count * columns.count * 3)
    for y in rows {
      let row = y * width
      patch += pixels[(row + columns.lowerBound) * 3..<(row + columns.upperBound) * 3]
    }
    return patch
  }

  /// The crop of a picture that is a crop already: unchanged if it has the side, else its largest square.
  ///
  /// - Parameter other: as for ``crop(around:side:stretchedLike:)``.
  /// - Throws: `PictureError` where the picture is too small.
  public func cropAsIs(side: Int, stretchedLike other: Picture? = nil) throws(PictureError) -> Picture {
    if width == side && height == side { return self }
    return try crop(around: Box(wholeOf: self), side: side, stretchedLike: other)
  }

  /// The least width or height that a crop is cut from.
  private static let shortestSide = 8

  /// Refuses a box whose numbers make no sense: no crop, fill or frame can be made of it.
  ///
  /// - Throws: `PictureError` that names the box, not the picture.
  public func check(_ box: Box) throws(PictureError) {
    guard [box.x, box.y, box.width, box.height].allSatisfy(\.isFinite), box.width > 0, box.height > 0 else {
      throw .badBox(box, "needs a width and a height above 0")
    }
    let extent = max(box.width, box.height)
    guard extent <= 1e6, abs(box.x) <= 1e6, abs(box.y) <= 1e6 else {
      throw .badBox(box, "is outside the picture of \(width) × \(height) pixels")
    }
    // Much less would leave what numbers can hold.
    guard extent >= 0.01 else { throw .badBox(box, "is smaller than a pixel") }
  }

  /// The columns and rows that a box covers, in the published order of double operations; some are in the picture.
  func cutOut(_ box: Box, side: Int) throws(PictureError) -> (columns: Range<Int>, rows: Range<Int>) {
    precondition(side > 0, "a crop of side \(side)")
    guard max(width, height) >= Self.shortestSide else {
      throw PictureError(
        .absurdSize, "picture", "has only \(width) × \(height) pixels, too few for a person")
    }
    try check(box)
    let scale = max(box.width, box.height) / 200
    let extent = 200 * scale
    func range(_ centre: Double) -> Range<Int> {
      let a = Double(side) / extent
      let o = Double(side) * (-centre / extent + 0.5)
      let i = 1 / a
      let low = Int(0 * i + (-o * i))
      return low..<max(low, Int(Double(side) * i + (-o * i)))
    }
    let columns = range(box.x + box.width / 2)
    let rows = range(box.y + box.height / 2)
    guard !columns.isEmpty, !rows.isEmpty else { throw .badBox(box, "is smaller than a pixel") }
    guard columns.overlaps(0..<width), rows.overlaps(0..<height) else {
      throw .badBox(box, "is outside the picture of \(width) × \(height) pixels")
    }
    return (columns, rows)
  }

  /// The least and the greatest byte; `withBlack` counts a 0 that is not stored.
  private static func range(of bytes: [UInt8], withBlack: Bool) -> (low: UInt8, high: UInt8) {
    var low: UInt8 = withBlack ? 0 : 255
    var high: UInt8 = 0
    for byte in bytes {
      low = min(low, byte)
      high = max(high, byte)
    }
    return (low, high)
  }

  /// Stretches bytes from a range to 0…255 as `scipy.misc.bytescale` does.
  private static func stretch(_ bytes: inout [UInt8], from range: (low: UInt8, high: UInt8)) {
    let (low, high) = range
    if low == 0 && high == 255 { return }
    let span = Double(high) - Double(low)
    let factor = 255 / (span == 0 ? 1 : span)
    let table = (0...255).map { UInt8(min(max((Double($0) - Double(low)) * factor, 0), 255) + 0.5) }
    for i in bytes.indices { bytes[i] = table[Int(bytes[i])] }
  }
}

extension PictureError {
  static func badBox(_ box: Box, _ sentence: String) -> PictureError {
    let numbers = [box.x, box.y, box.width, box.height].map {
      $0 == $0.rounded() && abs($0) < 1e15 ? "\(Int($0))" : "\($0)"
    }
    return PictureError(.badBox, "box " + numbers.joined(separator: ","), sentence)
  }
}

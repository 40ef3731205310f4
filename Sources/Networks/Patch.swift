public import Tensors

/// What covers a rectangle of a network's crop: one value, or pixels that may let some of the crop through.
///
///     let gray = Patch(rows: 0..<40, columns: 12..<52, content: .value(0))
///     let occluded = gray.pasted(on: crop)
///
/// Values are in the normalised space of the crop, `[side, side, 3]`. A patch with a coverage gives
/// `coverage · pixel + (1 − coverage) · crop`; one without overwrites the crop.
public struct Patch: Sendable {
  /// What the patch shows.
  public enum Content: Sendable {
    /// One value in every channel of every pixel.
    case value(Float)
    /// Pixels `[h, w, 3]` of the window before the border of the crop clips it, and their coverage from 0 to 1,
    /// `[h, w]`; nil covers all.
    case pixels(Tensor, coverage: Tensor?)
    /// What the whole crop becomes where it is covered, `[side, side, 3]`: it stays where it is when the window moves. Its
    /// coverage is that of the window before it is clipped, as above.
    case whole(Tensor, coverage: Tensor?)

    /// How much of every pixel of the window is covered, `[h, w]`; nil covers all.
    var coverage: Tensor? {
      switch self {
      case .value: nil
      case .pixels(_, let coverage), .whole(_, let coverage): coverage
      }
    }
  }

  /// The rows and columns of the crop that are covered, after clipping.
  public let rows: Range<Int>, columns: Range<Int>
  /// What the patch shows.
  public let content: Content
  /// Where the upper left pixel of the content is in the crop; it may be outside.
  public let top: Int, left: Int

  /// A patch over rows and columns of a crop.
  ///
  /// - Parameters:
  ///   - top: the row of the content's first pixel; nil is that of `rows`.
  ///   - left: the column of the content's first pixel; nil is that of `columns`.
  public init(rows: Range<Int>, columns: Range<Int>, content: Content, top: Int? = nil, left: Int? = nil) {
    (self.rows, self.columns, self.content) = (rows, columns, content)
    (self.top, self.left) = (top ?? rows.lowerBound, left ?? columns.lowerBound)
    let coverage = content.coverage
    let (pixels, first): (Tensor, (row: Int, column: Int))
    switch content {
    case .value: return
    case .pixels(let own, _):
      (pixels, first) = (own, (self.top, self.left))
      precondition(
        coverage.map { $0.shape == Array(own.shape.prefix(2)) } ?? true,
        "a coverage of shape \(coverage?.shape ?? []) for pixels \(own.shape)")
    case .whole(let all, _): (pixels, first) = (all, (0, 0))
    }
    precondition(pixels.shape.count == 3 && pixels.shape[2] == 3, "\(pixels.shape) are not pixels [h, w, 3]")
    precondition(coverage.map { $0.shape.count == 2 } ?? true, "a coverage that is no [h, w]")
    guard !rows.isEmpty, !columns.isEmpty else { return }
    func precheck(_ shape: [Int], at top: Int, _ left: Int, _ what: String) {
      precondition(
        top <= rows.lowerBound && rows.upperBound <= top + shape[0]
          && left <= columns.lowerBound && columns.upperBound <= left + shape[1],
        "rows \(rows) and columns \(columns) are not within \(what) \(shape) at \(top), \(left)")
    }
    precheck(pixels.shape, at: first.row, first.column, "pixels")
    if let coverage { precheck(coverage.shape, at: self.top, self.left, "coverage") }
  }

  /// Pastes the part of the patch that is in an area of the crop.
  ///
  /// - Parameters:
  ///   - area: the pixels of the area, `[rows, width, 3]`.
  ///   - top: the row of the crop that is the area's first.
  ///   - left: the column of the crop that is the area's first.
  public func paste(into area: UnsafeMutableBufferPointer<Float>, width: Int, top: Int, left: Int) {
    let columns = columns.clamped(to: left..<left + width)
    let rows = rows.clamped(to: top..<top + (width > 0 ? area.count / (width * 3) : 0))
    guard !rows.isEmpty, !columns.isEmpty else { return }
    func line(_ row: Int) -> UnsafeMutableBufferPointer<Float> {
      let start = ((row - top) * width + columns.lowerBound - left) * 3
      return UnsafeMutableBufferPointer(rebasing: area[start..<start + columns.count * 3])
    }
    switch content {
    case .value(let value):
      for row in rows { line(row).update(repeating: value) }
    case .pixels(let pixels, let coverage):
      draw(pixels, at: (self.top, self.left), coverage, rows, columns, line)
    case .whole(let pixels, let coverage): draw(pixels, at: (0, 0), coverage, rows, columns, line)
    }
  }

  /// Draws rows and columns of the crop from pixels, the first of which is at a row and column.
  private func draw(
    _ pixels: Tensor, at origin: (row: Int, column: Int), _ coverage: Tensor?, _ rows: Range<Int>,
    _ columns: Range<Int>, _ line: (Int) -> UnsafeMutableBufferPointer<Float>
  ) {
    let width = pixels.shape[1]
    pixels.withElements { pixels in
      for row in rows {
        let first = (row - origin.row) * width + columns.lowerBound - origin.column
        let source = UnsafeBufferPointer(rebasing: pixels[first * 3..<(first + columns.count) * 3])
        if let coverage {
          let share = (row - top) * coverage.shape[1] + columns.lowerBound - left
          coverage.withElements { Self.blend(source, by: $0[share...], into: line(row)) }
        } else {
          _ = line(row).update(fromContentsOf: source)
        }
      }
    }
  }

  private static func blend(
    _ pixels: UnsafeBufferPointer<Float>, by coverage: some Sequence<Float>,
    into line: UnsafeMutableBufferPointer<Float>
  ) {
    for (index, share) in zip(stride(from: 0, to: pixels.count, by: 3), coverage) {
      for i in index..<index + 3 { line[i] = share * pixels[i] + (1 - share) * line[i] }
    }
  }

  /// A crop `[side, side, 3]` with the patch on it.
  public func pasted(on crop: Tensor) -> Tensor {
    var crop = crop
    let width = crop.shape[1]
    crop.withMutableElements { paste(into: $0, width: width, top: 0, left: 0) }
    return crop
  }
}

extension Collection<Patch> {
  /// A crop `[side, side, 3]` with each of the patches in turn, `[N, side, side, 3]`.
  public func pasted(on crop: Tensor) -> Tensor {
    var crops = Tensor(stacking: map { _ in crop.reshaped([1] + crop.shape) })
    let (width, size) = (crop.shape[1], crop.count)
    crops.withMutableElements { pixels in
      for (index, patch) in enumerated() {
        let start = index * size
        patch.paste(
          into: UnsafeMutableBufferPointer(rebasing: pixels[start..<start + size]), width: width, top: 0,
          left: 0)
      }
    }
    return crops
  }
}

/// The windows that patches may cover: those of a grid, or any list of them.
///
/// A position is a pair of numbers, one of `rows` and one of `columns`.
public struct PatchWindows: Sendable {
  /// The rows of the crop that a window may cover.
  public let rows: [Range<Int>]
  /// The columns of the crop that a window may cover.
  public let columns: [Range<Int>]
  /// The numbers of rows and columns of every window, in order; those of a grid in row-major order.
  public let positions: [(row: Int, column: Int)]

  /// Every range of rows with every range of columns.
  public init(rows: [Range<Int>], columns: [Range<Int>]) {
    (self.rows, self.columns) = (rows, columns)
    positions = rows.indices.flatMap { row in columns.indices.map { (row, $0) } }
  }

  /// Windows of their own rows and columns each.
  public init(_ windows: [(rows: Range<Int>, columns: Range<Int>)]) {
    func numbered(_ ranges: [Range<Int>]) -> (unique: [Range<Int>], numbers: [Int]) {
      var (unique, known): ([Range<Int>], [Range<Int>: Int]) = ([], [:])
      let numbers = ranges.map { range in
        if let number = known[range] { return number }
        known[range] = unique.count
        unique.append(range)
        return unique.count - 1
      }
      return (unique, numbers)
    }
    let (rows, columns) = (numbered(windows.map(\.rows)), numbered(windows.map(\.columns)))
    (self.rows, self.columns) = (rows.unique, columns.unique)
    positions = zip(rows.numbers, columns.numbers).map { ($0, $1) }
  }

  /// A patch of one value over the window of a position.
  public func patch(_ position: (row: Int, column: Int), value: Float) -> Patch {
    Patch(rows: rows[position.row], columns: columns[position.column], content: .value(value))
  }
}

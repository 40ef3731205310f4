import Tensors

/// The pixels that the occluder covers along one axis of a frame, and where its centre is.
public struct Span: Hashable, Sendable {
  /// The covered pixels, clipped to the frame; never empty.
  public let pixels: Range<Int>
  /// The centre in pixels from the frame's edge; the first pixel reaches from 0 to 1.
  ///
  /// An occluder of the centred grid keeps its centre when the border clips it; a clipped window of the corner grid has
  /// the centre of what is left of it.
  public let centre: Float
  /// Where the occluder begins before it is clipped.
  public let start: Int

  /// A span of the given parts.
  public init(pixels: Range<Int>, centre: Float, start: Int) {
    precondition(!pixels.isEmpty, "a span of no pixels")
    (self.pixels, self.centre, self.start) = (pixels, centre, start)
  }
}

/// A window of a frame that the occluder covers.
public struct Window: Hashable, Sendable {
  /// The covered pixels down and across.
  public let y: Span, x: Span

  /// A window of two spans.
  public init(y: Span, x: Span) { (self.y, self.x) = (y, x) }
}

/// The positions of the occluder in one network's frame: every row with every column, or a list, in row-major order.
public struct PositionGrid: Hashable, Sendable {
  /// One position.
  public struct Position: Hashable, Sendable {
    /// Where it is in the map.
    public let row: Int, column: Int
    /// What the occluder covers.
    public let window: Window
    /// The covered pixels down and across.
    public var y: Span { window.y }
    /// The covered pixels across.
    public var x: Span { window.x }
  }

  /// The spans down the frame; one without meaning where positions are a list.
  public let rows: [Span]
  /// The spans across the frame; as many as positions where these are a list.
  public let columns: [Span]
  /// The windows where positions are a list and no grid.
  public let list: [Window]?

  /// Every row with every column.
  public init(rows: [Span], columns: [Span]) { (self.rows, self.columns, list) = (rows, columns, nil) }

  /// A list of windows, one row of a map.
  public init(list: [Window]) {
    precondition(!list.isEmpty, "a list of no positions")
    (rows, columns, self.list) = ([list[0].y], list.map(\.x), list)
  }

  /// The number of positions.
  public var count: Int { rows.count * columns.count }
  /// Rows and columns.
  public var shape: [Int] { [rows.count, columns.count] }

  /// The position of an index in row-major order.
  public subscript(_ index: Int) -> Position {
    let (row, column) = index.quotientAndRemainder(dividingBy: columns.count)
    return Position(
      row: row, column: column, window: list?[index] ?? Window(y: rows[row], x: columns[column]))
  }
}

/// Where the occluder goes: a grid over the frame or over a region of the picture, or a list of centres.
///
/// The stride is given in pixels of a box of 224, as sizes are.
public struct PositionRule: Codable, Hashable, Sendable {
  /// How positions follow from the stride.
  public enum Kind: String, Codable, CaseIterable, Sendable {
    /// The occluder is centred on every stride-th pixel, starting with the first, and clipped at the border.
    ///
    /// A stride of one pixel gives one value per pixel, and a coarser map is a subset of that one.
    case centred
    /// Windows start at the upper left corner and the last one is clipped, as in PARE's published script; one that would
    /// start beyond the frame is left out. Records of version 0.1.0 call it `script`.
    case corner
    /// Centres lie in the picture, on a grid over the square about the person's box, so that they are the same for networks
    /// that see different parts of it. In a crop of the box they are those of the centred grid.
    case picture

    /// Reads the name or that of version 0.1.0.
    public init(from decoder: any Decoder) throws {
      let name = try decoder.singleValueContainer().decode(String.self)
      guard let kind = Kind(name: name) else {
        throw DecodingError.dataCorrupted(
          .init(codingPath: decoder.codingPath, debugDescription: "no kind of grid"))
      }
      self = kind
    }

    /// The kind of a name.
    public init?(name: String) { self.init(rawValue: name == "script" ? "corner" : name) }
  }

  /// How positions follow from the stride.
  public var kind: Kind
  /// The distance between positions in pixels of a box of 224.
  public var stride: Int
  /// The part of the picture that centres are in, x, y, width, height in its pixels; nil is the whole frame.
  public var region: [Double]?
  /// Centres in pixels of the picture, x and y each, instead of a grid.
  public var list: [[Double]]?
  /// The square about the person's box, x, y, side in pixels of the picture; only where the grid lies in the picture.
  public var square: [Double]?

  /// A rule; unless given otherwise a centred grid with a position every four pixels.
  public init(
    _ kind: Kind = .centred, stride: Int = 4, region: [Double]? = nil, list: [[Double]]? = nil
  ) {
    precondition(stride > 0, "a stride of \(stride) pixels")
    (self.kind, self.stride, self.region, self.list) = (kind, stride, region, list)
  }

  /// The distance between positions in pixels of a frame.
  public func stride(in frame: PictureFrame) -> Int { Occlusion.scaled(stride, to: frame) }

  /// The longest side of an occluder in pixels of a frame: twice that of the largest frame of a record.
  private static let longestExtent = 4096

  /// The positions of an occlusion in a frame; nil where the region or the list is outside of it, or the occluder far larger
  /// than any frame.
  public func positions(of occlusion: Occlusion, in frame: PictureFrame) -> PositionGrid? {
    let extent = occlusion.extent(in: frame)
    // Frames of files may say any share of the box.
    guard max(extent.height, extent.width) <= Self.longestExtent else { return nil }
    if let list {
      let windows = list.compactMap { centre -> Window? in
        let y = (centre[1] - frame.y) / frame.height * Double(frame.side)
        let x = (centre[0] - frame.x) / frame.width * Double(frame.side)
        guard let y = Self.span(about: y, extent.height, frame.side),
          let x = Self.span(about: x, extent.width, frame.side)
        else { return nil }
        return Window(y: y, x: x)
      }
      return windows.isEmpty ? nil : PositionGrid(list: windows)
    }
    var rows = spans(of: extent.height, in: frame, isDown: true)
    var columns = spans(of: extent.width, in: frame, isDown: false)
    if let region {
      // No ranges: a region of a file may have any extent.
      func isInside(_ value: Double, _ start: Double, _ length: Double) -> Bool {
        value >= start && value < start + length
      }
      rows = rows.filter { isInside(frame.pictureY($0.centre), region[1], region[3]) }
      columns = columns.filter { isInside(frame.pictureX($0.centre), region[0], region[2]) }
    }
    return rows.isEmpty || columns.isEmpty ? nil : PositionGrid(rows: rows, columns: columns)
  }

  private func spans(of size: Int, in frame: PictureFrame, isDown: Bool) -> [Span] {
    let (side, step) = (frame.side, stride(in: frame))
    switch kind {
    case .centred:
      // An odd occluder is centred on the middle of its pixel, an even one on the pixel's upper left corner.
      return Swift.stride(from: 0, to: side, by: step).map { pixel in
        let start = pixel - size / 2
        return Span(
          pixels: max(0, start)..<min(side, start + size), centre: Float(start) + Float(size) / 2,
          start: start)
      }
    case .picture:
      let start = isDown ? frame.y : frame.x, length = isDown ? frame.height : frame.width
      let square = square ?? [frame.x, frame.y, frame.width]
      let first = square[isDown ? 1 : 0], reference = Double(Occlusion.referenceSide)
      return Swift.stride(from: 0, to: Occlusion.referenceSide, by: self.stride).map { place in
        let centre = (first + Double(place) / reference * square[2] - start) / length * Double(side)
        // Halves up, whichever way the last digits fall; at least a pixel is in the frame, wherever its border is.
        let begin = min(
          max((centre - Double(size) / 2 + 0.5 + 1e-6).rounded(.down), Double(1 - size)), Double(side - 1))
        return Span(
          pixels: max(0, Int(begin))..<min(side, Int(begin) + size), centre: Float(begin) + Float(size) / 2,
          start: Int(begin))
      }
    case .corner:
      // An occluder larger than the frame has one position.
      let count = max(1, min((side - size + step - 1) / step + 1, (side - 1) / step + 1))
      return (0..<count).map { index in
        let pixels = index * step..<min(side, index * step + size)
        return Span(
          pixels: pixels, centre: Float(pixels.lowerBound + pixels.upperBound) / 2, start: pixels.lowerBound)
      }
    }
  }

  /// The span whose centre is nearest to a coordinate; nil where none of it is in the frame.
  private static func span(about centre: Double, _ size: Int, _ side: Int) -> Span? {
    guard centre.isFinite, abs(centre) < 1e6 else { return nil }
    let start = Int(bounded: centre - Double(size) / 2)
    let (first, end) = (max(0, start), min(side, start + size))
    // Beyond any edge the bounds are no range.
    guard first < end else { return nil }
    return Span(pixels: first..<end, centre: Float(start) + Float(size) / 2, start: start)
  }
}

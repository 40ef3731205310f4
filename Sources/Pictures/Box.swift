/// A rectangle in pixels of a picture, its corner at the top left.
public struct Box: Sendable, Equatable {
  /// The left edge.
  public var x: Double
  /// The upper edge.
  public var y: Double
  /// The extent to the right.
  public var width: Double
  /// The extent downward.
  public var height: Double

  /// A box from its corner and extent.
  public init(x: Double, y: Double, width: Double, height: Double) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }

  /// The square about its middle whose side is the longer of its two.
  public var square: Box {
    let side = max(width, height)
    return Box(x: x + (width - side) / 2, y: y + (height - side) / 2, width: side, height: side)
  }

  /// The box about the same middle, so many times as large.
  public func enlarged(by factor: Double) -> Box {
    Box(
      x: x + width * (1 - factor) / 2, y: y + height * (1 - factor) / 2, width: width * factor,
      height: height * factor)
  }

  /// The square that SPIN takes for a picture without a box: centre (W // 2, H // 2), side max(W, H).
  public init(wholeOf picture: Picture) {
    let side = Double(max(picture.width, picture.height))
    self.init(
      x: Double(picture.width / 2) - side / 2, y: Double(picture.height / 2) - side / 2, width: side,
      height: side)
  }
}

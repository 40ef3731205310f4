/// An upright rectangle on a canvas, in points, y downward.
public struct Rect: Sendable, Equatable {
  /// The left edge.
  public var x: Double
  /// The upper edge.
  public var y: Double
  /// The extent to the right.
  public var width: Double
  /// The extent downward.
  public var height: Double

  /// A rectangle from its corner and extent.
  public init(_ x: Double, _ y: Double, _ width: Double, _ height: Double) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }

  var maxX: Double { x + width }
  var maxY: Double { y + height }
  var midX: Double { x + width / 2 }
  var midY: Double { y + height / 2 }

  func inset(_ d: Double) -> Rect { Rect(x + d, y + d, width - 2 * d, height - 2 * d) }

  /// What is left when the upper edge moves down.
  func dropping(_ d: Double) -> Rect { Rect(x, y + d, width, height - d) }

  /// Side by side parts of one width.
  func columns(_ count: Int, gap: Double) -> [Rect] {
    let each = (width - gap * Double(count - 1)) / Double(count)
    return (0..<count).map { Rect(x + Double($0) * (each + gap), y, each, height) }
  }

  /// The part that shares of its extent describe.
  func part(x: Double, y: Double, width: Double, height: Double) -> Rect {
    Rect(self.x + x * self.width, self.y + y * self.height, width * self.width, height * self.height)
  }
}

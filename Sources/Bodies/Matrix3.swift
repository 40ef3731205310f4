public import Tensors

/// A point or direction in space, metres.
public typealias Point = SIMD3<Float>

/// A 3×3 matrix, kept as its three rows.
public struct Matrix3: Sendable, Equatable {
  /// The rows from the top.
  public var row0: Point, row1: Point, row2: Point

  /// The matrix of three rows.
  public init(_ row0: Point, _ row1: Point, _ row2: Point) {
    self.row0 = row0
    self.row1 = row1
    self.row2 = row2
  }

  /// The matrix of three columns.
  public init(columns a: Point, _ b: Point, _ c: Point) {
    self.init(Point(a.x, b.x, c.x), Point(a.y, b.y, c.y), Point(a.z, b.z, c.z))
  }

  /// Reads nine numbers, row by row.
  package init(_ start: UnsafePointer<Float>) {
    self.init(
      Point(start[0], start[1], start[2]), Point(start[3], start[4], start[5]),
      Point(start[6], start[7], start[8]))
  }

  /// The matrix that changes nothing.
  public static let identity = Matrix3(Point(1, 0, 0), Point(0, 1, 0), Point(0, 0, 1))

  /// The element in a row and column.
  public subscript(row: Int, column: Int) -> Float {
    get { row == 0 ? row0[column] : row == 1 ? row1[column] : row2[column] }
    set {
      switch row {
      case 0: row0[column] = newValue
      case 1: row1[column] = newValue
      default: row2[column] = newValue
      }
    }
  }

  /// The nine elements row by row.
  public var elements: [Float] {
    [row0.x, row0.y, row0.z, row1.x, row1.y, row1.z, row2.x, row2.y, row2.z]
  }

  /// Writes the nine elements row by row.
  package func write(to start: UnsafeMutablePointer<Float>) {
    (start[0], start[1], start[2]) = (row0.x, row0.y, row0.z)
    (start[3], start[4], start[5]) = (row1.x, row1.y, row1.z)
    (start[6], start[7], start[8]) = (row2.x, row2.y, row2.z)
  }

  /// Rows and columns exchanged; the inverse of a rotation.
  public var transpose: Matrix3 { Matrix3(columns: row0, row1, row2) }

  /// The determinant, 1 for a rotation.
  public var determinant: Float {
    row0.x * (row1.y * row2.z - row1.z * row2.y) - row0.y * (row1.x * row2.z - row1.z * row2.x)
      + row0.z * (row1.x * row2.y - row1.y * row2.x)
  }

  /// The product of two matrices: the right one acts first.
  public static func * (a: Matrix3, b: Matrix3) -> Matrix3 {
    Matrix3(
      a.row0.x * b.row0 + a.row0.y * b.row1 + a.row0.z * b.row2,
      a.row1.x * b.row0 + a.row1.y * b.row1 + a.row1.z * b.row2,
      a.row2.x * b.row0 + a.row2.y * b.row1 + a.row2.z * b.row2)
  }

  /// The image of a point.
  public static func * (a: Matrix3, p: Point) -> Point {
    Point((a.row0 * p).sum(), (a.row1 * p).sum(), (a.row2 * p).sum())
  }

  /// The sum, element by element.
  public static func + (a: Matrix3, b: Matrix3) -> Matrix3 {
    Matrix3(a.row0 + b.row0, a.row1 + b.row1, a.row2 + b.row2)
  }

  /// The matrix times a number.
  public static func * (a: Matrix3, factor: Float) -> Matrix3 {
    Matrix3(a.row0 * factor, a.row1 * factor, a.row2 * factor)
  }
}

/// The cross product of two directions.
package func cross(_ a: Point, _ b: Point) -> Point {
  Point(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
}

extension Tensor {
  /// The points of a tensor of shape `[…, 3]`, in order.
  public var points: [Point] {
    precondition(shape.last == 3, "\(shape) does not contain points")
    return withElements { e in (0..<count / 3).map { Point(e[$0 * 3], e[$0 * 3 + 1], e[$0 * 3 + 2]) } }
  }

  /// The rotations of a tensor of shape `[…, 3, 3]`, in order.
  public var matrices: [Matrix3] {
    precondition(shape.suffix(2) == [3, 3], "\(shape) does not contain 3×3 matrices")
    return withElements { e in (0..<count / 9).map { Matrix3(e.baseAddress! + $0 * 9) } }
  }

  /// A tensor of shape `[count, 3]`.
  public init(_ points: [Point]) {
    self.init([points.count, 3], points.flatMap { [$0.x, $0.y, $0.z] })
  }

  /// A tensor of shape `[count, 3, 3]`.
  public init(_ matrices: [Matrix3]) {
    self.init([matrices.count, 3, 3], matrices.flatMap(\.elements))
  }
}

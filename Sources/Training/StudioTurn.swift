import Foundation

/// A rotation, kept as where it takes the three axes.
struct Turn: Sendable, Equatable {
  var x: SIMD3<Float>
  var y: SIMD3<Float>
  var z: SIMD3<Float>

  static let none = Turn(x: SIMD3(1, 0, 0), y: SIMD3(0, 1, 0), z: SIMD3(0, 0, 1))

  init(x: SIMD3<Float>, y: SIMD3<Float>, z: SIMD3<Float>) {
    self.x = x
    self.y = y
    self.z = z
  }

  /// A turn about an axis by its length in radians.
  init(_ r: SIMD3<Float>) {
    let angle = (r * r).sum().squareRoot()
    guard angle > 1e-8 else {
      self = .none
      return
    }
    let n = r / angle
    let (s, c) = (sin(angle), cos(angle))
    let t = 1 - c
    x = SIMD3(c + t * n.x * n.x, t * n.x * n.y + s * n.z, t * n.x * n.z - s * n.y)
    y = SIMD3(t * n.x * n.y - s * n.z, c + t * n.y * n.y, t * n.y * n.z + s * n.x)
    z = SIMD3(t * n.x * n.z + s * n.y, t * n.y * n.z - s * n.x, c + t * n.z * n.z)
  }

  @inline(__always)
  static func * (turn: Turn, v: SIMD3<Float>) -> SIMD3<Float> { turn.x * v.x + turn.y * v.y + turn.z * v.z }

  static func * (a: Turn, b: Turn) -> Turn { Turn(x: a * b.x, y: a * b.y, z: a * b.z) }
}

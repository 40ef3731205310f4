/// Draws triangle meshes into a grid of samples and keeps, for every sample, the nearest triangle.
///
/// Points are `(x, y, z)`: x to the right and y down in samples, the centre of sample `(column, row)` at
/// `(column + 0.5, row + 0.5)`; z is a depth in any unit, smaller is nearer. Meshes are closed and their
/// triangles run counter-clockwise seen from outside, as SMPL's do, so those that face away are skipped.
/// The buffers are kept from one picture to the next: one rasterizer serves one worker.
public final class Rasterizer {
  /// The number of samples in a row.
  public private(set) var width = 0
  /// The number of rows of samples.
  public private(set) var height = 0

  /// Per sample, in rows, the index of the nearest triangle; −1 where there is none.
  public private(set) var triangles = UnsafeMutableBufferPointer<Int32>(start: nil, count: 0)
  /// Per sample, in rows, the depth of the nearest triangle; infinite where there is none.
  public private(set) var depths = UnsafeMutableBufferPointer<Float>(start: nil, count: 0)

  /// Makes a rasterizer that holds no picture yet.
  public init() {}

  deinit {
    triangles.deallocate()
    depths.deallocate()
  }

  /// Empties the picture and gives it a size.
  public func clear(width: Int, height: Int) {
    precondition(width > 0 && height > 0, "a picture of \(width)×\(height) samples")
    if width * height != triangles.count {
      triangles.deallocate()
      depths.deallocate()
      triangles = .allocate(capacity: width * height)
      depths = .allocate(capacity: width * height)
    }
    self.width = width
    self.height = height
    triangles.initialize(repeating: -1)
    depths.initialize(repeating: .infinity)
  }

  /// Draws the triangles that face the viewer; at equal depth the one drawn first stays.
  ///
  /// A triangle's index is that in `faces`, plus `first`.
  public func draw(
    _ points: UnsafeBufferPointer<SIMD3<Float>>, _ faces: UnsafeBufferPointer<SIMD3<Int32>>, first: Int = 0
  ) {
    guard let points = points.baseAddress, let triangles = triangles.baseAddress,
      let depths = depths.baseAddress
    else { return }
    let edge = SIMD2(Float(width), Float(height))
    for (index, face) in faces.enumerated() {
      let a = points[Int(face.x)]
      let b = points[Int(face.y)]
      let c = points[Int(face.z)]
      // y runs down, so a triangle that faces the viewer has a negative area.
      let area = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
      guard area < 0 else { continue }

      // The first and the last sample centre inside the triangle's box; most triangles of a small picture
      // hold none. Flooring by conversion to Int32 is right from 0 up.
      let low = SIMD2(min(a.x, b.x, c.x), min(a.y, b.y, c.y)) + 0.5
      let high = SIMD2(max(a.x, b.x, c.x), max(a.y, b.y, c.y)) + 0.5
      guard high.x >= 1, high.y >= 1, low.x < edge.x + 1, low.y < edge.y + 1 else { continue }
      let left = Int(Self.ceiling(max(low.x, 1))) - 1
      let top = Int(Self.ceiling(max(low.y, 1))) - 1
      let right = Int(min(high.x, edge.x)) - 1
      let bottom = Int(min(high.y, edge.y)) - 1
      guard left <= right, top <= bottom else { continue }

      // Barycentric weights of b and c, linear in x and y.
      let scale = 1 / area
      let bx = (c.y - a.y) * scale
      let by = (a.x - c.x) * scale
      let cx = (a.y - b.y) * scale
      let cy = (b.x - a.x) * scale
      let dx = Float(left) + 0.5 - a.x
      let slope = bx * (b.z - a.z) + cx * (c.z - a.z)
      for row in top...bottom {
        let dy = Float(row) + 0.5 - a.y
        var v = dx * bx + dy * by
        var w = dx * cx + dy * cy
        var depth = a.z + v * (b.z - a.z) + w * (c.z - a.z)
        var sample = row * width + left
        for _ in left...right {
          // A little slack, so that rounding opens no hole between neighbours.
          if v >= -1e-5, w >= -1e-5, v + w <= 1 + 1e-5, depth < depths[sample] {
            depths[sample] = depth
            triangles[sample] = Int32(truncatingIfNeeded: index &+ first)
          }
          v += bx
          w += cx
          depth += slope
          sample += 1
        }
      }
    }
  }

  private static func ceiling(_ x: Float) -> Float {
    let floor = Float(Int32(x))
    return floor < x ? floor + 1 : floor
  }

  /// The weights of a triangle's three points at the centre of a sample.
  @inlinable
  public static func barycentrics(
    column: Int, row: Int, _ a: SIMD3<Float>, _ b: SIMD3<Float>, _ c: SIMD3<Float>
  ) -> SIMD3<Float> {
    let scale = 1 / ((b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x))
    let x = Float(column) + 0.5 - a.x
    let y = Float(row) + 0.5 - a.y
    let v = (x * (c.y - a.y) + y * (a.x - c.x)) * scale
    let w = (x * (a.y - b.y) + y * (b.x - a.x)) * scale
    return SIMD3(1 - v - w, v, w)
  }
}

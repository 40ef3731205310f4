import Foundation

/// The rotation, scale and shift that bring one set of points closest to another.
///
/// Least squares without reflection; found in double precision by the quaternion method of Horn (1987), which
/// has a solution for flat, straight and coincident points too.
public struct Procrustes: Sendable {
  /// The rotation, applied first.
  public let rotation: Matrix3
  /// The factor, 0 when the source is a single point.
  public let scale: Float
  /// The shift, applied last.
  public let translation: Point

  /// Brings `source` onto `target`, point by point in order.
  public init(aligning source: [Point], to target: [Point]) {
    precondition(source.count == target.count, "\(source.count) points cannot be aligned to \(target.count)")
    let count = Double(max(source.count, 1))
    var (sourceMean, targetMean) = (SIMD3<Double>(), SIMD3<Double>())
    for (s, t) in zip(source, target) {
      sourceMean += SIMD3<Double>(s)
      targetMean += SIMD3<Double>(t)
    }
    sourceMean /= count
    targetMean /= count
    // Sums of products of the centred coordinates: `moments[i][j]` of source i with target j.
    var moments = [3 of SIMD3<Double>](repeating: SIMD3())
    var spread = 0.0
    for (s, t) in zip(source, target) {
      let (a, b) = (SIMD3<Double>(s) - sourceMean, SIMD3<Double>(t) - targetMean)
      for i in 0..<3 { moments[i] += a[i] * b }
      spread += (a * a).sum()
    }
    let (q, gain) = Self.bestRotation(moments)
    let (w, x, y, z) = (q[0], q[1], q[2], q[3])
    let rows = (
      SIMD3(w * w + x * x - y * y - z * z, 2 * (x * y - w * z), 2 * (x * z + w * y)),
      SIMD3(2 * (x * y + w * z), w * w - x * x + y * y - z * z, 2 * (y * z - w * x)),
      SIMD3(2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z)
    )
    let scale = spread > 1e-24 ? gain / spread : 0
    let turned = SIMD3(
      (rows.0 * sourceMean).sum(), (rows.1 * sourceMean).sum(), (rows.2 * sourceMean).sum())
    rotation = Matrix3(Point(rows.0), Point(rows.1), Point(rows.2))
    self.scale = Float(scale)
    translation = Point(targetMean - scale * turned)
  }

  /// The image of a point of the source.
  public func callAsFunction(_ point: Point) -> Point { rotation * point * scale + translation }

  /// The points of `source` brought onto `target`.
  public static func align(_ source: [Point], to target: [Point]) -> [Point] {
    let alignment = Procrustes(aligning: source, to: target)
    return source.map { alignment($0) }
  }

  /// The quaternion of the rotation with the maximum gain, and the gain: the trace of rotation times moments.
  private static func bestRotation(_ m: [3 of SIMD3<Double>]) -> (SIMD4<Double>, Double) {
    var n = [4 of SIMD4<Double>](repeating: SIMD4())
    n[0] = SIMD4(m[0].x + m[1].y + m[2].z, m[1].z - m[2].y, m[2].x - m[0].z, m[0].y - m[1].x)
    n[1] = SIMD4(n[0][1], m[0].x - m[1].y - m[2].z, m[0].y + m[1].x, m[2].x + m[0].z)
    n[2] = SIMD4(n[0][2], n[1][2], m[1].y - m[0].x - m[2].z, m[1].z + m[2].y)
    n[3] = SIMD4(n[0][3], n[1][3], n[2][3], m[2].z - m[0].x - m[1].y)
    var vectors = [4 of SIMD4<Double>](repeating: SIMD4())
    for i in 0..<4 { vectors[i][i] = 1 }
    diagonalize(&n, &vectors)
    var best = 0
    for i in 1..<4 where n[i][i] > n[best][best] { best = i }
    let q = SIMD4(vectors[0][best], vectors[1][best], vectors[2][best], vectors[3][best])
    return (q, n[best][best])
  }

  /// Jacobi's method: turns the symmetric matrix until only its diagonal is left, the eigenvalues; the columns
  /// of `vectors` become their eigenvectors.
  private static func diagonalize(_ a: inout [4 of SIMD4<Double>], _ vectors: inout [4 of SIMD4<Double>]) {
    for _ in 0..<50 {
      var (off, diagonal) = (0.0, 0.0)
      for i in 0..<4 {
        diagonal += a[i][i] * a[i][i]
        for j in i + 1..<4 { off += a[i][j] * a[i][j] }
      }
      if off <= 1e-32 * diagonal { return }
      for p in 0..<3 {
        for q in p + 1..<4 where a[p][q] != 0 {
          let theta = (a[q][q] - a[p][p]) / (2 * a[p][q])
          let t = (theta < 0 ? -1 : 1) / (abs(theta) + (theta * theta + 1).squareRoot())
          let c = 1 / (t * t + 1).squareRoot()
          let s = t * c
          for k in 0..<4 {
            (a[k][p], a[k][q]) = (c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q])
            (vectors[k][p], vectors[k][q]) = (
              c * vectors[k][p] - s * vectors[k][q], s * vectors[k][p] + c * vectors[k][q]
            )
          }
          (a[p], a[q]) = (c * a[p] - s * a[q], s * a[p] + c * a[q])
        }
      }
    }
  }
}

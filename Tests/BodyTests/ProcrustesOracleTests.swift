import Bodies
import COpenBLAS
import Tensors
import TestSupport
import Testing

/// The alignment by hand against LAPACK's singular value decomposition, another method for the same thing.
@Suite("Procrustes and LAPACK") struct ProcrustesOracleTests {
  @Test(
    "the rotation is that of the singular value decomposition, mirror images and flat sets included",
    arguments: 0..<40)
  func rotation(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    // Every fourth set is flat, every third a mirror image of the other with noise.
    let source = (0..<14).map { _ in
      Point(random.normal(), random.normal(), seed % 4 == 0 ? 0 : random.normal())
    }
    let target = source.map { p in
      Point(seed % 3 == 0 ? -p.x : p.y, seed % 3 == 0 ? p.y : -p.x, p.z)
        + 0.2 * Point(random.normal(), random.normal(), random.normal())
    }
    let expected = try Self.rotation(of: source, onto: target)
    expectClose(
      Procrustes(aligning: source, to: target).rotation.elements, expected, absolute: 1e-5, relative: 0)
  }

  /// Kabsch's method: the rotation V · diag(1, 1, ±1) · Uᵀ of the moments U · S · Vᵀ.
  private static func rotation(of source: [Point], onto target: [Point]) throws -> [Float] {
    func centred(_ points: [Point]) -> [SIMD3<Double>] {
      let all = points.map { SIMD3<Double>($0) }
      let mean = all.reduce(SIMD3()) { $0 + $1 } / Double(all.count)
      return all.map { $0 - mean }
    }
    let (a, b) = (centred(source), centred(target))
    // Column by column, as Fortran keeps matrices.
    var moments = (0..<9).map { i in zip(a, b).reduce(0.0) { $0 + $1.0[i % 3] * $1.1[i / 3] } }
    var (sizes, u, vt) = (
      [Double](repeating: 0, count: 3), [Double](repeating: 0, count: 9), [Double](repeating: 0, count: 9)
    )
    var work = [Double](repeating: 0, count: 64)
    var (n, room, info) = (Int32(3), Int32(64), Int32(0))
    dgesvd_("A", "A", &n, &n, &moments, &n, &sizes, &u, &n, &vt, &n, &work, &room, &info)
    try #require(info == 0)
    func determinant(_ m: [Double]) -> Double {
      m[0] * (m[4] * m[8] - m[5] * m[7]) - m[3] * (m[1] * m[8] - m[2] * m[7]) + m[6]
        * (m[1] * m[5] - m[2] * m[4])
    }
    let signs = [1, 1, determinant(u) * determinant(vt) < 0 ? -1.0 : 1]
    return (0..<9).map { i in
      let (row, column) = (i / 3, i % 3)
      return Float((0..<3).reduce(0.0) { $0 + vt[row * 3 + $1] * signs[$1] * u[$1 * 3 + column] })
    }
  }
}

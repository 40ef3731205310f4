package import Tensors

/// The skin of a body laid out in a square map: which point of it every pixel stands for.
///
/// UV coordinates, in charts that are apart. Rows run down.
public struct SurfaceLayout: Sendable {
  /// The side of the map in pixels.
  public let side: Int
  /// For every pixel the number of its chart, 0 outside of all.
  public let charts: [UInt8]
  /// The pixels inside of the charts, in the order of rows.
  public let pixels: [Int]
  /// For each of these, three vertices of the body and their shares of the point.
  package let corners: [SIMD3<Int32>], shares: [SIMD3<Float>]
  /// Pairs of neighbours inside of one chart, right and below, by their places in ``pixels``.
  package let steps: [(from: Int, to: Int)]
  /// What sums the pixels of a posed body up to its joints, `[24, side · side]`.
  package let jointRegressor: Tensor

  /// The names of the arrays that are read.
  package static let arrayNames = ["corners", "weights", "chart", "joint_regressor", "probe", "probe_at"]

  /// The layout of a body; nil where it is another body's.
  ///
  /// - Throws: `BodyError` when an array is missing or does not fit.
  package init?(_ arrays: [String: Tensor], of body: BodyModel, from file: String) throws(BodyError) {
    let read = BodyArrays(arrays, file)
    let count = arrays["probe"]?.count ?? 0, side = arrays["chart"]?.shape.first ?? 0
    let probe = try read.array("probe", [count]).elements.map { Int($0) }
    let probed = try read.array("probe_at", [count, 3]).points
    let corners = try read.array("corners", [side, side, 3]).elements.map { Int32($0) }
    let shares = try read.array("weights", [side, side, 3]).points
    let charts = try read.array("chart", [side, side]).elements.map { UInt8($0) }
    jointRegressor = try read.array("joint_regressor", [Joint.count, side, side])
      .reshaped([Joint.count, side * side])
    guard corners.allSatisfy({ 0 <= $0 && $0 < body.vertexCount }),
      probe.allSatisfy({ $0 < body.vertexCount })
    else { return nil }
    let template = body.template.points
    guard
      zip(probe, probed).allSatisfy({ (template[$0] - $1).max() < 1e-3 && (template[$0] - $1).min() > -1e-3 })
    else { return nil }
    (self.side, self.charts) = (side, charts)
    pixels = charts.indices.filter { charts[$0] > 0 }
    let places = Dictionary(uniqueKeysWithValues: pixels.enumerated().map { ($1, $0) })
    steps = pixels.enumerated().flatMap { index, pixel in
      [(pixel % side < side - 1, pixel + 1), (true, pixel + side)].compactMap { isInRow, next in
        isInRow && next < charts.count && charts[next] == charts[pixel] ? (index, places[next]!) : nil
      }
    }
    self.corners = pixels.map { SIMD3(corners[3 * $0], corners[3 * $0 + 1], corners[3 * $0 + 2]) }
    self.shares = pixels.map { shares[$0] }
  }

  /// The points of the skin of a posed body, for each of ``pixels``.
  ///
  /// - Parameter vertices: `V × 3`.
  package func points(of vertices: UnsafePointer<Float>) -> [Point] {
    zip(corners, shares).map { corners, shares in
      (0..<3).reduce(into: Point.zero) { sum, k in
        let at = vertices + 3 * Int(corners[k])
        sum += Point(at[0], at[1], at[2]) * shares[k]
      }
    }
  }
}

public import Bodies
public import Rendering

/// One set of joints for everybody, those that fit some people best: a prediction that does not look at the picture.
///
/// Of all constant joints these have the smallest MPJPE on the people that they were fitted to: every joint is at the
/// geometric median of its positions relative to the pelvis.
public struct ConstantJoints: Sendable {
  /// SMPL's joints with the pelvis at the origin, in metres.
  public let joints: [Point]

  /// The joints that fit people best; at least one.
  public init(fitting people: [RenderedSample]) {
    precondition(!people.isEmpty, "constant joints of nobody")
    joints = (0..<Joint.count).map { joint in
      Self.median(people.map { $0.joints[joint] - $0.joints[0] })
    }
  }

  /// The point whose mean distance from some points is smallest, by Weiszfeld's iteration.
  static func median(_ points: [Point]) -> Point {
    var middle = points.reduce(Point.zero, +) / Float(points.count)
    for _ in 0..<100 {
      var (sum, weights) = (Point.zero, Float(0))
      for point in points {
        let offset = point - middle
        // A point in the same place would have all the weight.
        let weight = 1 / max((offset * offset).sum().squareRoot(), 1e-6)
        (sum, weights) = (sum + weight * point, weights + weight)
      }
      let next = sum / weights
      let step = next - middle
      middle = next
      if (step * step).sum() < 1e-14 { break }
    }
    return middle
  }
}

package import Bodies

/// The limbs of the mean body as capsules, to reject poses in which the body intersects itself.
package struct LimbCapsules: Sendable {
  /// Joints of the body at rest, in metres.
  private let rest: [Point]

  package init(rest: [Point]) { self.rest = rest }

  /// Joints of the posed body, in the body's own axes.
  package func joints(_ pose: [Point]) -> [Point] {
    var turns = [Matrix3](repeating: .identity, count: Joint.count)
    var positions = rest
    for joint in 0..<Joint.count {
      let own = Rotation.matrix(axisAngle: pose[joint])
      guard joint > 0 else {
        turns[0] = own
        continue
      }
      let parent = Joint.parents[joint]
      turns[joint] = turns[parent] * own
      positions[joint] = positions[parent] + turns[parent] * (rest[joint] - rest[parent])
    }
    return positions
  }

  /// The capsules: from one joint to another, extended past it by a share, with a radius in metres.
  private static let capsules: [(from: Int, to: Int, beyond: Float, radius: Float)] = [
    (0, 9, 0, 0.11), (12, 15, 1, 0.065),  // 0 trunk, 1 head
    (16, 18, 0, 0.04), (18, 20, 0, 0.035), (20, 22, 0.7, 0.02),  // 2–4 left arm
    (17, 19, 0, 0.04), (19, 21, 0, 0.035), (21, 23, 0.7, 0.02),  // 5–7 right arm
    (1, 4, 0, 0.06), (4, 7, 0, 0.045), (7, 10, 0.5, 0.035),  // 8–10 left leg
    (2, 5, 0, 0.06), (5, 8, 0, 0.045), (8, 11, 0.5, 0.035),  // 11–13 right leg
  ]

  /// Pairs that a pose can bring together; neighbours always touch and are omitted.
  private static let pairs: [(Int, Int)] = {
    var pairs: [(Int, Int)] = []
    for arm in [2, 5] {
      for segment in [arm + 1, arm + 2] { pairs += [0, 1, 8, 9, 10, 11, 12, 13].map { (segment, $0) } }
      pairs.append((arm, 1))
    }
    for left in 3...4 { pairs += (5...7).map { (left, $0) } }
    pairs += [(2, 6), (2, 7)]
    for left in 8...10 { pairs += (11...13).filter { left > 8 || $0 > 11 }.map { (left, $0) } }
    pairs += [(9, 0), (10, 0), (12, 0), (13, 0), (9, 1), (12, 1)]
    return pairs
  }()

  /// Whether any two limbs intersect; `pose` is 24 axis-angle vectors in radians.
  package func selfIntersects(_ pose: [Point]) -> Bool {
    let joints = joints(pose)
    let ends = Self.capsules.map { capsule in
      let (a, b) = (joints[capsule.from], joints[capsule.to])
      return (a, b + (b - a) * capsule.beyond)
    }
    return Self.pairs.contains { i, j in
      let room = Self.capsules[i].radius + Self.capsules[j].radius
      return Self.squaredDistance(ends[i].0, ends[i].1, ends[j].0, ends[j].1) < room * room
    }
  }

  /// The squared distance of two segments p–q and r–s, neither a point (Ericson, Real-Time Collision Detection,
  /// 5.1.9).
  package static func squaredDistance(
    _ p: Point, _ q: Point, _ r: Point, _ s: Point
  ) -> Float {
    let u = q - p
    let v = s - r
    let w = p - r
    let (a, b, e) = ((u * u).sum(), (u * v).sum(), (v * v).sum())
    let (c, f) = ((u * w).sum(), (v * w).sum())
    let determinant = a * e - b * b
    var along = determinant > 1e-9 ? min(max((b * f - c * e) / determinant, 0), 1) : 0
    var across = (b * along + f) / e
    if across < 0 || across > 1 {
      across = min(max(across, 0), 1)
      along = min(max((b * across - c) / a, 0), 1)
    }
    let gap = w + u * along - v * across
    return (gap * gap).sum()
  }
}

import Bodies
import Tensors

/// Samples the poses of people: recorded poses with noise, and poses drawn joint by joint.
///
/// A pose is 24 axis-angle vectors in radians, in the body's axes (x left, y up, z front); that of the pelvis holds
/// the lean of the body without its heading.
struct PoseSampler: Sendable {
  typealias Pose = [Point]

  let recorded: [Pose]
  private let limbs: LimbCapsules

  init(recorded: [Pose], limbs: LimbCapsules) {
    (self.recorded, self.limbs) = (recorded, limbs)
  }

  /// A pose in which no limb intersects another; after 30 failures, the last draw.
  func draw(recordedShare: Float, using generator: inout SeededGenerator) -> Pose {
    var pose = Pose()
    for _ in 0..<30 {
      if !recorded.isEmpty, generator.chance(recordedShare) {
        pose = recorded[generator.integer(below: recorded.count)]
        for joint in 0..<Joint.count { pose[joint] += Self.normal(0.07, &generator) }
      } else {
        pose = Self.procedural(&generator)
      }
      if generator.chance(0.5) { pose = Rotation.mirrored(pose) }
      if !limbs.selfIntersects(pose) { break }
    }
    return pose
  }

  /// Whether no limb of a pose intersects another.
  func isSane(_ pose: Pose) -> Bool { !limbs.selfIntersects(pose) }

  static func normal(_ deviation: Float, _ generator: inout SeededGenerator) -> Point {
    let x = generator.normal(deviation: deviation)
    let y = generator.normal(deviation: deviation)
    return Point(x, y, generator.normal(deviation: deviation))
  }

  /// The range of each central and left joint, in radians.
  private static let ranges: [Int: (low: Point, high: Point)] = [
    1: (Point(-2.0, -0.6, -0.35), Point(0.4, 0.7, 0.8)),
    3: (Point(-0.2, -0.35, -0.3), Point(0.5, 0.35, 0.3)),
    4: (Point(0, -0.15, -0.1), Point(2.4, 0.15, 0.1)),
    6: (Point(-0.2, -0.35, -0.3), Point(0.5, 0.35, 0.3)),
    7: (Point(-0.5, -0.4, -0.35), Point(0.8, 0.4, 0.35)),
    9: (Point(-0.2, -0.35, -0.3), Point(0.5, 0.35, 0.3)),
    12: (Point(-0.4, -0.6, -0.35), Point(0.5, 0.6, 0.35)),
    13: (Point(0, -0.3, -0.2), Point(0, 0.3, 0.35)),
    15: (Point(-0.5, -0.5, -0.3), Point(0.5, 0.5, 0.3)),
    16: (Point(-1.2, -1.8, -1.5), Point(0.9, 0.6, 1.4)),
    18: (Point(-0.3, -2.4, 0), Point(0.3, 0, 0.2)),
    20: (Point(-0.9, -0.4, -0.7), Point(0.9, 0.4, 0.7)),
  ]

  /// Moves each limb part of the way from standing with the arms down to a draw from its whole range.
  private static func procedural(_ generator: inout SeededGenerator) -> Pose {
    var stance = Pose(repeating: .zero, count: Joint.count)
    stance[16].z = -1.15
    stance[17].z = 1.15
    stance[18].y = -0.2
    stance[19].y = 0.2
    var pose = stance
    for limb in [[1, 4, 7], [2, 5, 8], [3, 6, 9], [12, 15], [13, 16, 18, 20], [14, 17, 19, 21]] {
      let share = generator.uniform()
      for joint in limb {
        let isRight = ranges[joint] == nil
        guard let range = ranges[isRight ? Joint.mirror[joint] : joint] else { continue }
        let x = generator.uniform(range.low.x...range.high.x)
        let y = generator.uniform(range.low.y...range.high.y)
        let z = generator.uniform(range.low.z...range.high.z)
        let target = isRight ? Point(x, -y, -z) : Point(x, y, z)
        pose[joint] += (target - stance[joint]) * share
      }
    }
    return pose
  }
}

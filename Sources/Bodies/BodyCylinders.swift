import Foundation

/// A body whose bones are cylinders with round ends, to ask which joints its own limbs hide.
///
/// After Cheng et al., Occlusion-Aware Networks, 2019, who hide a joint when the line of sight to it passes
/// through the cylinder of a bone.
public struct BodyCylinders: Sendable {
  /// The radius of every joint's bone, which runs to its parent, in metres; none for the pelvis.
  public let radii: [Float]

  /// Cylinders as thick as a resting body: half of the vertices that are nearest to a bone are inside its cylinder.
  ///
  /// - Parameters:
  ///   - joints: the 24 joints at rest, metres.
  ///   - vertices: the vertices at rest, metres.
  public init(joints: [Point], vertices: [Point]) {
    var distances = [[Float]](repeating: [], count: Joint.count)
    for vertex in vertices {
      var nearest = (bone: 1, distance: Float.infinity)
      for bone in 1..<Joint.count {
        let distance = Self.distance(vertex, joints[bone], joints[Joint.parents[bone]])
        if distance < nearest.distance { nearest = (bone, distance) }
      }
      distances[nearest.bone].append(nearest.distance)
    }
    radii = distances.map { $0.isEmpty ? 0 : $0.sorted()[$0.count / 2] }
  }

  /// Cylinders of given radii, one a joint for the bone to its parent, metres; the pelvis's is not used.
  public init(radii: [Float]) {
    precondition(radii.count == Joint.count, "\(radii.count) radii for \(Joint.count) joints")
    self.radii = radii
  }

  /// Per joint whether a limb is between it and the eye.
  ///
  /// Bones that end at the joint, at its parent or at one of its children never hide it, nor does any bone that
  /// starts in the trunk hide a joint of the trunk: it is in their flesh.
  ///
  /// - Parameters:
  ///   - joints: 24 joints, metres.
  ///   - eye: the camera's position in the same frame.
  public func hidden(_ joints: [Point], eye: Point) -> [Bool] {
    (0..<Joint.count).map { joint in
      (1..<Joint.count).contains { bone in
        guard !Self.own[joint][bone] else { return false }
        return Self.distance(
          from: (eye, joints[joint]), to: (joints[bone], joints[Joint.parents[bone]])) < radii[bone]
      }
    }
  }

  /// For every joint the bones whose flesh it is in.
  private static let own: [[Bool]] = (0..<Joint.count).map { joint in
    let near = Set(
      (0..<Joint.count).filter { $0 == joint || $0 == Joint.parents[joint] || Joint.parents[$0] == joint })
    return (0..<Joint.count).map { bone in
      let isTrunk = [joint, Joint.parents[bone]].allSatisfy(Visibility.trunk.contains)
      return near.contains(bone) || near.contains(Joint.parents[bone]) || isTrunk
    }
  }

  private static func distance(_ p: Point, _ a: Point, _ b: Point) -> Float {
    let along = b - a
    let share = min(max(((p - a) * along).sum() / max((along * along).sum(), 1e-12), 0), 1)
    let away = p - (a + share * along)
    return (away * away).sum().squareRoot()
  }

  /// The distance of two segments (Ericson, Real-Time Collision Detection, 2005, §5.1.9).
  static func distance(from first: (Point, Point), to second: (Point, Point)) -> Float {
    // In doubles: an eye a hundred metres away leaves floats few digits for the limb.
    func wide(_ p: Point) -> SIMD3<Double> { SIMD3<Double>(p) }
    let (p, q) = (wide(first.0), wide(second.0))
    let (u, v, r) = (wide(first.1) - p, wide(second.1) - q, p - q)
    let (a, e, f) = (max((u * u).sum(), 1e-12), max((v * v).sum(), 1e-12), (v * r).sum())
    let (b, c) = ((u * v).sum(), (u * r).sum())
    func unit(_ x: Double) -> Double { min(max(x, 0), 1) }
    let spread = a * e - b * b
    var s = spread > 1e-12 * a * e ? unit((b * f - c * e) / spread) : 0
    var t = (b * s + f) / e
    if t < 0 || t > 1 {
      t = unit(t)
      s = unit((b * t - c) / a)
    }
    let away = (p + s * u) - (q + t * v)
    return Float((away * away).sum().squareRoot())
  }
}

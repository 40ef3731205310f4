import Bodies
import Rendering
import Tensors
import TestSupport
import Testing

@Suite("Limb capsules") struct LimbCapsuleTests {
  private func limbs() throws -> LimbCapsules {
    let body = try SmallRenderer.body.get()
    let identity = Tensor([Matrix3](repeating: .identity, count: 24)).reshaped([1, 24, 3, 3])
    return LimbCapsules(rest: body.joints(rotations: identity, betas: Tensor([1, 10])).points)
  }

  @Test("pose the mean body as the body model does")
  func joints() throws {
    let body = try SmallRenderer.body.get()
    let pose = try SmallRenderer.poses.get().rows(5..<6)
    let expected = body.joints(rotations: Rotation.matrices(poses: pose), betas: Tensor([1, 10]))
    expectClose(Tensor(try limbs().joints(pose.reshaped([24, 3]).points)).elements, expected.elements)
  }

  @Test("accept standing people, and reject an arm through the trunk and legs through each other")
  func selfIntersects() throws {
    let limbs = try limbs()
    var pose = [Point](repeating: .zero, count: 24)
    #expect(!limbs.selfIntersects(pose))
    pose[Joint.leftShoulder.rawValue].z = -1.15
    pose[Joint.rightShoulder.rawValue].z = 1.15
    #expect(!limbs.selfIntersects(pose))

    var crossed = pose
    crossed[Joint.leftHip.rawValue].z = -0.5
    #expect(limbs.selfIntersects(crossed))
    var through = pose
    through[Joint.leftShoulder.rawValue].z = -2.2
    #expect(limbs.selfIntersects(through))
  }

  @Test("accept most of the recorded poses")
  func recorded() throws {
    let limbs = try limbs()
    let poses = try SmallRenderer.poses.get()
    let points = poses.reshaped([poses.shape[0] * 24, 3]).points
    let meeting = (0..<poses.shape[0]).count { limbs.selfIntersects(Array(points[$0 * 24..<$0 * 24 + 24])) }
    #expect(meeting < poses.shape[0] / 6, "\(meeting) of \(poses.shape[0])")
  }

  @Test(
    "measure the distance of two segments",
    arguments: [
      // Crossing at a height, parallel side by side, end to end, end to middle.
      (Point(-1, 0, 0), Point(1, 0, 0), Point(0, -1, 2), Point(0, 1, 2), 4),
      (Point(0, 0, 0), Point(1, 0, 0), Point(0, 3, 0), Point(1, 3, 0), 9),
      (Point(0, 0, 0), Point(1, 0, 0), Point(3, 0, 0), Point(5, 0, 0), 4),
      (Point(0, 0, 0), Point(4, 0, 0), Point(2, 1, 0), Point(2, 5, 0), 1),
    ] as [(Point, Point, Point, Point, Float)])
  func distance(p: Point, q: Point, r: Point, s: Point, expected: Float) {
    expectClose([LimbCapsules.squaredDistance(p, q, r, s)], [expected])
    expectClose([LimbCapsules.squaredDistance(r, s, p, q)], [expected])
  }
}

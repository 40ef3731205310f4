import Bodies
import Foundation
import Tensors
import TestSupport
import Testing

/// As `expectClose` for collections of numbers.
func expectNear(
  _ actual: Point, _ expected: Point, absolute: Float, _ label: String = "",
  at location: SourceLocation = #_sourceLocation
) {
  expectClose(
    [actual.x, actual.y, actual.z], [expected.x, expected.y, expected.z], absolute: absolute, relative: 0,
    label,
    at: location)
}

@Suite("Rotations") struct RotationTests {
  let poses = "golden/small/expected/body.npz"
  let geometry = "golden/small/expected/geometry.npz"

  @Test("from axis-angle vectors agree with the reference in evaluation and in training") func matrices()
    throws
  {
    let vectors = try tensor("pose", in: poses).reshaped([72, 3]).points
    expectClose(
      Tensor(vectors.map(Rotation.matrix(axisAngle:))).elements, try tensor("rotmats", in: poses).elements,
      absolute: 1e-6)
    expectClose(
      Tensor(vectors.map(Rotation.matrix(axisAngle:))).elements,
      try tensor("rotmats_train", in: poses).elements, absolute: 1e-6)
  }

  @Test("to axis-angle vectors agree with the reference") func vectors() throws {
    let matrices = try tensor("rotmat", in: geometry).matrices
    expectClose(
      Tensor(matrices.map(Rotation.axisAngle(of:))), try tensor("angle_axis", in: geometry), absolute: 2e-5)
  }

  @Test(
    "convert to axis-angle and back, for any angle up to 180 degrees",
    arguments: [0, 1e-7, 1e-4, 0.3, 2, 3.1, 3.1415, Float.pi])
  func thereAndBack(angle: Float) {
    var generator = SeededGenerator(seed: 8)
    for axis in [Point(1, 0, 0), Point(0, -1, 0), Point(0, 0, 1)]
      + (0..<20).map({ _ in Point(generator.normal(), generator.normal(), generator.normal()) })
    {
      let r = axis / (axis * axis).sum().squareRoot() * angle
      let m = Rotation.matrix(axisAngle: r)
      let back = Rotation.axisAngle(of: m)
      expectClose(Rotation.matrix(axisAngle: back).elements, m.elements, absolute: 2e-6, "angle \(angle)")
      if angle < 3.14 { expectNear(back, r, absolute: 2e-6 + 1e-5 * angle) }
    }
  }

  @Test("of the identity are finite") func identity() {
    #expect(Rotation.matrix(axisAngle: Point()) == .identity)
    #expect(Rotation.axisAngle(of: .identity) == Point())
  }

  @Test("mirrored as matrices agree with mirrored axis-angle vectors; mirroring twice gives the same bits")
  func mirror() {
    let (rotations, _) = randomPoses(2)
    let poses = Rotation.poses(rotations: rotations).reshaped([48, 3]).points
    let mirrored = Rotation.mirrored(Array(poses[24..<48]))
    expectClose(
      Rotation.mirrored(rotations).rows(1..<2).elements,
      Tensor(mirrored.map(Rotation.matrix(axisAngle:))).elements, absolute: 3e-6)
    #expect(Rotation.mirrored(Rotation.mirrored(rotations)) == rotations)
    #expect(mirrored[Joint.leftKnee.rawValue].x == poses[24 + Joint.rightKnee.rawValue].x)
  }

  @Test("mirrored mirror the joints of a symmetric body within 1 cm") func mirroredBody() throws {
    let body = try BodyModel(arrays(in: "body_1000.npz"), from: "body_1000.npz")
    let (rotations, _) = randomPoses(1)
    let betas = Tensor([1, 10])
    let joints = body.joints(rotations: rotations, betas: betas).points
    let mirrored = body.joints(rotations: Rotation.mirrored(rotations), betas: betas).points
    for joint in Joint.allCases {
      let other = joints[joint.mirrored.rawValue]
      expectNear(
        mirrored[joint.rawValue] - mirrored[0], (other - joints[0]) * Point(-1, 1, 1), absolute: 0.01,
        joint.name)
    }
  }

  @Test("stand an upright person in front of the camera, facing it, and rotate them to their left")
  func upright() {
    let facing = Rotation.upright()
    expectNear(facing * Point(0, 1, 0), Point(0, -1, 0), absolute: 0)
    expectNear(facing * Point(0, 0, 1), Point(0, 0, -1), absolute: 0)
    expectNear(facing * Point(1, 0, 0), Point(1, 0, 0), absolute: 0)
    expectNear(Rotation.upright(heading: .pi / 2) * Point(0, 0, 1), Point(1, 0, 0), absolute: 1e-6)
    expectClose([facing.determinant], [1], absolute: 0)
  }
}

@Suite("Joints") struct JointTests {
  @Test("have the names, parents and mirror images of SMPL") func tables() {
    #expect(Joint.allCases.count == Joint.count)
    for joint in Joint.allCases {
      #expect(Joint(name: joint.name) == joint)
      #expect(joint.mirrored.mirrored == joint)
      #expect(joint.mirrored.parent == joint.parent?.mirrored)
      #expect((joint.mirrored == joint) == !(joint.name.contains("left") || joint.name.contains("right")))
    }
    #expect(Joint.leftHip.name == "left_hip" && Joint.leftHip.title == "Left hip")
    #expect(Joint.pelvis.parent == nil && Joint.leftHand.parent == .leftWrist && Joint.head.rawValue == 15)
    #expect(Joint(name: "tail") == nil)
  }

  @Test("of a crop are projected as in the published example") func camera() {
    let camera = WeakPerspectiveCamera(scale: 0.9, tx: 0.02, ty: -0.03)
    expectNear(camera.translation(side: 224), Point(0.02, -0.03, 49.603175), absolute: 1e-5)
    let centre = camera.project(Point(), side: 224)
    expectClose([centre.x, centre.y], [0.018, -0.027], absolute: 1e-6)
    let right = camera.project(Point(1, 1, 0), side: 224)
    #expect(right.x > centre.x && right.y > centre.y)
    let pixel = camera.pixel(of: Point(-0.02, 0.03, 0), side: 224)
    expectClose([pixel.x, pixel.y], [112, 112], absolute: 1e-4)
  }
}

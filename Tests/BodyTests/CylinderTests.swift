import Archives
import Bodies
import Tensors
import TestSupport
import Testing

@Suite("Body cylinders") struct CylinderTests {
  /// Joints in a row along x, a metre apart but for the right hand, which hangs where it is put.
  private static func joints(hand: Point) -> [Point] {
    var joints = (0..<24).map { Point(Float($0), 0, 0) }
    joints[Joint.rightHand.rawValue] = hand
    return joints
  }

  @Test("a joint is hidden when the line of sight meets another bone's cylinder, and not when it passes by")
  func sight() {
    // Only the left shin, from joint 4 to joint 7, has a body.
    var radii = [Float](repeating: 0, count: 24)
    radii[Joint.leftAnkle.rawValue] = 0.2
    let cylinders = BodyCylinders(radii: radii)
    let eye = Point(5.5, 0, -100)
    func isHidden(_ hand: Point) -> Bool { cylinders.hidden(Self.joints(hand: hand), eye: eye)[23] }
    #expect(isHidden(Point(5.5, 0, 1)))
    #expect(isHidden(Point(5.5, 0.19, 1)))
    #expect(!isHidden(Point(5.5, 0.21, 1)))
    // In front of the bone, and beyond its end.
    #expect(!isHidden(Point(5.5, 0, -1)))
    #expect(!isHidden(Point(7.3, 0, 1)))
    #expect(isHidden(Point(7.1, 0, 1)))
    // The bone's own ends and their neighbours lie in its flesh.
    let hidden = cylinders.hidden(Self.joints(hand: Point(5.5, 0, 1)), eye: eye)
    for joint in [Joint.leftAnkle, .leftKnee, .leftHip, .leftFoot] { #expect(!hidden[joint.rawValue]) }
  }

  @Test("radii of the resting body are those of limbs, symmetric within 1 cm") func radii() throws {
    let archive = try Archive(contentsOf: fixture("body.npz"))
    var arrays: [String: Tensor] = [:]
    for name in BodyModel.arrayNames where archive.has(name) { arrays[name] = try archive.tensor(name) }
    let body = try BodyModel(arrays, from: "body.npz")
    let resting = body.posed(
      rotations: Tensor([Matrix3](repeating: .identity, count: 24)).reshaped([1, 24, 3, 3]),
      betas: Tensor([1, 10]))
    let cylinders = BodyCylinders(joints: resting.joints.points, vertices: resting.vertices.points)
    for joint in Joint.allCases.dropFirst() {
      let radius = cylinders.radii[joint.rawValue]
      #expect((0.005...0.2).contains(radius), "\(joint): \(radius)")
      #expect(abs(radius - cylinders.radii[joint.mirrored.rawValue]) < 0.01, "\(joint): \(radius)")
    }
    let (thigh, forearm) = (
      cylinders.radii[Joint.leftKnee.rawValue], cylinders.radii[Joint.leftWrist.rawValue]
    )
    #expect(thigh > 0.05 && thigh < 0.12 && forearm > 0.02 && forearm < 0.06, "\(thigh), \(forearm)")
  }
}

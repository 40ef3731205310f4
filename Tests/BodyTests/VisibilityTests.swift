import Archives
import Bodies
import Tensors
import TestSupport
import Testing

@Suite("Visibility") struct VisibilityTests {
  private static let body = Result {
    let archive = try Archive(contentsOf: fixture("body_1000.npz"))
    let names = ["v_template", "shapedirs", "J_regressor", "weights", "kintree_table", "f", "part"]
    return try BodyModel(
      Dictionary(uniqueKeysWithValues: names.map { ($0, try archive.tensor($0)) }), from: "body_1000.npz")
  }

  /// Labels of a body with its arms down, in a picture of 200 samples.
  private func labels(
    heading: Float, changing change: (inout [Point]) -> Void = { _ in }, scale: Float = 1, shift: Float = 0,
    isCovered: (Int, Int) -> Bool = { _, _ in false }
  ) throws -> [Joint: Visibility] {
    let body = try Self.body.get()
    var pose = [Point](repeating: .zero, count: 24)
    pose[Joint.leftShoulder.rawValue].z = -1.2
    pose[Joint.rightShoulder.rawValue].z = 1.2
    change(&pose)
    var rotations = pose.map(Rotation.matrix(axisAngle:))
    rotations[0] = Rotation.upright(heading: heading * .pi / 180)
    let posed = body.posed(
      rotations: Tensor(rotations).reshaped([1, 24, 3, 3]), betas: Tensor([1, 10], repeating: 0))
    let camera = WeakPerspectiveCamera(scale: scale, tx: shift, ty: 0)
    func onScreen(_ p: Point) -> Point {
      let pixel = camera.pixel(of: p, side: 200)
      return Point(pixel.x, pixel.y, p.z + 50)
    }
    let rasterizer = Rasterizer()
    rasterizer.clear(width: 200, height: 200)
    draw(posed.vertices.points.map(onScreen), body.faces, into: rasterizer)
    let result = Visibility.ofJoints(
      posed.joints.points.map(onScreen), in: rasterizer, samplesPerMetre: 100 * scale,
      faceParts: Rasterizer.faceParts(body.faces, vertexParts: body.parts), isCovered: isCovered)
    return Dictionary(uniqueKeysWithValues: zip(Joint.allCases, result))
  }

  @Test("shows every joint of a person who faces the camera")
  func facing() throws {
    for (joint, label) in try labels(heading: 0) { #expect(label == .visible, "\(joint)") }
  }

  @Test("shows every joint from behind, except those of the forefeet")
  func fromBehind() throws {
    for (joint, label) in try labels(heading: 180) {
      let isForefoot = joint == .leftFoot || joint == .rightFoot
      #expect(label == (isForefoot ? .selfOccluded : .visible), "\(joint)")
    }
  }

  @Test("hides the far arm and leg of a person seen from the side, and the hip behind the near arm")
  func fromTheSide() throws {
    // At 90° the person looks to the right of the picture and the right side is near.
    for (heading, isFarLeft) in [(Float(90), true), (-90, false)] {
      let labels = try labels(heading: heading)
      for left in [Joint.leftShoulder, .leftElbow, .leftHip, .leftKnee] {
        #expect(labels[isFarLeft ? left : left.mirrored] == .selfOccluded, "\(left) at \(heading)°")
      }
      for left in [Joint.leftShoulder, .leftElbow, .leftWrist, .leftKnee, .leftAnkle] {
        #expect(labels[isFarLeft ? left.mirrored : left] == .visible, "\(left) at \(heading)°")
      }
      #expect(labels[isFarLeft ? .rightHip : .leftHip] == .selfOccluded)
    }
  }

  @Test("shows a wrist in front of the belly from the front and hides it from behind")
  func wristBeforeTheBelly() throws {
    let acrossTheBelly: (inout [Point]) -> Void = {
      let down = Rotation.about(Point(0, 0, 1), by: -1.2) * Rotation.about(Point(1, 0, 0), by: 0.9)
      $0[Joint.leftShoulder.rawValue] = Rotation.axisAngle(of: down)
      $0[Joint.leftElbow.rawValue].y = -1.57
    }
    #expect(try labels(heading: 0, changing: acrossTheBelly)[.leftWrist] == .visible)
    #expect(try labels(heading: 180, changing: acrossTheBelly)[.leftWrist] == .selfOccluded)
  }

  @Test(
    "labels joints for any camera that a network may predict", arguments: [Float(-1), 0, .nan, .infinity])
  func anyCamera(scale: Float) throws {
    #expect(try labels(heading: 0, scale: scale).count == 24)
  }

  @Test("attributes occlusion to an object in front rather than to the body itself")
  func box() throws {
    // Knees lie 35 cm below the middle; the box covers everything from 20 cm below it.
    for heading in [Float(0), 90] {
      let labels = try labels(heading: heading, isCovered: { _, row in row > 120 })
      for joint in [Joint.leftKnee, .rightKnee, .leftAnkle, .rightFoot] {
        #expect(labels[joint] == .hiddenByObject, "\(joint)")
      }
      #expect(labels[.spine3] == .visible)
      #expect(labels[.head] == .visible)
    }
  }

  @Test("gives \"outside the picture\" priority over all else")
  func outside() throws {
    let labels = try labels(heading: 0, scale: 2, shift: 0.5, isCovered: { _, _ in true })
    #expect(labels[.head] == .outsidePicture)
    #expect(labels[.leftAnkle] == .outsidePicture)
    #expect(labels[.leftElbow] == .outsidePicture)
    #expect(labels[.rightShoulder] == .hiddenByObject)
  }
}

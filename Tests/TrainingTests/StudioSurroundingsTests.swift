import Bodies
import Pictures
import Tensors
import TestSupport
import Testing
import Training

@Suite("Panorama") struct StudioSurroundingsTests {
  /// Ahead red, to the right green, behind blue, to the left black; above white, below grey.
  private static let compass: Panorama = {
    var picture = Picture(width: 256, height: 128, red: 0, green: 0, blue: 0)
    for y in 0..<128 {
      for x in 0..<256 {
        // Column 128 is straight ahead.
        picture[x, y] =
          switch (y, (x + 32) / 64 % 4) {
          case (..<24, _): (255, 255, 255)
          case (104..., _): (128, 128, 128)
          case (_, 2): (255, 0, 0)
          case (_, 3): (0, 255, 0)
          case (_, 0): (0, 0, 255)
          default: (0, 0, 0)
          }
      }
    }
    return Panorama(picture)
  }()

  @Test(
    "finds the colour in a direction: x right, y down, z ahead",
    arguments: [
      (Point(0, 0, 1), [1, 0, 0]), (Point(1, 0, 0), [0, 1, 0]), (Point(0, 0, -1), [0, 0, 1]),
      (Point(-1, 0, 0), [0, 0, 0]), (Point(0.1, -1, 0), [1, 1, 1]),
      (Point(0, 1, 0.1), [0.502, 0.502, 0.502]),
      (Point(0.01, 0, -1), [0, 0, 1]), (Point(-0.01, 0, -1), [0, 0, 1]),
    ] as [(Point, [Float])])
  func directions(direction: Point, expected: [Float]) {
    let colour = Self.compass.colour(towards: direction, radiansPerPixel: 0.01)
    expectClose([colour.x, colour.y, colour.z], expected, absolute: 0.01)
  }

  @Test("looks where the camera is turned, its right on the right and its top on top")
  func view() {
    let side = 33
    let colours = UnsafeMutablePointer<SIMD4<Float>>.allocate(capacity: side * side)
    defer { colours.deallocate() }
    // A slope of 1.2 sees the neighbours on both sides.
    Self.compass.view(.identity, slope: 1.2, side: side, into: colours)
    expectClose(lanes(colours[16 * side + 16]), [1, 0, 0], absolute: 0.01)
    expectClose(lanes(colours[16 * side + 32]), [0, 1, 0], absolute: 0.01)
    expectClose(lanes(colours[16 * side]), [0, 0, 0], absolute: 0.01)
    Self.compass.view(Rotation.about(Point(0, 1, 0), by: .pi / 2), slope: 0.5, side: side, into: colours)
    expectClose(lanes(colours[16 * side + 16]), [0, 1, 0], absolute: 0.01)
    Self.compass.view(Rotation.about(Point(1, 0, 0), by: .pi / 2), slope: 0.2, side: side, into: colours)
    expectClose(lanes(colours[16 * side + 16]), [1, 1, 1], absolute: 0.01)
  }

  private func lanes(_ colour: SIMD4<Float>) -> [Float] { [colour.x, colour.y, colour.z] }

  @Test("lights every side alike where the surroundings are of one colour")
  func evenLight() {
    let light = Panorama(Picture(width: 128, height: 64, red: 90, green: 90, blue: 90)).light
    for direction in [Point(1, 0, 0), Point(0, -1, 0), Point(0, 0.6, 0.8)] {
      expectClose(lanes(light.ambient(facing: direction)), [1, 1, 1], absolute: 0.02)
    }
    #expect(abs(light.brightness - 90 / 255) < 0.01)
  }

  @Test("lights what faces the bright side as the integral of its cosine would")
  func oneSidedLight() {
    // Bright above, black below.
    var picture = Picture(width: 128, height: 64, red: 0, green: 0, blue: 0)
    for y in 0..<32 { for x in 0..<128 { picture[x, y] = (200, 200, 200) } }
    let light = Panorama(picture).light
    #expect(light.direction.y < -0.99)
    // A half sphere of light: (1 + cos θ)/2 of all of it, that is 1 + cos θ times the mean.
    for direction in [Point(0, -1, 0), Point(0, 1, 0), Point(1, 0, 0), Point(0, -0.6, 0.8)] {
      let expected = 1 - direction.y
      expectClose(lanes(light.ambient(facing: direction)), [expected, expected, expected], absolute: 0.06)
    }
  }
}

@Suite("Limbs that meet") struct StudioSkeletonTests {
  private func skeleton() throws -> StudioSkeleton {
    let body = try SmallStudio.body.get()
    let identity = Tensor([Matrix3](repeating: .identity, count: 24)).reshaped([1, 24, 3, 3])
    return StudioSkeleton(rest: body.joints(rotations: identity, betas: Tensor([1, 10])).points)
  }

  @Test("poses the mean body as the body model does")
  func joints() throws {
    let body = try SmallStudio.body.get()
    let pose = try SmallStudio.poses.get().rows(5..<6)
    let expected = body.joints(rotations: Rotation.matrices(poses: pose), betas: Tensor([1, 10]))
    expectClose(Tensor(try skeleton().joints(pose.reshaped([24, 3]).points)).elements, expected.elements)
  }

  @Test("lets people stand, and forbids an arm through the trunk and legs through each other")
  func limbsMeet() throws {
    let skeleton = try skeleton()
    var pose = [Point](repeating: .zero, count: 24)
    #expect(!skeleton.limbsMeet(pose))
    pose[Joint.leftShoulder.rawValue].z = -1.15
    pose[Joint.rightShoulder.rawValue].z = 1.15
    #expect(!skeleton.limbsMeet(pose))

    var crossed = pose
    crossed[Joint.leftHip.rawValue].z = -0.5
    #expect(skeleton.limbsMeet(crossed))
    var through = pose
    through[Joint.leftShoulder.rawValue].z = -2.2
    #expect(skeleton.limbsMeet(through))
  }

  @Test("accepts most of the recorded poses")
  func recorded() throws {
    let skeleton = try skeleton()
    let poses = try SmallStudio.poses.get()
    let points = poses.reshaped([poses.shape[0] * 24, 3]).points
    let meeting = (0..<poses.shape[0]).count { skeleton.limbsMeet(Array(points[$0 * 24..<$0 * 24 + 24])) }
    #expect(meeting < poses.shape[0] / 6, "\(meeting) of \(poses.shape[0])")
  }

  @Test(
    "measures how far two segments are apart",
    arguments: [
      // Crossing at a height, parallel side by side, end to end, end to middle.
      (Point(-1, 0, 0), Point(1, 0, 0), Point(0, -1, 2), Point(0, 1, 2), 4),
      (Point(0, 0, 0), Point(1, 0, 0), Point(0, 3, 0), Point(1, 3, 0), 9),
      (Point(0, 0, 0), Point(1, 0, 0), Point(3, 0, 0), Point(5, 0, 0), 4),
      (Point(0, 0, 0), Point(4, 0, 0), Point(2, 1, 0), Point(2, 5, 0), 1),
    ] as [(Point, Point, Point, Point, Float)])
  func distance(p: Point, q: Point, r: Point, s: Point, expected: Float) {
    expectClose([StudioSkeleton.squaredDistance(p, q, r, s)], [expected])
    expectClose([StudioSkeleton.squaredDistance(r, s, p, q)], [expected])
  }
}

import Bodies
import Pictures
import Rendering
import Tensors
import TestSupport
import Testing

@Suite("Panorama") struct PanoramaTests {
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

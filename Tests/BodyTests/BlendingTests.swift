import Bodies
import Tensors
import Testing

@Suite("Numbers of joints over the body") struct BlendingTests {
  @Test("a vertex has the numbers of its joints by its skinning weights") func blending() throws {
    let weights = try #require(goldenArrays["weights"])
    let numbers = (0..<Joint.count).map { Double($0 * $0) }
    let blended = goldenBody.blended(numbers)
    #expect(blended.count == goldenBody.vertexCount)
    for vertex in 0..<goldenBody.vertexCount {
      let sum = (0..<Joint.count).reduce(0.0) { $0 + Double(weights[vertex, $1]) * numbers[$1] }
      #expect(abs(blended[vertex] - sum) < 1e-3)
    }
    for one in goldenBody.blended([Double](repeating: 1, count: Joint.count)) { #expect(abs(one - 1) < 1e-5) }
  }

  @Test("stands upright, its left on the viewer's right, and turned around on the viewer's left")
  func standing() throws {
    let body = try BodyModel(arrays(in: "body_1000.npz"), from: "body_1000.npz")
    let (front, back) = (body.standing(), body.standing(facingAway: true))
    func middle(_ points: [Point], _ joint: Joint) -> Point {
      let part = points.indices.filter { body.parts[$0] == UInt8(joint.rawValue) }
      return part.reduce(Point()) { $0 + points[$1] } / Float(part.count)
    }
    // y runs down, z away from the camera.
    #expect(middle(front, .head).y < middle(front, .leftFoot).y - 1)
    #expect(middle(front, .leftWrist).x > 0.3 && middle(front, .rightWrist).x < -0.3)
    #expect(middle(back, .leftWrist).x < -0.3 && middle(back, .rightWrist).x > 0.3)
    #expect(middle(front, .leftWrist).y > middle(front, .leftShoulder).y + 0.3)
    #expect(middle(front, .leftFoot).z < middle(front, .leftAnkle).z)
    #expect(middle(back, .leftFoot).z > middle(back, .leftAnkle).z)
  }
}

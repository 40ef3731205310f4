import Bodies
import Tensors
import TestSupport
import Testing

@Suite("Body model") struct BodyModelTests {
  let golden = "golden/small/expected/body.npz"

  @Test("poses a body as the reference does, joints and vertices within 2 µm") func reference() throws {
    let rotations = Rotation.matrices(poses: try tensor("pose", in: golden))
    let betas = try tensor("betas", in: golden)
    let posed = goldenBody.posed(rotations: rotations, betas: betas)
    expectClose(posed.vertices, try tensor("vertices_neutral", in: golden), absolute: 2e-6)

    // Where SMPL's joints stand among the 49 of the reference.
    let places = [
      8: 0, 12: 1, 9: 2, 13: 4, 10: 5, 14: 7, 11: 8, 1: 12, 5: 16, 2: 17, 6: 18, 3: 19, 7: 20, 4: 21,
    ]
    let joints = try tensor("joints49_neutral", in: golden)
    for (place, joint) in places {
      for body in 0..<3 {
        expectNear(
          posed.joints.points[body * 24 + joint], joints.points[body * 49 + place], absolute: 2e-6,
          "joint \(joint)")
      }
    }
  }

  @Test(
    "poses the shipped body, stored in 16 bits, as the reference does: joints within 2 µm, vertices within 5 µm"
  ) func shippedReference() throws {
    let expected = "golden/networks/expected/spin.npz"
    let body = try BodyModel(arrays(in: "body.npz"), from: "body.npz")
    let posed = body.posed(
      rotations: try tensor("rotmat", in: expected), betas: try tensor("betas", in: expected))
    expectClose(posed.joints, try tensor("joints24", in: expected), absolute: 2e-6)
    let every53 = posed.vertices.points.enumerated().filter { $0.offset % 6890 % 53 == 0 }.map(\.element)
    expectClose(
      Tensor(every53).elements, try tensor("vertices_every53", in: expected).elements, absolute: 5e-6)
  }

  @Test("computes joints without vertices to the same bits, in a batch of any size") func joints() {
    let (rotations, betas) = randomPoses(5)
    let together = goldenBody.joints(rotations: rotations, betas: betas)
    #expect(together == goldenBody.posed(rotations: rotations, betas: betas).joints)
    for i in 0..<5 {
      let alone = goldenBody.joints(rotations: rotations.rows(i..<i + 1), betas: betas.rows(i..<i + 1))
      #expect(alone == together.rows(i..<i + 1))
    }
  }

  @Test("skins vertices with any weights, dense ones too") func denseWeights() throws {
    var generator = SeededGenerator(seed: 2)
    var dense = goldenArrays
    let rows = (0..<256).flatMap { _ in
      let row = (0..<24).map { _ in generator.uniform(0.01...1) }
      let sum = row.reduce(0, +)
      return row.map { $0 / sum }
    }
    dense["weights"] = Tensor([256, 24], rows)
    dense["posedirs"] = nil
    let body = try BodyModel(dense, from: "dense")
    let (rotations, _) = randomPoses(1)
    let betas = Tensor([1, 10])
    let posed = body.posed(rotations: rotations, betas: betas)

    // The definition: every joint carries the resting vertex along, and the weights average.
    let rest = product(goldenArrays["J_regressor"]!, goldenArrays["v_template"]!).points
    let turns = rotations.matrices
    var worlds: [(turn: Matrix3, place: Point)] = []
    for joint in Joint.allCases {
      let k = joint.rawValue
      if let parent = joint.parent {
        let (turn, place) = worlds[parent.rawValue]
        worlds.append((turn * turns[k], place + turn * (rest[k] - rest[parent.rawValue])))
      } else {
        worlds.append((turns[k], rest[k]))
      }
    }
    let expected = goldenArrays["v_template"]!.points.enumerated().map { v, p in
      (0..<24).reduce(Point()) { sum, k in
        sum + rows[v * 24 + k] * (worlds[k].turn * (p - rest[k]) + worlds[k].place)
      }
    }
    expectClose(posed.vertices.reshaped([256, 3]), Tensor(expected), absolute: 2e-5)
    expectClose(posed.joints.reshaped([24, 3]), Tensor(worlds.map(\.place)), absolute: 2e-5)
  }

  @Test("global rotation does not move the pelvis") func pelvis() {
    let (rotations, betas) = randomPoses(2)
    var turned = rotations
    Rotation.upright(heading: 1).elements.enumerated().forEach { turned[1, 0, $0 / 3, $0 % 3] = $1 }
    let joints = goldenBody.joints(
      rotations: turned, betas: Tensor(stacking: [betas.rows(0..<1), betas.rows(0..<1)]))
    expectNear(joints.points[0], joints.points[24], absolute: 0)
  }

  @Test("propagates a gradient from the joints to rotations and betas") func gradient() {
    var (rotations, betas) = randomPoses(2, seed: 11)
    var generator = SeededGenerator(seed: 3)
    let upstream = Tensor([2, 24, 3], (0..<144).map { _ in generator.normal() })
    func value() -> Double {
      zip(goldenBody.joints(rotations: rotations, betas: betas).elements, upstream.elements)
        .reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    let back = goldenBody.jointsBackward(upstream, rotations: rotations, betas: betas)
    let step: Float = 1e-2
    // The joints are linear in every single number, so that a large step costs nothing and rounding little.
    for index in stride(from: 0, to: 2 * 216, by: 5) {
      let kept = rotations.elements[index]
      rotations.withMutableElements { $0[index] = kept + step }
      let above = value()
      rotations.withMutableElements { $0[index] = kept - step }
      let slope = Float((above - value()) / Double(2 * step))
      rotations.withMutableElements { $0[index] = kept }
      expectClose(
        [back.rotations.elements[index]], [slope], absolute: 1e-3, relative: 1e-3, "rotation \(index)")
    }
    for index in 0..<20 {
      let kept = betas.elements[index]
      betas.withMutableElements { $0[index] = kept + step }
      let above = value()
      betas.withMutableElements { $0[index] = kept - step }
      let slope = Float((above - value()) / Double(2 * step))
      betas.withMutableElements { $0[index] = kept }
      expectClose([back.betas.elements[index]], [slope], absolute: 1e-3, relative: 1e-3, "beta \(index)")
    }
  }

  @Test("reads the shipped bodies: rows sum to 1, labels are complete") func shipped() throws {
    let small = try BodyModel(arrays(in: "body_1000.npz"), from: "body_1000.npz")
    #expect(small.vertexCount == 1000 && small.faces.count == 1996)
    #expect(Set(small.parts) == Set(0..<24))
    let regions = try #require(small.regions)
    #expect(
      Set(regions.compactMap(BodyRegion.init)).isSuperset(of: [.skin, .hair, .shirt, .trousers, .shoes]))
    let rest = Tensor([Matrix3](repeating: .identity, count: 24)).reshaped([1, 24, 3, 3])
    let joints = small.joints(rotations: rest, betas: Tensor([1, 10])).points
    // +y up, +x to the body's left, a person's size.
    #expect(joints[Joint.head.rawValue].y - joints[Joint.leftFoot.rawValue].y > 1.2)
    #expect(joints[Joint.leftWrist.rawValue].x > 0.5 && joints[Joint.rightWrist.rawValue].x < -0.5)
  }

  @Test("a body in millimetres is refused") func millimetres() {
    var large = goldenArrays
    large["v_template"] = goldenArrays["v_template"]!.map { $0 * 1000 }
    let error = #expect(throws: BodyError.self) { try BodyModel(large, from: "large") }
    #expect(error?.description.contains("give the body in metres") == true)
  }

  @Test("renormalises rows rounded to 16 bits") func rows() throws {
    var rounded = goldenArrays
    rounded["weights"] = goldenArrays["weights"]!.map { Float(Float16($0)) }
    rounded["J_regressor"] = goldenArrays["J_regressor"]!.map { Float(Float16($0)) }
    let body = try BodyModel(rounded, from: "rounded")
    // A body moved far away shows what its rows sum to: joints and vertices move along whole or lag behind.
    var far = rounded
    let shift: Float = 1000
    far["v_template"] = goldenArrays["v_template"]!.map { $0 + shift }
    let rest = Tensor([Matrix3](repeating: .identity, count: 24)).reshaped([1, 24, 3, 3])
    let near = body.posed(rotations: rest, betas: Tensor([1, 10]))
    let moved = try BodyModel(far, from: "far").posed(rotations: rest, betas: Tensor([1, 10]))
    expectClose(moved.joints, near.joints.map { $0 + shift }, absolute: 1e-3, relative: 0)
    expectClose(moved.vertices, near.vertices.map { $0 + shift }, absolute: 1e-3, relative: 0)
  }
}

@Suite("Body files") struct BodyFileTests {
  func error(_ change: (inout [String: Tensor]) -> Void) -> BodyError? {
    var arrays = goldenArrays
    change(&arrays)
    do {
      _ = try BodyModel(arrays, from: "body.npz")
      return nil
    } catch { return error }
  }

  @Test("report what is missing", arguments: BodyModel.arrayNames.prefix(5)) func missing(name: String) {
    let found = error { $0[name] = nil }
    #expect(found?.array == name)
    #expect(found?.description.hasPrefix("body.npz: \(name) is missing; ") == true)
  }

  @Test("may lack optional arrays", arguments: BodyModel.arrayNames.dropFirst(5)) func optional(
    name: String
  ) {
    #expect(error { $0[name] = nil } == nil)
  }

  @Test("report wrong shapes, other skeletons, damage") func wrong() {
    #expect(
      error { $0["posedirs"] = Tensor([256, 3, 94]) }?.problem
        == "has the shape 256×3×94 instead of 256×3×207")
    #expect(error { $0["weights"] = Tensor([256, 52]) }?.advice.contains("24 joints") == true)
    #expect(error { $0["weights"] = Tensor([255, 24]) }?.advice.contains("one body") == true)
    #expect(error { $0["shapedirs"] = Tensor([256, 3, 4]) }?.problem == "contains 4 shapes, fewer than 10")
    #expect(error { $0["v_template"] = Tensor([0, 3]) }?.problem == "contains no vertices")
    #expect(error { $0["v_template"] = Tensor([256]) }?.array == "v_template")
    #expect(
      error { $0["J_regressor"]![3, 7] = .nan }?.problem == "contains values that are infinite or not numbers"
    )
    #expect(error { $0["f"]![0, 0] = 256 }?.array == "f")
    #expect(
      error { $0["kintree_table"]![0, 12] = 4 }?.problem == "does not connect joint 12 to joint 9")
    #expect(error { $0["part"] = Tensor([256], repeating: 24) }?.problem == "contains labels outside 0…23")
  }

  @Test("use the first 10 of more shapes") func moreShapes() throws {
    var more = goldenArrays
    let stored = goldenArrays["shapedirs"]!.elements
    more["shapedirs"] = Tensor(
      [256, 3, 12], (0..<768).flatMap { row -> [Float] in stored[row * 10..<row * 10 + 10] + [7, 9] })
    let (rotations, betas) = randomPoses(2)
    let body = try BodyModel(more, from: "more")
    // The library may add up in another order.
    let (found, expected) = (
      body.posed(rotations: rotations, betas: betas), goldenBody.posed(rotations: rotations, betas: betas)
    )
    expectClose(found.vertices, expected.vertices, absolute: 2e-6)
    expectClose(found.joints, expected.joints, absolute: 2e-6)
  }
}

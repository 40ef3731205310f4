import Bodies
import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Procrustes alignment") struct ProcrustesTests {
  let golden = "golden/small/expected/geometry.npz"

  @Test("agrees with the reference, mirror images included") func reference() throws {
    let (source, target) = (
      try tensor("procrustes_source", in: golden), try tensor("procrustes_target", in: golden)
    )
    let aligned = try tensor("procrustes_aligned", in: golden)
    let errors = try tensor("procrustes_error_per_joint", in: golden)
    let means = try tensor("procrustes_error", in: golden)
    for i in 0..<6 {
      let (a, b) = (source.rows(i..<i + 1).points, target.rows(i..<i + 1).points)
      expectClose(
        Tensor(Procrustes.align(a, to: b)).elements, aligned.rows(i..<i + 1).elements, absolute: 2e-6,
        "sample \(i)")
      let found = JointErrors(of: a, from: b, in: .h36m14)
      expectClose(found.perJointAligned, errors.rows(i..<i + 1).elements, absolute: 2e-6, "sample \(i)")
      expectClose([found.meanAligned], means.rows(i..<i + 1).elements, absolute: 2e-6, "sample \(i)")
    }
  }

  @Test("recovers a rotation, a scale and a shift") func recovery() {
    var generator = SeededGenerator(seed: 4)
    let points = (0..<14).map { _ in Point(generator.normal(), generator.normal(), generator.normal()) }
    for _ in 0..<20 {
      let axis = Point(generator.normal(), generator.normal(), generator.normal()) * 2
      let turn = Rotation.matrix(axisAngle: axis)
      let shift = Point(generator.normal(), generator.normal(), generator.normal())
      let moved = points.map { turn * $0 * 1.7 + shift }
      let found = Procrustes(aligning: points, to: moved)
      expectClose(found.rotation.elements, turn.elements, absolute: 1e-5)
      expectClose([found.scale], [1.7], absolute: 1e-5)
      expectNear(found.translation, shift, absolute: 1e-5)
    }
  }

  @Test("never mirrors, and no rotation about any axis improves the fit") func optimum() {
    var generator = SeededGenerator(seed: 6)
    let a = (0..<14).map { _ in Point(generator.normal(), generator.normal(), generator.normal()) }
    let mirrored = a.map { $0 * Point(-1, 1, 1) }
    let found = Procrustes(aligning: a, to: mirrored)
    expectClose([found.rotation.determinant], [1], absolute: 1e-5)
    func cost(_ points: [Point]) -> Float {
      zip(points, mirrored).reduce(0) { $0 + (($1.0 - $1.1) * ($1.0 - $1.1)).sum() }
    }
    let best = a.map { found($0) }
    let middle = best.reduce(Point(), +) / 14
    for axis in [Point(1, 0, 0), Point(0, 1, 0), Point(0, 0, 1)] {
      for angle: Float in [-0.05, 0.05] {
        let turn = Rotation.about(axis, by: angle)
        #expect(cost(best.map { turn * ($0 - middle) + middle }) > cost(best))
      }
    }
    #expect(cost(best.map { ($0 - middle) * 1.02 + middle }) > cost(best))
    #expect(cost(best.map { ($0 - middle) * 0.98 + middle }) > cost(best))
  }

  @Test("handles degenerate points") func degenerate() {
    let line = (0..<14).map { Point(Float($0), 0, 0) }
    let upright = line.map { Point(0, $0.x * 2, 0) }
    let dot = [Point](repeating: Point(1, 2, 3), count: 14)
    func worst(_ a: [Point], _ b: [Point]) -> Float {
      JointErrors(of: a, from: b, in: .h36m14).perJointAligned.max()!
    }
    #expect(worst(line, upright) < 1e-5)
    #expect(worst(line, line.map { -$0 }) < 1e-5)
    #expect(worst(dot, dot) < 1e-6)
    #expect(worst(line, dot) < 1e-6)
    #expect(worst(dot, line) == 6.5)
    let flat = (0..<14).map { Point(cos(Float($0)), sin(Float(2 * $0)), 0) }
    #expect(worst(flat, flat.map { Point(-$0.x, $0.y, 1) }) < 1e-5)
  }
}

@Suite("Joint errors") struct JointErrorTests {
  @Test("are computed after pelvis alignment") func pelvis() {
    let truth = goldenBody.joints(rotations: randomPoses(1).rotations, betas: Tensor([1, 10])).points
    var predicted = truth.map { $0 + Point(3, -2, 40) }
    predicted[Joint.leftWrist.rawValue] += Point(0.03, 0, 0.04)
    let errors = JointErrors(of: predicted, from: truth, in: .smpl24)
    var expected = [Float](repeating: 0, count: 24)
    expected[Joint.leftWrist.rawValue] = 0.05
    expectClose(errors.perJoint, expected, absolute: 1e-5)
    expectClose([errors.mean], [0.05 / 24], absolute: 1e-5)
    // The best fit spreads one joint's error over all: less in squares, not in the mean.
    func squares(_ values: [Float]) -> Float { values.reduce(0) { $0 + $1 * $1 } }
    #expect(squares(errors.perJointAligned) < 0.99 * squares(errors.perJoint))
    #expect(errors.perJointAligned.min()! > 0)
    predicted = truth
    predicted[0] += Point(0, 0.1, 0)
    let moved = JointErrors(of: predicted, from: truth, in: .smpl24)
    expectClose(moved.perJoint, [0] + [Float](repeating: 0.1, count: 23), absolute: 1e-6)
  }

  @Test("of vertices are computed after pelvis alignment") func vertices() {
    let truth = Tensor([4, 3], (0..<12).map { Float($0) * 0.1 })
    let shift = Point(1, 2, 3)
    var predicted = Tensor(truth.points.map { $0 + shift })
    predicted[2, 1] += 0.02
    let error = JointErrors.perVertex(of: predicted, pelvis: shift, from: truth, pelvis: Point())
    expectClose([error], [0.005], absolute: 1e-6)
  }

  @Test("of the evaluation joints are computed without vertices, and agree with them within 5 µm")
  func evaluationJoints() throws {
    let regressor = try tensor("array", in: "golden/small/data/J_regressor_h36m.npy")
    let evaluation = try EvaluationJoints(regressor, for: goldenBody, from: "J_regressor_h36m.npy")
    let (rotations, betas) = randomPoses(3)
    let vertices = goldenBody.posed(rotations: rotations, betas: betas).vertices
    let rows = [6, 5, 4, 1, 2, 3, 16, 15, 14, 11, 12, 13, 8, 10]
    var expected: [Point] = []
    for i in 0..<3 {
      let joints = product(regressor, vertices.rows(i..<i + 1).reshaped([256, 3])).points
      expected += rows.map { joints[$0] - joints[0] }
    }
    expectClose(
      evaluation.positions(rotations: rotations, betas: betas), Tensor(expected).reshaped([3, 14, 3]),
      absolute: 5e-6)
    // How many bodies there are changes no bit of any.
    let (many, shapes) = randomPoses(64)
    let all = evaluation.positions(rotations: many, betas: shapes)
    for rows in [0..<1, 5..<21, 63..<64] {
      #expect(
        evaluation.positions(rotations: many.rows(rows), betas: shapes.rows(rows)).elements
          == all.rows(rows).elements)
    }
    #expect(throws: BodyError.self) {
      try EvaluationJoints(Tensor([17, 255]), for: goldenBody, from: "J_regressor_h36m.npy")
    }
  }
}

import Archives
import Bodies
import Evaluation
import Pictures
import Rendering
import TestSupport
import Tensors
import Testing
import Training

@Suite("Constant joints") struct ConstantJointsTests {
  private static func renderer() throws -> Renderer {
    let body = try Archive(contentsOf: fixture("body_1000.npz"))
    return Renderer(
      body: try BodyModel(try body.tensors(), from: "body_1000.npz"),
      poses: try Archive(contentsOf: fixture("poses.npz")).tensor("pose"),
      panoramas: [try Picture(contentsOf: fixture("panoramas/\(Renderer.heldOutPanoramas[0]).jpg"))],
      settings: .unoccluded)
  }

  @Test("have a smaller MPJPE on the people they are fitted to than their mean, or than joints beside them")
  func best() throws {
    let people = try Self.renderer().people(0..<48, seed: 3, side: 16)
    func mpjpe(_ joints: [Point]) -> Float {
      people.reduce(0) { $0 + JointErrors(of: joints, from: $1.joints, in: .smpl24).mean } / 48
    }
    let constant = ConstantJoints(fitting: people)
    #expect(constant.joints.count == 24 && constant.joints[0] == .zero)
    let best = mpjpe(constant.joints)
    let mean = (0..<24).map { joint in
      people.reduce(Point.zero) { $0 + ($1.joints[joint] - $1.joints[0]) } / 48
    }
    #expect(best < mpjpe(mean))
    for offset in [Point(0.01, 0, 0), Point(0, -0.01, 0), Point(0, 0, 0.01)] {
      #expect(best < mpjpe(constant.joints.enumerated().map { $0 == 0 ? $1 : $1 + offset }))
    }
  }

  @Test("have the errors that plain sums give, with and without alignment") func accuracy() throws {
    let renderer = try Self.renderer()
    let evaluation = RenderedEvaluation(renderer, count: 20, seed: 5)
    let constant = ConstantJoints(fitting: renderer.people(0..<32, seed: 4, side: 16))
    let found = evaluation.accuracy(of: constant)
    let errors = renderer.people(0..<20, seed: 5, side: 16).map {
      JointErrors(of: constant.joints, from: $0.joints, in: .smpl24)
    }
    expectClose([found.mpjpe], [50 * errors.reduce(0) { $0 + $1.mean }], absolute: 0.01)
    expectClose([found.alignedMPJPE], [50 * errors.reduce(0) { $0 + $1.meanAligned }], absolute: 0.01)
    // Headings are uniform: facing the camera costs more than standing in the middle.
    let mean = evaluation.accuracy(of: MeanParameters(of: renderer.people(0..<32, seed: 4, side: 16)))
    #expect(found.mpjpe < mean.mpjpe)
    expectClose([mean.mpjpeWithoutRoot], [mean.mpjpe * 24 / 23], relative: 1e-4)
  }
}

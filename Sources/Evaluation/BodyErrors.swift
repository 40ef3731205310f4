import Bodies
import Rendering
import Tensors

/// How far a predicted body is from that of a rendered person, metres.
struct BodyErrors {
  /// Of SMPL's joints.
  let joints: JointErrors
  /// The mean over vertices, pelvises aligned.
  let vertices: Float

  /// The errors of predicted bodies, one for each person.
  ///
  /// - Parameter joints: joints that were predicted by themselves, `[N, 24, 3]`; nil for those of the bodies.
  static func of(
    rotations: Tensor, betas: Tensor, joints own: Tensor? = nil, on people: [RenderedSample],
    with body: BodyModel
  ) -> [BodyErrors] {
    let predicted = body.posed(rotations: rotations, betas: betas)
    let truth = body.posed(
      rotations: Tensor(stacking: people.map { $0.rotations.reshaped([1] + $0.rotations.shape) }),
      betas: Tensor([people.count, BodyModel.shapeCount], people.flatMap(\.betas)))
    return people.indices.map { i in
      let bodyJoints = predicted.joints.rows(i..<i + 1).points
      let joints = own?.rows(i..<i + 1).points ?? bodyJoints, trueJoints = truth.joints.rows(i..<i + 1).points
      return BodyErrors(
        joints: JointErrors(of: joints, from: trueJoints, in: .smpl24),
        vertices: JointErrors.perVertex(
          of: predicted.vertices.rows(i..<i + 1), pelvis: bodyJoints[0], from: truth.vertices.rows(i..<i + 1),
          pelvis: trueJoints[0]))
    }
  }
}

public import Bodies
import Networks
public import Tensors

/// What a network said at some places, and how far off it was.
public struct Measurements: Sendable {
  /// SMPL's joints, `[N, 24, 3]`, metres.
  public let joints: Tensor
  /// Distance of every joint from the reference with the pelvises laid on each other, `[N, joints]`, metres.
  public let error: Tensor
  /// The same after the best similarity transform, `[N, joints]`, metres.
  public let alignedError: Tensor
  /// Rotations, `[N, 24, 3, 3]`.
  public let rotations: Tensor
  /// Body shape, `[N, 10]`.
  public let betas: Tensor
  /// Camera scale and shift, `[N, 3]`.
  public let camera: Tensor

  /// Measures answers against a reference `[joints, 3]` of the set, both in metres.
  public init(_ answers: Sweep.Answers, against reference: Tensor, in set: JointSet) {
    let n = answers.joints.shape[0]
    let truth = reference.points
    var error = Tensor([n, truth.count])
    var aligned = Tensor([n, truth.count])
    for i in 0..<n {
      let points = answers.measured.rows(i..<i + 1).points
      let errors = JointErrors(of: points, from: truth, in: set)
      for joint in 0..<truth.count {
        error[i, joint] = errors.perJoint[joint]
        aligned[i, joint] = errors.perJointAligned[joint]
      }
    }
    joints = answers.joints
    self.error = error
    alignedError = aligned
    rotations = answers.prediction.rotations
    betas = answers.prediction.betas
    camera = answers.prediction.camera
  }

  /// Measurements of the given parts, as a record holds them.
  public init(
    joints: Tensor, error: Tensor, alignedError: Tensor, rotations: Tensor, betas: Tensor, camera: Tensor
  ) {
    self.joints = joints
    self.error = error
    self.alignedError = alignedError
    self.rotations = rotations
    self.betas = betas
    self.camera = camera
  }

  /// Measurements of consecutive places laid end to end.
  init(stacking parts: [Measurements]) {
    joints = Tensor(stacking: parts.map(\.joints))
    error = Tensor(stacking: parts.map(\.error))
    alignedError = Tensor(stacking: parts.map(\.alignedError))
    rotations = Tensor(stacking: parts.map(\.rotations))
    betas = Tensor(stacking: parts.map(\.betas))
    camera = Tensor(stacking: parts.map(\.camera))
  }
}

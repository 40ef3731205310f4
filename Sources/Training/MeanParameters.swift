public import Bodies
public import Tensors

/// What is said of a person whose picture nobody looked at: the mean pose, facing the camera.
public struct MeanParameters: Sendable {
  /// Rotations, `[24, 3, 3]`: element by element the mean, which the first two columns of a row turn into a rotation.
  public let rotations: Tensor
  /// Mean shape, `[10]`.
  public let betas: Tensor
  /// Mean camera s, tx, ty, `[3]`.
  public let camera: Tensor
  /// The mean of the joints with the pelvis at the origin: no constant answer is better in the square.
  public let joints: [Point]

  /// The means over people of a studio; headings are all alike, so the mean person faces the camera.
  public init(of people: [RenderedPerson]) {
    let n = Float(people.count)
    var rotations = [Float](repeating: 0, count: 216), betas = [Float](repeating: 0, count: 10)
    var camera: [Float] = [0, 0, 0]
    var joints = [Point](repeating: .zero, count: 24)
    for person in people {
      person.rotations.withElements { for i in 0..<216 { rotations[i] += $0[i] / n } }
      for i in 0..<10 { betas[i] += person.betas[i] / n }
      for (i, value) in [person.camera.scale, person.camera.tx, person.camera.ty].enumerated() {
        camera[i] += value / n
      }
      for j in 0..<24 { joints[j] += (person.joints[j] - person.joints[0]) / n }
    }
    let facing = Rotation.upright()
    for row in 0..<3 { for column in 0..<3 { rotations[3 * row + column] = facing[row, column] } }
    self.rotations = Tensor([24, 3, 3], rotations)
    (self.betas, self.camera, self.joints) = (Tensor([10], betas), Tensor([3], camera), joints)
  }

  /// The first two columns of every rotation, row by row, joint-major: `init_pose` of the pooled head.
  var pose6D: [Float] {
    (0..<24).flatMap { j in (0..<3).flatMap { row in [rotations[j, row, 0], rotations[j, row, 1]] } }
  }

  /// The tensors that a network's answers start from, under the names of its head.
  func tensors(partAttention: Bool) -> [String: Tensor] {
    let prefix = partAttention ? "head." : ""
    let pose = pose6D
    // The part-attention head reads the 144 numbers as 6 × 24 (`spec/pare.md` §6).
    let ordered = partAttention ? (0..<144).map { pose[$0 % 24 * 6 + $0 / 24] } : pose
    return [
      "\(prefix)init_pose": Tensor([1, 144], ordered), "\(prefix)init_shape": betas.reshaped([1, 10]),
      "\(prefix)init_cam": camera.reshaped([1, 3]),
    ]
  }
}

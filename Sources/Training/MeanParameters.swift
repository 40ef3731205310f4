import Bodies
public import Rendering
public import Tensors

/// The prediction that ignores the picture: the mean pose and shape, facing the camera.
public struct MeanParameters: Sendable {
  /// Rotations, `[24, 3, 3]`: the elementwise mean, which the 6D representation makes a rotation.
  public let rotations: Tensor
  /// Mean shape, `[10]`.
  public let betas: Tensor
  /// Mean camera s, tx, ty, `[3]`.
  public let camera: Tensor

  /// The means over rendered people; headings are uniform, so the mean person faces the camera by definition.
  public init(of people: [RenderedSample]) {
    let n = Float(people.count)
    var rotations = [Float](repeating: 0, count: 216), betas = [Float](repeating: 0, count: 10)
    var camera: [Float] = [0, 0, 0]
    for person in people {
      person.rotations.withElements { for i in 0..<216 { rotations[i] += $0[i] / n } }
      for i in 0..<10 { betas[i] += person.betas[i] / n }
      for (i, value) in [person.camera.scale, person.camera.tx, person.camera.ty].enumerated() {
        camera[i] += value / n
      }
    }
    let facing = Rotation.upright()
    for row in 0..<3 { for column in 0..<3 { rotations[3 * row + column] = facing[row, column] } }
    self.rotations = Tensor([Joint.count, 3, 3], rotations)
    (self.betas, self.camera) = (Tensor([10], betas), Tensor([3], camera))
  }

  /// The first two columns of every rotation, row by row, joint-major: `init_pose` of the pooled head.
  package var pose6D: [Float] {
    (0..<Joint.count).flatMap { j in (0..<3).flatMap { row in [rotations[j, row, 0], rotations[j, row, 1]] } }
  }

  /// The tensors that a network's predictions start from, under the names of its head.
  func tensors(hasPrefix: Bool) -> [String: Tensor] {
    let prefix = hasPrefix ? "head." : ""
    let pose = pose6D
    // Heads with a prefix read the 144 numbers as 6 × 24, as PARE's code does.
    let ordered =
      hasPrefix ? (0..<pose.count).map { pose[$0 % Joint.count * 6 + $0 / Joint.count] } : pose
    return [
      "\(prefix)init_pose": Tensor([1, 144], ordered), "\(prefix)init_shape": betas.reshaped([1, 10]),
      "\(prefix)init_cam": camera.reshaped([1, 3]),
    ]
  }
}

public import Tensors

/// The evaluation joints of a body, 14 or 17, which Human3.6M's regressor takes from its vertices.
///
/// The regressor's sums over skinned vertices are linear in the resting body's offsets, limb by limb. They are
/// taken once, so that no vertex has to be posed afterwards.
public struct EvaluationJoints: Sendable {
  /// The joints in their order: ``Skeleton/h36m14`` or ``Skeleton/h36m17``.
  public let skeleton: Skeleton

  /// A row of the regressor's share that follows one joint of the body.
  private struct Share {
    /// The pelvis, 0, or an evaluation joint, from 1.
    let target: Int
    /// The joint that is followed.
    let joint: Int
    /// The sum of the weights.
    let weight: Float
  }

  private let body: BodyModel
  private let shares: [Share]
  /// Weighted sums of the resting vertices, `[shares, 3]`, and of their offsets: `[shares · 3, …]`.
  private let template: Tensor, shapeDirections: Tensor, poseDirections: Tensor?

  /// Prepares a regressor, `[17, V]`, for a body of V vertices.
  ///
  /// - Parameter skeleton: `h36m14`, or `h36m17` for all that the regressor gives.
  /// - Throws: the regressor has another shape or holds what is not a number.
  public init(
    _ regressor: Tensor, for body: BodyModel, from file: String, skeleton: Skeleton = .h36m14
  ) throws(BodyError) {
    precondition(skeleton == .h36m14 || skeleton == .h36m17, "\(skeleton.name) is not regressed")
    self.skeleton = skeleton
    let rows = [0] + SkeletonConversion(from: .h36m17, to: skeleton).indices.map { $0! }
    let v = body.vertexCount
    let name = "J_regressor_h36m"
    let checked = try BodyArrays([name: regressor], file).array(name, [17, v])
    self.body = body
    var (shares, spread): ([Share], [Float]) = ([], [])
    checked.withElements { regressor in
      for (target, row) in rows.enumerated() {
        var perJoint = [Float](repeating: 0, count: Joint.count * v)
        for vertex in 0..<v where regressor[row * v + vertex] != 0 {
          for slot in vertex * body.skinning.joints..<(vertex + 1) * body.skinning.joints {
            let joint = Int(body.skinning.indices[slot])
            perJoint[joint * v + vertex] += regressor[row * v + vertex] * body.skinning.weights[slot]
          }
        }
        for joint in 0..<Joint.count {
          let part = perJoint[joint * v..<(joint + 1) * v]
          guard part.contains(where: { $0 != 0 }) else { continue }
          shares.append(
            Share(target: target, joint: joint, weight: Float(part.reduce(0.0) { $0 + Double($1) })))
          spread += part
        }
      }
    }
    let weights = Tensor([shares.count, v], spread)
    self.shares = shares
    template = product(weights, body.template)
    func summed(_ directions: Tensor) -> Tensor {
      let width = directions.shape[2]
      return product(weights, directions.reshaped([v, 3 * width])).reshaped([shares.count * 3, width])
    }
    shapeDirections = summed(body.shapeDirections)
    poseDirections = body.poseDirections.map(summed)
  }

  /// The evaluation joints, `[N, joints, 3]`, metres, relative to the regressor's own pelvis.
  ///
  /// Rotations are `[N, 24, 3, 3]` and betas `[N, 10]`, as for ``BodyModel/posed(rotations:betas:)``.
  public func positions(rotations: Tensor, betas: Tensor) -> Tensor {
    let n = body.checkedCount(rotations, betas)
    let width = shares.count * 3
    // One body at a time: of several, the last digits of each would depend on how many there are.
    let sums = Tensor(
      [n, width],
      (0..<n).flatMap { i in
        var own = template.reshaped([1, width])
        body.addOffsets(
          shapeDirections, poseDirections, rotations: rotations.rows(i..<i + 1),
          betas: betas.rows(i..<i + 1), to: &own)
        return own.elements
      })
    return Tensor([n, skeleton.count, 3]) { result in
      withPointers(to: sums) { sums in
        withUnsafeTemporaryAllocation(of: SIMD4<Float>.self, capacity: Joint.count * 4) { columns in
          body.forEachChain(rotations, betas) { i, chain in
            chain.writeTransforms(to: columns.baseAddress!)
            write(sums + i * width, by: columns.baseAddress!, to: result + i * 3 * skeleton.count)
          }
        }
      }
    }
  }

  /// The evaluation joints of one body, from the shares' sums and the transforms of the body's joints.
  private func write(
    _ sums: UnsafePointer<Float>, by columns: UnsafePointer<SIMD4<Float>>,
    to result: UnsafeMutablePointer<Float>
  ) {
    var joints = [18 of SIMD4<Float>](repeating: SIMD4())
    for (slot, share) in shares.enumerated() {
      let (p, c) = (sums + slot * 3, columns + share.joint * 4)
      joints[share.target] += c[0] * p[0] + c[1] * p[1] + c[2] * p[2] + c[3] * share.weight
    }
    for j in 0..<skeleton.count {
      let (p, target) = (joints[j + 1] - joints[0], result + j * 3)
      (target[0], target[1], target[2]) = (p.x, p.y, p.z)
    }
  }
}

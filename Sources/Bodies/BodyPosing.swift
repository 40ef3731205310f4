public import Tensors

/// Bodies in their poses, metres.
public struct PosedBodies: Sendable {
  /// The vertices, `[N, V, 3]`.
  public let vertices: Tensor
  /// The joints, `[N, 24, 3]`.
  public let joints: Tensor
}

extension BodyModel {
  /// Poses bodies: rotations `[N, 24, 3, 3]`, the first the global orientation, and betas `[N, 10]`.
  ///
  /// The body is not shifted: its pelvis stays where the resting body has it. Runs on the calling thread.
  public func posed(rotations: Tensor, betas: Tensor) -> PosedBodies {
    let n = checkedCount(rotations, betas)
    let width = 3 * vertexCount
    let vertices = Tensor(uninitialized: [n, vertexCount, 3])
    for i in 0..<n { (vertices.address + i * width).update(from: template.address, count: width) }
    // The stored order is a matrix of one row a coordinate: its transpose is a view, not a copy.
    multiply(
      Matrix(betas.address, n, Self.shapeCount),
      Matrix(
        shapeDirections.address, width, Self.shapeCount, transposed: true, rowStride: shapeDirections.shape[2]
      ),
      into: vertices.address, keeping: 1)
    if let poseDirections {
      let features = poseFeatures(rotations)
      multiply(
        Matrix(features.address, n, 207), Matrix(poseDirections.address, width, 207, transposed: true),
        into: vertices.address, keeping: 1)
    }

    let joints = Tensor(uninitialized: [n, 24, 3])
    withUnsafeTemporaryAllocation(of: SIMD4<Float>.self, capacity: 24 * 4) { columns in
      var chain = KinematicChain()
      for i in 0..<n {
        chain.pose(rest(betas.address + i * Self.shapeCount), rotations.address + i * 216)
        chain.writePositions(to: joints.address + i * 72)
        chain.writeTransforms(to: columns.baseAddress!)
        skinning.apply(to: vertices.address + i * width, by: columns.baseAddress!)
      }
    }
    withExtendedLifetime((rotations, betas, self)) {}
    return PosedBodies(vertices: vertices, joints: joints)
  }

  /// The posed joints alone, `[N, 24, 3]`, which need no vertices.
  public func joints(rotations: Tensor, betas: Tensor) -> Tensor {
    let n = checkedCount(rotations, betas)
    let joints = Tensor(uninitialized: [n, 24, 3])
    var chain = KinematicChain()
    for i in 0..<n {
      chain.pose(rest(betas.address + i * Self.shapeCount), rotations.address + i * 216)
      chain.writePositions(to: joints.address + i * 72)
    }
    withExtendedLifetime((rotations, betas)) {}
    return joints
  }

  /// The gradient of rotations `[N, 24, 3, 3]` and betas `[N, 10]` from that of the joints, `[N, 24, 3]`.
  ///
  /// The nine numbers of a rotation count as free: whoever made the matrix carries the gradient on.
  public func jointsBackward(
    _ gradient: Tensor, rotations: Tensor, betas: Tensor
  ) -> (rotations: Tensor, betas: Tensor) {
    let n = checkedCount(rotations, betas)
    precondition(
      gradient.shape == [n, 24, 3], "\(gradient.shape) is not the gradient of \(n) bodies' joints")
    let back = (rotations: Tensor([n, 24, 3, 3]), betas: Tensor([n, Self.shapeCount]))
    var chain = KinematicChain()
    for i in 0..<n {
      chain.pose(rest(betas.address + i * Self.shapeCount), rotations.address + i * 216)
      let rest = chain.backward(gradient.address + i * 72, into: back.rotations.address + i * 216)
      for l in 0..<Self.shapeCount {
        var sum: Float = 0
        for j in 0..<24 {
          let d = restJointDirections.address + l * 72 + j * 3
          sum += (Point(d[0], d[1], d[2]) * rest[j]).sum()
        }
        back.betas.address[i * Self.shapeCount + l] = sum
      }
    }
    withExtendedLifetime((gradient, rotations, betas, self)) {}
    return back
  }

  func checkedCount(_ rotations: Tensor, _ betas: Tensor) -> Int {
    let n = rotations.shape.first ?? 0
    precondition(rotations.shape == [n, 24, 3, 3], "\(rotations.shape) are not rotations [N, 24, 3, 3]")
    precondition(betas.shape == [n, Self.shapeCount], "\(betas.shape) are not betas [\(n), 10]")
    return n
  }

  /// The joints of the resting body of a shape.
  ///
  /// Summed without the library, so that the other bodies of a batch never change a digit.
  func rest(_ betas: UnsafePointer<Float>) -> [24 of Point] {
    let (rest, directions) = (restJoints.address, restJointDirections.address)
    return [24 of Point] { j in
      var p = Point(rest[j * 3], rest[j * 3 + 1], rest[j * 3 + 2])
      for l in 0..<Self.shapeCount {
        let d = directions + l * 72 + j * 3
        p += betas[l] * Point(d[0], d[1], d[2])
      }
      return p
    }
  }

  /// What drives the pose-dependent offsets: the 23 rotations less the identity, `[N, 207]`.
  func poseFeatures(_ rotations: Tensor) -> Tensor {
    let n = rotations.shape[0]
    let features = Tensor(uninitialized: [n, 207])
    for i in 0..<n {
      let (source, target) = (rotations.address + i * 216 + 9, features.address + i * 207)
      for m in 0..<207 { target[m] = source[m] - (m % 9 % 4 == 0 ? 1 : 0) }
    }
    return features
  }
}

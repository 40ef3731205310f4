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
    var vertices = Tensor([n, vertexCount, 3]) { vertices in
      withPointers(to: template) { template in
        for i in 0..<n { (vertices + i * width).update(from: template, count: width) }
      }
    }
    addOffsets(shapeDirections, poseDirections, rotations: rotations, betas: betas, to: &vertices)

    var joints = Tensor(uninitialized: [n, Joint.count, 3])
    withMutablePointers(to: &vertices, &joints) { vertices, joints in
      withUnsafeTemporaryAllocation(of: SIMD4<Float>.self, capacity: Joint.count * 4) { columns in
        forEachChain(rotations, betas) { i, chain in
          chain.writePositions(to: joints + i * 72)
          chain.writeTransforms(to: columns.baseAddress!)
          skinning.apply(to: vertices + i * width, by: columns.baseAddress!)
        }
      }
    }
    return PosedBodies(vertices: vertices, joints: joints)
  }

  /// The posed joints alone, `[N, 24, 3]`, which need no vertices.
  public func joints(rotations: Tensor, betas: Tensor) -> Tensor {
    Tensor([checkedCount(rotations, betas), Joint.count, 3]) { joints in
      forEachChain(rotations, betas) { i, chain in chain.writePositions(to: joints + i * 72) }
    }
  }

  /// The gradient of rotations `[N, 24, 3, 3]` and betas `[N, 10]` from that of the joints, `[N, 24, 3]`.
  ///
  /// The nine numbers of a rotation count as free: whoever made the matrix carries the gradient on.
  public func jointsBackward(
    _ gradient: Tensor, rotations: Tensor, betas: Tensor
  ) -> (rotations: Tensor, betas: Tensor) {
    let n = checkedCount(rotations, betas)
    precondition(
      gradient.shape == [n, Joint.count, 3], "\(gradient.shape) is not the gradient of \(n) bodies' joints")
    var toRotations = Tensor([n, Joint.count, 3, 3]), toBetas = Tensor([n, Self.shapeCount])
    withMutablePointers(to: &toRotations, &toBetas) { toRotations, toBetas in
      withPointers(to: gradient, restJointDirections) { gradient, directions in
        forEachChain(rotations, betas) { i, chain in
          let rest = chain.backward(gradient + i * 72, into: toRotations + i * 216)
          for l in 0..<Self.shapeCount {
            var sum: Float = 0
            for j in 0..<Joint.count {
              let d = directions + l * 72 + j * 3
              sum += (Point(d[0], d[1], d[2]) * rest[j]).sum()
            }
            toBetas[i * Self.shapeCount + l] = sum
          }
        }
      }
    }
    return (toRotations, toBetas)
  }

  func checkedCount(_ rotations: Tensor, _ betas: Tensor) -> Int {
    let n = rotations.shape.first ?? 0
    precondition(
      rotations.shape == [n, Joint.count, 3, 3], "\(rotations.shape) are not rotations [N, 24, 3, 3]")
    precondition(betas.shape == [n, Self.shapeCount], "\(betas.shape) are not betas [\(n), 10]")
    return n
  }

  /// Adds offsets of shape and pose to points, `[N, …, 3]`.
  ///
  /// - Parameters:
  ///   - shape: offsets per shape parameter, `[…, 3, ≥ 10]`.
  ///   - pose: offsets per pose feature, `[…, 3, 207]`; nil adds none.
  func addOffsets(
    _ shape: Tensor, _ pose: Tensor?, rotations: Tensor, betas: Tensor, to points: inout Tensor
  ) {
    let n = betas.shape[0]
    let width = n == 0 ? 0 : points.count / n
    // The stored order is a matrix of one row a coordinate: its transpose is a view, not a copy.
    multiply(
      Matrix(betas, rows: n, columns: Self.shapeCount),
      Matrix(
        shape, rows: width, columns: Self.shapeCount, transposed: true, rowStride: shape.shape.last!),
      into: &points, keeping: 1)
    if let pose {
      multiply(
        Matrix(poseFeatures(rotations), rows: n, columns: 207),
        Matrix(pose, rows: width, columns: 207, transposed: true), into: &points, keeping: 1)
    }
  }

  /// Calls `body` with the number and the posed skeleton of every body.
  func forEachChain(
    _ rotations: Tensor, _ betas: Tensor, _ body: (_ index: Int, _ chain: KinematicChain) -> Void
  ) {
    var chain = KinematicChain()
    withPointers(to: rotations, betas) { numbers, coefficients in
      for i in 0..<betas.shape[0] {
        chain.pose(rest(coefficients + i * Self.shapeCount), numbers + i * 216)
        body(i, chain)
      }
    }
  }

  /// The joints of the resting body of a shape.
  ///
  /// Summed without the library, so that the other bodies of a batch never change a digit.
  private func rest(_ betas: UnsafePointer<Float>) -> [24 of Point] {
    withPointers(to: restJoints, restJointDirections) { rest, directions in
      [24 of Point] { j in
        var p = Point(rest[j * 3], rest[j * 3 + 1], rest[j * 3 + 2])
        for l in 0..<Self.shapeCount {
          let d = directions + l * 72 + j * 3
          p += betas[l] * Point(d[0], d[1], d[2])
        }
        return p
      }
    }
  }

  /// What drives the pose-dependent offsets: the 23 rotations minus the identity, `[N, 207]`.
  private func poseFeatures(_ rotations: Tensor) -> Tensor {
    let n = rotations.shape[0]
    return Tensor([n, 207]) { features in
      withPointers(to: rotations) { rotations in
        for i in 0..<n {
          let (source, target) = (rotations + i * 216 + 9, features + i * 207)
          for m in 0..<207 { target[m] = source[m] - (m % 9 % 4 == 0 ? 1 : 0) }
        }
      }
    }
  }
}

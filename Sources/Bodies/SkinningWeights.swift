import Tensors

/// How much each vertex follows which joints, without the zeros.
package struct SkinningWeights: Sendable {
  /// The largest number of joints that any vertex follows.
  package let joints: Int
  /// Joint and weight of every vertex in turn, `joints` of them each, filled up with zero weights.
  package let indices: [UInt8]
  package let weights: [Float]

  /// Reads dense weights, `[V, 24]`.
  init(_ dense: Tensor) {
    let vertices = dense.shape[0]
    (joints, indices, weights) = dense.withElements { dense in
      var most = 1
      for v in 0..<vertices {
        var count = 0
        for j in 0..<Joint.count where dense[v * Joint.count + j] != 0 { count += 1 }
        most = max(most, count)
      }
      var indices = [UInt8](repeating: 0, count: vertices * most)
      var weights = [Float](repeating: 0, count: vertices * most)
      for v in 0..<vertices {
        var slot = v * most
        for j in 0..<Joint.count where dense[v * Joint.count + j] != 0 {
          indices[slot] = UInt8(j)
          weights[slot] = dense[v * Joint.count + j]
          slot += 1
        }
      }
      return (most, indices, weights)
    }
  }

  /// Moves the vertices, `[V, 3]`, in place by the transforms of the joints that they follow.
  ///
  /// A transform is four columns: the images of the three axes, and the shift.
  func apply(to vertices: UnsafeMutablePointer<Float>, by columns: UnsafePointer<SIMD4<Float>>) {
    indices.withUnsafeBufferPointer { indices in
      weights.withUnsafeBufferPointer { weights in
        var slot = 0
        var vertex = vertices
        for _ in 0..<weights.count / joints {
          let (x, y, z) = (vertex[0], vertex[1], vertex[2])
          var moved = SIMD4<Float>()
          for _ in 0..<joints {
            let c = columns + Int(indices[slot]) * 4
            moved += weights[slot] * (c[0] * x + c[1] * y + c[2] * z + c[3])
            slot += 1
          }
          (vertex[0], vertex[1], vertex[2]) = (moved.x, moved.y, moved.z)
          vertex += 3
        }
      }
    }
  }
}

extension BodyModel {
  /// A number for every joint, spread over the vertices: each has the mean of its joints by its skinning weights.
  public func blended(_ values: [Double]) -> [Double] {
    precondition(values.count == Joint.count, "\(values.count) numbers for \(Joint.count) joints")
    return (0..<vertexCount).map { vertex in
      (vertex * skinning.joints..<(vertex + 1) * skinning.joints).reduce(0) {
        $0 + Double(skinning.weights[$1]) * values[Int(skinning.indices[$1])]
      }
    }
  }

  /// The body of mean shape, upright, arms lowered and legs a little apart, facing the camera or away from it:
  /// metres, x right, y down, z away.
  public func standing(facingAway: Bool = false) -> [Point] {
    var rotations = Tensor([1, Joint.count, 3, 3])
    let turns: [Joint: Float] = [.leftShoulder: -1.2, .rightShoulder: 1.2, .leftHip: 0.1, .rightHip: -0.1]
    for joint in Joint.allCases {
      let turn = Rotation.about(Point(0, 0, 1), by: turns[joint] ?? 0)
      let matrix = joint == .pelvis ? Rotation.upright(heading: facingAway ? .pi : 0) : turn
      for r in 0..<3 { for c in 0..<3 { rotations[0, joint.rawValue, r, c] = matrix[r, c] } }
    }
    return posed(rotations: rotations, betas: Tensor([1, Self.shapeCount])).vertices.points
  }
}

/// One skeleton in its pose: where each joint is, and the global rotation of each body part.
///
/// Position p and global rotation Q of joint k follow its parent's: p = p' + Q'·(J − J'), Q = Q'·R, where J is the
/// joint of the resting body and R its own rotation.
struct KinematicChain {
  private var rest = [24 of Point](repeating: Point())
  private var localRotation = [24 of Matrix3](repeating: .identity)
  private var globalRotation = [24 of Matrix3](repeating: .identity)
  private var position = [24 of Point](repeating: Point())

  /// Walks the tree from the pelvis; `rotations` are 24 matrices, row by row.
  mutating func pose(_ rest: [24 of Point], _ rotations: UnsafePointer<Float>) {
    self.rest = rest
    for k in 0..<24 {
      localRotation[k] = Matrix3(rotations + k * 9)
      let parent = Joint.parents[k]
      globalRotation[k] = k == 0 ? localRotation[k] : globalRotation[parent] * localRotation[k]
      position[k] = k == 0 ? rest[k] : position[parent] + globalRotation[parent] * (rest[k] - rest[parent])
    }
  }

  func writePositions(to start: UnsafeMutablePointer<Float>) {
    for k in 0..<24 {
      (start[k * 3], start[k * 3 + 1], start[k * 3 + 2]) = (position[k].x, position[k].y, position[k].z)
    }
  }

  /// Four columns a joint, which carry the resting body's points along: three axes and the shift.
  func writeTransforms(to columns: UnsafeMutablePointer<SIMD4<Float>>) {
    for k in 0..<24 {
      let axes = globalRotation[k].transpose
      columns[k * 4] = SIMD4(axes.row0, 0)
      columns[k * 4 + 1] = SIMD4(axes.row1, 0)
      columns[k * 4 + 2] = SIMD4(axes.row2, 0)
      columns[k * 4 + 3] = SIMD4(position[k] - globalRotation[k] * rest[k], 0)
    }
  }

  /// The gradient of the resting joints, and that of the rotations written to `rotations`, from the positions'.
  func backward(
    _ gradient: UnsafePointer<Float>, into rotations: UnsafeMutablePointer<Float>
  ) -> [24 of Point] {
    var ofPosition = [24 of Point] { k in
      Point(gradient[k * 3], gradient[k * 3 + 1], gradient[k * 3 + 2])
    }
    let zero = Matrix3(Point(), Point(), Point())
    var ofGlobalRotation = [24 of Matrix3](repeating: zero)
    var ofRest = [24 of Point](repeating: Point())
    for k in (1..<24).reversed() {
      let parent = Joint.parents[k]
      let (g, up, bone) = (ofPosition[k], globalRotation[parent].transpose, rest[k] - rest[parent])
      ofPosition[parent] += g
      ofRest[k] += up * g
      ofRest[parent] -= up * g
      let outer = Matrix3(g.x * bone, g.y * bone, g.z * bone)
      ofGlobalRotation[parent] =
        ofGlobalRotation[parent] + outer + ofGlobalRotation[k] * localRotation[k].transpose
      (up * ofGlobalRotation[k]).write(to: rotations + k * 9)
    }
    ofGlobalRotation[0].write(to: rotations)
    ofRest[0] += ofPosition[0]
    return ofRest
  }
}

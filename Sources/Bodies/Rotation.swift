import Foundation
public import Tensors

/// Rotations in space: axis-angle vectors, matrices, mirror images and headings.
///
/// An axis-angle vector points along the axis and is as long as the angle, in radians.
public enum Rotation {
  /// The matrix of an axis-angle vector, as SMPL's body model computes it.
  ///
  /// I + sin·K + (1 − cos)·K²; the angle is ‖r + 1e-8‖, which keeps the zero rotation from dividing by zero.
  public static func matrix(axisAngle r: Point) -> Matrix3 {
    let shifted = r + 1e-8
    let angle = (shifted * shifted).sum().squareRoot()
    let n = r / angle
    let k = Matrix3(Point(0, -n.z, n.y), Point(n.z, 0, -n.x), Point(-n.y, n.x, 0))
    return Matrix3.identity + k * sin(angle) + k * k * (1 - cos(angle))
  }

  /// The axis-angle vector of a rotation matrix; its length is at most π.
  ///
  /// Goes by the largest component of the quaternion (Shepperd 1978), so that neither small rotations nor half
  /// turns lose digits. A half turn has two solutions, of which one is given.
  public static func axisAngle(of m: Matrix3) -> Point {
    func e(_ row: Int, _ column: Int) -> Double { Double(m[row, column]) }
    let trace = e(0, 0) + e(1, 1) + e(2, 2)
    var v: SIMD3<Double>
    var w: Double
    if trace > 0 {
      w = 1 + trace
      v = SIMD3(e(2, 1) - e(1, 2), e(0, 2) - e(2, 0), e(1, 0) - e(0, 1))
    } else {
      let i = e(0, 0) >= e(1, 1) && e(0, 0) >= e(2, 2) ? 0 : e(1, 1) >= e(2, 2) ? 1 : 2
      let (j, k) = ((i + 1) % 3, (i + 2) % 3)
      v = SIMD3()
      v[i] = 1 + e(i, i) - e(j, j) - e(k, k)
      v[j] = e(i, j) + e(j, i)
      v[k] = e(i, k) + e(k, i)
      w = e(k, j) - e(j, k)
    }
    if w < 0 { (v, w) = (-v, -w) }
    let sine = (v * v).sum().squareRoot()
    // For no rotation atan2(s, w)/s tends to 1/w.
    let factor = sine > 1e-12 * w ? 2 * atan2(sine, w) / sine : 2 / max(w, 1e-300)
    return Point(v * factor)
  }

  /// The rotation by `angle` radians about an axis of length 1.
  public static func about(_ axis: Point, by angle: Float) -> Matrix3 {
    let k = Matrix3(Point(0, -axis.z, axis.y), Point(axis.z, 0, -axis.x), Point(-axis.y, axis.x, 0))
    return Matrix3.identity + k * sin(angle) + k * k * (1 - cos(angle))
  }

  /// The rotation about the body's upward axis, in the body's frame: +y up, +z front, +x to its left.
  public static func heading(_ angle: Float) -> Matrix3 { about(Point(0, 1, 0), by: angle) }

  /// The global orientation of an upright person who looks `heading` radians away from the camera.
  ///
  /// The camera's frame has x to the right, y down and z away, so that a person with no heading who faces the
  /// camera has been turned by half a turn about x.
  public static func upright(heading angle: Float = 0) -> Matrix3 {
    Matrix3(Point(1, 0, 0), Point(0, -1, 0), Point(0, 0, -1)) * heading(angle)
  }

  /// The axis-angle vectors of the mirrored pose, left and right exchanged.
  public static func mirrored(_ pose: [Point]) -> [Point] {
    precondition(pose.count == Joint.count, "a pose has \(Joint.count) joints, not \(pose.count)")
    return Joint.mirror.map { Point(pose[$0].x, -pose[$0].y, -pose[$0].z) }
  }

  /// The rotations of the mirrored poses, `[N, 24, 3, 3]`, left and right exchanged.
  public static func mirrored(_ rotations: Tensor) -> Tensor {
    precondition(rotations.shape.dropFirst() == [Joint.count, 3, 3], "\(rotations.shape) are not poses")
    let source = rotations.matrices
    let mirrored = source.indices.map { index in
      let m = source[index / Joint.count * Joint.count + Joint.mirror[index % Joint.count]]
      return Matrix3(
        m.row0 * Point(1, -1, -1), m.row1 * Point(-1, 1, 1), m.row2 * Point(-1, 1, 1))
    }
    return Tensor(mirrored).reshaped(rotations.shape)
  }

  /// The matrices `[N, 24, 3, 3]` of poses `[N, 72]` in axis-angle vectors.
  public static func matrices(poses: Tensor) -> Tensor {
    precondition(
      poses.shape.count >= 2 && poses.count == poses.shape[0] * Joint.count * 3,
      "\(poses.shape) are not poses")
    let points = poses.reshaped([poses.shape[0] * Joint.count, 3]).points
    return Tensor(points.map(matrix(axisAngle:))).reshaped([poses.shape[0], Joint.count, 3, 3])
  }

  /// The axis-angle vectors `[N, 72]` of rotations `[N, 24, 3, 3]`.
  public static func poses(rotations: Tensor) -> Tensor {
    Tensor(rotations.matrices.map(axisAngle(of:))).reshaped([rotations.shape[0], Joint.count * 3])
  }
}

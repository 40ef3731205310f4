/// How many numbers a network of this room predicts: those of SMPL, whose body is in another room.
///
/// Loper et al. 2015.
package enum SMPLParameters {
  /// The joints, each with a rotation.
  package static let joints = 24
  /// The numbers of the pose, six a rotation.
  ///
  /// Zhou et al. 2019.
  package static let pose = 6 * joints
  /// The coefficients of the shape.
  package static let betas = 10
}

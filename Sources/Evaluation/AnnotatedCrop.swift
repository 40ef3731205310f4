public import Bodies
public import Tensors

/// A crop of a person with its ground truth, for occlusion statistics.
public struct AnnotatedCrop: Sendable {
  /// The crop, `[side, side, 3]`, normalised.
  public let crop: Tensor
  /// Per pixel p + 1 where part p of the person is seen, else 0.
  public let parts: [UInt8]
  /// SMPL's joints in metres.
  public let joints: [Point]
  /// The positions of the joints in the crop, pixels.
  public let positions: [SIMD2<Float>]
  /// What hides each joint, if anything.
  public let visibility: [Visibility]

  /// A crop with the given ground truth.
  public init(
    crop: Tensor, parts: [UInt8], joints: [Point], positions: [SIMD2<Float>], visibility: [Visibility]
  ) {
    precondition(
      crop.shape.count == 3 && parts.count == crop.shape[0] * crop.shape[1],
      "\(parts.count) part labels for a crop of shape \(crop.shape)")
    (self.crop, self.parts, self.joints) = (crop, parts, joints)
    (self.positions, self.visibility) = (positions, visibility)
  }

  /// The side of the crop in pixels.
  public var side: Int { crop.shape[0] }
}

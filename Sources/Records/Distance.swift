/// A mean distance over joints, millimetres: an error when there is ground truth, else a displacement.
public struct Distance: Codable, Sendable, Equatable {
  /// What is measured from.
  public enum Kind: Sendable {
    /// From the ground truth: MPJPE and PA-MPJPE.
    case error
    /// From the network's clean prediction.
    case displacement
  }

  /// With the roots laid on each other: MPJPE.
  public let millimetres: Float
  /// After Procrustes alignment: PA-MPJPE; nil where it was not measured.
  public let alignedMillimetres: Float?
  /// What is measured from.
  public let kind: Kind

  /// A distance in millimetres.
  public init(_ millimetres: Float, aligned: Float?, _ kind: Kind) {
    (self.millimetres, alignedMillimetres, self.kind) = (millimetres, aligned, kind)
  }

  /// The difference of two distances of one kind.
  public static func - (a: Distance, b: Distance) -> Distance {
    var aligned: Float?
    if let first = a.alignedMillimetres, let second = b.alignedMillimetres { aligned = first - second }
    return Distance(a.millimetres - b.millimetres, aligned: aligned, a.kind)
  }

  private enum Key: String, CodingKey { case mpjpe_mm, pa_mpjpe_mm, displacement_mm, pa_displacement_mm }

  /// Reads either pair of keys.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    kind = values.contains(.mpjpe_mm) ? .error : .displacement
    millimetres = try values.decode(Float.self, forKey: kind == .error ? .mpjpe_mm : .displacement_mm)
    alignedMillimetres = try values.decodeIfPresent(
      Float.self, forKey: kind == .error ? .pa_mpjpe_mm : .pa_displacement_mm)
  }

  /// Writes `mpjpe_mm` and `pa_mpjpe_mm`, or `displacement_mm` and `pa_displacement_mm`.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(millimetres, forKey: kind == .error ? .mpjpe_mm : .displacement_mm)
    try values.encodeIfPresent(
      alignedMillimetres, forKey: kind == .error ? .pa_mpjpe_mm : .pa_displacement_mm)
  }
}

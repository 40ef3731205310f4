/// A mean distance over joints, millimetres: an error when there is a truth, else a displacement.
public struct Distance: Codable, Sendable, Equatable {
  /// What is measured from.
  public enum Kind: Sendable {
    /// From the truth: MPJPE and PA-MPJPE.
    case error
    /// From the network's clean prediction.
    case displacement
  }

  /// With the pelvises laid on each other: MPJPE.
  public let millimetres: Float
  /// After the best similarity transform: PA-MPJPE.
  public let alignedMillimetres: Float
  /// What is measured from.
  public let kind: Kind

  /// A distance in millimetres.
  public init(_ millimetres: Float, aligned: Float, _ kind: Kind) {
    self.millimetres = millimetres
    alignedMillimetres = aligned
    self.kind = kind
  }

  /// The difference of two distances of one kind.
  public static func - (a: Distance, b: Distance) -> Distance {
    Distance(a.millimetres - b.millimetres, aligned: a.alignedMillimetres - b.alignedMillimetres, a.kind)
  }

  private enum Key: String, CodingKey { case mpjpe_mm, pa_mpjpe_mm, displacement_mm, pa_displacement_mm }

  /// Reads either pair of keys.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    kind = values.contains(.mpjpe_mm) ? .error : .displacement
    millimetres = try values.decode(Float.self, forKey: kind == .error ? .mpjpe_mm : .displacement_mm)
    alignedMillimetres = try values.decode(
      Float.self, forKey: kind == .error ? .pa_mpjpe_mm : .pa_displacement_mm)
  }

  /// Writes `mpjpe_mm` and `pa_mpjpe_mm`, or `displacement_mm` and `pa_displacement_mm`.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(millimetres, forKey: kind == .error ? .mpjpe_mm : .displacement_mm)
    try values.encode(alignedMillimetres, forKey: kind == .error ? .pa_mpjpe_mm : .pa_displacement_mm)
  }
}

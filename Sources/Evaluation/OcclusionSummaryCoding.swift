import Bodies
import Models
import Records

extension OcclusionSummary: Encodable {
  enum CodingKeys: String, CodingKey {
    case pictures, networks, entries, joints, quantity, bodies, body, resamples, seed
    case leftOut = "left_out"
  }

  /// Writes everything; numbers that are not there are null.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(pictures, forKey: .pictures)
    try values.encode(leftOut, forKey: .leftOut)
    try values.encode(networks, forKey: .networks)
    try values.encode(skeleton.joints, forKey: .joints)
    try values.encode(hasTruth ? "error" : "displacement from the clean prediction", forKey: .quantity)
    try values.encode(bodies, forKey: .bodies)
    try values.encode(body, forKey: .body)
    try values.encode(resamples, forKey: .resamples)
    try values.encode(seed, forKey: .seed)
    try values.encode(entries, forKey: .entries)
  }
}

extension OcclusionSummary.Entry: Encodable {
  enum CodingKeys: String, CodingKey {
    case network, occlusion, stride, grid, values, influence, parts
    case isRegion = "is_region"
    case isList = "is_list"
    case tolerance = "tolerance_mm"
    case differences = "minus_first"
    case hiddenInfluence = "influence_hidden"
    case worstPositions = "worst_positions"
    case worstIsLowerLimit = "worst_is_lower_limit"
  }

  private struct Matrix: Encodable {
    let parts = Joint.allCases.map(\.name)
    let mean: [[Double?]], low: [[Double?]], high: [[Double?]], pictures: [[Int]]

    enum CodingKeys: String, CodingKey {
      case parts, pictures
      case mean = "mean_mm"
      case low = "low_mm"
      case high = "high_mm"
    }

    init(_ matrix: [[MeanWithInterval]]) {
      func numbers(_ value: (MeanWithInterval) -> Double) -> [[Double?]] {
        matrix.map { $0.map { value($0).isFinite ? value($0) : nil } }
      }
      (mean, low, high) = (numbers(\.mean), numbers(\.low), numbers(\.high))
      pictures = matrix.map { $0.map(\.pictures) }
    }
  }

  /// Writes values by their names, in millimetres but for shares.
  public func encode(to encoder: any Encoder) throws {
    func named(_ values: [OcclusionQuantity: MeanWithInterval]) -> [String: MeanWithInterval] {
      Dictionary(
        uniqueKeysWithValues: values.map { ($0 == .missedShare ? $0.rawValue : "\($0.rawValue)_mm", $1) })
    }
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(network, forKey: .network)
    let setting = OcclusionSummary.Setting(settings)
    if setting.hidesParts {
      try values.encode(["shape": "part:all", "fill": settings.occlusion.fill.name], forKey: .occlusion)
    } else {
      try values.encode(settings.occlusion, forKey: .occlusion)
      try values.encode(setting.stride, forKey: .stride)
      try values.encode(setting.kind, forKey: .grid)
      try values.encode(setting.isRegion, forKey: .isRegion)
      try values.encode(setting.isList, forKey: .isList)
      try values.encodeIfPresent(setting.tolerance, forKey: .tolerance)
    }
    try values.encode(named(self.values), forKey: .values)
    try values.encodeIfPresent(differences.map(named), forKey: .differences)
    try values.encodeIfPresent(influence.map { Matrix($0.all) }, forKey: .influence)
    try values.encodeIfPresent(influence.map { Matrix($0.hidden) }, forKey: .hiddenInfluence)
    try values.encode(parts, forKey: .parts)
    try values.encode(worstPositions, forKey: .worstPositions)
    try values.encode(worstIsLowerLimit, forKey: .worstIsLowerLimit)
  }
}

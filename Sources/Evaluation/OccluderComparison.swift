public import Models
public import Records

/// What several occluders do to networks on the same pictures: sizes, shapes and fills compared.
public struct OccluderComparison: Codable, Sendable {
  /// One network under one occlusion, in millimetres.
  public struct Entry: Codable, Sendable {
    /// The network's label.
    public let network: String
    /// What hides part of the picture.
    public let occlusion: Occlusion
    /// The error increase, or without ground truth the displacement: its mean over positions, joints and pictures.
    public let mean: MeanWithInterval
    /// The same at the worst position of every picture.
    public let worst: MeanWithInterval
    /// The mean minus that of the first occlusion, over the same pictures; nil for the first.
    public let difference: MeanWithInterval?
    /// The share of the positions at which nobody was found.
    public let missedShare: Double
    /// Whether the maxima are lower limits.
    public let worstIsLowerLimit: Bool

    enum CodingKeys: String, CodingKey {
      case network, occlusion
      case mean = "mean_mm"
      case worst = "worst_mm"
      case difference = "difference_mm"
      case missedShare = "missed_share"
      case worstIsLowerLimit = "worst_is_lower_limit"
    }
  }

  /// The networks, in the order in which they come.
  public let networks: [String]
  /// The occlusions, in the order in which they come.
  public let occlusions: [Occlusion]
  /// Every network under every occlusion, network after network.
  public let entries: [Entry]
  /// The number of pictures that were swept by all networks under all occlusions; others count for nothing.
  public let pictures: Int
  /// The number of pictures that were not.
  public let leftOut: Int
  /// Whether numbers are error increases; otherwise displacements from the clean prediction.
  public let hasTruth: Bool
  /// What decides which pictures the bootstrap draws.
  public let seed: UInt64

  enum CodingKeys: String, CodingKey {
    case networks, occlusions, entries, pictures, seed
    case leftOut = "left_out"
    case hasTruth = "has_truth"
  }

  /// The comparison of complete records; nil unless some picture was swept under two occlusions or more by all networks.
  ///
  /// Intervals are those of ``Bootstrap`` over pictures; of one picture they have no width.
  public init?(_ records: [SweepRecord], seed: UInt64 = 0) {
    var (networks, occlusions, pictures): ([String], [Occlusion], [RecordGroups.Subject]) = ([], [], [])
    var found: [Cell: SweepRecord] = [:]
    for record in records {
      let cell = Cell(record)
      if !networks.contains(cell.network) { networks.append(cell.network) }
      if !occlusions.contains(cell.occlusion) { occlusions.append(cell.occlusion) }
      if !pictures.contains(cell.subject) { pictures.append(cell.subject) }
      found[cell] = record
    }
    guard occlusions.count > 1 else { return nil }
    let complete = pictures.filter { subject in
      networks.allSatisfy { network in
        occlusions.allSatisfy { found[Cell(subject: subject, network: network, occlusion: $0)] != nil }
      }
    }
    guard !complete.isEmpty else { return nil }
    let hasTruth = records.allSatisfy { $0.settings.truth != nil }
    self.init(
      networks, occlusions, pictures: complete.count, leftOut: pictures.count - complete.count,
      hasTruth: hasTruth, seed: seed
    ) { network, occlusion in
      let findings = complete.map {
        Findings(found[Cell(subject: $0, network: network, occlusion: occlusion)]!)
      }
      func increase(_ distance: (Findings) -> Distance) -> [Double] {
        findings.map { Double(distance($0).millimetres) - (hasTruth ? Double($0.clean.millimetres) : 0) }
      }
      return Numbers(
        means: increase(\.mean), worst: increase(\.worst),
        missedShare: findings.reduce(0) { $0 + $1.missedShare } / Double(findings.count),
        worstIsLowerLimit: findings.contains(where: \.worstIsLowerLimit))
    }
  }

  /// The comparison of the means over a set of pictures; nil where all are of one occlusion.
  public init?(_ sums: [DatasetSensitivity], seed: UInt64 = 0) {
    let groups = sums.byOcclusion
    guard groups.count > 1, let first = sums.first else { return nil }
    let hasTruth = first.settings.truth != nil
    self.init(
      groups[0].map(\.network), groups.map { $0[0].settings.occlusion }, pictures: first.count, leftOut: 0,
      hasTruth: hasTruth, seed: seed
    ) { network, occlusion in
      let sum = sums.first { $0.network == network && $0.settings.occlusion == occlusion }!
      let increases = sum.increases
      return Numbers(
        means: increases.mean, worst: increases.worst, missedShare: sum.missedShare,
        worstIsLowerLimit: sum.worstIsLowerLimit)
    }
  }

  /// What one network does under one occlusion, a number a picture, millimetres.
  private struct Numbers {
    let means: [Double], worst: [Double]
    let missedShare: Double
    let worstIsLowerLimit: Bool
  }

  private init(
    _ networks: [String], _ occlusions: [Occlusion], pictures: Int, leftOut: Int, hasTruth: Bool,
    seed: UInt64, _ numbers: (String, Occlusion) -> Numbers
  ) {
    let bootstrap = Bootstrap(pictures: pictures, seed: seed)
    entries = networks.flatMap { network in
      var first: [Double]?
      return occlusions.map { occlusion in
        let own = numbers(network, occlusion)
        defer { first = first ?? own.means }
        return Entry(
          network: network, occlusion: occlusion, mean: bootstrap.estimate(own.means),
          worst: bootstrap.estimate(own.worst),
          difference: first.map { bootstrap.difference([$0], [own.means]) },
          missedShare: own.missedShare, worstIsLowerLimit: own.worstIsLowerLimit)
      }
    }
    (self.networks, self.occlusions, self.pictures) = (networks, occlusions, pictures)
    (self.leftOut, self.hasTruth, self.seed) = (leftOut, hasTruth, seed)
  }

  /// The entries of a network, an occlusion each.
  public func entries(of network: String) -> [Entry] { entries.filter { $0.network == network } }

  private struct Cell: Hashable {
    let subject: RecordGroups.Subject
    let network: String
    let occlusion: Occlusion

    init(subject: RecordGroups.Subject, network: String, occlusion: Occlusion) {
      (self.subject, self.network, self.occlusion) = (subject, network, occlusion)
    }

    init(_ record: SweepRecord) {
      let settings = record.settings
      self.init(
        subject: .init(picture: settings.picture, box: settings.box),
        network: settings.model.label,
        occlusion: settings.occlusion.acrossPictures)
    }
  }
}

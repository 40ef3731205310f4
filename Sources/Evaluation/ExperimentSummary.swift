import Bodies
public import Tensors

/// The results of an experiment: each metric of each variant with its confidence interval, and the differences from
/// the reference.
///
/// A variant's mean is that over its runs, which differ in their seeds; intervals draw pictures and runs again
/// (``Bootstrap``). Millimetres.
public struct ExperimentSummary: Sendable, Encodable {
  /// One run of a variant: a trained network with its measurements.
  public struct Run: Sendable {
    /// The run's name, "seed 1", or the network's file.
    public let name: String
    /// Of architecture and weights.
    public let fingerprint: String
    /// The measurements.
    public let robustness: OcclusionRobustness

    /// A run of the given parts.
    public init(name: String, fingerprint: String, robustness: OcclusionRobustness) {
      (self.name, self.fingerprint, self.robustness) = (name, fingerprint, robustness)
    }
  }

  /// The value of a metric for a variant.
  public struct Value: Sendable, Encodable {
    /// The mean over runs and pictures.
    public let estimate: MeanWithInterval
    /// The mean over pictures of each run.
    public let runs: [Double]

    enum CodingKeys: String, CodingKey { case mean, low, high, pictures, runs }

    /// Writes everything on one level.
    public func encode(to encoder: any Encoder) throws {
      var values = encoder.container(keyedBy: CodingKeys.self)
      try values.encode(estimate.mean, forKey: .mean)
      try values.encode(estimate.low, forKey: .low)
      try values.encode(estimate.high, forKey: .high)
      try values.encode(estimate.pictures, forKey: .pictures)
      try values.encode(runs, forKey: .runs)
    }
  }

  /// One joint under one gray patch: millimetres, correlations and shares as in ``OcclusionStatistics/Key``.
  public struct JointValues: Sendable, Encodable {
    /// The name, "left_hip".
    public let joint: String
    /// The clean error, and over positions its mean and its maximum.
    public let clean: MeanWithInterval, mean: MeanWithInterval, worst: MeanWithInterval
    /// The mean attention on the patch, before occlusion and with it, and its rank correlation with the error
    /// increase.
    public let attentionBefore: MeanWithInterval?, attentionAfter: MeanWithInterval?,
      spearman: MeanWithInterval?

    enum CodingKeys: String, CodingKey {
      case joint, spearman
      case clean = "clean_mm"
      case mean = "mean_mm"
      case worst = "worst_mm"
      case attentionBefore = "attention_before"
      case attentionAfter = "attention_after"
    }
  }

  /// The mean error increase of each joint while a part is covered, `[part][joint]`, millimetres.
  public struct Influence: Sendable {
    /// Over all pictures in which the part can be covered.
    public let all: [[MeanWithInterval]]
    /// Over those of them in which the joint is hidden.
    public let hidden: [[MeanWithInterval]]
  }

  /// One variant.
  public struct Variant: Sendable, Encodable {
    /// Its name.
    public let name: String
    /// The runs' names and fingerprints.
    public let runs: [String], fingerprints: [String]
    /// The metrics by key; those that the network lacks are missing.
    public let values: [String: Value]
    /// The metrics minus those of the reference, on the same pictures; nil for the reference itself.
    public let differences: [String: MeanWithInterval]?
    /// The joints, by the size of the gray patch.
    public let joints: [Int: [JointValues]]
    /// Which part matters to which joint, by the size of the gray patch.
    public let influence: [Int: Influence]

    enum CodingKeys: String, CodingKey {
      case name, runs, fingerprints, values, joints
      case differences = "minus_reference"
    }

    /// Writes all except the influence, which is in the npz file.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(name, forKey: .name)
      try container.encode(runs, forKey: .runs)
      try container.encode(fingerprints, forKey: .fingerprints)
      try container.encode(values, forKey: .values)
      try container.encodeIfPresent(differences, forKey: .differences)
      let named = joints.map { (Condition.patch($0, .gray).name, $1) }
      try container.encode(Dictionary(uniqueKeysWithValues: named), forKey: .joints)
    }
  }

  /// The experiment's name.
  public let name: String
  /// How the networks were measured.
  public let settings: OcclusionRobustness.Settings
  /// The number of draws for the intervals, which follow from the settings' seed.
  public let resamples: Int
  /// The variant that is subtracted from the others.
  public let reference: String?
  /// The metrics in the order of tables.
  public let metrics: [Metric]
  /// The variants in the order of the file.
  public let variants: [Variant]

  enum CodingKeys: String, CodingKey {
    case name, resamples, reference, variants
    case settings = "evaluation"
  }

  /// Summarises variants that were measured alike.
  public init(
    name: String, settings: OcclusionRobustness.Settings, reference: String?,
    variants: [(name: String, runs: [Run])],
    resamples: Int = 1000
  ) {
    let bootstrap = Bootstrap(
      pictures: settings.people, resamples: resamples, seed: UInt64(truncatingIfNeeded: settings.seed))
    let metrics = Metric.all(settings)
    let base = variants.first { $0.name == reference }?.runs
    self.variants = variants.map { name, runs in
      var (values, differences): ([String: Value], [String: MeanWithInterval]) = ([:], [:])
      for metric in metrics {
        guard let numbers = Self.read(runs, metric) else { continue }
        values[metric.key] = Value(
          estimate: bootstrap.estimate(runs: numbers), runs: numbers.map(Bootstrap.mean))
        if let base, name != reference, let first = Self.read(base, metric) {
          differences[metric.key] = bootstrap.difference(first, numbers)
        }
      }
      let patches = settings.fills.contains(.gray) ? settings.patches : []
      return Variant(
        name: name, runs: runs.map(\.name), fingerprints: runs.map(\.fingerprint), values: values,
        differences: base == nil || name == reference ? nil : differences,
        joints: Dictionary(
          uniqueKeysWithValues: patches.map { ($0, Self.joints(runs, .patch($0, .gray), bootstrap)) }),
        influence: Dictionary(
          uniqueKeysWithValues: patches.map { ($0, Self.influence(runs, .patch($0, .gray), bootstrap)) }))
    }
    (self.name, self.settings, self.resamples) = (name, settings, resamples)
    (self.reference, self.metrics) = (reference, metrics)
  }

  private static func read(_ runs: [Run], _ metric: Metric) -> [[Double]]? {
    let values = runs.compactMap { metric.values(of: $0.robustness) }
    return values.count == runs.count ? values : nil
  }

  private static func joints(_ runs: [Run], _ condition: Condition, _ bootstrap: Bootstrap)
    -> [JointValues]
  {
    func estimate(_ condition: Condition, _ key: String, _ joint: Int) -> MeanWithInterval? {
      let numbers = runs.compactMap { $0.robustness.numbers(condition, key, at: joint) }
      return numbers.count == runs.count ? bootstrap.estimate(runs: numbers) : nil
    }
    return Joint.allCases.map { joint in
      let j = joint.rawValue
      func observed(_ key: OcclusionStatistics.Key) -> MeanWithInterval? {
        estimate(condition, key.rawValue, j)
      }
      let none = MeanWithInterval(mean: .nan, low: .nan, high: .nan, pictures: 0)
      return JointValues(
        joint: joint.name,
        clean: (estimate(.clean, OcclusionRobustness.CleanKey.error.rawValue, j) ?? none).scaled(by: 1000),
        mean: (observed(.meanError) ?? none).scaled(by: 1000),
        worst: (observed(.worstError) ?? none).scaled(by: 1000),
        attentionBefore: observed(.attentionBefore), attentionAfter: observed(.attentionAfter),
        spearman: j == 0 ? nil : observed(.spearman))
    }
  }

  private static func influence(_ runs: [Run], _ condition: Condition, _ bootstrap: Bootstrap)
    -> Influence
  {
    func matrix(hiddenOnly: Bool) -> [[MeanWithInterval]] {
      (0..<Joint.count).map { part in
        (0..<Joint.count).map { joint in
          let numbers = runs.map { run in
            let increases =
              run.robustness.numbers(
                condition, OcclusionStatistics.Key.influence.rawValue, at: part * Joint.count + joint) ?? []
            guard hiddenOnly else { return increases }
            let isVisible =
              run.robustness.numbers(condition, OcclusionStatistics.Key.isVisible.rawValue, at: joint) ?? []
            return zip(increases, isVisible).map { $1 == 0 ? $0 : .nan }
          }
          return bootstrap.estimate(runs: numbers).scaled(by: 1000)
        }
      }
    }
    return Influence(all: matrix(hiddenOnly: false), hidden: matrix(hiddenOnly: true))
  }

  /// The numbers of all variants for other programs: `VARIANT/KEY` `[runs, people]`, and the influence
  /// `VARIANT/gray_40.influence_mm` with intervals and counts of pictures, `[parts, joints]`.
  public static func arrays(
    of variants: [(name: String, runs: [Run])], _ summary: ExperimentSummary
  ) -> [(String, Tensor)] {
    var arrays: [(String, Tensor)] = []
    for (name, runs) in variants {
      for metric in summary.metrics {
        guard let numbers = read(runs, metric) else { continue }
        arrays.append(
          (
            "\(name)/\(metric.key)",
            Tensor([runs.count, summary.settings.people], numbers.joined().map { Float($0) })
          ))
      }
    }
    for variant in summary.variants {
      for (patch, influence) in variant.influence.sorted(by: { $0.key < $1.key }) {
        let stem = "\(variant.name)/\(Condition.patch(patch, .gray).name)."
        for (kind, matrix) in [("influence", influence.all), ("influence_hidden", influence.hidden)] {
          func array(_ value: (MeanWithInterval) -> Double) -> Tensor {
            Tensor([Joint.count, Joint.count], matrix.joined().map { Float(value($0)) })
          }
          arrays += [
            ("\(stem)\(kind)_mm", array(\.mean)), ("\(stem)\(kind)_low_mm", array(\.low)),
            ("\(stem)\(kind)_high_mm", array(\.high)),
            ("\(stem)\(kind)_pictures", array { Double($0.pictures) }),
          ]
        }
      }
    }
    return arrays
  }
}

import Bodies
public import Tensors

/// What an experiment comes to: every quantity of every variant with its interval, and the differences from one
/// of them.
///
/// A variant's mean is that over its runs, which differ by their seed; intervals draw pictures and runs again
/// (``Bootstrap``). Millimetres.
public struct ExperimentSummary: Sendable, Encodable {
  /// One run of a variant: a trained network, and what was measured of it.
  public struct Run: Sendable {
    /// The run's name, "seed 1", or the network's file.
    public let name: String
    /// Of architecture and weights.
    public let fingerprint: String
    /// What was measured.
    public let robustness: Robustness

    /// A run of the given parts.
    public init(name: String, fingerprint: String, robustness: Robustness) {
      (self.name, self.fingerprint, self.robustness) = (name, fingerprint, robustness)
    }
  }

  /// A quantity of a variant.
  public struct Value: Sendable, Encodable {
    /// The mean over runs and pictures.
    public let estimate: BoundedMean
    /// The mean over pictures of every run.
    public let runs: [Double]

    enum CodingKeys: String, CodingKey { case mean, low, high, pictures, runs }

    /// Writes all on one level.
    public func encode(to encoder: any Encoder) throws {
      var values = encoder.container(keyedBy: CodingKeys.self)
      try values.encode(estimate.mean, forKey: .mean)
      try values.encode(estimate.low, forKey: .low)
      try values.encode(estimate.high, forKey: .high)
      try values.encode(estimate.pictures, forKey: .pictures)
      try values.encode(runs, forKey: .runs)
    }
  }

  /// One joint under one gray patch: millimetres, correlations and shares as in ``Observation/Key``.
  public struct JointValues: Sendable, Encodable {
    /// The name, "left_hip".
    public let joint: String
    /// The error in the whole picture, and over places its mean and its greatest.
    public let clean: BoundedMean, mean: BoundedMean, worst: BoundedMean
    /// Attention on the patch on average, before it comes and with it, and the rank correlation with the rise.
    public let attentionBefore: BoundedMean?, attentionAfter: BoundedMean?, spearman: BoundedMean?

    enum CodingKeys: String, CodingKey {
      case joint, spearman
      case clean = "clean_mm"
      case mean = "mean_mm"
      case worst = "worst_mm"
      case attentionBefore = "attention_before"
      case attentionAfter = "attention_after"
    }
  }

  /// The mean rise of every joint while a part is covered, `[part][joint]`, millimetres.
  public struct Influence: Sendable {
    /// Over all pictures in which the part can be covered.
    public let all: [[BoundedMean]]
    /// Over those of them in which the joint is hidden.
    public let hidden: [[BoundedMean]]
  }

  /// One variant.
  public struct Variant: Sendable, Encodable {
    /// Its name.
    public let name: String
    /// The runs' names and fingerprints.
    public let runs: [String], fingerprints: [String]
    /// Every quantity by key; those that the network lacks are missing.
    public let values: [String: Value]
    /// Every quantity less that of the reference, on the same pictures; nil for the reference itself.
    public let differences: [String: BoundedMean]?
    /// Every joint, by the size of the gray patch.
    public let joints: [Int: [JointValues]]
    /// Which part matters to which joint, by the size of the gray patch.
    public let influence: [Int: Influence]

    enum CodingKeys: String, CodingKey {
      case name, runs, fingerprints, values, joints
      case differences = "less_reference"
    }

    /// Writes all but the influence, which has an array of its own.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(name, forKey: .name)
      try container.encode(runs, forKey: .runs)
      try container.encode(fingerprints, forKey: .fingerprints)
      try container.encode(values, forKey: .values)
      try container.encodeIfPresent(differences, forKey: .differences)
      let named = joints.map { (RobustnessSection.patch($0, .gray).name, $1) }
      try container.encode(Dictionary(uniqueKeysWithValues: named), forKey: .joints)
    }
  }

  /// The experiment's name.
  public let name: String
  /// How everything was measured.
  public let settings: RobustnessSettings
  /// How often pictures were drawn for the intervals; the draws follow from the settings' seed.
  public let resamples: Int
  /// The variant that the others are compared with.
  public let reference: String?
  /// The quantities in the order of tables.
  public let quantities: [Quantity]
  /// The variants in the order of the file.
  public let variants: [Variant]

  enum CodingKeys: String, CodingKey {
    case name, resamples, reference, variants
    case settings = "evaluation"
  }

  /// Sums up variants that were measured alike.
  public init(
    name: String, settings: RobustnessSettings, reference: String?, variants: [(name: String, runs: [Run])],
    resamples: Int = 1000
  ) {
    let bootstrap = Bootstrap(
      pictures: settings.people, resamples: resamples, seed: UInt64(truncatingIfNeeded: settings.seed))
    let quantities = Quantity.all(settings)
    let base = variants.first { $0.name == reference }?.runs
    self.variants = variants.map { name, runs in
      var (values, differences): ([String: Value], [String: BoundedMean]) = ([:], [:])
      for quantity in quantities {
        guard let numbers = Self.read(runs, quantity) else { continue }
        values[quantity.key] = Value(
          estimate: bootstrap.estimate(runs: numbers), runs: numbers.map(Bootstrap.mean))
        if let base, name != reference, let first = Self.read(base, quantity) {
          differences[quantity.key] = bootstrap.difference(first, numbers)
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
    (self.reference, self.quantities) = (reference, quantities)
  }

  private static func read(_ runs: [Run], _ quantity: Quantity) -> [[Double]]? {
    let values = runs.compactMap { quantity.values(of: $0.robustness) }
    return values.count == runs.count ? values : nil
  }

  private static func joints(_ runs: [Run], _ section: RobustnessSection, _ bootstrap: Bootstrap)
    -> [JointValues]
  {
    func estimate(_ section: RobustnessSection, _ key: String, _ joint: Int) -> BoundedMean? {
      let numbers = runs.compactMap { $0.robustness.numbers(section, key, at: joint) }
      return numbers.count == runs.count ? bootstrap.estimate(runs: numbers) : nil
    }
    return Joint.allCases.map { joint in
      let j = joint.rawValue
      func observed(_ key: Observation.Key) -> BoundedMean? { estimate(section, key.rawValue, j) }
      let none = BoundedMean(mean: .nan, low: .nan, high: .nan, pictures: 0)
      return JointValues(
        joint: joint.name,
        clean: (estimate(.clean, Robustness.WholeKey.error.rawValue, j) ?? none).scaled(by: 1000),
        mean: (observed(.meanError) ?? none).scaled(by: 1000),
        worst: (observed(.worstError) ?? none).scaled(by: 1000),
        attentionBefore: observed(.attentionBefore), attentionAfter: observed(.attentionAfter),
        spearman: j == 0 ? nil : observed(.spearman))
    }
  }

  private static func influence(_ runs: [Run], _ section: RobustnessSection, _ bootstrap: Bootstrap)
    -> Influence
  {
    func matrix(hiddenOnly: Bool) -> [[BoundedMean]] {
      (0..<24).map { part in
        (0..<24).map { joint in
          let numbers = runs.map { run in
            let rises =
              run.robustness.numbers(section, Observation.Key.influence.rawValue, at: part * 24 + joint) ?? []
            guard hiddenOnly else { return rises }
            let isVisible =
              run.robustness.numbers(section, Observation.Key.isVisible.rawValue, at: joint) ?? []
            return zip(rises, isVisible).map { $1 == 0 ? $0 : .nan }
          }
          return bootstrap.estimate(runs: numbers).scaled(by: 1000)
        }
      }
    }
    return Influence(all: matrix(hiddenOnly: false), hidden: matrix(hiddenOnly: true))
  }

  /// The numbers of every variant for other programs: `VARIANT/KEY` `[runs, people]`, and the influence
  /// `VARIANT/gray_40.influence_mm` with bounds and counts of pictures, `[24 parts, 24 joints]`.
  public static func arrays(
    of variants: [(name: String, runs: [Run])], _ summary: ExperimentSummary
  ) -> [(String, Tensor)] {
    var arrays: [(String, Tensor)] = []
    for (name, runs) in variants {
      for quantity in summary.quantities {
        guard let numbers = read(runs, quantity) else { continue }
        arrays.append(
          (
            "\(name)/\(quantity.key)",
            Tensor([runs.count, summary.settings.people], numbers.joined().map { Float($0) })
          ))
      }
    }
    for variant in summary.variants {
      for (patch, influence) in variant.influence.sorted(by: { $0.key < $1.key }) {
        let stem = "\(variant.name)/\(RobustnessSection.patch(patch, .gray).name)."
        for (kind, matrix) in [("influence", influence.all), ("influence_hidden", influence.hidden)] {
          func array(_ value: (BoundedMean) -> Double) -> Tensor {
            Tensor([24, 24], matrix.joined().map { Float(value($0)) })
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

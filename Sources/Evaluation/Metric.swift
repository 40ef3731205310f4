/// A number that networks are compared by, described by what is measured where; its key and words follow.
public struct Metric: Sendable, Hashable {
  /// What kind of number it is.
  public enum Kind: Sendable, Hashable {
    /// An error.
    case error
    /// An error minus the clean error of the same network.
    case increase
    /// A difference of two error increases.
    case difference
    /// The share of a joint's attention on the patch.
    case attentionShare(Moment)
    /// The correlation over positions of attention before occlusion with the error increase of the joint.
    case correlation(Coefficient)
  }

  /// When attention is measured.
  public enum Moment: String, Sendable, CaseIterable {
    /// Before the patch comes, and with it.
    case before, after
  }

  /// A coefficient of correlation.
  public enum Coefficient: String, Sendable, CaseIterable {
    /// Of the ranks, and of the numbers.
    case spearman, pearson
  }

  /// The positions of the patch.
  public enum Region: Sendable, Hashable {
    /// All positions, or images without a patch.
    case all
    /// One in so many positions, down and across.
    case coarse
    /// The centre of the patch on the body, the patch over its edge, the patch beside it.
    case body, edge, background
    /// The patch on the joint, elsewhere, or elsewhere with its centre on the body.
    case covered, elsewhere, elsewhereOnBody
    /// On the body minus on the background.
    case bodyMinusBackground
  }

  /// How numbers of several positions become one.
  public enum Statistic: String, Sendable {
    /// Their mean, or the number at the worst position.
    case mean, worst
  }

  /// How the prediction is aligned with the ground truth beyond their pelvises.
  public enum Alignment: Sendable {
    /// Not at all, or by a similarity transform.
    case none, procrustes
  }

  /// The points whose error is meant.
  public enum Points: Sendable {
    /// All joints.
    case joints
    /// All vertices.
    case vertices
    /// Joints that objects or other people hide.
    case occludedJoints
    /// Joints that the unoccluded image shows, or does not show.
    case visibleJoints, hiddenJoints
    /// Visible joints minus hidden ones.
    case visibleMinusHiddenJoints
  }

  /// The unit of a metric.
  public enum Unit: String, Codable, Sendable {
    /// Millimetres.
    case millimetres = "mm"
    /// A share, 0…1.
    case share
    /// A correlation, −1…1.
    case correlation
  }

  /// Under which condition it is measured.
  public let condition: Condition
  /// What kind of number it is.
  public let kind: Kind
  /// The positions of the patch.
  public let region: Region
  /// How numbers of positions become one.
  public let statistic: Statistic
  /// How predictions are aligned.
  public let alignment: Alignment
  /// The points whose error is meant.
  public let points: Points

  /// A metric of the given parts; without them the mean error of all joints.
  public init(
    condition: Condition, kind: Kind, region: Region = .all, statistic: Statistic = .mean,
    alignment: Alignment = .none, points: Points = .joints
  ) {
    (self.condition, self.kind, self.region) = (condition, kind, region)
    (self.statistic, self.alignment, self.points) = (statistic, alignment, points)
  }

  /// The unit.
  public var unit: Unit {
    switch kind {
    case .error, .increase, .difference: .millimetres
    case .attentionShare: .share
    case .correlation: .correlation
    }
  }

  /// Whether its sign matters: a difference of errors or a correlation.
  public var isSigned: Bool {
    switch kind {
    case .error, .attentionShare: false
    case .increase, .difference, .correlation: true
    }
  }

  /// One value a picture, NaN where it has none; nil if it was not measured.
  public func values(of robustness: OcclusionRobustness) -> [Double]? {
    read(robustness).map { values in unit == .millimetres ? values.map { $0 * 1000 } : values }
  }
}

// MARK: Reading

extension Metric {
  /// The values as measured, metres.
  private func read(_ robustness: OcclusionRobustness) -> [Double]? {
    switch kind {
    case .error: return error(robustness, condition)
    case .increase:
      if let index = regionIndex { return robustness.numbers(condition, .regionIncrease, at: index) }
      if let index = groupIndex { return robustness.numbers(condition, .groupIncrease, at: index) }
      return Self.minus(error(robustness, condition), error(robustness, .clean))
    case .difference:
      guard region == .covered else {
        return Self.minus(part(.body, of: robustness), part(.background, of: robustness))
      }
      return Self.minus(
        part(.covered, .visibleJoints, of: robustness), part(.covered, .hiddenJoints, of: robustness))
    case .attentionShare(let moment):
      return robustness.jointMeans(condition, moment == .before ? .attentionBefore : .attentionAfter)
    case .correlation(let coefficient):
      return robustness.jointMeans(condition, coefficient == .spearman ? .spearman : .pearson)
    }
  }

  /// The error increase in a region, of which this is a difference.
  private func part(
    _ region: Region, _ points: Points = .joints, of robustness: OcclusionRobustness
  ) -> [Double]? {
    Metric(condition: condition, kind: .increase, region: region, points: points).read(robustness)
  }

  private func error(_ robustness: OcclusionRobustness, _ condition: Condition) -> [Double]? {
    guard points != .occludedJoints else { return robustness.coveredError(condition) }
    guard case .patch = condition else { return robustness.numbers(condition, cleanKey.rawValue) }
    return robustness.numbers(condition, patchKey)
  }

  private var cleanKey: OcclusionRobustness.CleanKey {
    points == .vertices ? .vertices : alignment == .procrustes ? .aligned : .error
  }

  private var patchKey: OcclusionStatistics.Key {
    switch (statistic, alignment, region == .coarse) {
    case (.mean, .none, false): .meanError
    case (.mean, .none, true): .coarseMeanError
    case (.mean, .procrustes, false): .meanAligned
    case (.mean, .procrustes, true): .coarseMeanAligned
    case (.worst, .none, false): .worst
    case (.worst, .none, true): .coarseWorst
    case (.worst, .procrustes, false): .worstAligned
    case (.worst, .procrustes, true): .coarseWorstAligned
    }
  }

  private var regionIndex: Int? {
    switch region {
    case .body: OcclusionStatistics.Region.body.rawValue
    case .edge: OcclusionStatistics.Region.edge.rawValue
    case .background: OcclusionStatistics.Region.background.rawValue
    default: nil
    }
  }

  private var groupIndex: Int? {
    typealias Group = OcclusionStatistics.Group
    let isVisible = points == .visibleJoints
    return switch region {
    case .covered: (isVisible ? Group.visibleCovered : .hiddenCovered).rawValue
    case .elsewhere: (isVisible ? Group.visibleElsewhere : .hiddenElsewhere).rawValue
    case .elsewhereOnBody: (isVisible ? Group.visibleElsewhereOnBody : .hiddenElsewhereOnBody).rawValue
    default: nil
    }
  }

  private static func minus(_ first: [Double]?, _ second: [Double]?) -> [Double]? {
    guard let first, let second else { return nil }
    return zip(first, second).map { $0 - $1 }
  }
}

extension OcclusionRobustness {
  fileprivate func numbers(
    _ condition: Condition, _ key: OcclusionStatistics.Key, at index: Int? = nil
  ) -> [Double]? {
    numbers(condition, key.rawValue, at: index)
  }
}

import Bodies
import Models
public import Tensors

/// The findings of two networks on one picture side by side.
public struct Comparison: Codable, Sendable {
  /// The findings of the two, in the order they were given.
  public let a: Findings, b: Findings
  /// The second minus the first.
  public let difference: Difference

  /// The second network's numbers minus the first's.
  public struct Difference: Codable, Sendable {
    /// The mean over joints in the unoccluded image.
    public let clean: Distance
    /// The mean over joints and positions.
    public let mean: Distance
    /// The maximum over positions of the mean over joints, each network's at its own worst position.
    public let worst: Distance
    /// Whether one of the two maxima, or both, is a lower limit, so that the difference is neither an upper nor a lower one.
    public var worstIsApproximate: Bool { isApproximate ?? false }
    // Comparisons of version 0.1.0 do not contain it.
    fileprivate let isApproximate: Bool?
    /// The error increase with the occluder on the body, where both have such positions.
    public let onBodyIncrease: Distance?
    /// The error increase with the occluder off the body, where both have such positions.
    public let offBodyIncrease: Distance?
    /// Every joint.
    public let joints: [JointDifference]

    enum CodingKeys: String, CodingKey {
      case clean, mean, worst, joints
      case isApproximate = "worst_is_approximate"
      case onBodyIncrease = "on_body_increase"
      case offBodyIncrease = "off_body_increase"
    }
  }

  /// One joint's numbers, the second network's minus the first's.
  public struct JointDifference: Codable, Sendable {
    /// The name, "left_hip".
    public let joint: String
    /// The difference of the errors in the unoccluded image, of the means over positions and of the maxima.
    public let cleanMillimetres: Float, meanMillimetres: Float, worstMillimetres: Float

    enum CodingKeys: String, CodingKey {
      case joint
      case cleanMillimetres = "clean_mm"
      case meanMillimetres = "mean_mm"
      case worstMillimetres = "worst_mm"
    }
  }

  /// Compares two complete records.
  ///
  /// - Throws: `RecordError` with `file` at fault when the second is not of the same picture, body, joints, kind
  ///   of reference, occlusion and positions as the first.
  public init(_ first: SweepRecord, _ second: SweepRecord, file: String) throws(RecordError) {
    if let difference = Self.obstacle(first.settings, second.settings) {
      throw RecordError(.badData, file, "\(difference) than the first record; compare sweeps made alike")
    }
    let found = Findings.compared([first, second])
    let (a, b) = (found[0], found[1])
    func increase(_ a: Findings.Region?, _ b: Findings.Region?) -> Distance? {
      if let a = a?.increase, let b = b?.increase { b - a } else { nil }
    }
    (self.a, self.b) = (a, b)
    difference = Difference(
      clean: b.clean - a.clean, mean: b.mean - a.mean, worst: b.worst - a.worst,
      isApproximate: a.worstIsLowerLimit || b.worstIsLowerLimit,
      onBodyIncrease: increase(a.onBody, b.onBody), offBodyIncrease: increase(a.offBody, b.offBody),
      joints: zip(a.joints, b.joints).map { a, b in
        JointDifference(
          joint: a.joint, cleanMillimetres: b.cleanMillimetres - a.cleanMillimetres,
          meanMillimetres: b.meanMillimetres - a.meanMillimetres,
          worstMillimetres: b.worstMillimetres - a.worstMillimetres)
      })
  }

  /// Why two records cannot be compared, in a few words that "than the first" follows; nil if they can.
  package static func obstacle(_ old: RecordSettings, _ new: RecordSettings) -> String? {
    if old.picture.fingerprint != new.picture.fingerprint || old.box != new.box {
      return "is of another picture (\(new.picture.name))"
    }
    if old.reference != new.reference || old.truth?.fingerprint != new.truth?.fingerprint {
      return "has another reference"
    }
    if let a = old.body, let b = new.body, a.fingerprint != b.fingerprint {
      return "has another body (\(b.name))"
    }
    if old.measured != new.measured { return "has other joints" }
    if old.occlusion != new.occlusion || old.positions != new.positions {
      return "was made with another occluder or grid"
    }
    return nil
  }

  /// The second record's mean error minus the first's at every position, `[rows, columns]`, metres.
  ///
  /// Nil when the networks see crops of different sides and so have the occluder at different positions.
  public static func meanErrorDifference(_ first: SweepRecord, _ second: SweepRecord) -> Tensor? {
    guard first.positions == second.positions, first.settings.frame.side == second.settings.frame.side else {
      return nil
    }
    let (a, b) = (first.meanError, second.meanError)
    return Tensor(a.shape, zip(a.elements, b.elements).map { $1 - $0 })
  }
}

import Bodies
import Models
import Tensors

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
    /// How many positions are left out of all these numbers and of the findings, because one of the two networks, or both,
    /// found nobody there; nil where the networks have their own positions, each without those where it found nobody.
    public let leftOut: Int?
    /// The error increase with the occluder on the body, where both have such positions.
    public let onBodyIncrease: Distance?
    /// The error increase with the occluder off the body, where both have such positions.
    public let offBodyIncrease: Distance?
    /// Every joint.
    public let joints: [JointDifference]

    enum CodingKeys: String, CodingKey {
      case clean, mean, worst, joints
      case isApproximate = "worst_is_approximate"
      case leftOut = "left_out_positions"
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

  /// Compares two complete records, over the positions where both found somebody.
  ///
  /// - Throws: `RecordError` with `file` at fault when the second is not of the same picture, body, joints, kind
  ///   of reference, occlusion and positions as the first.
  public init(_ first: SweepRecord, _ second: SweepRecord, file: String) throws(RecordError) {
    if let difference = Self.obstacle(first.settings, second.settings) {
      throw RecordError(.badData, file, "\(difference) than the first record; compare sweeps made alike")
    }
    let isLeftOut = Self.leftOut(first, second)
    let masks = BodyMask.shared([first, second])
    func findings(_ record: SweepRecord, _ mask: BodyMask?) -> Findings {
      isLeftOut.map { Findings(record, mask: mask, leavingOut: $0) } ?? Findings(record, mask: mask)
    }
    let (a, b) = (findings(first, masks[0]), findings(second, masks[1]))
    func increase(_ a: Findings.Region?, _ b: Findings.Region?) -> Distance? {
      if let a = a?.increase, let b = b?.increase { b - a } else { nil }
    }
    (self.a, self.b) = (a, b)
    difference = Difference(
      clean: b.clean - a.clean, mean: b.mean - a.mean, worst: b.worst - a.worst,
      isApproximate: a.worstIsLowerLimit || b.worstIsLowerLimit, leftOut: isLeftOut.map { $0.count { $0 } },
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

  /// Where one of two networks found nobody, or both; nil where their positions are others.
  private static func leftOut(_ first: SweepRecord, _ second: SweepRecord) -> [Bool]? {
    guard first.hasPositions(of: second) else { return nil }
    return zip(first.misses, second.misses).map { $0 || $1 }
  }
}

extension SweepRecord {
  /// Whether the occluder was at the same positions of the picture in another record, whatever the two networks see of it.
  ///
  /// Positions are whole pixels of a network's own input: centres may be half a pixel of each apart.
  public func hasPositions(of other: SweepRecord) -> Bool {
    let (mine, others) = (settings.frame, other.settings.frame)
    if positions == other.positions, mine == others { return true }
    guard positions.shape == other.positions.shape,
      (positions.list == nil) == (other.positions.list == nil)
    else { return false }
    func agree(
      _ a: [Span], _ b: [Span], _ inPicture: (PictureFrame) -> (Float) -> Double,
      _ length: KeyPath<PictureFrame, Double>
    ) -> Bool {
      let (pixel, otherPixel) = (
        mine[keyPath: length] / Double(mine.side), others[keyPath: length] / Double(others.side)
      )
      let reach = 0.51 * (pixel + otherPixel) + 1e-3
      return zip(a, b).allSatisfy { abs(inPicture(mine)($0.centre) - inPicture(others)($1.centre)) <= reach }
    }
    let rows = positions.list?.map(\.y) ?? positions.rows
    let otherRows = other.positions.list?.map(\.y) ?? other.positions.rows
    return agree(rows, otherRows, PictureFrame.pictureY, \.height)
      && agree(positions.columns, other.positions.columns, PictureFrame.pictureX, \.width)
  }

  /// The record without errors at some positions, as if nobody had been found there.
  func leavingOut(_ isLeftOut: [Bool]) -> SweepRecord {
    guard isLeftOut.contains(true) else { return self }
    func without(_ errors: Tensor?) -> Tensor? {
      guard let errors else { return nil }
      let joints = measured.count
      return Tensor(
        errors.shape, errors.elements.enumerated().map { isLeftOut[$0 / joints] ? .nan : $1 })
    }
    var record = self
    var arrays = results.arrays
    (arrays[.error], arrays[.alignedError]) = (without(results.error), without(results.alignedError))
    record.results = PositionResults(arrays)
    return record
  }
}

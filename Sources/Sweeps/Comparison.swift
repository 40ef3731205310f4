/// The findings of two networks on one picture side by side.
public struct Comparison: Codable, Sendable {
  /// The findings of the two, in the order they were given.
  public let a: Findings, b: Findings
  /// The second less the first.
  public let difference: Difference

  /// The second network's numbers less the first's.
  public struct Difference: Codable, Sendable {
    /// The mean over joints in the whole picture.
    public let clean: Distance
    /// The mean over joints and places.
    public let mean: Distance
    /// The mean over joints at the worst place of each.
    public let worst: Distance
    /// The rise with the patch on the body, where both have such places.
    public let onBodyRise: Distance?
    /// The rise with the patch off the body, where both have such places.
    public let offBodyRise: Distance?
    /// Every joint.
    public let joints: [JointDifference]

    enum CodingKeys: String, CodingKey {
      case clean, mean, worst, joints
      case onBodyRise = "on_body_rise"
      case offBodyRise = "off_body_rise"
    }
  }

  /// One joint's numbers, the second network's less the first's.
  public struct JointDifference: Codable, Sendable {
    /// The name, "left_hip".
    public let joint: String
    /// The difference of the errors in the whole picture, of the means over places and of the greatest errors.
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
  /// - Throws: `SweepError` with `file` at fault when the second is not of the same picture, body, joints, kind
  ///   of reference, occluder and grid as the first.
  public init(_ first: SweepRecord, _ second: SweepRecord, file: String) throws(SweepError) {
    func refuse(_ what: String) -> SweepError {
      SweepError(.badData, file, "\(what) than the first record; compare sweeps made alike")
    }
    let (old, new) = (first.info, second.info)
    if old.picture.fingerprint != new.picture.fingerprint || old.box != new.box {
      throw refuse("is of another picture (\(new.picture.name))")
    }
    if old.reference != new.reference || old.truth?.fingerprint != new.truth?.fingerprint {
      throw refuse("is measured against another reference")
    }
    if old.body.fingerprint != new.body.fingerprint { throw refuse("has another body (\(new.body.name))") }
    if old.jointSet != new.jointSet { throw refuse("has other joints") }
    if old.occluder != new.occluder || old.grid != new.grid {
      throw refuse("was made with another occluder or grid")
    }

    let (a, b) = (Findings(first), Findings(second))
    func rise(_ a: Findings.Region, _ b: Findings.Region) -> Distance? {
      if let a = a.rise, let b = b.rise { b - a } else { nil }
    }
    self.a = a
    self.b = b
    difference = Difference(
      clean: b.clean - a.clean, mean: b.mean - a.mean, worst: b.worst - a.worst,
      onBodyRise: rise(a.onBody, b.onBody), offBodyRise: rise(a.offBody, b.offBody),
      joints: zip(a.joints, b.joints).map { a, b in
        JointDifference(
          joint: a.joint, cleanMillimetres: b.cleanMillimetres - a.cleanMillimetres,
          meanMillimetres: b.meanMillimetres - a.meanMillimetres,
          worstMillimetres: b.worstMillimetres - a.worstMillimetres)
      })
  }
}

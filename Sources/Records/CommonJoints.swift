public import Bodies
import Models
public import Tensors

extension SweepRecord {
  /// Whether errors are over joints that bodies of different networks share, taken from those that this network predicts.
  ///
  /// Every body defines its joints in its own way, by centimetres apart: an error from the ground truth has that offset in
  /// it, with the occluder and without.
  public var isOverCommonJoints: Bool {
    measured == .common12 && predictedSkeleton.map { $0 != measured } ?? false
  }

  /// How far every joint is from the clean prediction at every position, `[positions, joints]`, metres.
  ///
  /// Nil where the record has ground truth, and joints from which those that are measured cannot be taken.
  public var displacements: Tensor? {
    settings.truth == nil ? results.error : displacementTable?.error
  }

  /// The same after Procrustes alignment; nil also where the record has no errors after it.
  public var alignedDisplacements: Tensor? {
    settings.truth == nil ? results.alignedError : displacementTable?.aligned
  }

  private var displacementTable: JointErrorTable? {
    guard let joints = try? joints(of: results, as: measured, file: ""),
      let clean = try? self.joints(of: clean, as: measured, file: "")
    else { return nil }
    return JointErrorTable(of: joints, from: clean.reshaped([measured.count, 3]), in: measured)
  }

  /// The mean displacement, where errors are from a ground truth over joints that bodies share.
  var commonDisplacement: Distance? {
    guard settings.truth != nil, measured == .common12, let displacements else { return nil }
    let (misses, table) = (misses, DistanceTable(displacements, clean: clean.error))
    return Distance(
      table.mean(over: misses.indices.filter { !misses[$0] }) * 1000, aligned: nil, .displacement)
  }

  /// The record with its errors measured over the joints of another skeleton, which are taken from the recorded joints.
  ///
  /// Errors are from the same joints of the ground truth, or without one from the record's own clean prediction. The
  /// attention at the worst positions is left out, because these may be others.
  ///
  /// - Parameter file: the record, for errors.
  /// - Throws: `RecordError` when the record or its ground truth lacks some of the joints.
  public func measured(over target: Skeleton, file: String) throws(RecordError) -> SweepRecord {
    guard measured != target else { return self }
    let clean = try joints(of: self.clean, as: target, file: file)
    let reference: Tensor
    if settings.truth != nil {
      guard let truth = context.truthJoints else {
        throw RecordError(
          .badData, file, "contains no joints of the ground truth; sweep the picture again with --truth")
      }
      let conversion = SkeletonConversion(from: measured, to: target)
      guard conversion.isComplete else {
        throw Self.lacking(conversion.missing, of: target, in: measured, "has ground truth of", file)
      }
      reference = Tensor(conversion(truth.points))
    } else {
      reference = clean.reshaped([target.count, 3])
    }
    func remeasured(_ results: PositionResults) throws(RecordError) -> PositionResults {
      let errors = JointErrorTable(
        of: try joints(of: results, as: target, file: file), from: reference, in: target)
      var arrays = results.arrays
      (arrays[.error], arrays[.alignedError]) = (errors.error, errors.aligned)
      return PositionResults(arrays)
    }
    var (settings, notes, context) = (settings, notes, context)
    settings.measured = target.name
    notes.skeletons = (skeleton.map { [$0] } ?? []) + (skeleton == target ? [] : [target])
    notes.visibility = notes.visibility.flatMap { seen in
      let indices = SkeletonConversion(from: self.measured, to: target).indices.compactMap(\.self)
      return indices.count == target.count ? indices.map { seen[$0] } : nil
    }
    // How far interpolated errors are off was estimated for errors over other joints, and says nothing about these.
    notes.interpolation = notes.interpolation.map { .init(computed: $0.computed) }
    if context.truthJoints != nil { context.truthJoints = reference }
    return SweepRecord(
      settings: settings, notes: notes, positions: positions, skeleton: skeleton, measured: target,
      results: try remeasured(results), clean: try remeasured(self.clean), context: context,
      missingPositions: missingPositions, computed: computed)
  }

  /// The predicted joints of results as those of another skeleton.
  private func joints(
    of results: PositionResults, as target: Skeleton, file: String
  ) throws(RecordError) -> Tensor {
    guard let skeleton, let joints = results.joints else {
      throw RecordError(
        .badData, file,
        "contains errors over the joints of \(measured.name) and no joints to measure others from; sweep the picture "
          + "again")
    }
    if skeleton == target { return joints }
    let conversion = SkeletonConversion(from: skeleton, to: target)
    guard conversion.isComplete else {
      throw Self.lacking(conversion.missing, of: target, in: skeleton, "contains the joints of", file)
    }
    return conversion(joints)
  }

  private static func lacking(
    _ missing: [String], of target: Skeleton, in skeleton: Skeleton, _ what: String, _ file: String
  ) -> RecordError {
    RecordError(
      .badData, file,
      "\(what) \(skeleton.name), which lack \(missing.prefix(3).joined(separator: ", "))"
        + (missing.count > 3 ? " and \(missing.count - 3) more" : "") + " of \(target.name)")
  }
}

/// Records made comparable: those of one picture are measured over joints that all of their networks have.
public struct ComparableRecords: Sendable {
  /// The records, in the order in which they were given.
  public let records: [SweepRecord]
  /// What was done and how to read it, a line each; none where records are as they were.
  public let notes: [String]

  /// Records with their paths; those of one picture whose errors are over different joints are measured over `common12`.
  ///
  /// - Parameter joints: the joints to measure all records over; nil to change only what cannot be compared.
  /// - Throws: `RecordError` when a record lacks some of the joints.
  public init(
    _ found: [(path: String, record: SweepRecord)], joints: Skeleton? = nil
  ) throws(RecordError) {
    var (records, notes): ([SweepRecord], [String]) = ([], [])
    for (path, record) in found {
      let alike = found.filter { Self.areOfOnePicture(record, $0.record) }
      let skeletons = alike.map(\.record.measured).reduce(into: [Skeleton]()) { known, skeleton in
        if !known.contains(skeleton) { known.append(skeleton) }
      }
      guard let target = joints ?? (skeletons.count > 1 ? .common12 : nil), record.measured != target else {
        records.append(record)
        continue
      }
      records.append(try record.measured(over: target, file: path))
      var note =
        "\(record.settings.picture.name): networks of "
        + skeletons.map(\.name).joined(separator: " and ")
        + " are compared over the \(target.count) joints of \(target.name), about the \(target.rootTitle)"
      if skeletons.count == 1 {
        note =
          "\(record.settings.picture.name): errors are measured over the \(target.count) joints of \(target.name), "
          + "about the \(target.rootTitle)"
      }
      if record.settings.truth != nil, target == .common12 {
        note +=
          "; bodies define their joints by centimetres apart, which is in every absolute error: read the error increase "
          + "and the displacement first"
      }
      if !notes.contains(note) { notes.append(note) }
    }
    (self.records, self.notes) = (records, notes)
  }

  /// Whether two records are of one picture and measured from the same ground truth, or both without one.
  private static func areOfOnePicture(_ a: SweepRecord, _ b: SweepRecord) -> Bool {
    let (a, b) = (a.settings, b.settings)
    return a.picture.fingerprint == b.picture.fingerprint && a.box == b.box
      && a.truth?.fingerprint == b.truth?.fingerprint
      && a.occlusion == b.occlusion && a.positions == b.positions
  }
}

public import Archives
public import Bodies
public import Models
public import Records
import Tensors

extension SweepRecord {
  /// The record with its errors measured from a ground truth, by the joints that it holds.
  ///
  /// Where an adaptive sweep interpolated, errors are those of the interpolated joints.
  ///
  /// - Parameters:
  ///   - body: what regresses joints of a ground truth that the network's skeleton lacks, from the recorded rotations.
  ///   - joints: the joints to measure; those of the ground truth unless given.
  ///   - file: the record, for errors.
  /// - Throws: `RecordError` when the record holds no joints or is of another picture than the ground truth;
  ///   `ModelError` when the joints have no counterparts.
  public func measured(
    against truth: LoadedGroundTruth, body: SMPLBody, over joints: Skeleton? = nil, file: String
  ) throws -> SweepRecord {
    guard let skeleton else {
      throw RecordError(.badData, file, "contains errors and no joints; sweep the picture again")
    }
    try truth.check(isOf: settings.picture, in: file)
    let target = joints ?? truth.truth.skeleton
    let reference = try truth.truth.joints(of: target)
    func remeasured(_ results: PositionResults) throws -> PositionResults {
      let joints = try Self.joints(of: results, in: skeleton, as: target, body, self, file)
      var arrays = results.arrays
      let errors = JointErrorTable(of: joints, from: reference, in: target)
      (arrays[.error], arrays[.alignedError]) = (errors.error, errors.aligned)
      return PositionResults(arrays)
    }
    var (settings, notes, context) = (settings, notes, context)
    (settings.truth, settings.measured) = (truth.source, target.name)
    notes.skeletons = skeleton == target ? [target] : [skeleton, target]
    notes.visibility = truth.truth.visibility(of: target)
    // Which positions were computed stays true. How far interpolated errors are off was estimated for errors from the
    // former reference, and says nothing about these.
    notes.interpolation = notes.interpolation.map { .init(computed: $0.computed) }
    (context.truthJoints, context.truthBody) = (reference, truth.truth.body)
    context.truthCamera = nil
    return SweepRecord(
      settings: settings, notes: notes, positions: positions, skeleton: skeleton, measured: target,
      results: try remeasured(results), clean: try remeasured(clean), context: context, computed: computed)
  }

  private static func joints(
    of results: PositionResults, in skeleton: Skeleton, as target: Skeleton, _ body: SMPLBody,
    _ record: SweepRecord, _ file: String
  ) throws -> Tensor {
    guard let joints = results.joints else {
      throw RecordError(.badData, file, "contains errors and no joints; sweep the picture again")
    }
    if target == .h36m14, let parameters = results.body {
      guard record.settings.body?.fingerprint == body.source.fingerprint else {
        throw RecordError(
          .badData, file, "was made with another body than \(body.source.name); give it with --body")
      }
      return try body.regressedJoints(of: parameters)
    }
    let conversion = SkeletonConversion(from: skeleton, to: target)
    guard conversion.isComplete else {
      throw ModelError(
        .badData,
        "\(file): contains the joints of \(skeleton.name), which lack \(conversion.missing.joined(separator: ", ")) "
          + "of \(target.name)")
    }
    return skeleton == target ? joints : conversion(joints)
  }

  /// Writes a record that is complete, whole or not at all.
  ///
  /// - Throws: `ArchiveError` when something is at the path already, or it cannot be written.
  public func write(to path: String) throws(ArchiveError) {
    let header = RecordHeader(
      settings: settings, notes: notes, positions: positions, predicted: skeleton, measured: measured)
    let arrays = PositionArray.all.filter { results[$0] != nil }
    let store = try header.store(
      at: path, of: arrays,
      chunkLength: positions.rows.count > 1 ? positions.rows.count : positions.columns.count,
      clean: clean, context: context
    ) { _ in "is there already; choose another --out or remove it" }
    guard store.missingChunks == [0] else { return }
    if let computed { try store.write(computed, as: RecordSchema.computed) }
    try store.write(
      Dictionary(uniqueKeysWithValues: arrays.map { ($0.name, results[$0]!) }), chunk: 0)
  }
}

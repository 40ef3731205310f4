public import Archives
import Foundation
import Networks
import Synchronization
public import Tensors

/// Writes the record of a sweep as its chunks are measured, and goes on where an earlier run stopped.
///
/// The record appears at its path with all that is known before the patch comes, then grows by chunks that are
/// there whole or not at all. The process may be killed at any moment: a later run measures what is missing.
public final class SweepRecorder: Sendable {
  /// What is known before the patch comes.
  public struct Beginning: Sendable {
    let info: SweepRecord.Info
    let clean: Measurements
    let truth: Tensor?
    let truthParameters: (rotations: Tensor, betas: Tensor)?
    let truthCamera: Tensor?
    let bodyMask: Tensor
    let picture: SweepRecord.Pixels
    let cleanAttention: Tensor?

    /// The beginning of a record; the members are those of ``SweepRecord``, `truth` is `[joints, 3]`.
    public init(
      info: SweepRecord.Info, clean: Measurements, truth: Tensor? = nil,
      truthParameters: (rotations: Tensor, betas: Tensor)? = nil, truthCamera: Tensor? = nil,
      bodyMask: Tensor, picture: SweepRecord.Pixels, cleanAttention: Tensor? = nil
    ) {
      self.info = info
      self.clean = clean
      self.truth = truth
      self.truthParameters = truthParameters
      self.truthCamera = truthCamera
      self.bodyMask = bodyMask
      self.picture = picture
      self.cleanAttention = cleanAttention
    }

    var reference: Tensor { truth ?? clean.joints.reshaped([24, 3]) }
  }

  let group: ZarrGroup
  let arrays: [ZarrArray]
  let sweep: Sweep
  let crop: Tensor
  let beginning: Beginning
  let chunks: [Range<Int>]
  private let lock: Int32

  /// Begins a record at a path, or takes up the one that is there.
  ///
  /// - Throws: `ArchiveError` of the kind `cannotCreate` when something else is at the path, a record of another
  ///   picture, network or settings among them, which is left as it was; other kinds as files fail.
  public init(
    at path: String, of sweep: Sweep, over crop: Tensor, beginning: Beginning
  ) throws(ArchiveError) {
    if FileManager.default.fileExists(atPath: path) {
      try Self.checkRecord(at: path, isOf: beginning.info)
    } else {
      try Self.create(beginning, sweep.places, at: path)
    }
    group = try ZarrGroup(contentsOf: path)
    var arrays: [ZarrArray] = []
    let places = sweep.places
    for ((name, _), clean) in zip(RecordLayout.overPlaces, RecordLayout.tensors(of: beginning.clean)) {
      let (array, inner) = (try group.array(name), clean.shape.dropFirst())
      guard array.shape == [places.rows.count, places.columns.count] + inner,
        array.chunkShape == [RecordLayout.rowsPerChunk(places), places.columns.count] + inner
      else {
        throw ArchiveError(
          .damaged, file: path, entry: name, "is not cut as this sweep cuts it; remove the record")
      }
      arrays.append(array)
    }
    self.arrays = arrays
    self.sweep = sweep
    self.crop = crop
    self.beginning = beginning
    chunks = RecordLayout.chunks(sweep.places)
    // The system gives the lock back when the process ends, however it ends.
    lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard lock < 0 || flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      throw ArchiveError(.cannotCreate, file: path, "another sweep is writing this record; wait for its end")
    }
    Self.removeLeftovers(at: path)
  }

  deinit { if lock >= 0 { close(lock) } }

  /// The number of places that were worked out so far.
  public var measuredPlaces: Int {
    let written = chunks.indices.filter(isWritten).reduce(0) { $0 + chunks[$1].count }
    guard beginning.info.tolerance != nil else { return written }
    if written == sweep.places.count {
      return (try? SweepRecord.Info(ofRecord: ZarrGroup(contentsOf: group.path)))?.interpolation?.computed
        ?? written
    }
    return knownCountSoFar
  }

  /// Measures what is missing.
  ///
  /// - Parameters:
  ///   - isCancelled: asked before every chunk; chunks under way are finished and written.
  ///   - forecast: told how long it will take, where there is much to do; of an adaptive sweep, how long every place
  ///     would take.
  ///   - progress: told the number of places that are done, and of all.
  /// - Returns: whether the record is complete.
  /// - Throws: `ArchiveError` when a chunk cannot be written; the chunks before it stay.
  public func run(
    workers: Int = Workers.available, isCancelled: @Sendable () -> Bool = { false },
    forecast: ((Sweep.Forecast) -> Void)? = nil,
    progress: @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(ArchiveError) -> Bool {
    let missing = chunks.indices.filter { !isWritten($0) }
    if let tolerance = beginning.info.tolerance, !missing.isEmpty {
      guard
        try refine(
          to: Float(tolerance / 1000), workers: workers, isCancelled: isCancelled, forecast: forecast,
          progress: progress)
      else { return false }
      try writeWorstAttention()
      return true
    }
    let done = Mutex(sweep.places.count - missing.reduce(0) { $0 + chunks[$1].count })
    progress(done.withLock(\.self), sweep.places.count)
    let isComplete = try sweep.run(
      over: crop, against: beginning.reference, chunks: missing.map { chunks[$0] }, workers: workers,
      isCancelled: isCancelled, forecast: forecast
    ) { (index, measurements) throws(ArchiveError) in
      try write(measurements, chunk: missing[index])
      let count = chunks[missing[index]].count
      // The report is made under the lock so that the count never runs backward on the screen.
      done.withLock {
        $0 += count
        progress($0, sweep.places.count)
      }
    }
    if isComplete { try writeWorstAttention() }
    return isComplete
  }

  func isWritten(_ chunk: Int) -> Bool {
    arrays.allSatisfy { $0.hasChunk($0.place(ofRows: chunk)) }
  }

  func write(_ measurements: Measurements, chunk: Int) throws(ArchiveError) {
    let columns = sweep.places.columns.count
    let rows = chunks[chunk].count / columns
    for (array, tensor) in zip(arrays, RecordLayout.tensors(of: measurements)) {
      try array.write(
        chunk: tensor.reshaped([rows, columns] + tensor.shape.dropFirst()),
        at: array.place(ofRows: chunk))
    }
  }

  /// Asks once more at the worst places, for the attention there.
  private func writeWorstAttention() throws(ArchiveError) {
    guard beginning.cleanAttention != nil, try group.written("attention_worst") == nil else { return }
    var tensors: [Tensor] = []
    for array in arrays {
      let all = try array.readAll()
      tensors.append(all.reshaped([sweep.places.count] + all.shape.dropFirst(2)))
    }
    let worst = SweepRecord.worstPlaces(3, RecordLayout.measurements(of: tensors), beginning.info)
    var attention: [Tensor] = []
    for index in worst {
      let crop = sweep.occluded(crop, at: index..<index + 1).reshaped([sweep.side, sweep.side, 3])
      guard let map = sweep.answers(to: crop, withAttention: true).prediction.attention else { return }
      attention.append(map)
    }
    let maps = Tensor(stacking: attention)
    do {
      try group.array("attention_worst").write(chunk: maps, at: [0, 0, 0, 0])
    } catch {
      guard error.kind == .noInput else { throw error }
      try group.write(
        "attention_worst", maps, ["worst_place", "attention_row", "attention_column", "smpl_joint"],
        attributes: [
          "places": .array(worst.map(JSONValue.integer)),
          "comment": "attention with the patch at the worst places, by their index in row-major order",
        ])
    }
  }
}

import Archives
import Bodies
import Models
import Records
import Synchronization
import Tensors

extension SweepRecorder {
  /// Seconds between two writings of what is known so far.
  private static let savingInterval = 20.0

  /// Whether every position was computed, or is interpolated or not known yet.
  func computed() throws(ArchiveError) -> [Bool] {
    // Once it is settled which positions were computed, the others are interpolated.
    let settled = RecordSchema.computed
    if try store.group.hasArray(settled.name) {
      let array = try store.group.array(settled.name)
      if try array.missingChunks().isEmpty {
        // Of a chunk that was lost since, nothing is known any more.
        return zip(try array.readAll().elements, store.writtenItems).map { $0 == 1 && $1 }
      }
    }
    return store.writtenItems
  }

  /// Computes positions until interpolation between them is within the tolerance and those around the maxima are among
  /// them, and fills the record.
  ///
  /// What is known is written every 20 seconds and when cancelled: a later run takes the same steps and computes only
  /// what is missing.
  ///
  /// - Parameter tolerance: the mean interpolation error of the error maps, metres.
  /// - Returns: whether the record is complete.
  func sampleAdaptively(
    to tolerance: Float, runner: Runner, forecast: ((Sweep.Forecast) -> Void)?
  ) throws -> Bool {
    let positions = sweep.positions
    let isFinished = try RecordHeader(of: store.group).notes.interpolation != nil
    if isFinished, store.missingChunks.isEmpty { return true }
    var sampling = AdaptiveSampling(
      rows: positions.rows.count, columns: positions.columns.count, tolerance: tolerance,
      seed: header.settings.seed ?? 0)
    let known = try KnownPositions(self)
    if let forecast, known.count == 0, let time = try sweep.forecast(store.chunks, workers: runner.workers) {
      forecast(time)
    }
    let clock = ContinuousClock()
    var saved = clock.now
    runner.progress(known.count, positions.count)
    while !sampling.wanted.isEmpty {
      let missing = sampling.wanted.filter { !known.isKnown($0) }
      let lists = sweep.lists(of: missing, workers: runner.workers)
      let isDone: Bool
      do {
        isDone = try runner.run(lists.count, done: known.count, total: positions.count) { index in
          known.take(lists[index], try sweep.results(at: lists[index]))
          return lists[index].count
        }
      } catch {
        // What was computed before stays; why the rest was not is what the caller has to hear.
        try? known.save(self)
        throw error
      }
      if !isDone || saved.duration(to: clock.now) > .seconds(Self.savingInterval) {
        try known.save(self)
        saved = clock.now
      }
      guard isDone else { return false }
      sampling.take(
        known.values(of: .error, at: sampling.wanted)!,
        aligned: known.values(of: .alignedError, at: sampling.wanted))
    }
    try known.save(self)
    try finish(sampling, known)
    return true
  }

  /// Writes which positions were computed, how far the rest may be off, and the chunks.
  private func finish(_ sampling: AdaptiveSampling, _ known: KnownPositions) throws {
    let positions = sweep.positions
    try store.write(
      Tensor(positions.shape, (0..<positions.count).map { sampling.isKnown($0) ? 1 : 0 }),
      as: RecordSchema.computed)
    // The notes of whoever began the record, which another release or processor may be at the end of.
    var header = try RecordHeader(of: store.group)
    header.notes.interpolation = .init(
      computed: sampling.known, meanMillimetres: 1000 * Double(sampling.interpolationError.mean),
      standardErrorMillimetres: 1000 * Double(sampling.interpolationError.standardError),
      checked: sampling.interpolationError.positions)
    let filled = known.filled(by: sampling)
    for (chunk, range) in store.chunks.enumerated() { try write(filled.rows(range), chunk: chunk) }
    try store.note(["notes": header.attributes["notes"]!])
  }
}

/// Results at some positions, whatever order they come in.
private final class KnownPositions: Sendable {
  private struct State {
    var tensors: [PositionArray: Tensor]
    var isKnown: [Bool]
    /// Those that are not on disk yet.
    var unsaved: [Int] = []
  }
  private let state: Mutex<State>
  private let arrays: [PositionArray]

  /// What an earlier run left.
  init(_ recorder: SweepRecorder) throws {
    arrays = recorder.arrays
    let count = recorder.sweep.positions.count
    var tensors: [PositionArray: Tensor] = [:]
    for array in arrays {
      let all = try recorder.store.tensor(array.name)
      tensors[array] = all.reshaped([count] + all.shape.dropFirst(2))
    }
    state = Mutex(State(tensors: tensors, isKnown: try recorder.computed()))
  }

  var count: Int { state.withLock { $0.isKnown.count { $0 } } }

  func isKnown(_ position: Int) -> Bool { state.withLock { $0.isKnown[position] } }

  /// The entries of an array at some positions; nil where the record does not have it.
  func values(of array: PositionArray, at positions: [Int]) -> [[Float]]? {
    state.withLock { state in
      state.tensors[array].map { tensor in positions.map { tensor.rows($0..<$0 + 1).elements } }
    }
  }

  func take(_ positions: [Int], _ results: PositionResults) {
    guard !positions.isEmpty else { return }
    state.withLock { state in
      for array in arrays {
        guard let found = results[array] else { continue }
        let width = found.count / found.shape[0]
        state.tensors[array]!.withMutableElements { to in
          found.withElements { from in
            for (index, position) in positions.enumerated() {
              for k in 0..<width { to[position * width + k] = from[index * width + k] }
            }
          }
        }
      }
      for position in positions { state.isKnown[position] = true }
      state.unsaved += positions
    }
  }

  /// Writes what is not on disk yet.
  func save(_ recorder: SweepRecorder) throws(ArchiveError) {
    let (items, values) = state.withLock { state in
      let items = state.unsaved.sorted()
      let values = state.tensors.mapValues { tensor in
        Tensor(stacking: items.map { tensor.rows($0..<$0 + 1) })
      }
      return (items, values)
    }
    guard !items.isEmpty else { return }
    try recorder.store.write(
      Dictionary(uniqueKeysWithValues: values.map { ($0.key.name, $0.value) }), items: items)
    state.withLock { $0.unsaved = [] }
  }

  /// All positions, those that were not computed interpolated.
  func filled(by sampling: AdaptiveSampling) -> PositionResults {
    PositionResults(
      Dictionary(
        uniqueKeysWithValues: state.withLock(\.tensors).map { array, tensor in
          let filled = sampling.filled(tensor)
          return (array, array.isRotation ? filled.orthonormalised { !sampling.isKnown($0) } : filled)
        }))
  }
}

extension Tensor {
  /// Rotations `[N, …, 3, 3]` with those of some entries, mixtures of rotations, made rotations again.
  fileprivate func orthonormalised(where isMixed: (Int) -> Bool) -> Tensor {
    let each = count / 9 / max(1, shape[0])
    var matrices = matrices
    let axes = [Point(1, 0, 0), Point(0, 1, 0), Point(0, 0, 1)]
    for entry in 0..<shape[0] where isMixed(entry) {
      for index in entry * each..<(entry + 1) * each {
        let turned = axes.map { matrices[index] * $0 }
        // With their opposites, so that the middle of the points is the origin.
        matrices[index] =
          Procrustes(aligning: axes + axes.map { -$0 }, to: turned + turned.map { -$0 }).rotation
      }
    }
    return Tensor(matrices).reshaped(shape)
  }
}

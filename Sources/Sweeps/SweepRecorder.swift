import Archives
import Bodies
import Models
public import Records
public import Tensors

/// Writes the record of a sweep as its chunks are computed, and goes on where an earlier run stopped.
///
/// The record appears at its path with all that is known before the occluder comes, then grows by chunks that are there
/// whole or not at all. The process may be killed at any moment: a later run computes what is missing.
public final class SweepRecorder: Sendable {
  /// About how many positions a chunk holds: what a kill may cost each worker, against a wait for the disk each time.
  private static let positionsPerChunk = 64
  private static let minChunks = 4

  let store: ChunkedStore
  let sweep: Sweep
  let header: RecordHeader
  let arrays: [PositionArray]
  private let shard: Shard?
  /// The positions to compute or computed; chunks are others once they are laid together.
  private let own: [Range<Int>]

  /// Begins a record at a path, or takes up the one of the same settings that is there.
  ///
  /// - Parameters:
  ///   - header: settings and notes.
  ///   - context: what is known of picture and ground truth.
  ///   - shard: which share of the positions is computed, while other processes may compute others; all unless given, and
  ///     always all of an adaptive sweep.
  /// - Throws: `ArchiveError` of the kind `cannotCreate` when something else is at the path, a record of another
  ///   picture, network or settings among them, which is left as it was, or when another run writes it or it cannot be
  ///   locked, or a shard is of another minor version than the record; other kinds as files fail.
  public init(
    at path: String, of sweep: Sweep, header: RecordHeader, context: RecordContext, shard: Shard? = nil
  ) throws {
    let clean = try sweep.clean()
    arrays = PositionArray.all.filter { clean[$0] != nil }
    let shard = header.settings.tolerance == nil ? shard : nil
    (self.sweep, self.header, self.shard) = (sweep, header, shard)
    let cut = try Self.chunkLength(at: path)
    store = try header.store(
      at: path, of: arrays,
      chunkLength: cut ?? Self.chunkLength(sweep.positions, isAdaptive: header.settings.tolerance != nil),
      tracksItems: header.settings.tolerance != nil, isShared: shard != nil, clean: clean, context: context
    ) { Self.conflict($0, with: header.settings) }
    own = store.chunks.enumerated().filter { shard?.owns($0.offset) ?? true }.map(\.element)
    let began = RecordNotes.Contribution(try RecordHeader(of: store.group).notes)
    let own = RecordNotes.Contribution(header.notes)
    if shard != nil, began.minorVersion != own.minorVersion {
      throw ArchiveError(
        .cannotCreate, file: path,
        "was begun by version \(began.penumbra); shards of one record are computed by one minor version")
    }
    if began != own, !store.missingChunks.isEmpty { try Contributions(to: path).add(own) }
  }

  /// How the record at a path is cut, which stays so; nil where there is none, or something else, which is told later.
  ///
  /// - Throws: `ArchiveError` when it cannot be read now: taken for one that is cut otherwise, it would seem damaged.
  private static func chunkLength(at path: String) throws(ArchiveError) -> Int? {
    try ChunkedStore.completePacking(at: path)
    do throws(ArchiveError) { return try RecordHeader.chunkLength(of: ZarrGroup(contentsOf: path)) } catch {
      guard error.kind != .io else { throw error }
      return nil
    }
  }

  /// How many rows of positions a chunk holds, or how many positions of a single row: even shares, and enough chunks to keep
  /// a few workers busy.
  private static func chunkLength(_ positions: PositionGrid, isAdaptive: Bool) -> Int {
    let chunks = max(minChunks, (positions.count + positionsPerChunk - 1) / positionsPerChunk)
    let length = positions.rows.count > 1 || isAdaptive ? positions.rows.count : positions.columns.count
    return (length + chunks - 1) / chunks
  }

  private static func conflict(_ group: ZarrGroup?, with settings: RecordSettings) -> String {
    guard let group, let found = try? RecordHeader(of: group) else {
      return "is already there and is not a record; choose another --out"
    }
    guard group.attributes["format"] != nil else {
      return "is a record of version \(found.notes.penumbra) of Penumbra; choose another --out or remove it"
    }
    let difference = found.settings.difference(to: settings) ?? "other settings"
    return "is a record of \(difference); choose another --out or remove it"
  }

  /// The number of positions to compute: those of the shard, where there is one.
  public var positions: Int { own.reduce(0) { $0 + $1.count } }

  /// Whether every position is computed, those of other shards too.
  public var isWhole: Bool { store.missingChunks.isEmpty }

  /// The number of positions that were computed so far.
  public var computedPositions: Int {
    if header.settings.tolerance != nil, let computed = try? computed() {
      return computed.count { $0 }
    }
    let isThere = store.writtenItems
    return own.reduce(0) { $0 + isThere[$1].count { $0 } }
  }

  /// Computes what is missing, and closes the record when all of it is there.
  ///
  /// - Parameters:
  ///   - runner: chunks under way when it is cancelled are finished and written.
  ///   - forecast: called with how long it will take, where there is much to do; of an adaptive sweep, how long every
  ///     position would take.
  /// - Returns: whether the record, or the shard of it, is complete.
  /// - Throws: an error of the model, or `ArchiveError` when a chunk cannot be written; the chunks before it stay.
  public func run(_ runner: Runner, forecast: ((Sweep.Forecast) -> Void)? = nil) throws -> Bool {
    defer { Tensor.limitKeptMemory(toAdd: .infinity) }
    let runner = runner.suited(to: sweep.model)
    let isComplete =
      try header.settings.tolerance.map {
        try sampleAdaptively(to: Float($0 / 1000), runner: runner, forecast: forecast)
      } ?? computeAll(runner, forecast)
    // Of several shards the last one closes the record; one that is too slow to be the last leaves it to that.
    if isComplete, isWhole, shard == nil || store.becomeSole() {
      try writeWorstMaps()
      try SweepRecord.close(store)
    }
    return isComplete
  }

  private func computeAll(_ runner: Runner, _ forecast: ((Sweep.Forecast) -> Void)?) throws -> Bool {
    let chunks = store.chunks
    let missing = store.missingChunks.filter { shard?.owns($0) ?? true }
    if let forecast, !missing.isEmpty,
      let time = try sweep.forecast(missing.map { chunks[$0] }, workers: runner.workers)
    {
      forecast(time)
    }
    let done = positions - missing.reduce(0) { $0 + chunks[$1].count }
    return try runner.run(missing.count, done: done, total: positions) { index in
      let chunk = missing[index]
      try write(sweep.results(at: chunks[chunk]), chunk: chunk)
      return chunks[chunk].count
    }
  }

  /// Writes the results of a chunk.
  func write(_ results: PositionResults, chunk: Int) throws(ArchiveError) {
    try store.write(tensors(of: results), chunk: chunk)
  }

  /// The arrays of results by the names on disk.
  func tensors(of results: PositionResults) -> [String: Tensor] {
    Dictionary(uniqueKeysWithValues: arrays.compactMap { array in results[array].map { (array.name, $0) } })
  }

  /// Predicts once more at the worst positions, for the attention there, or the skin in UV space.
  private func writeWorstMaps() throws {
    let clean = sweep.cleanPredictions
    let kinds: [(array: ArraySchema, maps: KeyPath<Predictions, Tensor?>)] = [
      (RecordSchema.worstAttention, \.attention), (RecordSchema.worstSurface, \.surface),
    ]
    guard let (array, path) = kinds.first(where: { clean[keyPath: $0.maps] != nil }) else { return }
    let name = array.name
    // A run that failed in its last write may have left the maps alone.
    if try store.group.hasArray(name), store.group.attributes["worst_positions"] != nil,
      try store.group.array(name).missingChunks().isEmpty
    {
      return
    }
    let error = try store.tensor(PositionArray.error.name)
    let worst = SweepRecord.worstPositions(
      3, of: error.reshaped([sweep.positions.count, header.measured.count]), sweep.positions,
      header.settings)
    var maps: [Tensor] = []
    for index in worst {
      let window = sweep.positions[index].window
      // Whole passes, one at a time, as the map of the unoccluded image.
      guard let map = try sweep.unplanned.predict(at: [window], attention: true)[keyPath: path] else {
        return
      }
      maps.append(map)
    }
    guard !maps.isEmpty else { return }
    try store.write(Tensor(stacking: maps), as: header.schema.adapted(array))
    try store.note(["worst_positions": .array(worst.map(JSONValue.integer))])
  }
}

extension Runner {
  /// The runner with as many threads as keep a network busy, where that is known.
  func suited(to model: any PoseModel) -> Runner {
    model.concurrency.map { Runner(workers: $0, isCancelled: isCancelled, progress: progress) } ?? self
  }
}

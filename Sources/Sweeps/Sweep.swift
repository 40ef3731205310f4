public import Bodies
public import Networks
import Synchronization
public import Tensors

/// A patch slid over a crop, and what a network says with the patch at every place.
///
///     let sweep = Sweep(side: regressor.side, occluder: Occluder(), grid: Grid(stride: 4),
///       estimate: { try regressor.estimate($0, withAttention: $1) },
///       joints: { body.joints(rotations: $0.rotations, betas: $0.betas) })
///     let clean = sweep.answers(to: crop)
///     let measured = sweep.measure(crop, at: 0..<sweep.places.count, against: clean.measured)
///
/// How many crops are estimated together and on how many threads changes no result beyond the rounding of
/// floats.
public struct Sweep: Sendable {
  /// The side of the network's crop in pixels.
  public let side: Int
  /// The patch.
  public let occluder: Occluder
  /// The places of the patch.
  public let places: Places
  /// The most crops that the network is given at once.
  public let batch: Int
  /// The joints that errors are measured over.
  public let jointSet: JointSet

  /// A network that has seen the bare crop, and now estimates with the patch at places.
  public struct Rerun: Sendable {
    let estimate: @Sendable (_ places: [(row: Int, column: Int)]) throws -> Prediction
    let share: @Sendable (_ row: Int, _ column: Int) -> Double
    let kind: @Sendable (_ row: Int, _ column: Int) -> Int
    let kinds: Int

    /// - Parameters:
    ///   - estimate: predictions for places, in their order; called from several threads at once.
    ///   - share: the work of a place as a share of that of a whole pass.
    ///   - kind: the kind of a place, from 0; places of one kind are worked out together.
    ///   - kinds: how many kinds of places there are, the first of each of which takes longer.
    public init(
      estimate: @escaping @Sendable (_ places: [(row: Int, column: Int)]) throws -> Prediction,
      share: @escaping @Sendable (_ row: Int, _ column: Int) -> Double,
      kind: @escaping @Sendable (_ row: Int, _ column: Int) -> Int, kinds: Int
    ) {
      (self.estimate, self.share, self.kind, self.kinds) = (estimate, share, kind, kinds)
    }
  }

  /// How long places will take.
  public struct Forecast: Sendable {
    /// How many.
    public let places: Int
    /// On all workers together.
    public let seconds: Double
  }

  private let estimate: @Sendable (_ crops: Tensor, _ withAttention: Bool) throws -> Prediction
  private let rerunning: (@Sendable (_ crop: Tensor) -> Rerun)?
  private let joints: @Sendable (Prediction) -> Tensor
  private let measured: @Sendable (Prediction) -> Tensor

  /// A sweep of one network.
  ///
  /// - Parameters:
  ///   - estimate: the network: crops `[N, side, side, 3]` to predictions; called from several threads at once.
  ///   - rerunning: what looks at a crop once and then estimates with the patch at places, faster than `estimate`;
  ///     called from several threads at once.
  ///   - joints: SMPL's joints of predictions, `[N, 24, 3]` in metres.
  ///   - evaluationJoints: the 14 evaluation joints, `[N, 14, 3]`, to measure errors over instead of SMPL's.
  public init(
    side: Int, occluder: Occluder, grid: Grid, batch: Int = 16,
    estimate: @escaping @Sendable (_ crops: Tensor, _ withAttention: Bool) throws -> Prediction,
    rerunning: (@Sendable (_ crop: Tensor, _ places: Places) -> Rerun)? = nil,
    joints: @escaping @Sendable (Prediction) -> Tensor,
    evaluationJoints: (@Sendable (Prediction) -> Tensor)? = nil
  ) {
    precondition(batch > 0, "a batch of \(batch)")
    self.side = side
    self.occluder = occluder
    let places = grid.places(of: occluder, on: side)
    self.places = places
    if let rerunning { self.rerunning = { rerunning($0, places) } } else { self.rerunning = nil }
    self.batch = batch
    self.estimate = estimate
    self.joints = joints
    measured = evaluationJoints ?? joints
    jointSet = evaluationJoints == nil ? .smpl24 : .h36m14
  }

  /// What the network says to crops, with the joints that follow from it.
  public struct Answers: Sendable {
    /// The network's own words.
    public let prediction: Prediction
    /// SMPL's joints, `[N, 24, 3]`, metres.
    public let joints: Tensor
    /// The joints that errors are measured over, `[N, joints, 3]`, metres.
    public let measured: Tensor
  }

  /// Asks the network about one crop `[side, side, 3]`.
  public func answers(to crop: Tensor, withAttention: Bool = false) -> Answers {
    answers(toAll: crop.reshaped([1] + crop.shape), withAttention: withAttention)
  }

  private func answers(toAll crops: Tensor, withAttention: Bool = false) -> Answers {
    answers(NetworkError.ending { try estimate(crops, withAttention) })
  }

  private func answers(_ prediction: Prediction) -> Answers {
    let joints = joints(prediction)
    return Answers(
      prediction: prediction, joints: joints, measured: jointSet == .smpl24 ? joints : measured(prediction))
  }

  /// Times a batch of neighbouring places on every worker, more than once: at first kernels are made.
  func forecast(
    _ crop: Tensor, _ reference: Tensor, _ chunks: [Range<Int>], by rerun: Rerun, workers: Int
  ) -> Forecast? {
    let count = chunks.reduce(0) { $0 + $1.count }
    guard count >= 20 * batch * workers else { return nil }
    func work(_ indices: some Sequence<Int>) -> Double {
      indices.reduce(0) { $0 + rerun.share(places[$1].row, places[$1].column) }
    }
    let chunk = chunks[chunks.count / 2]
    let middle = (chunk.lowerBound + chunk.upperBound - batch) / 2
    let tried = max(chunk.lowerBound, middle)..<min(chunk.upperBound, max(chunk.lowerBound, middle) + batch)
    func spell() -> Double {
      ContinuousClock().measure {
        Workers.run(workers, workers: workers) { _, _ in
          _ = measure(crop, at: tried, against: reference, by: rerun)
        }
      }.seconds
    }
    let (first, later) = (spell(), min(spell(), spell()))
    let rate = work(tried) * Double(workers) / later
    // What the first spell took longer went into kernels, which one of the workers makes for every kind of place.
    let making = max(0, first - later) * Double(rerun.kinds) / Double(workers)
    return Forecast(places: count, seconds: work(chunks.joined()) / rate + making)
  }

  /// The crop `[side, side, 3]` with the patch at places by their indices, `[places.count, side, side, 3]`.
  public func occluded(_ crop: Tensor, at indices: some Collection<Int>) -> Tensor {
    precondition(crop.shape == [side, side, 3], "a crop of shape \(crop.shape) for a side of \(side)")
    return Places.covered(crop, at: indices.map { places[$0] }, with: occluder.value)
  }

  /// Measures places, by their indices, on the calling thread.
  ///
  /// - Parameter reference: where the joints should be, `[joints, 3]`, in the frame of `measured`.
  public func measure(
    _ crop: Tensor, at indices: some RandomAccessCollection<Int>, against reference: Tensor
  ) -> Measurements {
    measure(crop, at: indices, against: reference, by: rerunning?(crop))
  }

  private func measure(
    _ crop: Tensor, at indices: some RandomAccessCollection<Int>, against reference: Tensor, by rerun: Rerun?
  ) -> Measurements {
    if let rerun {
      let prediction = NetworkError.ending {
        try rerun.estimate(indices.map { (places[$0].row, places[$0].column) })
      }
      return Measurements(answers(prediction), against: reference, in: jointSet)
    }
    return Measurements(
      stacking: stride(from: 0, to: indices.count, by: batch).map { start in
        let answers = answers(toAll: occluded(crop, at: Array(indices.dropFirst(start).prefix(batch))))
        return Measurements(answers, against: reference, in: jointSet)
      })
  }

  /// Measures chunks of places on several threads, handing over each chunk as soon as it is known.
  ///
  /// - Parameters:
  ///   - chunks: the places of every chunk.
  ///   - isCancelled: asked before every chunk; once it says yes, chunks under way are finished and no other
  ///     is begun.
  ///   - forecast: told how long it will take, from counting the work and trying a little of it; not told where there
  ///     is too little to do.
  ///   - receive: takes the measurements of a chunk, by the chunk's number; called from the workers' threads.
  /// - Returns: whether every chunk was measured.
  /// - Throws: the first error of `receive`, after which no chunk is begun.
  public func run<Failure>(
    over crop: Tensor, against reference: Tensor, chunks: [Range<Int>], workers: Int = Workers.available,
    isCancelled: @Sendable () -> Bool = { false }, forecast: ((Forecast) -> Void)? = nil,
    receive: @Sendable (_ chunk: Int, Measurements) throws(Failure) -> Void
  ) throws(Failure) -> Bool {
    let rerun = chunks.isEmpty ? nil : prepared(crop)
    if let forecast, let rerun,
      let time = self.forecast(crop, reference, chunks, by: rerun, workers: workers)
    {
      forecast(time)
    }
    return try run(
      over: crop, against: reference, lists: chunks, by: rerun, workers: workers, isCancelled: isCancelled,
      receive: receive)
  }

  /// What looks at a crop once and then estimates with the patch at places, where the network has such a thing.
  func prepared(_ crop: Tensor) -> Rerun? { rerunning?(crop) }

  /// Places cut into lists that are worked out well together.
  func lists(of indices: [Int], by rerun: Rerun?, workers: Int) -> [[Int]] {
    var ordered = indices
    if let rerun {
      let kinds = indices.map { rerun.kind(places[$0].row, places[$0].column) }
      ordered = indices.indices.sorted { (kinds[$0], $0) < (kinds[$1], $1) }.map { indices[$0] }
    }
    // Several lists a worker, so that none waits long for another at the end.
    let share = (ordered.count + 4 * workers - 1) / (4 * workers)
    let length = max(batch, (share + batch - 1) / batch * batch)
    return stride(from: 0, to: ordered.count, by: length).map {
      Array(ordered[$0..<min($0 + length, ordered.count)])
    }
  }

  /// As above, with lists of places instead of ranges, by a rerun that is there already.
  func run<Failure>(
    over crop: Tensor, against reference: Tensor, lists: [some RandomAccessCollection<Int> & Sendable],
    by rerun: Rerun?, workers: Int, isCancelled: @Sendable () -> Bool,
    receive: @Sendable (_ list: Int, Measurements) throws(Failure) -> Void
  ) throws(Failure) -> Bool {
    let outcome = Mutex<(done: Int, failure: Failure?)>((0, nil))
    Workers.run(lists.count, workers: workers) { index, _ in
      guard !isCancelled(), outcome.withLock({ $0.failure == nil }) else { return }
      let measurements = measure(crop, at: lists[index], against: reference, by: rerun)
      do throws(Failure) {
        try receive(index, measurements)
        outcome.withLock { $0.done += 1 }
      } catch {
        outcome.withLock { $0.failure = $0.failure ?? error }
      }
    }
    if let failure = outcome.withLock({ $0.failure }) { throw failure }
    return outcome.withLock { $0.done } == lists.count
  }
}

extension Regressor {
  /// What looks at a crop once and then estimates with patches of `value` at places, for a ``Sweep``.
  public func rerunning(value: Float, batch: Int)
    -> @Sendable (_ crop: Tensor, _ places: Places) -> Sweep.Rerun
  {
    { crop, places in
      let rerun = NetworkError.ending {
        try incrementalInference(
          on: crop, rows: places.rows.map(\.pixels), columns: places.columns.map(\.pixels), value: value,
          batch: batch)
      }
      return Sweep.Rerun(
        estimate: { try rerun.estimate($0) }, share: { rerun.share(row: $0, column: $1) },
        kind: { rerun.shapeClass(row: $0, column: $1) }, kinds: rerun.shapeClasses)
    }
  }
}

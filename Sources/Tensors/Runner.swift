import Synchronization

/// Runs the items of a long work on several threads: it can be cancelled, reports progress, and ends at the first error.
///
///     let runner = Runner(workers: 2, isCancelled: { flag.isSet }, progress: { line.show($0, of: $1) })
///     let isComplete = try runner.run(chunks.count, total: 1000) { index in
///       try measure(chunks[index])
///       return chunks[index].count
///     }
public struct Runner: Sendable {
  /// How many threads work.
  public let workers: Int
  /// Asked before every item; once it is true, items under way are finished and no other begins.
  public let isCancelled: @Sendable () -> Bool
  /// Called after every item with how much is done, and of how much.
  public let progress: @Sendable (_ done: Int, _ total: Int) -> Void

  /// A runner on so many threads.
  public init(
    workers: Int = Workers.available, isCancelled: @escaping @Sendable () -> Bool = { false },
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) {
    precondition(workers > 0, "\(workers) workers")
    (self.workers, self.isCancelled, self.progress) = (workers, isCancelled, progress)
  }

  /// Runs `body` for every index below `count`; it returns how much that item was.
  ///
  /// - Parameters:
  ///   - done: how much was done before.
  ///   - total: how much there is; as much as items unless given.
  /// - Returns: whether every item was run.
  /// - Throws: the first error of `body`, after which no item begins.
  public func run<Failure>(
    _ count: Int, done: Int = 0, total: Int? = nil,
    _ body: @Sendable (_ index: Int) throws(Failure) -> Int
  ) throws(Failure) -> Bool {
    let total = total ?? count
    let state = Mutex<(done: Int, finished: Int, failure: Failure?)>((done, 0, nil))
    progress(done, total)
    Workers.run(count, workers: workers) { index, _ in
      guard !isCancelled(), state.withLock({ $0.failure == nil }) else { return }
      do throws(Failure) {
        let amount = try body(index)
        // Reported under the lock, so that the count never runs backward on the screen.
        state.withLock {
          $0.done += amount
          $0.finished += 1
          progress($0.done, total)
        }
      } catch {
        state.withLock { $0.failure = $0.failure ?? error }
      }
    }
    if let failure = state.withLock({ $0.failure }) { throw failure }
    return state.withLock { $0.finished } == count
  }

  /// The results of `body` for every index below `count`, in order; nil when cancelled.
  ///
  /// - Throws: the first error of `body`.
  public func map<Result: Sendable, Failure>(
    _ count: Int, _ body: @Sendable (_ index: Int) throws(Failure) -> Result
  ) throws(Failure) -> [Result]? {
    let results = Mutex<[Result?]>(Array(repeating: nil, count: count))
    let isComplete = try run(count) { (index) throws(Failure) in
      let result = try body(index)
      results.withLock { $0[index] = result }
      return 1
    }
    return isComplete ? results.withLock { $0.map { $0! } } : nil
  }
}

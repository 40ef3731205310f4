import Synchronization

/// Shows how far a piece of work is: a line on a terminal, a page, or nothing.
///
/// All functions may be called from any thread.
public protocol ProgressReporter: Sendable {
  /// Shows that `done` of `total` are done; the pace is measured from the first call.
  func show(_ done: Int, of total: Int)
  /// Reports an event on a line of its own.
  func note(_ text: String)
  /// Ends with a closing line.
  func close(_ text: String)
  /// Ends without a word, so that an error can follow.
  func clear()
}

/// Shows nothing.
public struct SilentProgress: ProgressReporter {
  /// A reporter that shows nothing.
  public init() {}
  /// Does nothing.
  public func show(_ done: Int, of total: Int) {}
  /// Does nothing.
  public func note(_ text: String) {}
  /// Does nothing.
  public func close(_ text: String) {}
  /// Does nothing.
  public func clear() {}
}

/// Asks running work to stop at the next point from which it can be resumed.
public final class CancellationFlag: Sendable {
  private let flag = Atomic<Bool>(false)

  /// A flag that nobody has raised.
  public init() {}

  /// Whether the work should stop.
  public var isRequested: Bool { flag.load(ordering: .relaxed) }

  /// Raises the flag, and returns whether it was raised before.
  @discardableResult
  public func request() -> Bool { flag.exchange(true, ordering: .relaxed) }
}

/// How work that may take long runs: on how many threads, who shows its progress, and what may stop it.
public struct WorkContext: Sendable {
  /// The number of threads; it does not change results.
  public var workers: Int
  /// Stops the work where it can be resumed.
  public var cancellation: CancellationFlag
  /// Makes the reporter of a piece of work with a title.
  public var progress: @Sendable (_ title: String) -> any ProgressReporter

  /// Work on all processors that nobody watches or stops, unless given otherwise.
  public init(
    workers: Int = Workers.available, cancellation: CancellationFlag = CancellationFlag(),
    progress: @escaping @Sendable (_ title: String) -> any ProgressReporter = { _ in SilentProgress() }
  ) {
    (self.workers, self.cancellation, self.progress) = (workers, cancellation, progress)
  }

  /// A runner that stops with this work and reports its progress.
  public func runner(_ reporter: any ProgressReporter) -> Runner {
    Runner(
      workers: workers, isCancelled: { cancellation.isRequested }, progress: { reporter.show($0, of: $1) })
  }
}

import Dispatch
import Foundation
import Synchronization

/// The threads that share the heavy work; each keeps the libraries below it to one thread.
public enum Workers {
  /// The number of processors that the system gives to this process.
  public static var available: Int { ProcessInfo.processInfo.activeProcessorCount }

  /// Runs `body` for every index below `count`, on at most `workers` threads, and returns when all are done.
  ///
  /// Indices are handed out in order as threads come free; `body` also gets the number of its worker.
  public static func run(
    _ count: Int, workers: Int = Workers.available, _ body: @Sendable (_ index: Int, _ worker: Int) -> Void
  ) {
    let workers = max(1, min(workers, count))
    if workers == 1 {
      for index in 0..<count { body(index, 0) }
      return
    }
    let next = Counter()
    guard workers > available else {
      DispatchQueue.concurrentPerform(iterations: workers) { worker in
        while let index = next.take(below: count) { body(index, worker) }
      }
      return
    }
    // More than there are processors wait for something else, such as another process; Dispatch would not begin them.
    withoutActuallyEscaping(body) { body in
      let group = DispatchGroup()
      for worker in 0..<workers {
        group.enter()
        Thread.detachNewThread {
          while let index = next.take(below: count) { body(index, worker) }
          group.leave()
        }
      }
      group.wait()
    }
  }
}

private final class Counter: Sendable {
  private let value = Mutex(0)

  func take(below end: Int) -> Int? {
    value.withLock { value in
      guard value < end else { return nil }
      value += 1
      return value - 1
    }
  }
}

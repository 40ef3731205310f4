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
      let threads = (0..<workers).map { worker in
        thread { while let index = next.take(below: count) { body(index, worker) } }
      }
      // A thread that has ended holds nothing any more.
      for thread in threads { pthread_join(thread, nil) }
    }
  }

  private static func thread(_ work: @escaping @Sendable () -> Void) -> pthread_t {
    var thread = pthread_t()
    let job = Unmanaged.passRetained(Job(work)).toOpaque()
    let problem = pthread_create(
      &thread, nil,
      { job in
        Unmanaged<Job>.fromOpaque(job!).takeRetainedValue().work()
        return nil
      }, job)
    precondition(problem == 0, "no thread: \(String(cString: strerror(problem)))")
    return thread
  }

  private final class Job: Sendable {
    let work: @Sendable () -> Void
    init(_ work: @escaping @Sendable () -> Void) { self.work = work }
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

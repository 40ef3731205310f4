import Foundation
import Synchronization
import Tensors
import Testing

@Suite("Runner") struct RunnerTests {
  struct Failure: Error, Equatable { let index: Int }

  @Test("every item runs once, and results are in order", arguments: [1, 2, 8], [0, 1, 100])
  func order(workers: Int, count: Int) {
    let runs = Mutex([Int](repeating: 0, count: count))
    let results = Runner(workers: workers).map(count) { index in
      runs.withLock { $0[index] += 1 }
      return index * index
    }
    #expect(results == (0..<count).map { $0 * $0 })
    #expect(runs.withLock { $0.allSatisfy { $0 == 1 } })
  }

  @Test("work is really shared: items wait for each other") func concurrency() {
    let (first, second) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    let isComplete = Runner(workers: 2).run(2) { index in
      (index == 0 ? first : second).signal()
      return (index == 0 ? second : first).wait(timeout: .now() + 20) == .success ? 1 : 0
    }
    #expect(isComplete)
  }

  @Test("after a cancellation items under way are finished, and no other begins", arguments: [1, 2])
  func cancelled(workers: Int) {
    let state = Mutex((begun: 0, finished: 0))
    let runner = Runner(workers: workers, isCancelled: { state.withLock { $0.begun >= 5 } })
    let isComplete = runner.run(100) { _ in
      state.withLock { $0.begun += 1 }
      Thread.sleep(forTimeInterval: 0.001)
      state.withLock { $0.finished += 1 }
      return 1
    }
    let (begun, finished) = state.withLock { $0 }
    #expect(!isComplete && begun == finished && (5..<5 + workers).contains(begun))
    #expect(runner.map(10) { $0 } == nil)
    let never = Runner(workers: workers, isCancelled: { true }).run(3) { _ in
      Issue.record("an item began")
      return 1
    }
    #expect(!never)
  }

  @Test("the first error is thrown, and no item begins after it", arguments: [1, 2])
  func failing(workers: Int) {
    let begun = Mutex(0)
    let error = #expect(throws: Failure.self) {
      try Runner(workers: workers).run(100) { index throws(Failure) in
        begun.withLock { $0 += 1 }
        guard index < 7 else { throw Failure(index: index) }
        return 1
      }
    }
    #expect(error.map { (7..<7 + workers).contains($0.index) } == true)
    #expect(begun.withLock { (8...7 + workers).contains($0) })
    let first = #expect(throws: Failure.self) {
      try Runner(workers: 1).map(10) { index throws(Failure) -> Int in throw Failure(index: index) }
    }
    #expect(first == Failure(index: 0))
  }

  @Test("progress counts up to the total and never runs backward", arguments: [1, 2, 8])
  func progress(workers: Int) {
    let reports = Mutex<[(done: Int, total: Int)]>([])
    let runner = Runner(
      workers: workers, progress: { done, total in reports.withLock { $0.append((done, total)) } })
    #expect(runner.run(40, done: 10, total: 90) { _ in 2 })
    let all = reports.withLock { $0 }
    #expect(all.map(\.done) == Array(stride(from: 10, through: 90, by: 2)))
    #expect(all.allSatisfy { $0.total == 90 })
    #expect(runner.run(0) { _ in 1 })
    #expect(reports.withLock { $0.last! } == (0, 0))
  }

  @Test("a failing item is not counted as done") func failedProgress() {
    let last = Mutex(0)
    let runner = Runner(workers: 1, progress: { done, _ in last.withLock { $0 = done } })
    #expect(throws: Failure.self) {
      try runner.run(5) { index throws(Failure) in
        guard index < 3 else { throw Failure(index: index) }
        return 10
      }
    }
    #expect(last.withLock { $0 } == 30)
  }
}

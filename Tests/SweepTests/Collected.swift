import Sweeps
import Synchronization

/// Measurements of chunks, as workers hand them over.
final class Collected: Sendable {
  private let parts = Mutex<[Int: Measurements]>([:])

  var count: Int { parts.withLock(\.count) }

  func add(_ chunk: Int, _ measurements: Measurements) { parts.withLock { $0[chunk] = measurements } }

  subscript(_ chunk: Int) -> Measurements { parts.withLock { $0[chunk]! } }
}

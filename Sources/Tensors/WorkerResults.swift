import Synchronization

extension Workers {
  /// Computes one value for each index below `count` on at most `workers` threads, in the order of indices.
  ///
  /// - Throws: the first error of `body`; indices that no worker has taken by then are skipped.
  public static func map<T: Sendable, E: Error>(
    _ count: Int, workers: Int = Workers.available, _ body: @Sendable (_ index: Int) throws(E) -> T
  ) throws(E) -> [T] {
    let state = Mutex<(values: [T?], error: E?)>(([T?](repeating: nil, count: count), nil))
    run(count, workers: workers) { index, _ in
      guard state.withLock({ $0.error == nil }) else { return }
      do throws(E) {
        let value = try body(index)
        state.withLock { $0.values[index] = value }
      } catch {
        state.withLock { $0.error = $0.error ?? error }
      }
    }
    let (values, error) = state.withLock { $0 }
    if let error { throw error }
    return values.map { $0! }
  }
}

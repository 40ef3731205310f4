extension Workers {
  /// Computes one value for each index below `count` on at most `workers` threads, in the order of indices.
  ///
  /// - Throws: the first error of `body`; indices that no worker has taken by then are skipped.
  public static func map<T: Sendable, E: Error>(
    _ count: Int, workers: Int = Workers.available, _ body: @Sendable (_ index: Int) throws(E) -> T
  ) throws(E) -> [T] {
    // Nobody can cancel it, so that there are results.
    try Runner(workers: workers).map(count, body)!
  }
}

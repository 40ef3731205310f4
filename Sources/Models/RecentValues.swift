import Synchronization

/// The values that were asked for last, made when they are asked for and not there.
///
///     let contents = RecentValues<Occlusion, Patch.Content>(limit: 8)
///     let content = contents.value(for: occlusion) { occlusion.content(in: frame) }
package final class RecentValues<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private let limit: Int
  private let entries = Mutex<[(key: Key, value: Value)]>([])

  /// At most `limit` values; the one that was not asked for longest goes first.
  package init(limit: Int) {
    precondition(limit > 0, "room for \(limit) values")
    self.limit = limit
  }

  /// The value of a key.
  ///
  /// Threads that ask at once for a value that is not there may each make one; all get the same.
  package func value(for key: Key, make: () throws -> Value) rethrows -> Value {
    if let known = entries.withLock({ Self.used(key, &$0) }) { return known }
    let made = try make()
    return entries.withLock { entries in
      if let known = Self.used(key, &entries) { return known }
      entries.append((key, made))
      if entries.count > limit { entries.removeFirst() }
      return made
    }
  }

  /// The value of a key that is there, which is the latest one from then on.
  private static func used(_ key: Key, _ entries: inout [(key: Key, value: Value)]) -> Value? {
    guard let index = entries.firstIndex(where: { $0.key == key }) else { return nil }
    entries.append(entries.remove(at: index))
    return entries[entries.count - 1].value
  }
}

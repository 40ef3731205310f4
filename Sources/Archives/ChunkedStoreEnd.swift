import Foundation
import Synchronization

/// What is done once every chunk of a store is written.
extension ChunkedStore {
  /// Waits until no other store writes at the path, which none does from then on.
  ///
  /// - Returns: false where others still write after some seconds, or there are no locks.
  public func becomeSole(within seconds: Double = 10) -> Bool {
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    // Of two that wait for one another neither would go on.
    state.withLock { $0.lock = nil }
    while true {
      if let lock = try? FolderLock(on: path) {
        state.withLock { $0.lock = lock }
        // Of shards that were killed while they began the store; no other begins it any more.
        StorePlace(path).removeLeftovers()
        return true
      }
      guard clock.now < end else { return false }
      usleep(50_000)
    }
  }

  /// Lays together what is left of it where a process was killed at that, which changes how arrays are cut.
  ///
  /// - Throws: `ArchiveError` when files cannot be read or written, or another process is at it.
  public static func completePacking(at path: String) throws(ArchiveError) {
    if try StorePacking.isUnderWay(in: path) { try StorePacking.complete(in: path) }
  }

  /// Lays the chunks of every array together, so that an array has at most so many files; all chunks must be written.
  ///
  /// - Throws: `ArchiveError` when files cannot be read or written; a later store goes on with it.
  public func pack(into files: Int) throws(ArchiveError) {
    let (layout, group) = state.withLock { ($0.layout, $0.group) }
    let length = (layout.cutLength + files - 1) / files
    guard length > layout.chunkLength else { return }
    try StorePacking.pack(layout.stored.map(\.name), of: group, chunkLength: length, axis: layout.axis)
    let packed = Layout(
      layout.arrays, over: layout.over, chunkLength: length, lengths: layout.lengths,
      tracksItems: layout.tracksItems)
    let reopened = try ZarrGroup(contentsOf: path)
    let (opened, members) = try Self.open(packed, in: reopened)
    state.withLock { ($0.group, $0.layout, $0.members) = (reopened, opened, members) }
  }
}

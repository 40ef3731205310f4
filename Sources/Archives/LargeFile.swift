import Foundation
import Synchronization

/// A file that is read block by block, as its bytes are asked for, into memory of its size.
///
/// It is not mapped: reading a map of a file that is cut short meanwhile ends the process.
/// Sendable: `state` guards what writes into the memory, and a block that was read is never written again.
final class LargeFile: @unchecked Sendable {
  private struct State {
    var isRead: [Bool]
    var problem: ArchiveError?
  }

  private let path: String
  private let descriptor: Int32
  /// As long as the file; nothing is held for what was not read.
  private let memory: UnsafeMutableRawPointer
  private let byteCount: Int
  private let state: Mutex<State>
  /// Of the file as it was opened.
  private let version: FileVersion?

  private static let block = 1 << 20

  /// - Parameter descriptor: of the file, which is closed in the end.
  /// - Throws: `ArchiveError` where the process may not have so much memory.
  init(_ descriptor: Int32, of path: String, byteCount: Int) throws(ArchiveError) {
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    guard let memory = mmap(nil, byteCount, PROT_READ | PROT_WRITE, flags, -1, 0), memory != MAP_FAILED else {
      let number = errno
      close(descriptor)
      throw ArchiveError(.io, file: path, systemMessage(number), systemError: number)
    }
    (self.descriptor, self.path, self.memory, self.byteCount) = (descriptor, path, memory, byteCount)
    version = FileVersion(descriptor)
    let blocks = (byteCount + Self.block - 1) / Self.block
    state = Mutex(State(isRead: Array(repeating: false, count: blocks)))
  }

  deinit {
    munmap(memory, byteCount)
    close(descriptor)
  }

  /// Where the bytes are once they are read.
  var start: UnsafeRawPointer { UnsafeRawPointer(memory) }

  /// Sees to it that these bytes are in memory; those that cannot be read are zeros, and ``check()`` says so.
  func read(_ range: Range<Int>) {
    guard !range.isEmpty else { return }
    state.withLock { state in
      for block in range.lowerBound / Self.block...(range.upperBound - 1) / Self.block
      where !state.isRead[block] {
        state.isRead[block] = true
        if let problem = fill(block) { state.problem = state.problem ?? problem }
      }
    }
  }

  private func fill(_ block: Int) -> ArchiveError? {
    var at = block * Self.block
    let end = min(at + Self.block, byteCount)
    while at < end {
      let count = pread(descriptor, memory + at, end - at, off_t(at))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        let number = errno
        return count == 0
          ? changedMeanwhile(path) : ArchiveError(.io, file: path, systemMessage(number), systemError: number)
      }
      at += count
    }
    return nil
  }

  /// - Throws: `ArchiveError` of the kind `io` where something could not be read, or the file is another by now.
  func check() throws(ArchiveError) {
    if let problem = state.withLock({ $0.problem }) { throw problem }
    guard FileVersion(descriptor) == version else { throw changedMeanwhile(path) }
  }
}

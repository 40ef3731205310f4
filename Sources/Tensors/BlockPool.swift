import Synchronization

extension Tensor {
  /// Gives the system back what is kept for reuse.
  package static func releaseKeptMemory() { BlockPool.release() }
}

/// Where memory comes from and goes back to.
///
/// Blocks of feature-map size are kept for reuse: fresh pages cost more than the arithmetic done in them.
enum BlockPool {
  /// Free blocks by size class, and how many bytes they hold together.
  private struct Shelves {
    var blocks: [Int: [UInt]] = [:]
    var bytes = 0
  }
  private static let shelves = Mutex(Shelves())
  private static let smallest = 1 << 16
  private static let capacity = 1 << 30

  /// Sizes are rounded up to an eighth of a power of two, so that near sizes share blocks.
  private static func rounded(_ bytes: Int) -> Int {
    let step = max(4096, 1 << (Int.bitWidth - 4 - max(bytes, 1).leadingZeroBitCount))
    return (bytes + step - 1) / step * step
  }

  /// A block of at least `bytes` bytes, 64-byte aligned.
  static func take(bytes: Int) -> UnsafeMutableRawPointer {
    if bytes < smallest { return allocate(bytes) }
    let size = rounded(bytes)
    let kept = shelves.withLock { shelves -> UInt? in
      guard let block = shelves.blocks[size]?.popLast() else { return nil }
      shelves.bytes -= size
      return block
    }
    return kept.map { UnsafeMutableRawPointer(bitPattern: $0)! } ?? allocate(size)
  }

  /// Takes back a block that was taken for `bytes` bytes.
  static func give(_ block: UnsafeMutableRawPointer, bytes: Int) {
    let size = rounded(bytes)
    let kept =
      bytes >= smallest
      && shelves.withLock { shelves in
        guard shelves.bytes + size <= capacity else { return false }
        shelves.blocks[size, default: []].append(UInt(bitPattern: block))
        shelves.bytes += size
        return true
      }
    if !kept { block.deallocate() }
  }

  static func release() {
    let blocks = shelves.withLock { shelves in
      defer { shelves = Shelves() }
      return shelves.blocks.values.flatMap(\.self)
    }
    for block in blocks { UnsafeMutableRawPointer(bitPattern: block)!.deallocate() }
  }

  /// Memory of exactly this size, past which a sanitizer sees every access.
  static func allocate(_ bytes: Int) -> UnsafeMutableRawPointer {
    .allocate(byteCount: max(bytes, 1), alignment: 64)
  }
}

import Synchronization

/// Aligned memory for the elements of a tensor.
///
/// Blocks of feature-map size are kept for reuse: fresh pages cost more than the arithmetic done in them.
final class Storage: @unchecked Sendable {
  let elements: UnsafeMutableBufferPointer<Float>

  init(count: Int) {
    elements = UnsafeMutableBufferPointer(start: BlockPool.take(bytes: count * 4), count: count)
  }

  deinit { BlockPool.give(elements.baseAddress!, bytes: elements.count * 4) }
}

extension Tensor {
  /// Gives the system back what is kept for reuse.
  package static func releaseKeptMemory() { BlockPool.release() }
}

private enum BlockPool {
  /// Free blocks by size class, and how many bytes they hold together.
  struct Shelves {
    var blocks: [Int: [UInt]] = [:]
    var bytes = 0
  }
  static let shelves = Mutex(Shelves())
  static let smallest = 1 << 16
  static let capacity = 1 << 30

  /// Sizes are rounded up to an eighth of a power of two, so that near sizes share blocks.
  static func rounded(_ bytes: Int) -> Int {
    let step = max(4096, 1 << (Int.bitWidth - 4 - max(bytes, 1).leadingZeroBitCount))
    return (bytes + step - 1) / step * step
  }

  static func take(bytes: Int) -> UnsafeMutablePointer<Float> {
    if bytes < smallest { return allocate(max(bytes, 64)) }
    let size = rounded(bytes)
    let kept = shelves.withLock { shelves -> UInt? in
      guard let block = shelves.blocks[size]?.popLast() else { return nil }
      shelves.bytes -= size
      return block
    }
    return kept.map { UnsafeMutablePointer(bitPattern: $0)! } ?? allocate(size)
  }

  static func give(_ block: UnsafeMutablePointer<Float>, bytes: Int) {
    let size = rounded(bytes)
    let kept =
      bytes >= smallest
      && shelves.withLock { shelves in
        guard shelves.bytes + size <= capacity else { return false }
        shelves.blocks[size, default: []].append(UInt(bitPattern: block))
        shelves.bytes += size
        return true
      }
    if !kept { UnsafeMutableRawPointer(block).deallocate() }
  }

  static func release() {
    let blocks = shelves.withLock { shelves in
      defer { shelves = Shelves() }
      return shelves.blocks.values.flatMap(\.self)
    }
    for block in blocks { UnsafeMutableRawPointer(bitPattern: block)!.deallocate() }
  }

  static func allocate(_ bytes: Int) -> UnsafeMutablePointer<Float> {
    UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
      .bindMemory(to: Float.self, capacity: bytes / 4)
  }
}

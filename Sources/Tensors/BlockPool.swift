import Foundation
import Synchronization

extension Tensor {
  /// Gives the system back what is kept for reuse.
  package static func releaseKeptMemory() { BlockPool.release() }

  /// Keeps no more for reuse than leaves all large tensors together within those now alive and so many bytes more.
  ///
  /// What is kept makes room for what is needed: tensors beyond that are made all the same.
  package static func limitKeptMemory(toAdd bytes: Double) { BlockPool.limit(toAdd: bytes) }
}

/// Where memory comes from and goes back to.
///
/// Blocks of feature-map size are kept for reuse: fresh pages cost more than the arithmetic done in them.
enum BlockPool {
  /// Free blocks of one size.
  private struct Shelf {
    var blocks: [UInt] = []
    /// When a block was last taken from here or given back.
    var used = 0
  }

  private struct Shelves {
    var bySize: [Int: Shelf] = [:]
    /// Bytes of free blocks, and of those in use.
    var kept = 0, taken = 0
    /// How many bytes both may be together, and those of free blocks unless somebody said how many both may be.
    var limit = Int.max, capacity = 1 << 30
    var time = 0

    mutating func shelf<R>(_ size: Int, _ body: (inout Shelf) -> R) -> R {
      time += 1
      bySize[size, default: Shelf()].used = time
      return body(&bySize[size]!)
    }

    /// Takes free blocks off the shelves that were not used for longest, until there is room for `size` bytes.
    mutating func makeRoom(for size: Int) -> [(block: UInt, size: Int)] {
      var removed: [(block: UInt, size: Int)] = []
      while kept > 0, taken + kept + size > limit {
        let oldest = bySize.filter { !$0.value.blocks.isEmpty }.min { $0.value.used < $1.value.used }!.key
        removed.append((bySize[oldest]!.blocks.removeLast(), oldest))
        kept -= oldest
      }
      return removed
    }
  }
  private static let shelves = Mutex(Shelves())
  private static let smallest = 1 << 16

  /// Sizes are rounded up to an eighth of a power of two, so that near sizes share blocks.
  private static func rounded(_ bytes: Int) -> Int {
    let step = max(4096, 1 << (Int.bitWidth - 4 - max(bytes, 1).leadingZeroBitCount))
    return (bytes + step - 1) / step * step
  }

  /// A block of at least `bytes` bytes, 64-byte aligned.
  static func take(bytes: Int) -> UnsafeMutableRawPointer {
    if bytes < smallest { return allocate(bytes) }
    let size = rounded(bytes)
    let (kept, removed) = shelves.withLock { shelves -> (UInt?, [(UInt, Int)]) in
      let kept = shelves.shelf(size) { $0.blocks.popLast() }
      if kept != nil { shelves.kept -= size }
      let removed = kept == nil ? shelves.makeRoom(for: size) : []
      shelves.taken += size
      return (kept, removed)
    }
    unmap(removed)
    return kept.map { UnsafeMutableRawPointer(bitPattern: $0)! } ?? map(size)
  }

  /// Takes back a block that was taken for `bytes` bytes.
  static func give(_ block: UnsafeMutableRawPointer, bytes: Int) {
    if bytes < smallest { return block.deallocate() }
    let size = rounded(bytes)
    let address = UInt(bitPattern: block)
    let isKept = shelves.withLock { shelves in
      shelves.taken -= size
      guard shelves.kept + size <= shelves.capacity, shelves.taken + shelves.kept + size <= shelves.limit
      else {
        return false
      }
      shelves.shelf(size) { $0.blocks.append(address) }
      shelves.kept += size
      return true
    }
    if !isKept { unmap([(address, size)]) }
  }

  static func release() {
    unmap(
      shelves.withLock { shelves in
        defer { (shelves.bySize, shelves.kept) = ([:], 0) }
        return shelves.bySize.flatMap { size, shelf in shelf.blocks.map { ($0, size) } }
      })
  }

  static func limit(toAdd bytes: Double) {
    unmap(
      shelves.withLock { shelves in
        shelves.limit = shelves.taken + Int(min(max(bytes, 0), 1e15))
        shelves.capacity = .max
        return shelves.makeRoom(for: 0)
      })
  }

  /// Pages of the system: `free` would keep them for the program, where blocks of other sizes seldom fit.
  private static func map(_ size: Int) -> UnsafeMutableRawPointer {
    let block = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let block, block != MAP_FAILED else { endWithoutMemory(size) }
    return block
  }

  /// Ends the process with a line and the code of what is not available; nothing that was written is lost.
  private static func endWithoutMemory(_ size: Int) -> Never {
    let line =
      "penumbra: no memory for \(size >> 20) MB more; give --memory, fewer --workers or a larger limit\n"
    _ = line.utf8CString.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress!, $0.count - 1) }
    _exit(69)
  }

  private static func unmap(_ blocks: [(block: UInt, size: Int)]) {
    for (block, size) in blocks { munmap(UnsafeMutableRawPointer(bitPattern: block)!, size) }
  }

  /// Memory of exactly this size, past which a sanitizer sees every access.
  static func allocate(_ bytes: Int) -> UnsafeMutableRawPointer {
    .allocate(byteCount: max(bytes, 1), alignment: 64)
  }
}

import Foundation

/// Memory for what a library writes, 64-byte aligned, with a guard zone right behind its last byte.
///
/// The zone takes in what a library writes a little past the end, and shows it: after the call, where the caller
/// checks, and at the latest when the memory is released. Then the program ends, in one line that can be reported.
package final class GuardedMemory: @unchecked Sendable {
  package let start: UnsafeMutableRawPointer
  package let byteCount: Int
  private let isPooled: Bool

  /// Memory that holds whatever it held before.
  ///
  /// - Parameter isPooled: Whether it is kept for reuse when it is released, and may have been used before.
  package init(byteCount: Int, isPooled: Bool = true) {
    self.byteCount = byteCount
    self.isPooled = isPooled && !Self.isBare
    let size = byteCount + GuardZone.byteCount
    start = self.isPooled ? BlockPool.take(bytes: size) : BlockPool.allocate(size)
    GuardZone.fill(start + byteCount)
  }

  deinit {
    check("a buffer", after: "a call that is not checked")
    if isPooled { BlockPool.give(start, bytes: byteCount + GuardZone.byteCount) } else { start.deallocate() }
  }

  /// Ends the program where something was written past the last byte.
  ///
  /// - Parameters:
  ///   - name: What the memory is, as in "the scratchpad".
  ///   - call: What was called, as in "libpng".
  package func check(_ name: @autoclosure () -> String, after call: @autoclosure () -> String) {
    guard !GuardZone.isWhole(start + byteCount) else { return }
    Self.overrun("\(call()) wrote past the end of \(name()), \(byteCount) bytes")
    GuardZone.fill(start + byteCount)
  }

  /// Whether every piece of memory is a block of its own without a guard zone: for AddressSanitizer and valgrind,
  /// which then see reads past the end as well.
  package static var isBare: Bool { GuardZone.byteCount == 0 }

  /// What follows an overrun: the end, except in a process that looks for them and says so before it begins.
  package nonisolated(unsafe) static var overrun: @Sendable (String) -> Void = { what in
    FileHandle.standardError.write(Data("penumbra: \(what); internal error; please report it\n".utf8))
    // The exit code of an internal error; what is registered to run at the exit may need the memory that was hit.
    _exit(70)
  }
}

/// The bytes behind a piece of memory.
private enum GuardZone {
  /// `PENUMBRA_GUARD` sets another number, for tests that look for large overruns or want none of this.
  static let byteCount =
    ProcessInfo.processInfo.environment["PENUMBRA_GUARD"].flatMap(UInt32.init).map(Int.init) ?? 256

  /// A signalling NaN: no sum with it is a number, and no arithmetic leaves it as it is.
  private nonisolated(unsafe) static let pattern = {
    let words = UnsafeMutableBufferPointer<UInt32>.allocate(capacity: byteCount / 4 + 1)
    words.initialize(repeating: 0x7FA5_5AA5)
    return UnsafeRawPointer(words.baseAddress!)
  }()

  static func fill(_ start: UnsafeMutableRawPointer) { start.copyMemory(from: pattern, byteCount: byteCount) }

  static func isWhole(_ start: UnsafeMutableRawPointer) -> Bool { memcmp(start, pattern, byteCount) == 0 }
}

extension GuardedMemory {
  /// A copy of what the memory holds.
  package var bytes: [UInt8] {
    defer { withExtendedLifetime(self) {} }
    return Array(UnsafeRawBufferPointer(start: start, count: byteCount))
  }

  /// The memory as numbers.
  var elements: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: start.assumingMemoryBound(to: Float.self), count: byteCount / 4)
  }
}

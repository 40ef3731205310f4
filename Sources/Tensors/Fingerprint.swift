public import Foundation

/// A 64-bit digest of bytes (FNV-1a over words), enough to distinguish files that nobody forges.
public struct Fingerprint: Sendable {
  private var state: UInt64 = 0xCBF2_9CE4_8422_2325

  /// The digest of nothing yet.
  public init() {}

  /// Adds bytes to what is digested.
  public mutating func add(_ bytes: UnsafeRawBufferPointer) {
    var index = 0
    while index + 8 <= bytes.count {
      mix(bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self).littleEndian)
      index += 8
    }
    while index < bytes.count {
      mix(UInt64(bytes[index]))
      index += 1
    }
    mix(UInt64(bytes.count))
  }

  /// Adds bytes to what is digested.
  public mutating func add(_ data: Data) { data.withUnsafeBytes { add($0) } }

  private mutating func mix(_ word: UInt64) {
    state = (state ^ word) &* 0x0000_0100_0000_01B3
    state ^= state >> 29
  }

  /// Sixteen hexadecimal digits.
  public var text: String { String(format: "%016lx", state) }
}

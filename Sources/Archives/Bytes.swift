import Foundation
import Tensors

/// Part of a file in memory, with checked reading and errors that know where they are.
struct Bytes: Sendable {
  private let memory: Memory
  /// Where these bytes are in memory.
  let range: Range<Int>
  /// The array that an error names.
  var entry: String?

  var file: String { memory.file }
  var count: Int { range.count }

  /// A whole file: read at once where it is small, else mapped.
  init(contentsOf path: String) throws(ArchiveError) {
    memory = try Memory(contentsOf: path)
    range = 0..<memory.count
  }

  /// Memory that was unpacked from a file; `fill` writes every byte of it, by calls of `library` if any.
  init<E>(
    unpackedFrom source: Bytes, count: Int, by library: String = "Penumbra",
    _ fill: (UnsafeMutableRawBufferPointer) throws(E) -> Void
  ) throws(E) {
    let unpacked = GuardedMemory(byteCount: count, isPooled: false)
    memory = Memory(unpacked, for: source.file)
    range = 0..<count
    entry = source.entry
    defer { unpacked.check("what a file unpacks to", after: library) }
    try fill(UnsafeMutableRawBufferPointer(start: unpacked.start, count: count))
  }

  /// Memory that did not come from a file: `fill` writes every byte of it, and errors name `source`.
  init<E>(
    from source: String, count: Int, _ fill: (UnsafeMutableRawBufferPointer) throws(E) -> Void
  ) throws(E) {
    let received = GuardedMemory(byteCount: count, isPooled: false)
    memory = Memory(received, for: source)
    range = 0..<count
    try fill(UnsafeMutableRawBufferPointer(start: received.start, count: count))
  }

  private init(memory: Memory, range: Range<Int>, entry: String?) {
    self.memory = memory
    self.range = range
    self.entry = entry
  }

  /// Lends the bytes for reading.
  func withBytes<R, E>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    defer { withExtendedLifetime(memory) {} }
    return try body(UnsafeRawBufferPointer(start: memory.start + range.lowerBound, count: count))
  }

  /// The `count` bytes from `start`.
  ///
  /// - Throws: `ArchiveError` when they reach outside these bytes.
  func slice(_ start: Int, count wanted: Int) throws(ArchiveError) -> Bytes {
    guard start >= 0, wanted >= 0, start <= count, wanted <= count - start else {
      throw damage(
        "is truncated: \(wanted) bytes should follow, \(max(0, count - start)) do", at: min(start, count))
    }
    let lower = range.lowerBound + start
    return Bytes(memory: memory, range: lower..<lower + wanted, entry: entry)
  }

  /// The little-endian integer at `offset`.
  func integer<T: FixedWidthInteger>(_ type: T.Type, at offset: Int) throws(ArchiveError) -> T {
    let part = try slice(offset, count: MemoryLayout<T>.size)
    return part.withBytes { T(littleEndian: $0.loadUnaligned(as: T.self)) }
  }

  /// The little-endian unsigned integer at `offset`, which must be a size or a place in a file.
  func size<T: FixedWidthInteger & UnsignedInteger>(_ type: T.Type, at offset: Int) throws(ArchiveError)
    -> Int
  {
    guard let size = Int(exactly: try integer(type, at: offset)) else {
      throw damage("a size is impossibly large", at: offset)
    }
    return size
  }

  /// Whether the bytes begin with these.
  func begins(with start: [UInt8]) -> Bool { prefix(start.count).withBytes { $0.starts(with: start) } }

  /// The first bytes, all of them where there are fewer.
  func prefix(_ most: Int) -> Bytes {
    let lower = range.lowerBound
    return Bytes(memory: memory, range: lower..<lower + min(most, count), entry: entry)
  }

  /// Reads, and sees to it that all is of the file as it was when it was opened.
  ///
  /// - Throws: `ArchiveError` of the kind `io` where the file was changed or could not be read, else what `read` throws.
  func unchanged<Value>(_ read: () throws(ArchiveError) -> Value) throws(ArchiveError) -> Value {
    let value = try unlessChanged(read)
    try memory.map?.check()
    return value
  }

  /// Looks at what may be zeros by now, such as a place in a directory; an error about a changed file is that it was changed.
  func unlessChanged<Value>(_ look: () throws(ArchiveError) -> Value) throws(ArchiveError) -> Value {
    do throws(ArchiveError) { return try look() } catch {
      try memory.map?.check()
      throw error
    }
  }

  /// The bytes as text.
  var text: String { withBytes { String(decoding: $0, as: UTF8.self) } }

  /// An error about these bytes.
  func error(_ kind: ArchiveError.Kind, _ message: String, at offset: Int? = nil) -> ArchiveError {
    // A place in unpacked memory is no place in the file.
    let byte = memory.isFile ? offset.map { range.lowerBound + $0 } : nil
    return ArchiveError(kind, file: file, entry: entry, byte: byte, message)
  }

  func damage(_ message: String, at offset: Int? = nil) -> ArchiveError {
    error(.damaged, message, at: offset)
  }
}

/// A block of memory that is never written once it is shared.
private final class Memory: @unchecked Sendable {
  let file: String
  let start: UnsafeRawPointer
  let count: Int
  /// Owns the bytes; nil for a large file, whose map does.
  private let held: GuardedMemory?
  let map: LargeFile?
  /// Whether the bytes are those of the file, so that their places in it can be told.
  let isFile: Bool

  init(_ unpacked: GuardedMemory, for file: String) {
    self.file = file
    (held, isFile, map) = (unpacked, false, nil)
    (start, count) = (UnsafeRawPointer(unpacked.start), unpacked.byteCount)
  }

  init(contentsOf path: String) throws(ArchiveError) {
    let file = try openedFile(path)
    (self.file, isFile) = (path, true)
    if file.size > Self.mostCopied {
      let map = try LargeFile(file, of: path)
      (held, self.map, start, count) = (nil, map, map.start, file.size)
      return
    }
    defer { close(file.descriptor) }
    let copy = GuardedMemory(byteCount: file.size, isPooled: false)
    count = try Self.read(file.descriptor, into: copy, of: path)
    guard FileVersion(file.descriptor) == file.version else { throw changedMeanwhile(path) }
    (held, map, start) = (copy, nil, UnsafeRawPointer(copy.start))
  }

  /// Larger files are mapped: of some only a part is wanted.
  private static let mostCopied = 256 << 20

  /// Reads a file from its beginning, as far as it goes.
  private static func read(
    _ descriptor: Int32, into memory: GuardedMemory, of path: String
  ) throws(ArchiveError) -> Int {
    var done = 0
    while done < memory.byteCount {
      let count = Foundation.read(descriptor, memory.start + done, memory.byteCount - done)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw ArchiveError(.io, file: path, systemMessage(errno), systemError: errno)
      }
      if count == 0 { break }
      done += count
    }
    return done
  }
}

/// What the system calls an error, without a capital: it follows a file name and a colon.
package func systemMessage(_ number: Int32) -> String {
  let text = String(cString: strerror(number))
  return text.prefix(1).lowercased() + text.dropFirst()
}

import CZlib
import Synchronization

/// The entries of a zip file, as NumPy and PyTorch write it.
///
/// Sizes and places come from the central directory: local headers may leave them out. After
/// PKWARE's APPNOTE 6.3.10.
final class Zip: Sendable {
  struct Entry: Sendable {
    let name: String
    let method: Int
    let checksum: UInt32
    let packedSize: Int
    let size: Int
    let header: Int
  }

  /// Deflate cannot do better than 258 bytes for two bits; a greater promise is a trap.
  private static let bestRatio = 1032
  /// No packed array that this program reads comes near.
  private static let largestUnpacked = 128 << 20

  let entries: [Entry]
  private let bytes: Bytes
  /// The headers of entries whose checksums were found right: PyTorch's tensors share them.
  private let verified = Mutex<Set<Int>>([])
  /// How many bytes were unpacked so far: many arrays may share one packed entry.
  private let unpacked = Mutex(0)
  /// Many times what any file that is read here holds.
  private var mostUnpacked: Int { min(8 << 30, 2 << 30 + 64 * bytes.count) }

  init(_ bytes: Bytes) throws(ArchiveError) {
    self.bytes = bytes
    let directory = try Directory(in: bytes)
    var entries: [Entry] = []
    var names: Set<String> = []
    var at = directory.start
    for _ in 0..<directory.count {
      let (entry, next) = try Self.entry(at: at, in: bytes, end: directory.end)
      guard names.insert(entry.name).inserted else {
        throw bytes.damage("two entries have the name '\(entry.name)'", at: at)
      }
      entries.append(entry)
      at = next
    }
    self.entries = entries
  }

  /// The bytes of an entry: in place when they are stored, in new memory when they are deflated.
  ///
  /// Errors call the entry `name`.
  ///
  /// - Throws: `ArchiveError` when they are cut short, do not unpack, or fail their checksum.
  func contents(of entry: Entry, calling name: String) throws(ArchiveError) -> Bytes {
    let packed = try stored(entry, calling: name)
    let contents: Bytes
    switch entry.method {
    case 0:
      guard entry.packedSize == entry.size else {
        throw packed.damage("is stored with two different sizes", at: 0)
      }
      contents = packed
    case 8:
      guard entry.size / Self.bestRatio <= entry.packedSize else {
        throw packed.damage("declares \(entry.size) bytes in \(entry.packedSize) compressed ones", at: 0)
      }
      guard entry.size <= Self.largestUnpacked else {
        throw packed.error(
          .unsupported, "unpacks to \(entry.size) bytes, too many; save it uncompressed, with numpy.savez",
          at: 0)
      }
      let all = unpacked.withLock { sum in
        sum += entry.size
        return sum
      }
      guard all <= mostUnpacked else {
        throw packed.error(
          .unsupported, "unpacks to more than \(mostUnpacked >> 30) GB in total; save it uncompressed", at: 0)
      }
      contents = try inflate(packed, to: entry.size, as: .raw)
    default:
      throw packed.error(
        .unsupported, "compressed by method \(entry.method); only stored and deflated entries are supported")
    }
    if entry.method == 0, verified.withLock({ $0.contains(entry.header) }) { return contents }
    let checksum = contents.withBytes { crc32_z(0, $0.baseAddress, $0.count) }
    guard UInt32(checksum) == entry.checksum else {
      throw packed.damage("its bytes were changed: the checksum differs", at: 0)
    }
    verified.withLock { _ = $0.insert(entry.header) }
    return contents
  }

  /// The first bytes of an entry, whose checksum is not looked at.
  ///
  /// - Throws: `ArchiveError` when they are cut short, or do not unpack.
  func beginning(of entry: Entry, upTo count: Int) throws(ArchiveError) -> Bytes {
    let packed = try stored(entry)
    let count = min(count, entry.size)
    return entry.method == 8
      ? try inflate(packed, to: count, as: .raw, isBeginning: true)
      : try packed.slice(0, count: min(count, packed.count))
  }

  /// The bytes of an entry as they are in the file.
  private func stored(_ entry: Entry, calling name: String? = nil) throws(ArchiveError) -> Bytes {
    var bytes = bytes
    bytes.entry = name
    guard try bytes.integer(UInt32.self, at: entry.header) == 0x0403_4b50 else {
      throw bytes.damage("no zip entry at the offset that the directory gives", at: entry.header)
    }
    let nameLength = try Int(bytes.integer(UInt16.self, at: entry.header + 26))
    let extraLength = try Int(bytes.integer(UInt16.self, at: entry.header + 28))
    return try bytes.slice(entry.header + 30 + nameLength + extraLength, count: entry.packedSize)
  }

  /// An error about an entry of the file.
  func error(_ kind: ArchiveError.Kind, _ message: String, _ entry: String) -> ArchiveError {
    ArchiveError(kind, file: bytes.file, entry: entry, message)
  }

  private static func entry(
    at start: Int, in bytes: Bytes, end: Int
  ) throws(ArchiveError) -> (Entry, next: Int) {
    guard try bytes.integer(UInt32.self, at: start) == 0x0201_4b50 else {
      throw bytes.damage("the zip directory is damaged", at: start)
    }
    let flags = try bytes.integer(UInt16.self, at: start + 8)
    let nameLength = try Int(bytes.integer(UInt16.self, at: start + 28))
    let extraLength = try Int(bytes.integer(UInt16.self, at: start + 30))
    let commentLength = try Int(bytes.integer(UInt16.self, at: start + 32))
    let next = start + 46 + nameLength + extraLength + commentLength
    guard next <= end else { throw bytes.damage("the zip directory is truncated", at: start) }
    let name = try bytes.slice(start + 46, count: nameLength).text
    guard flags & 1 == 0 else { throw bytes.error(.unsupported, "entry '\(name)' is encrypted") }

    var packedSize = try bytes.size(UInt32.self, at: start + 20)
    var size = try bytes.size(UInt32.self, at: start + 0x18)
    var header = try bytes.size(UInt32.self, at: start + 42)
    // Zip64: the fields that are all ones are in an extra field, in this order.
    var extra = start + 46 + nameLength
    let extraEnd = extra + extraLength
    while extra + 4 <= extraEnd {
      let identifier = try bytes.integer(UInt16.self, at: extra)
      let length = try Int(bytes.integer(UInt16.self, at: extra + 2))
      extra += 4
      if identifier == 1 {
        let field = try bytes.slice(extra, count: length)
        var at = 0
        func wide(_ value: inout Int) throws(ArchiveError) {
          guard value == 0xffff_ffff else { return }
          value = try field.size(UInt64.self, at: at)
          at += 8
        }
        try wide(&size)
        try wide(&packedSize)
        try wide(&header)
      }
      extra += length
    }
    let entry = Entry(
      name: name, method: try Int(bytes.integer(UInt16.self, at: start + 10)),
      checksum: try bytes.integer(UInt32.self, at: start + 16), packedSize: packedSize, size: size,
      header: header)
    return (entry, next)
  }
}

/// Where the central directory is, and how many entries it lists.
private struct Directory {
  var start: Int
  var end: Int
  var count: Int

  init(in bytes: Bytes) throws(ArchiveError) {
    let tail = min(bytes.count, 22 + 65535)
    guard
      let found = try bytes.slice(bytes.count - tail, count: tail).withBytes(Self.findEnd)
    else {
      throw bytes.damage("is truncated: the zip directory at the end is missing")
    }
    let record = bytes.count - tail + found
    count = try bytes.size(UInt16.self, at: record + 10)
    var size = try bytes.size(UInt32.self, at: record + 12)
    start = try bytes.size(UInt32.self, at: record + 16)
    end = record
    if record >= 20, try bytes.integer(UInt32.self, at: record - 20) == 0x0706_4b50 {
      let wide = try bytes.size(UInt64.self, at: record - 12)
      guard wide <= record - 20 - 56, try bytes.integer(UInt32.self, at: wide) == 0x0606_4b50 else {
        throw bytes.damage("the zip64 directory is damaged", at: record - 12)
      }
      count = try bytes.size(UInt64.self, at: wide + 32)
      size = try bytes.size(UInt64.self, at: wide + 40)
      start = try bytes.size(UInt64.self, at: wide + 48)
      end = wide
    }
    guard start <= end, size <= end - start, count <= size / 46 else {
      throw bytes.damage("the zip directory points outside the file", at: record)
    }
    end = start + size
  }

  /// The last end-of-directory record in the end of a file whose comment fills the rest.
  private static func findEnd(in bytes: UnsafeRawBufferPointer) -> Int? {
    let last = bytes.count - 22
    guard last >= 0 else { return nil }
    for at in stride(from: last, through: 0, by: -1)
    where bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self) == 0x0605_4b50 {
      let comment = Int(bytes.loadUnaligned(fromByteOffset: at + 20, as: UInt16.self))
      if at + 22 + comment == bytes.count { return at }
    }
    return nil
  }
}

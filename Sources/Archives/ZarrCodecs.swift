import CZstd

/// How the chunks of an array are packed: little-endian numbers, at most one packing, and checksums within or around.
///
/// After the codecs `bytes`, `gzip`, `zstd` and `crc32c` of Zarr 3. With one packing alone it is known before every step
/// how many bytes it must give, and no more memory is taken.
struct ZarrCodecs: Sendable {
  private enum Packing: String { case gzip, zstd }

  private var packing: Packing?
  /// How many checksums of four bytes follow the numbers before packing, and what is packed.
  private var checksumsWithin = 0, checksumsAround = 0

  /// No packed chunk that this program reads comes near.
  private static let largestUnpacked = 128 << 20
  private static let maxChecksums = 4

  /// Numbers that are not packed.
  init() {}

  /// Reads the list of codecs of a `zarr.json`.
  ///
  /// - Throws: `ArchiveError` when one of them is not read here.
  init(_ json: JSONValue?, of type: ElementType, _ metadata: ZarrMetadata) throws(ArchiveError) {
    let codecs = json?.array ?? []
    let names = codecs.map { $0["name"]?.string ?? $0.string ?? "?" }
    func unsupported(_ reason: String) -> ArchiveError {
      ArchiveError(.unsupported, file: metadata.path, reason)
    }
    if names.contains("sharding_indexed") {
      throw unsupported("its chunks are sharded; only chunks in files of their own are supported")
    }
    if names.contains("transpose") {
      throw unsupported("its chunks are transposed; only row-major ones are supported")
    }
    guard names.first == "bytes" else {
      throw unsupported(
        "compressed by \(names.joined(separator: ", ")); the numbers must be plain bytes first")
    }
    let endian = codecs[0]["configuration"]?["endian"]?.string
    guard endian != "big" || type.size == 1 else {
      throw unsupported("its numbers are big-endian; only little-endian ones are supported")
    }
    for name in names.dropFirst() {
      if name == "crc32c" {
        if packing == nil { checksumsWithin += 1 } else { checksumsAround += 1 }
      } else if packing == nil, let packing = Packing(rawValue: name) {
        self.packing = packing
      } else {
        throw unsupported(
          "compressed by \(names.joined(separator: ", ")); only one of gzip and zstd, and crc32c, are supported"
        )
      }
    }
    guard checksumsWithin + checksumsAround <= Self.maxChecksums else {
      throw metadata.damage("it has too many checksums")
    }
  }

  /// Whether chunks hold the numbers and nothing else.
  var isPlain: Bool { packing == nil && checksumsWithin == 0 }

  /// The length of the file of a chunk of so many bytes; nil where that is not known before it is unpacked.
  func storedByteCount(of count: Int) -> Int? { packing == nil ? count + 4 * checksumsWithin : nil }

  /// Unpacks a chunk to exactly `count` bytes, and checks its checksums.
  ///
  /// - Throws: `ArchiveError` when it does not give them.
  func decode(_ stored: Bytes, to count: Int) throws(ArchiveError) -> Bytes {
    var bytes = stored
    for _ in 0..<checksumsAround { bytes = try Self.checked(bytes) }
    let wanted = count + 4 * checksumsWithin
    if let packing {
      guard wanted <= Self.largestUnpacked else {
        throw bytes.error(
          .unsupported,
          "a chunk unpacks to \(wanted) bytes, too many; write smaller chunks, or uncompressed ones")
      }
      switch packing {
      case .gzip: bytes = try inflate(bytes, to: wanted, as: .gzip)
      case .zstd: bytes = try Self.unzstd(bytes, to: wanted)
      }
    }
    guard bytes.count == wanted else {
      throw bytes.damage(
        "a chunk has \(bytes.count) bytes instead of \(wanted); delete it, then it is computed again")
    }
    for _ in 0..<checksumsWithin { bytes = try Self.checked(bytes) }
    return bytes
  }

  /// The bytes before a checksum, which must be right.
  private static func checked(_ bytes: Bytes) throws(ArchiveError) -> Bytes {
    let content = try bytes.slice(0, count: max(0, bytes.count - 4))
    let checksum = try bytes.integer(UInt32.self, at: content.count)
    guard content.withBytes(CRC32C.checksum) == checksum else {
      throw bytes.damage("its bytes were changed: the checksum differs")
    }
    return content
  }

  /// Unpacks frames of Zstandard, which must give exactly `size` bytes.
  private static func unzstd(_ packed: Bytes, to size: Int) throws(ArchiveError) -> Bytes {
    let announced = packed.withBytes { ZSTD_getFrameContentSize($0.baseAddress, $0.count) }
    // Both of the largest numbers say that the size is not known before it is unpacked.
    guard announced <= size || announced >= .max - 1 else {
      throw packed.damage("unpacks to \(announced) bytes, not \(size)")
    }
    return try Bytes(unpackedFrom: packed, count: size, by: "zstd") { (output) throws(ArchiveError) in
      // Into memory of the right size zstd writes at once, without a window of its own.
      let code = packed.withBytes { ZSTD_decompress(output.baseAddress, size, $0.baseAddress, $0.count) }
      guard ZSTD_isError(code) == 0 else {
        throw packed.damage(
          "does not unpack to \(size) bytes: \(String(cString: ZSTD_getErrorName(code)).lowercased())")
      }
      guard code == size else { throw packed.damage("unpacks to \(code) bytes, not \(size)") }
    }
  }
}

/// The checksum CRC-32C of Castagnoli (RFC 3720, appendix B.4).
enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { (byte: UInt32) -> UInt32 in
    var rest = byte
    for _ in 0..<8 { rest = rest & 1 == 1 ? rest >> 1 ^ 0x82f6_3b78 : rest >> 1 }
    return rest
  }

  static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    table.withUnsafeBufferPointer { table in
      var rest = ~UInt32(0)
      for byte in bytes { rest = rest >> 8 ^ table[Int(UInt8(truncatingIfNeeded: rest) ^ byte)] }
      return ~rest
    }
  }
}

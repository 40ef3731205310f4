import CBZip2
import CLZMA
import CZlib
import CZstd

/// What a whole file may be packed by: gzip and the like around a pickle, or joblib's own compression.
enum Packing: String {
  case gzip, zlib, bzip2, xz, zstd
  /// The older format of liblzma, which joblib calls lzma.
  case lzma

  /// The packing that the first bytes of a file are of; nil of other files.
  init?(of file: Bytes) {
    let beginnings: [(Packing, [UInt8])] = [
      (.gzip, [0x1f, 0x8b, 8]), (.bzip2, Array("BZh".utf8)), (.xz, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]),
      (.zstd, [0x28, 0xb5, 0x2f, 0xfd]), (.lzma, [0x5d, 0, 0]),
    ]
    // A safetensors file begins with a length, which may be any bytes.
    guard !SafetensorsHeader.looksLike(file) else { return nil }
    if let found = beginnings.first(where: { file.begins(with: $0.1) }) {
      self = found.0
    } else if let first = try? file.integer(UInt16.self, at: 0).byteSwapped, first >> 8 == 0x78,
      first % 31 == 0,
      first & 0x20 == 0
    {
      self = .zlib
    } else {
      return nil
    }
  }

  /// What is wrong with a file of a packing that is not read; nil of other files.
  static func problem(with file: Bytes) -> ArchiveError? {
    if file.begins(with: [0x04, 0x22, 0x4d, 0x18]) {
      return file.error(
        .unsupported,
        "is packed by lz4, which is not supported; unpack it, or save it again by joblib.dump(…, compress=3)")
    }
    if file.begins(with: Array("ZF0x".utf8)) {
      return file.error(
        .unsupported,
        "was written by joblib before 0.10; load it with joblib.load and save it again by joblib.dump")
    }
    return nil
  }

  /// No file that is read here comes near; the first part grants what is small anyhow.
  private static func mostUnpacked(from count: Int) -> Int { min(1 << 30, 1 << 26 + 1032 * count) }

  /// The bytes of the file, unpacked.
  ///
  /// They are unpacked twice, since most of these formats do not say how many there are: memory then is taken for
  /// as many as there are, and only once it is known that they are not too many.
  ///
  /// - Throws: `ArchiveError` when they do not unpack, or are too many.
  func unpacked(_ file: Bytes) throws(ArchiveError) -> Bytes {
    let most = Self.mostUnpacked(from: file.count)
    let count = try run(file) { written, _ in written <= most }
    guard count <= most else {
      throw file.error(
        .unsupported,
        "unpacks by \(rawValue) to more than \(most >> 20) MB, too many; unpack it, or save it uncompressed")
    }
    return try Bytes(unpackedFrom: file, count: count, by: rawValue) { (output) throws(ArchiveError) in
      var at = 0
      let again = try run(file) { written, part in
        guard written <= count else { return false }
        UnsafeMutableRawBufferPointer(rebasing: output[at...]).copyMemory(from: part)
        at = written
        return true
      }
      guard again == count else { throw file.damage("does not unpack twice to the same bytes") }
    }
  }

  /// Unpacks part by part, each with how many bytes there are so far, until `take` wants no more.
  private func run(
    _ file: Bytes, _ take: (Int, UnsafeRawBufferPointer) -> Bool
  ) throws(ArchiveError) -> Int {
    let part = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 64)
    defer { part.deallocate() }
    var written = 0
    let problem = file.withBytes { input -> String? in
      let next: (UnsafeRawBufferPointer) -> Step
      var end: () -> Void = {}
      switch self {
      case .gzip, .zlib: (next, end) = Self.deflated(into: part)
      case .bzip2: (next, end) = Self.bzip2(into: part)
      case .xz, .lzma: (next, end) = Self.lzma(into: part)
      case .zstd: (next, end) = Self.zstd(into: part)
      }
      defer { end() }
      var read = 0
      while true {
        // These libraries count in 32 bits.
        let step = next(
          UnsafeRawBufferPointer(rebasing: input[read..<min(input.count, read + 1 << 30)]))
        guard !step.isDamaged else { return "does not unpack by \(rawValue): its bytes were changed" }
        read += step.read
        written += step.written
        if step.written > 0, !take(written, UnsafeRawBufferPointer(rebasing: part[..<step.written])) {
          return nil
        }
        if step.isEnd {
          // One stream may follow another; zeros are padding.
          let rest = UnsafeRawBufferPointer(rebasing: input[read...])
          if rest.allSatisfy({ $0 == 0 }) { return nil }
          guard self == .gzip || self == .bzip2 || self == .zstd, rest.first == input.first else {
            return "there is data after the compressed bytes"
          }
        } else if (step.read, step.written) == (0, 0) {
          return "is truncated: it does not unpack to the end"
        }
      }
    }
    if let problem { throw file.damage(problem, at: 0) }
    return written
  }

  /// What one call of a library did.
  private struct Step {
    var read = 0, written = 0
    var isEnd = false, isDamaged = false
  }

  private typealias Unpacker = (next: (UnsafeRawBufferPointer) -> Step, end: () -> Void)

  private static func deflated(into part: UnsafeMutableRawBufferPointer) -> Unpacker {
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // The largest window, and either header.
    var isReady =
      inflateInit2_(stream, 15 + 32, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    return (
      { input in
        guard isReady else { return Step(isDamaged: true) }
        stream.pointee.next_in = UnsafeMutablePointer(
          mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.next_out = part.baseAddress!.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(part.count)
        let code = CZlib.inflate(stream, Z_NO_FLUSH)
        let step = Step(
          read: input.count - Int(stream.pointee.avail_in),
          written: part.count - Int(stream.pointee.avail_out), isEnd: code == Z_STREAM_END,
          isDamaged: code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
        if step.isEnd { isReady = inflateReset(stream) == Z_OK }
        return step
      },
      {
        inflateEnd(stream)
        stream.deallocate()
      }
    )
  }

  private static func bzip2(into part: UnsafeMutableRawBufferPointer) -> Unpacker {
    let stream = UnsafeMutablePointer<bz_stream>.allocate(capacity: 1)
    stream.initialize(to: bz_stream())
    var isReady = BZ2_bzDecompressInit(stream, 0, 0) == BZ_OK
    return (
      { input in
        guard isReady else { return Step(isDamaged: true) }
        stream.pointee.next_in = UnsafeMutablePointer(
          mutating: input.baseAddress?.assumingMemoryBound(to: CChar.self))
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.next_out = part.baseAddress!.assumingMemoryBound(to: CChar.self)
        stream.pointee.avail_out = UInt32(part.count)
        let code = BZ2_bzDecompress(stream)
        let step = Step(
          read: input.count - Int(stream.pointee.avail_in),
          written: part.count - Int(stream.pointee.avail_out), isEnd: code == BZ_STREAM_END,
          isDamaged: code != BZ_OK && code != BZ_STREAM_END)
        if step.isEnd {
          BZ2_bzDecompressEnd(stream)
          stream.pointee = bz_stream()
          isReady = BZ2_bzDecompressInit(stream, 0, 0) == BZ_OK
        }
        return step
      },
      {
        BZ2_bzDecompressEnd(stream)
        stream.deallocate()
      }
    )
  }

  /// No stream made by ordinary settings needs more memory.
  private static let mostLZMAMemory: UInt64 = 256 << 20

  private static func lzma(into part: UnsafeMutableRawBufferPointer) -> Unpacker {
    let stream = UnsafeMutablePointer<lzma_stream>.allocate(capacity: 1)
    stream.initialize(to: lzma_stream())
    let isReady = lzma_auto_decoder(stream, mostLZMAMemory, 0) == LZMA_OK
    return (
      { input in
        guard isReady else { return Step(isDamaged: true) }
        stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_in = input.count
        stream.pointee.next_out = part.baseAddress!.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = part.count
        let code = lzma_code(stream, LZMA_RUN)
        return Step(
          read: input.count - stream.pointee.avail_in, written: part.count - stream.pointee.avail_out,
          isEnd: code == LZMA_STREAM_END,
          isDamaged: code != LZMA_OK && code != LZMA_STREAM_END && code != LZMA_BUF_ERROR)
      },
      {
        lzma_end(stream)
        stream.deallocate()
      }
    )
  }

  private static func zstd(into part: UnsafeMutableRawBufferPointer) -> Unpacker {
    let stream = ZSTD_createDStream()
    // Windows of up to 128 MB, those of ordinary settings.
    ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, 27)
    return (
      { input in
        var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        var output = ZSTD_outBuffer(dst: part.baseAddress, size: part.count, pos: 0)
        let code = ZSTD_decompressStream(stream, &output, &source)
        guard ZSTD_isError(code) == 0 else { return Step(isDamaged: true) }
        return Step(read: source.pos, written: output.pos, isEnd: code == 0)
      },
      { ZSTD_freeDStream(stream) }
    )
  }
}

import CZlib

/// What is around a deflated stream.
enum DeflateWrapper: Int32 {
  /// Nothing, as in zip files.
  case raw = -15
  /// The header and checksum of gzip.
  case gzip = 31
}

/// Unpacks a deflated stream, which must give exactly `size` bytes, or at least so many where they are its beginning.
///
/// - Throws: `ArchiveError` when it does not, its checksum is wrong, or something follows it.
func inflate(
  _ packed: Bytes, to size: Int, as wrapper: DeflateWrapper, isBeginning: Bool = false
) throws(ArchiveError) -> Bytes {
  try Bytes(unpackedFrom: packed, count: size, by: "zlib") { (output) throws(ArchiveError) in
    let problem = packed.withBytes { input -> String? in
      var stream = z_stream()
      guard inflateInit2_(&stream, wrapper.rawValue, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
      else {
        return "zlib could not start"
      }
      defer { inflateEnd(&stream) }
      var (read, written) = (0, 0)
      while true {
        // zlib counts in 32 bits.
        let available = (min(input.count - read, 1 << 30), min(output.count - written, 1 << 30))
        stream.next_in = UnsafeMutablePointer(
          mutating: input.baseAddress!.assumingMemoryBound(to: UInt8.self) + read)
        stream.avail_in = UInt32(available.0)
        stream.next_out = output.baseAddress!.assumingMemoryBound(to: UInt8.self) + written
        stream.avail_out = UInt32(available.1)
        let code = CZlib.inflate(&stream, Z_NO_FLUSH)
        let progress = (available.0 - Int(stream.avail_in), available.1 - Int(stream.avail_out))
        read += progress.0
        written += progress.1
        if isBeginning, written == size { return nil }
        if code == Z_STREAM_END {
          guard written == size else { return "unpacks to \(written) bytes, not \(size)" }
          return wrapper == .raw || read == input.count ? nil : "there is data after the compressed bytes"
        }
        guard code == Z_OK, progress != (0, 0) else {
          return code == Z_OK || code == Z_BUF_ERROR
            ? "does not unpack to the \(size) bytes it declares" : "does not unpack: its bytes were changed"
        }
      }
    }
    if let problem { throw packed.damage(problem, at: 0) }
  }
}

import CZlib

/// Packs bytes as zlib's format has them (RFC 1950): deflated as small as zlib can, with a checksum that readers check.
///
/// The same bytes are packed alike by the same zlib.
public func deflated(_ bytes: [UInt8]) -> [UInt8] {
  let bound = Int(compressBound(uLong(bytes.count)))
  return [UInt8](unsafeUninitializedCapacity: bound) { output, count in
    var length = uLong(bound)
    let code = bytes.withUnsafeBufferPointer { input in
      compress2(output.baseAddress, &length, input.baseAddress, uLong(input.count), Z_BEST_COMPRESSION)
    }
    // Only a machine without memory fails here: the output has room for whatever comes.
    precondition(code == Z_OK, "\(bytes.count) bytes cannot be deflated")
    count = Int(length)
  }
}

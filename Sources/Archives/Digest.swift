import COpenSSL

/// Short names for contents: two contents of one digest are the same.
public enum Digest {
  /// The SHA-256 of bytes, 64 hexadecimal digits in lower case (FIPS 180-4).
  ///
  /// Takes the bytes of a file, an array or a text's `utf8`.
  public static func sha256(_ bytes: some Sequence<UInt8>) -> String {
    let digest =
      bytes.withContiguousStorageIfAvailable { hash(UnsafeRawBufferPointer($0)) }
      ?? Array(bytes).withUnsafeBytes(hash)
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// The SHA-256 of a text's UTF-8, 32 bytes.
  public static func sha256Bytes(of text: String) -> [UInt8] {
    Array(text.utf8).withUnsafeBytes(hash)
  }

  private static func hash(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Int(SHA256_DIGEST_LENGTH)) { output, count in
      // A buffer without bytes may have no address, which OpenSSL would take for a mistake.
      let start = bytes.assumingMemoryBound(to: UInt8.self).baseAddress ?? UnsafePointer(output.baseAddress!)
      SHA256(start, bytes.count, output.baseAddress)
      count = Int(SHA256_DIGEST_LENGTH)
    }
  }
}

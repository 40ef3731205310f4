/// How a camera was held, as Exif gives it: 1…8, where 1 is upright.
///
/// Viewers turn such pictures upright, and so does OpenCV, which the published networks read theirs with.
enum Orientation {
  /// The orientation that a JPEG states in its Exif segment; 1 when there is none.
  static func of(jpeg bytes: UnsafeRawBufferPointer) -> Int {
    var at = 2
    // Segments are FF, a marker, and a length that counts its own two bytes; the scan ends what can be skipped.
    // Before a marker any number of FF may stand as filling.
    func skipFilling() { while at + 1 < bytes.count, bytes[at] == 0xFF, bytes[at + 1] == 0xFF { at += 1 } }
    skipFilling()
    while at + 4 <= bytes.count, bytes[at] == 0xFF, bytes[at + 1] != 0xDA {
      let length = Int(bytes[at + 2]) << 8 | Int(bytes[at + 3])
      guard length >= 2, at + 2 + length <= bytes.count else { return 1 }
      let content = UnsafeRawBufferPointer(rebasing: bytes[at + 4..<at + 2 + length])
      if bytes[at + 1] == 0xE1, content.starts(with: prefix), let orientation = exif(content) {
        return orientation
      }
      at += 2 + length
      skipFilling()
    }
    return 1
  }

  /// The orientation that a PNG states in its eXIf chunk, before or after the pixels; 1 when there is none.
  static func of(png bytes: UnsafeRawBufferPointer) -> Int {
    // Chunks are a length, four letters, so many bytes and a checksum.
    var at = 8
    while at + 12 <= bytes.count {
      let length = (0..<4).reduce(0) { $0 << 8 | Int(bytes[at + $1]) }
      guard at + 12 + length <= bytes.count else { return 1 }
      if bytes[at + 4..<at + 8].elementsEqual("eXIf".utf8) {
        return exif(UnsafeRawBufferPointer(rebasing: bytes[at + 8..<at + 8 + length])) ?? 1
      }
      at += 12 + length
    }
    return 1
  }

  private static let prefix = Array("Exif\0\0".utf8)

  /// Reads tag 0x0112 of the first directory of a TIFF header in either byte order, after Exif's prefix or without it.
  static func exif(_ block: UnsafeRawBufferPointer) -> Int? {
    let tiff = block.starts(with: prefix) ? UnsafeRawBufferPointer(rebasing: block.dropFirst(6)) : block
    let isLittle = tiff.starts(with: [0x49, 0x49])
    guard isLittle || tiff.starts(with: [0x4D, 0x4D]) else { return nil }
    func number(_ at: Int, bytes count: Int) -> Int? {
      guard at >= 0, at + count <= tiff.count else { return nil }
      let part = tiff[at..<at + count]
      return (isLittle ? part.reversed() : Array(part)).reduce(0) { $0 << 8 | Int($1) }
    }
    guard let directory = number(4, bytes: 4), let entries = number(directory, bytes: 2) else { return nil }
    for entry in 0..<entries {
      let at = directory + 2 + entry * 12
      guard let tag = number(at, bytes: 2) else { return nil }
      if tag == 0x0112 { return number(at + 8, bytes: 2).flatMap { (1...8).contains($0) ? $0 : nil } }
    }
    return nil
  }
}

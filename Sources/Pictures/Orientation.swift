import Foundation

/// How a camera was held, as Exif gives it: 1…8, where 1 is upright.
///
/// Viewers turn such pictures upright, and so does OpenCV, which the published networks read theirs with.
enum Orientation {
  /// The orientation that a JPEG states in its Exif segment; 1 when there is none.
  static func of(jpeg bytes: [UInt8]) -> Int {
    var at = 2
    // Segments are FF, a marker, and a length that counts its own two bytes; the scan ends what can be skipped.
    // Before a marker any number of FF may stand as filling.
    func skipFilling() { while at + 1 < bytes.count, bytes[at] == 0xFF, bytes[at + 1] == 0xFF { at += 1 } }
    skipFilling()
    while at + 4 <= bytes.count, bytes[at] == 0xFF, bytes[at + 1] != 0xDA {
      let length = Int(bytes[at + 2]) << 8 | Int(bytes[at + 3])
      guard length >= 2, at + 2 + length <= bytes.count else { return 1 }
      if bytes[at + 1] == 0xE1, let orientation = exif(bytes[at + 4..<at + 2 + length]) { return orientation }
      at += 2 + length
      skipFilling()
    }
    return 1
  }

  /// Reads tag 0x0112 of the first directory of a TIFF header in either byte order.
  private static func exif(_ segment: ArraySlice<UInt8>) -> Int? {
    guard segment.starts(with: Array("Exif\0\0".utf8)) else { return nil }
    let tiff = Array(segment.dropFirst(6))
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

extension Picture {
  /// The picture turned upright from how the camera was held.
  func upright(from orientation: Int) -> Picture {
    if orientation == 1 { return self }
    let isTurned = orientation > 4
    let (wide, high) = isTurned ? (height, width) : (width, height)
    var target: [UInt8] = []
    target.reserveCapacity(pixels.count)
    for y in 0..<high {
      for x in 0..<wide {
        // Where the pixel is stored: 2…4 mirror or turn by half, 5…8 are the same across the diagonal.
        let (u, v) = isTurned ? (y, x) : (x, y)
        let isFlippedAcross = [2, 3, 7, 8].contains(orientation)
        let isFlippedDown = [3, 4, 6, 7].contains(orientation)
        let i = ((isFlippedDown ? height - 1 - v : v) * width + (isFlippedAcross ? width - 1 - u : u)) * 3
        target += pixels[i..<i + 3]
      }
    }
    return Picture(width: wide, height: high, pixels: target)
  }
}

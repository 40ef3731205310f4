import Foundation

/// A TIFF of one byte a pixel in a single strip, with tags as a test wants them: right or lying.
struct SmallTIFF {
  /// Tag, type (3 for 16 bits, 4 for 32) and value.
  var tags: [UInt16: (type: UInt16, value: UInt32)]
  var pixels: [UInt8]
  /// Where the next directory is; 8 is the first again.
  var next: UInt32 = 0

  init(width: Int, height: Int, pixels: [UInt8]) {
    self.pixels = pixels
    tags = [
      256: (4, UInt32(width)), 257: (4, UInt32(height)), 258: (3, 8), 259: (3, 1), 262: (3, 1), 277: (3, 1),
      278: (4, UInt32(height)), 279: (4, UInt32(pixels.count)),
    ]
  }

  var data: Data {
    var tags = tags
    let end = UInt32(8 + 2 + 12 * (tags.count + (tags[324] == nil ? 1 : 0)) + 4)
    if tags[324] == nil { tags[273] = (4, end) }
    var data = Data("II".utf8)
    func append<T: FixedWidthInteger>(_ number: T) {
      withUnsafeBytes(of: number.littleEndian) { data.append(contentsOf: $0) }
    }
    append(UInt16(42))
    append(UInt32(8))
    append(UInt16(tags.count))
    for (tag, content) in tags.sorted(by: { $0.key < $1.key }) {
      append(tag)
      append(content.type)
      append(UInt32(1))
      append(content.value)
    }
    append(next)
    return data + pixels
  }
}

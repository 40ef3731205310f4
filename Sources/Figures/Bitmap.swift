internal import Pictures
internal import Presentation

/// Pixels in the order that Cairo takes them, 0xAARRGGBB, the colours multiplied by the opacity.
struct Bitmap: Hashable, Sendable {
  let width: Int
  let height: Int
  var pixels: [UInt32]
  let isOpaque: Bool

  init(width: Int, height: Int, pixels: [UInt32], isOpaque: Bool = false) {
    precondition(pixels.count == width * height, "\(pixels.count) pixels for \(width) × \(height)")
    self.width = width
    self.height = height
    self.pixels = pixels
    self.isOpaque = isOpaque
  }

  init(_ picture: Picture) {
    var pixels = [UInt32](repeating: 0, count: picture.width * picture.height)
    picture.pixels.withUnsafeBufferPointer { bytes in
      for i in pixels.indices {
        let (red, green, blue) = (UInt32(bytes[3 * i]), UInt32(bytes[3 * i + 1]), UInt32(bytes[3 * i + 2]))
        pixels[i] = 0xFF00_0000 | red << 16 | green << 8 | blue
      }
    }
    self.init(width: picture.width, height: picture.height, pixels: pixels, isOpaque: true)
  }

  /// Takes in all pixels at once: one by one takes longer than to draw them.
  func hash(into hasher: inout Hasher) {
    hasher.combine(width)
    pixels.withUnsafeBytes { hasher.combine(bytes: $0) }
  }

  /// A pixel of a colour, multiplied by its opacity.
  static func pixel(_ colour: Colour) -> UInt32 {
    let a = min(max(colour.opacity, 0), 1)
    let parts = Colour(colour.red * a, colour.green * a, colour.blue * a).bytes
    return UInt32((a * 255).rounded()) << 24 | UInt32(parts.red) << 16 | UInt32(parts.green) << 8
      | UInt32(parts.blue)
  }
}

internal import CPictureReaders
import Foundation

/// PNG through libpng.
enum PNG {
  static func decode(_ data: Data, from file: String) throws(PictureError) -> Picture {
    let canvas = Canvas(orientation: data.withUnsafeBytes { Orientation.of(png: $0) })
    let read = fill(canvas, with: data, maxPixels: Picture.mostPixels, keepsAlpha: false)
    return try read.picture(on: canvas, of: file, as: .png, by: "libpng")
  }

  /// Decodes a PNG; with opacity as a fourth byte, a picture that has none is refused.
  static func fill(_ canvas: Canvas, with data: Data, maxPixels: Int, keepsAlpha: Bool) -> reader_picture {
    data.withUnsafeBytes { bytes in
      canvas.fill(maxPixels: maxPixels) {
        png_reader_decode(
          bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, keepsAlpha ? 1 : 0, $0)
      }
    }
  }

  static func encode(_ picture: Picture, pixelsPerMetre: UInt32 = 0) -> Data {
    encode(
      picture.pixels, width: picture.width, height: picture.height, channels: 3,
      pixelsPerMetre: pixelsPerMetre)
  }

  /// The file of red, green, blue and, as a fourth channel, opacity.
  static func encode(
    _ pixels: [UInt8], width: Int, height: Int, channels: Int, pixelsPerMetre: UInt32 = 0
  ) -> Data {
    precondition(pixels.count == width * height * channels, "\(pixels.count) bytes for \(width) × \(height)")
    let file = pixels.withUnsafeBufferPointer {
      png_reader_encode($0.baseAddress, UInt32(width), UInt32(height), Int32(channels), pixelsPerMetre)
    }
    defer { free(file.bytes) }
    // Only a picture without pixels or a machine without memory fails here.
    precondition(file.bytes != nil, "a picture of \(width) × \(height) cannot be encoded")
    return Data(bytes: file.bytes, count: file.count)
  }
}

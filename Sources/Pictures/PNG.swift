internal import CPNGReader
import Foundation
import Tensors

/// PNG through the C shim that catches libpng's longjmp.
enum PNG {
  static func decode(_ data: Data, from file: String) throws(PictureError) -> Picture {
    let (decoded, pixels) = read(data, maxPixels: Picture.mostPixels, keepsAlpha: false)
    let (width, height) = (Int(decoded.width), Int(decoded.height))
    guard decoded.status != PNG_READER_TOO_LARGE else {
      throw .absurdSize(file, width: width, height: height)
    }
    guard let pixels else {
      let reason = withUnsafeBytes(of: decoded.message) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      throw PictureError(.damaged, file, "is a damaged PNG (\(reason)); copy or export it again")
    }
    return Picture(width: width, height: height, pixels: pixels.bytes)
  }

  /// What the C shim reports of a file, and its pixels where they could be decoded.
  static func read(_ data: Data, maxPixels: Int, keepsAlpha: Bool) -> (png_reader_picture, GuardedMemory?) {
    var pixels: GuardedMemory?
    let decoded = withUnsafeMutablePointer(to: &pixels) { pixels in
      data.withUnsafeBytes { bytes in
        png_reader_decode(
          bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, UInt32(Picture.longestSide),
          maxPixels, keepsAlpha ? 1 : 0,
          { pixels, count in
            let memory = GuardedMemory(byteCount: count, isPooled: false)
            pixels!.assumingMemoryBound(to: GuardedMemory?.self).pointee = memory
            return memory.start.assumingMemoryBound(to: UInt8.self)
          }, pixels)
      }
    }
    pixels?.check("the pixels of a picture", after: "libpng")
    return (decoded, decoded.status == PNG_READER_OK ? pixels : nil)
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

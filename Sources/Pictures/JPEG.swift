internal import CPictureReaders
import Foundation

/// JPEG through libjpeg.
enum JPEG {
  static func decode(_ data: Data, from file: String) throws(PictureError) -> Picture {
    let canvas = Canvas(orientation: data.withUnsafeBytes { Orientation.of(jpeg: $0) })
    let read = data.withUnsafeBytes { bytes in
      canvas.fill {
        jpeg_reader_decode(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, $0)
      }
    }
    return try read.picture(on: canvas, of: file, as: .jpeg, by: "libjpeg")
  }

  static func encode(_ picture: Picture, quality: Int) -> Data {
    let file = picture.pixels.withUnsafeBufferPointer {
      jpeg_writer_encode($0.baseAddress, UInt32(picture.width), UInt32(picture.height), Int32(quality))
    }
    defer { free(file.bytes) }
    // Only a picture without pixels or a machine without memory fails here.
    precondition(
      file.bytes != nil, "a picture of \(picture.width) × \(picture.height) cannot be encoded")
    return Data(bytes: file.bytes, count: file.count)
  }
}

/// TIFF through libtiff: the first page.
enum TIFF {
  static func decode(_ data: Data, from file: String) throws(PictureError) -> Picture {
    let canvas = Canvas()
    let read = data.withUnsafeBytes { bytes in
      canvas.fill {
        tiff_reader_decode(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, $0)
      }
    }
    return try read.picture(on: canvas, of: file, as: .tiff, by: "libtiff")
  }
}

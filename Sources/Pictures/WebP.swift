internal import CWebP
import Foundation
import Tensors

/// WebP through libwebp: of an animation the first frame.
enum WebP {
  static func decode(_ data: Data, from file: String) throws(PictureError) -> Picture {
    // Errors cannot be thrown with their type through the closure that lends the bytes.
    try data.withUnsafeBytes { bytes in
      Result { () throws(PictureError) in try decode(bytes, from: file) }
    }.get()
  }

  private static func decode(_ bytes: UnsafeRawBufferPointer, from file: String) throws(PictureError)
    -> Picture
  {
    let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    var features = WebPBitstreamFeatures()
    let status = WebPGetFeatures(start, bytes.count, &features)
    guard status == VP8_STATUS_OK, features.width > 0, features.height > 0 else {
      throw .damaged(
        file, .webp, status == VP8_STATUS_NOT_ENOUGH_DATA ? "it ends early" : "its header makes no sense")
    }
    let (width, height) = (Int(features.width), Int(features.height))
    guard width <= Picture.longestSide, height <= Picture.longestSide, width * height <= Picture.mostPixels
    else {
      throw .absurdSize(file, width: width, height: height)
    }
    // What there is of the container: a file whose last chunk is cut can have all its pixels.
    var (content, progress) = (WebPData(bytes: start, size: bytes.count), WEBP_DEMUX_PARSING_HEADER)
    let container = WebPDemuxPartial(&content, &progress)
    defer { WebPDemuxDelete(container) }
    let orientation = orientation(in: container)
    guard features.has_animation != 0 else {
      return try decode(start, bytes.count, width: width, height: height, orientation: orientation, file)
    }
    var frame = WebPIterator()
    guard let container, WebPDemuxGetFrame(container, 1, &frame) != 0 else {
      throw .damaged(file, .webp, "its first frame is missing")
    }
    defer { WebPDemuxReleaseIterator(&frame) }
    let (left, top) = (Int(frame.x_offset), Int(frame.y_offset))
    let (frameWidth, frameHeight) = (Int(frame.width), Int(frame.height))
    guard frame.complete != 0, left >= 0, top >= 0, frameWidth > 0, frameHeight > 0,
      left + frameWidth <= width, top + frameHeight <= height
    else { throw .damaged(file, .webp, "its first frame makes no sense") }
    let part = try decode(
      frame.fragment.bytes, frame.fragment.size, width: frameWidth, height: frameHeight, orientation: 1, file)
    if frameWidth == width, frameHeight == height, orientation == 1 { return part }
    // What the frame leaves free is black.
    let canvas = Canvas(orientation: orientation)
    let band = canvas.begin(width: width, height: height, rows: 1)
    part.pixels.withUnsafeBufferPointer { pixels in
      for y in 0..<height {
        band.update(repeating: 0, count: width * 3)
        if y >= top, y < top + frameHeight, let base = pixels.baseAddress {
          (band + left * 3).update(from: base + (y - top) * frameWidth * 3, count: frameWidth * 3)
        }
        canvas.take(y, rows: 1)
      }
    }
    guard let whole = canvas.finished(after: "libwebp") else {
      throw .damaged(file, .webp, "rows are missing")
    }
    return Picture(width: whole.width, height: whole.height, pixels: whole.pixels)
  }

  private static func decode(
    _ start: UnsafePointer<UInt8>?, _ count: Int, width: Int, height: Int, orientation: Int, _ file: String
  ) throws(PictureError) -> Picture {
    var features = WebPBitstreamFeatures()
    // The library writes what the stream says, not what the container does.
    guard WebPGetFeatures(start, count, &features) == VP8_STATUS_OK, Int(features.width) == width,
      Int(features.height) == height
    else { throw .damaged(file, .webp, "its sizes contradict each other") }
    // libwebp wants room for the whole picture, so all rows are one band.
    let canvas = Canvas(orientation: orientation)
    let pixels = canvas.begin(width: width, height: height, rows: height)
    guard WebPDecodeRGBInto(start, count, pixels, width * height * 3, Int32(width * 3)) != nil else {
      throw .damaged(file, .webp, "pixels are missing or make no sense")
    }
    canvas.take(0, rows: height)
    guard let whole = canvas.finished(after: "libwebp") else {
      throw .damaged(file, .webp, "rows are missing")
    }
    return Picture(width: whole.width, height: whole.height, pixels: whole.pixels)
  }

  private static func orientation(in container: OpaquePointer?) -> Int {
    var chunk = WebPChunkIterator()
    guard let container, WebPDemuxGetChunk(container, "EXIF", 1, &chunk) != 0 else { return 1 }
    defer { WebPDemuxReleaseChunkIterator(&chunk) }
    return Orientation.exif(UnsafeRawBufferPointer(start: chunk.chunk.bytes, count: chunk.chunk.size)) ?? 1
  }
}

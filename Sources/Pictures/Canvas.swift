internal import CPictureReaders
import Tensors

/// Where decoders put rows as stored: it makes the upright picture of them, without a second copy of all pixels.
final class Canvas {
  /// How the camera was held; a decoder that knows it itself sets it when it begins.
  private var orientation: Int
  /// Bytes of a pixel.
  private let channels: Int
  private var (width, height, rowsTaken) = (0, 0, 0)
  private var pixels: [UInt8] = []
  private var band: GuardedMemory?

  init(channels: Int = 3, orientation: Int = 1) {
    (self.channels, self.orientation) = (channels, orientation)
  }

  /// Memory for a band of rows, once the size of what is stored is known.
  func begin(width: Int, height: Int, rows: Int, orientation: Int? = nil) -> UnsafeMutablePointer<UInt8> {
    (self.width, self.height, self.orientation) = (width, height, orientation ?? self.orientation)
    let count = width * height * channels
    // Every row is written before they are read: `finished` sees to it.
    pixels = [UInt8](unsafeUninitializedCapacity: count) { _, filled in filled = count }
    let band = GuardedMemory(byteCount: width * rows * channels, isPooled: false)
    self.band = band
    return band.start.assumingMemoryBound(to: UInt8.self)
  }

  /// Takes the first rows of the band, the first of them row `y` as stored.
  func take(_ y: Int, rows: Int) {
    guard let band else { preconditionFailure("a band is taken before it begins") }
    take(
      y, rows: rows, from: band.start.assumingMemoryBound(to: UInt8.self), stride: width * channels,
      step: channels)
  }

  /// Takes rows that are `stride` bytes apart, their pixels `step`.
  func take(_ y: Int, rows: Int, from source: UnsafePointer<UInt8>, stride: Int, step: Int) {
    precondition(y >= 0 && rows >= 0 && y + rows <= height, "rows that the picture does not have")
    let (width, height, channels) = (width, height, channels)
    let isTurned = orientation > 4
    // 2…4 mirror or turn by half, 5…8 are the same across the diagonal.
    let isFlippedAcross = [2, 3, 7, 8].contains(orientation)
    let isFlippedDown = [3, 4, 6, 7].contains(orientation)
    rowsTaken += rows
    pixels.withUnsafeMutableBufferPointer { pixels in
      guard let target = pixels.baseAddress else { return }
      func copy(_ i: Int, column x: Int) {
        let across = isFlippedAcross ? width - 1 - x : x
        let down = isFlippedDown ? height - 1 - (y + i) : y + i
        let to = target + channels * (isTurned ? across * height + down : down * width + across)
        let from = source + (i * stride + x * step)
        for channel in 0..<channels { to[channel] = from[channel] }
      }
      if isTurned {
        for x in 0..<width { for i in 0..<rows { copy(i, column: x) } }
      } else if isFlippedAcross || step != channels {
        for i in 0..<rows { for x in 0..<width { copy(i, column: x) } }
      } else {
        for i in 0..<rows {
          let down = isFlippedDown ? height - 1 - (y + i) : y + i
          (target + down * width * channels).update(from: source + i * stride, count: width * channels)
        }
      }
    }
  }

  /// The upright picture, or nothing where rows are missing; `library` wrote to the band.
  func finished(after library: String) -> (width: Int, height: Int, pixels: [UInt8])? {
    band?.check("the pixels of a picture", after: library)
    guard rowsTaken == height, height > 0 else { return nil }
    defer { pixels = [] }
    return orientation > 4 ? (height, width, pixels) : (width, height, pixels)
  }

  /// Calls a reader written in C with this canvas.
  func fill(
    maxPixels: Int = Picture.mostPixels, _ read: (UnsafePointer<reader_sink>) -> reader_picture
  ) -> reader_picture {
    var sink = reader_sink(
      max_side: UInt32(Picture.longestSide), max_pixels: maxPixels,
      context: Unmanaged.passUnretained(self).toOpaque(),
      begin: { context, width, height, rows, orientation in
        Canvas.at(context).begin(
          width: Int(width), height: Int(height), rows: Int(rows),
          orientation: (1...8).contains(orientation) ? Int(orientation) : nil)
      }, take: { context, y, rows in Canvas.at(context).take(Int(y), rows: Int(rows)) })
    return withExtendedLifetime(self) { read(&sink) }
  }

  private static func at(_ context: UnsafeMutableRawPointer?) -> Canvas {
    Unmanaged<Canvas>.fromOpaque(context!).takeUnretainedValue()
  }
}

extension reader_picture {
  /// What the library said.
  var reason: String {
    withUnsafeBytes(of: message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      .split(whereSeparator: \.isNewline).joined(separator: " ")
  }

  /// The picture that a reader filled a canvas with, or what was wrong with the file.
  func picture(
    on canvas: Canvas, of file: String, as format: PictureFormat, by library: String
  ) throws(PictureError) -> Picture {
    let finished = canvas.finished(after: library)
    switch Int(status) {
    case READER_OK:
      guard let finished else { throw .damaged(file, format, "rows are missing") }
      return Picture(width: finished.width, height: finished.height, pixels: finished.pixels)
    case READER_TOO_LARGE: throw .absurdSize(file, width: Int(width), height: Int(height))
    case READER_NO_MEMORY: throw PictureError(.unreadable, file, "cannot be decoded: out of memory")
    case READER_OTHER_KIND:
      throw PictureError(
        .notAPicture, file,
        "is \(format.name) of a kind that is not read (\(reason)); save it as a PNG or JPEG")
    default: throw .damaged(file, format, reason)
    }
  }
}

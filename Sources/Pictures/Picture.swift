internal import Archives
public import Foundation

/// A picture of 8-bit red, green and blue, row by row from the top left.
///
/// Values are those stored in the file: no gamma, no colour management, as OpenCV and Pillow read them.
public struct Picture: Sendable, Equatable {
  /// Pixels in a row.
  public let width: Int
  /// Rows.
  public let height: Int
  /// `height · width · 3` bytes, the colours of a pixel side by side.
  public var pixels: [UInt8]

  /// A picture of the given bytes; their count must be `width · height · 3`.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(pixels.count == width * height * 3, "\(pixels.count) bytes for \(width) × \(height) pixels")
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  /// The picture as a mirror shows it, left and right changed.
  public var mirrored: Picture {
    Picture(
      width: width, height: height,
      pixels: [UInt8](unsafeUninitializedCapacity: pixels.count) { bytes, count in
        count = pixels.count
        for row in 0..<height {
          for column in 0..<width {
            let from = 3 * (row * width + width - 1 - column), to = 3 * (row * width + column)
            for channel in 0..<3 { bytes[to + channel] = pixels[from + channel] }
          }
        }
      })
  }

  /// A picture of one colour.
  public init(width: Int, height: Int, red: UInt8, green: UInt8, blue: UInt8) {
    self.init(
      width: width, height: height,
      pixels: [UInt8](unsafeUninitializedCapacity: width * height * 3) { bytes, count in
        count = width * height * 3
        for i in stride(from: 0, to: count, by: 3) {
          bytes[i] = red
          bytes[i + 1] = green
          bytes[i + 2] = blue
        }
      })
  }

  /// Red, green and blue at a column and a row.
  public subscript(x: Int, y: Int) -> (red: UInt8, green: UInt8, blue: UInt8) {
    get {
      let i = offset(x, y)
      return (pixels[i], pixels[i + 1], pixels[i + 2])
    }
    set {
      let i = offset(x, y)
      (pixels[i], pixels[i + 1], pixels[i + 2]) = (newValue.red, newValue.green, newValue.blue)
    }
  }

  private func offset(_ x: Int, _ y: Int) -> Int {
    precondition(x >= 0 && x < width && y >= 0 && y < height, "(\(x), \(y)) outside \(width) × \(height)")
    return (y * width + x) * 3
  }

  /// The longest side that is read, that of the largest JPEG; a longer one is taken for a mistake.
  public static let longestSide = 65_535
  /// The most pixels that are read, 16,384 × 16,384: more than a phone's 200 million.
  public static let mostPixels = 268_435_456
  /// The most bytes of a file that are read: the most pixels, each of four samples of 16 bits, and room for a header.
  private static let mostBytes = 8 * mostPixels + (1 << 20)

  /// Reads a PNG, JPEG, WebP, TIFF, BMP, GIF or PNM, recognised by its first bytes; the name of the file does not matter.
  ///
  /// Of several pages or frames it is the first. A file that states how the camera was held is turned upright.
  ///
  /// - Throws: `PictureError` naming the file, before memory is asked for where the size is absurd.
  public init(contentsOf path: String) throws(PictureError) {
    try self.init(data: Self.read(path), from: path)
  }

  /// Decodes the bytes of such a file; `file` is the name that errors carry.
  public init(data: Data, from file: String) throws(PictureError) {
    guard !data.isEmpty else { throw .empty(file) }
    guard let format = PictureFormat(head: data) else { throw .notAPicture(file) }
    self = try format.decode(data, from: file)
  }

  /// The whole file, unless its first bytes show that it is no picture: it may be a device without an end.
  private static func read(_ path: String) throws(PictureError) -> Data {
    do {
      guard try isThere(path) else {
        throw PictureError(.missing, path, "no such file; check the path")
      }
      guard try !isFolder(path) else {
        throw PictureError(.notAPicture, path, "is a folder; \(PictureFormat.usualAdvice)")
      }
      let handle = try open(path)
      defer { try? handle.close() }
      let head = try handle.read(upToCount: PictureFormat.headCount) ?? Data()
      guard !head.isEmpty else { throw PictureError.empty(path) }
      guard let format = PictureFormat(head: head) else { throw PictureError.notAPicture(path) }
      guard format.isRead else { throw format.refusal(path) }
      // A file is read in one piece; what cannot go back, as a pipe, is put together.
      guard let count = try? handle.seekToEnd(), (try? handle.seek(toOffset: 0)) != nil else {
        var data = head
        while data.count <= mostBytes, let more = try handle.read(upToCount: 1 << 20), !more.isEmpty {
          data += more
        }
        return data
      }
      guard count <= mostBytes else {
        throw PictureError(.absurdSize, path, "has \(count) bytes; the limit is \(mostBytes)")
      }
      return try handle.read(upToCount: Int(count)) ?? Data()
    } catch let error as PictureError {
      throw error
    } catch let error as ArchiveError {
      throw PictureError(error)
    } catch {
      throw PictureError(.io, path, "cannot be read: the system failed to; try again, or copy it elsewhere")
    }
  }

  /// Opens a file, or a pipe that somebody writes into within some seconds.
  private static func open(_ path: String) throws -> FileHandle {
    let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      let number = errno
      guard [EACCES, EPERM, ENXIO].contains(number) else {
        throw PictureError(.io, path, "cannot be read: \(systemMessage(number))")
      }
      throw PictureError(.unreadable, path, "cannot be read; check its permissions")
    }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    guard isWrittenInto(descriptor) else {
      throw PictureError(.unreadable, path, "is a pipe into which nobody writes")
    }
    return handle
  }

  /// The bytes of a PNG file; the same pixels always give the same bytes.
  public func pngData() -> Data { PNG.encode(self) }

  /// The bytes of a JPEG file for looking at, of a quality of 1 to 100; the same pixels always give the same bytes.
  public func jpegData(quality: Int) -> Data { JPEG.encode(self, quality: quality) }

  /// The bytes of a PNG file that says how large it is on paper.
  public func pngData(pixelsPerInch dpi: Double) -> Data {
    PNG.encode(self, pixelsPerMetre: UInt32((dpi / 0.0254).rounded()))
  }
}

extension PictureError {
  static func empty(_ file: String) -> PictureError {
    PictureError(.notAPicture, file, "is empty; \(PictureFormat.usualAdvice)")
  }

  static func notAPicture(_ file: String) -> PictureError {
    PictureError(.notAPicture, file, "is no picture of a known format; \(PictureFormat.usualAdvice)")
  }

  static func damaged(_ file: String, _ format: PictureFormat, _ reason: String) -> PictureError {
    PictureError(
      .damaged, file, "is a damaged \(format.name.dropFirst(2)) (\(reason)); copy or export it again")
  }

  static func absurdSize(_ file: String, width: Int, height: Int) -> PictureError {
    PictureError(
      .absurdSize, file,
      "declares \(width) × \(height) pixels; the limit is \(Picture.longestSide) a side and \(Picture.mostPixels) in total"
    )
  }
}

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

  /// The longest side that is read; a longer one is taken for a mistake.
  public static let longestSide = 30_000
  /// The most pixels that are read (a 10,000 × 10,000 picture).
  public static let mostPixels = 100_000_000

  /// Reads a PNG or JPEG, recognised by its first bytes; the name of the file does not matter.
  ///
  /// A JPEG that states how the camera was held is turned upright.
  ///
  /// - Throws: `PictureError` naming the file, before memory is asked for where the size is absurd.
  public init(contentsOf path: String) throws(PictureError) {
    try self.init(data: Self.read(path), from: path)
  }

  /// Decodes the bytes of a PNG or JPEG; `file` is the name that errors carry.
  public init(data: Data, from file: String) throws(PictureError) {
    if data.starts(with: Self.signatureOfPNG) {
      self = try PNG.decode(data, from: file)
    } else if data.starts(with: Self.signatureOfJPEG) {
      self = try JPEG.decode(data, from: file)
    } else {
      throw .notAPicture(file, isEmpty: data.isEmpty)
    }
  }

  private static let signatureOfPNG: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
  private static let signatureOfJPEG: [UInt8] = [0xFF, 0xD8, 0xFF]

  /// The whole file, unless its first bytes show that it is no picture: it may be a device without an end.
  private static func read(_ path: String) throws(PictureError) -> Data {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw PictureError(.missing, path, "no such file; check the path")
    }
    guard !isFolder.boolValue else {
      throw PictureError(.notAPicture, path, "is a folder; give a PNG or JPEG file")
    }
    do {
      let handle = try FileHandle(forReadingFrom: URL(filePath: path))
      defer { try? handle.close() }
      let head = try handle.read(upToCount: 8) ?? Data()
      guard head.starts(with: signatureOfPNG) || head.starts(with: signatureOfJPEG) else {
        throw PictureError.notAPicture(path, isEmpty: head.isEmpty)
      }
      return try head + (handle.readToEnd() ?? Data())
    } catch let error as PictureError {
      throw error
    } catch {
      throw PictureError(.unreadable, path, "cannot be read; check its permissions")
    }
  }

  /// The bytes of a PNG file; the same pixels always give the same bytes.
  public func pngData() -> Data { PNG.encode(self) }

  /// The bytes of a PNG file that says how large it is on paper.
  public func pngData(pixelsPerInch dpi: Double) -> Data {
    PNG.encode(self, pixelsPerMetre: UInt32((dpi / 0.0254).rounded()))
  }
}

extension PictureError {
  static func notAPicture(_ file: String, isEmpty: Bool) -> PictureError {
    PictureError(
      .notAPicture, file, isEmpty ? "is empty; give a PNG or JPEG file" : "is neither a PNG nor a JPEG file")
  }

  static func absurdSize(_ file: String, width: Int, height: Int) -> PictureError {
    PictureError(
      .absurdSize, file,
      "declares \(width) × \(height) pixels; the limit is \(Picture.longestSide) a side and 100 million in total"
    )
  }
}

internal import Archives
internal import CPictureReaders
public import Foundation
import Tensors

/// Something cut out of a picture: red, green, blue and opacity, row by row from the top left.
public struct Cutout: Sendable, Equatable {
  /// Pixels in a row.
  public let width: Int
  /// Rows.
  public let height: Int
  /// Per pixel red, green and blue, 0…255, each multiplied by the opacity, 0…1, which comes last.
  public var pixels: [SIMD4<Float>]

  /// A cut-out of the given pixels, colours already multiplied by the opacity.
  public init(width: Int, height: Int, pixels: [SIMD4<Float>]) {
    precondition(pixels.count == width * height, "\(pixels.count) pixels for \(width) × \(height)")
    (self.width, self.height, self.pixels) = (width, height, pixels)
  }

  /// The most pixels that are read, 4096 × 4096: each takes 16 bytes.
  public static let mostPixels = 16_777_216

  /// Reads a PNG with an alpha channel or a transparent colour.
  ///
  /// - Throws: `PictureError` naming the file, also when it has no opacity.
  public init(contentsOf path: String) throws(PictureError) {
    let data: Data
    do { data = try fileContents(path) } catch { throw PictureError(error) }
    try self.init(data: data, from: path)
  }

  /// Decodes the bytes of such a PNG; `path` is the name that errors carry.
  public init(data: Data, from path: String) throws(PictureError) {
    let canvas = Canvas(channels: 4, orientation: data.withUnsafeBytes { Orientation.of(png: $0) })
    let read = PNG.fill(canvas, with: data, maxPixels: Self.mostPixels, keepsAlpha: true)
    let finished = canvas.finished(after: "libpng")
    guard Int(read.status) != READER_TOO_LARGE else {
      throw PictureError(
        .absurdSize, path,
        "declares \(read.width) × \(read.height) pixels; a cut-out has at most 4096 × 4096, make it smaller")
    }
    guard Int(read.status) != READER_NO_ALPHA else {
      throw PictureError(
        .notAPicture, path,
        "has no alpha channel; save the cut-out as a PNG whose surroundings are transparent"
      )
    }
    guard Int(read.status) == READER_OK, let (width, height, bytes) = finished else {
      throw PictureError(.damaged, path, "is not a PNG, or is damaged; export it again")
    }
    self.init(
      width: width, height: height,
      pixels: (0..<width * height).map { i in
        let opacity = Float(bytes[4 * i + 3]) / 255
        let colour = SIMD3(Float(bytes[4 * i]), Float(bytes[4 * i + 1]), Float(bytes[4 * i + 2])) * opacity
        return SIMD4(colour, opacity)
      })
  }

  /// The cut-out in another size: means over the pixels' areas where it shrinks, between pixels where it grows.
  public func resized(width: Int, height: Int) -> Cutout {
    guard width != self.width || height != self.height else { return self }
    let across = Self.weights(self.width, width), down = Self.weights(self.height, height)
    var rows = [SIMD4<Float>](repeating: .zero, count: self.height * width)
    for y in 0..<self.height {
      for x in 0..<width {
        for (from, weight) in across[x] { rows[y * width + x] += pixels[y * self.width + from] * weight }
      }
    }
    var result = [SIMD4<Float>](repeating: .zero, count: height * width)
    for y in 0..<height {
      for (from, weight) in down[y] {
        for x in 0..<width { result[y * width + x] += rows[from * width + x] * weight }
      }
    }
    return Cutout(width: width, height: height, pixels: result)
  }

  /// For every new pixel, the old ones that it is made of; weights add up to 1.
  private static func weights(_ old: Int, _ new: Int) -> [[(from: Int, weight: Float)]] {
    let ratio = Float(old) / Float(new)
    return (0..<new).map { i in
      guard ratio > 1 else {
        let place = min(max((Float(i) + 0.5) * ratio - 0.5, 0), Float(old - 1))
        let low = min(Int(place), max(old - 2, 0))
        let share = place - Float(low)
        return old == 1 ? [(0, 1)] : [(low, 1 - share), (low + 1, share)]
      }
      let (low, high) = (Float(i) * ratio, min(Float(i + 1) * ratio, Float(old)))
      let all = (Int(low)..<min(Int(bounded: high, .up), old)).map { from in
        (from, min(high, Float(from + 1)) - max(low, Float(from)))
      }
      let sum = all.reduce(0) { $0 + $1.1 }
      return all.map { ($0.0, $0.1 / sum) }
    }
  }
}

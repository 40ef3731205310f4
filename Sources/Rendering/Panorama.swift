package import Bodies
import Foundation
package import Pictures

/// An equirectangular photograph of the whole surroundings: the background of people and their light.
///
/// Directions are in axes x right, y down, z ahead; column 0 is straight behind.
package struct Panorama: Sendable {
  private struct Level: Sendable {
    let width: Int, height: Int
    /// Red, green and blue of a pixel, 16 bits each, so that one product scales a pixel.
    let pixels: [UInt64]
  }

  /// The photograph and its halvings, down to 32 rows.
  private let levels: [Level]
  package let light: Light

  package init(_ picture: Picture) {
    var levels: [Level] = []
    var picture = picture
    while true {
      let bytes = picture.pixels
      let packed = (0..<picture.width * picture.height).map { pixel in
        (0..<3).reduce(UInt64(0)) { $0 | UInt64(bytes[3 * pixel + $1]) << UInt64(16 * $1) }
      }
      levels.append(Level(width: picture.width, height: picture.height, pixels: packed))
      guard picture.height > 32, picture.width > 64 else { break }
      picture = Self.halved(picture)
    }
    self.levels = levels
    light = Light(width: picture.width, height: picture.height, pixels: picture.pixels)
  }

  private static func halved(_ picture: Picture) -> Picture {
    let (width, height) = (picture.width / 2, picture.height / 2)
    let (source, line) = (picture.pixels, picture.width * 3)
    var pixels = [UInt8](repeating: 0, count: width * height * 3)
    for y in 0..<height {
      for x in 0..<width {
        for channel in 0..<3 {
          let i = 2 * y * line + 6 * x + channel
          let sum = Int(source[i]) + Int(source[i + 3]) + Int(source[i + line]) + Int(source[i + line + 3])
          pixels[(y * width + x) * 3 + channel] = UInt8((sum + 2) / 4)
        }
      }
    }
    return Picture(width: width, height: height, pixels: pixels)
  }

  /// Fills a square picture with a camera's view, in colours 0…1.
  ///
  /// `turn` rotates camera axes to the panorama's, `slope` is the tangent of half the field of view.
  package func view(
    _ turn: Matrix3, slope: Float, side: Int, into colours: UnsafeMutablePointer<SIMD4<Float>>
  ) {
    let perPixel = 2 * slope / Float(side)
    let level = level(radiansPerPixel: perPixel)
    let axes = turn.transpose
    level.pixels.withUnsafeBufferPointer { pixels in
      let source = pixels.baseAddress!
      for row in 0..<side {
        let y = (Float(row) + 0.5) * perPixel - slope
        for column in 0..<side {
          let x = (Float(column) + 0.5) * perPixel - slope
          let d = axes.row0 * x + axes.row1 * y + axes.row2
          colours[row * side + column] = Self.sample(level, source, d)
        }
      }
    }
  }

  /// The colour in a direction, for a picture whose pixels span the given angle.
  package func colour(towards direction: SIMD3<Float>, radiansPerPixel: Float) -> SIMD4<Float> {
    let level = level(radiansPerPixel: radiansPerPixel)
    return level.pixels.withUnsafeBufferPointer { Self.sample(level, $0.baseAddress!, direction) }
  }

  /// The level whose pixels are closest to the given angle and not much larger.
  private func level(radiansPerPixel: Float) -> Level {
    let ratio = radiansPerPixel * Float(levels[0].width) / (2 * .pi)
    let index = min(levels.count - 1, max(0, Int(log2(max(ratio, 1)) + 0.4)))
    return levels[index]
  }

  @inline(__always)
  private static func sample(
    _ level: Level, _ pixels: UnsafePointer<UInt64>, _ d: SIMD3<Float>
  ) -> SIMD4<Float> {
    let around = arctangent(d.x, d.z) * (0.5 / .pi) + 0.5
    let down = arctangent(d.y, (d.x * d.x + d.z * d.z).squareRoot()) * (1 / .pi) + 0.5
    // In 256ths of a pixel: the weights of the four neighbours add up to 256.
    let x = max(0, Int(around * Float(level.width * 256)) &- 128)
    let y = min(max(0, Int(down * Float(level.height * 256)) &- 128), level.height * 256 &- 257)
    let (column, row) = (x >> 8, y >> 8)
    let left = column < level.width ? column : 0
    let right = column &+ 1 < level.width ? column &+ 1 : 0
    let top = pixels + row &* level.width
    let bottom = top + level.width
    let (fx, fy) = (x & 255, y & 255)
    let both = (fx &* fy &+ 128) >> 8
    let sum =
      top[left] &* UInt64(256 &- fx &- fy &+ both) &+ top[right] &* UInt64(fx &- both)
      &+ bottom[left] &* UInt64(fy &- both) &+ bottom[right] &* UInt64(both)
    let channels = SIMD4<Int32>(
      Int32(truncatingIfNeeded: sum & 0xFFFF), Int32(truncatingIfNeeded: sum >> 16 & 0xFFFF),
      Int32(truncatingIfNeeded: sum >> 32 & 0xFFFF), 0)
    return SIMD4<Float>(channels) * (1 / 65_280)
  }

  /// atan2(y, x) by a polynomial, within 2e-4: a small part of a pixel of the panorama.
  @inline(__always)
  static func arctangent(_ y: Float, _ x: Float) -> Float {
    let (across, up) = (abs(x), abs(y))
    let ratio = min(across, up) / max(max(across, up), 1e-20)
    let square = ratio * ratio
    var angle = ((-0.046_496_475 * square + 0.159_314_22) * square - 0.327_622_76) * square * ratio + ratio
    if up > across { angle = .pi / 2 - angle }
    if x < 0 { angle = .pi - angle }
    return y < 0 ? -angle : angle
  }
}

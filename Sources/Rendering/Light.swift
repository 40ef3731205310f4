import Foundation

/// The light of a panorama: the radiance that a matt white surface reflects, by the direction that it faces.
///
/// Ambient light as spherical harmonics up to order 2 (Ramamoorthi and Hanrahan 2001), plus one dominant
/// direction. Scaled so that the mean over all directions has a luminance of 1.
package struct Light: Sendable {
  /// Per harmonic red, green and blue, in the order 1, x, y, z, x² − y², z², xy, xz, yz.
  let ambient: [SIMD4<Float>]
  /// The direction of the dominant light, of unit length, and its colour.
  package let direction: SIMD3<Float>
  let tint: SIMD4<Float>
  /// The mean luminance of the panorama's pixels, 0…1.
  package let brightness: Float

  /// Integrates the light of a coarse equirectangular picture, three bytes a pixel.
  init(width: Int, height: Int, pixels: [UInt8]) {
    var sums = [SIMD4<Float>](repeating: .zero, count: 9)
    var towards = SIMD3<Float>.zero
    var tint = SIMD4<Float>.zero
    var brightness: Float = 0
    for row in 0..<height {
      let latitude = ((Float(row) + 0.5) / Float(height) - 0.5) * .pi
      let area = cos(latitude) * (.pi / Float(height)) * (2 * .pi / Float(width))
      for column in 0..<width {
        let longitude = ((Float(column) + 0.5) / Float(width) - 0.5) * 2 * .pi
        let d = SIMD3(cos(latitude) * sin(longitude), sin(latitude), cos(latitude) * cos(longitude))
        let i = (row * width + column) * 3
        let value =
          SIMD4(Float(pixels[i]), Float(pixels[i + 1]), Float(pixels[i + 2]), 0) * (1 / 255)
        brightness += Self.luminance(value) * area / (4 * .pi)
        // Tone mapping compressed the photograph; squaring restores some of its contrast.
        var radiance = value * value
        // Cameras adapt to the colour of the light: half of it is removed.
        radiance = (radiance + SIMD4(1, 1, 1, 0) * Self.luminance(radiance)) * 0.5
        let harmonics = Self.harmonics(d)
        for k in 0..<9 { sums[k] += radiance * (harmonics[k] * area) }
        let strength = pow(Self.luminance(radiance), 4) * area
        towards += d * strength
        tint += radiance * strength
      }
    }
    let scales: [Float] = [
      0.886_227, 1.023_328, 1.023_328, 1.023_328, 0.429_043, 0.743_125, 0.858_086, 0.858_086, 0.858_086,
    ]
    let mean = max(Self.luminance(sums[0]) * 0.886_227, 1e-4)
    var ambient = zip(sums, scales).map { $0 * ($1 / mean) }
    ambient[0] -= sums[5] * (0.247_708 / mean)
    self.ambient = ambient
    self.brightness = brightness
    let length = (towards * towards).sum().squareRoot()
    direction = length > 0 ? towards / length : SIMD3(0, -1, 0)
    self.tint = tint / max(Self.luminance(tint), 1e-6)
  }

  static func luminance(_ colour: SIMD4<Float>) -> Float {
    0.3 * colour.x + 0.6 * colour.y + 0.1 * colour.z
  }

  /// The ambient light that a matt white surface reflects, by the direction that it faces.
  package func ambient(facing n: SIMD3<Float>) -> SIMD4<Float> {
    ambient.withUnsafeBufferPointer { Self.ambient($0.baseAddress!, facing: n) }
  }

  /// The same for coefficients at an address; may be slightly negative.
  @inline(__always)
  static func ambient(_ a: UnsafePointer<SIMD4<Float>>, facing n: SIMD3<Float>) -> SIMD4<Float> {
    let linear = a[0] + a[1] * n.x + a[2] * n.y + a[3] * n.z
    let square = a[4] * (n.x * n.x - n.y * n.y) + a[5] * (n.z * n.z)
    return linear + square + a[6] * (n.x * n.y) + a[7] * (n.x * n.z) + a[8] * (n.y * n.z)
  }

  private static func harmonics(_ d: SIMD3<Float>) -> [Float] {
    [
      0.282_095, 0.488_603 * d.x, 0.488_603 * d.y, 0.488_603 * d.z, 0.546_274 * (d.x * d.x - d.y * d.y),
      0.315_392 * (3 * d.z * d.z - 1), 1.092_548 * d.x * d.y, 1.092_548 * d.x * d.z, 1.092_548 * d.y * d.z,
    ]
  }
}

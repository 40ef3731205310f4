import Pictures
import Tensors

/// The noise of a camera: blur, exposure, white balance and sensor noise.
struct CameraNoise {
  private let blur: Float
  var gain: SIMD4<Float>
  private let noise: Float
  private let noiseStart: Int

  init(using generator: inout SeededGenerator) {
    blur = generator.chance(0.35) ? generator.uniform(0.05...0.3) : 0
    let exposure = generator.uniform(0.7...1.1)
    let red = generator.uniform(0.88...1.12)
    let green = generator.uniform(0.88...1.12)
    gain = SIMD4(red, green, generator.uniform(0.88...1.12), 0) * (exposure * 255)
    noise = generator.chance(0.7) ? generator.uniform(0...8) : 0
    noiseStart = generator.integer(below: ValueNoise.normal.count)
  }

  /// Exposes colours 0…1 to a picture of bytes; `spare` is overwritten.
  func expose(
    _ colours: UnsafeMutablePointer<SIMD4<Float>>, spare: UnsafeMutablePointer<SIMD4<Float>>, side: Int
  ) -> Picture {
    if blur > 0 {
      Self.smooth(colours, into: spare, side: side, step: 1, line: side, weight: blur)
      Self.smooth(spare, into: colours, side: side, step: side, line: 1, weight: blur)
    }
    let pixels = [UInt8](unsafeUninitializedCapacity: side * side * 3) { bytes, count in
      count = side * side * 3
      let bytes = bytes.baseAddress!
      ValueNoise.normal.withUnsafeBufferPointer { normal in
        // The strides share no factor with the table's length, so that rows do not repeat.
        let mask = normal.count - 1
        var index = noiseStart
        for pixel in 0..<side * side {
          if pixel & 4095 == 0 { index = index &* 5 &+ 12_345 }
          let n = SIMD4(
            normal[index & mask], normal[(index &+ 1) & mask], normal[(index &+ 2) & mask], 0)
          index &+= 3
          let value = colours[pixel] * gain + n * noise + 0.5
          bytes[pixel * 3] = UInt8(min(max(0, value.x), 255))
          bytes[pixel * 3 + 1] = UInt8(min(max(0, value.y), 255))
          bytes[pixel * 3 + 2] = UInt8(min(max(0, value.z), 255))
        }
      }
    }
    return Picture(width: side, height: side, pixels: pixels)
  }

  /// Blends each pixel with its two neighbours along one axis; the border repeats.
  private static func smooth(
    _ source: UnsafeMutablePointer<SIMD4<Float>>, into target: UnsafeMutablePointer<SIMD4<Float>>, side: Int,
    step: Int, line: Int, weight: Float
  ) {
    for i in 0..<side {
      let (from, to) = (source + i * line, target + i * line)
      for j in 0..<side {
        let before = from[max(j - 1, 0) * step]
        let after = from[min(j + 1, side - 1) * step]
        to[j * step] = from[j * step] * (1 - 2 * weight) + (before + after) * weight
      }
    }
  }
}

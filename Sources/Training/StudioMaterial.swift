import Bodies
import Tensors

/// A colour or a pattern of two colours in the space of the resting body, so that it stays on the skin.
struct StudioMaterial {
  private enum Pattern { case plain, stripes, checks, gradient, blobs }

  private var pattern = Pattern.plain
  private var first: SIMD4<Float>
  private var second = SIMD4<Float>.zero
  /// Two directions, as long as there are periods in a metre.
  private var along = Point.zero
  private var across = Point.zero
  private var phase: Float = 0
  /// The share of a period that the first colour takes.
  private var share: Float = 0.5
  /// How much of the light is mirrored, 0…1.
  var gloss: Float = 0.03

  static func plain(_ colour: SIMD4<Float>) -> StudioMaterial { StudioMaterial(first: colour) }

  private init(first: SIMD4<Float>) { self.first = first }

  /// A cloth of random colours, half of the time with a pattern, that cannot be taken for the skin.
  static func cloth(_ generator: inout SeededGenerator, unlike skin: SIMD4<Float>) -> StudioMaterial {
    var material = StudioMaterial(first: .vivid(&generator))
    for _ in 0..<8 {
      // Hues apart: brightness says little, as light and shade change it.
      let (a, b) = (material.first / material.first.sum(), skin / skin.sum())
      if ((a - b) * (a - b)).sum() > 0.006 { break }
      material.first = .vivid(&generator)
    }
    guard generator.chance(0.5) else { return material }
    material.second = .vivid(&generator)
    let angle = generator.chance(0.6) ? Float(generator.integer(below: 2)) : generator.uniform(0...2)
    // A quarter turn of the pattern is an angle of 1; a polynomial close to the sine is enough here.
    let (sine, cosine) = (Self.wave(angle), Self.wave(angle + 1))
    let periods = generator.uniform(4...18)
    material.along = Point(sine, cosine, sine * 0.3) * periods
    material.across = Point(cosine, -sine, cosine * 0.3) * periods
    material.phase = generator.uniform(0...1)
    material.share = generator.uniform(0.3...0.7)
    switch generator.integer(below: 4) {
    case 0: material.pattern = .stripes
    case 1: material.pattern = .checks
    case 2:
      material.pattern = .gradient
      material.along = Point(0, 1, 0) * generator.uniform(1...2.5)
    default:
      material.pattern = .blobs
      material.phase = generator.uniform(0...64)
    }
    return material
  }

  private static func wave(_ quarters: Float) -> Float {
    let turn = quarters - 4 * (quarters / 4).rounded(.down)
    let x = turn < 2 ? turn : turn - 2
    return (turn < 2 ? 1 : -1) * x * (2 - x)
  }

  /// The colour at a point of the resting body, with the gloss in the fourth lane.
  @inline(__always)
  func colour(at p: Point, noise: UnsafePointer<Float>) -> SIMD4<Float> {
    // Folds and weave: a little unevenness in every material.
    let uneven = 0.85 + 0.3 * StudioNoise.value(p * 14, noise)
    var colour: SIMD4<Float>
    switch pattern {
    case .plain: colour = first
    case .stripes: colour = Self.fraction((along * p).sum() + phase) < share ? first : second
    case .checks:
      let a = Self.fraction((along * p).sum() + phase) < share
      let b = Self.fraction((across * p).sum() + phase) < share
      colour = a == b ? first : second
    case .gradient:
      let place = min(max((along * p).sum() + phase, 0), 1)
      colour = first + (second - first) * place
    case .blobs:
      colour = StudioNoise.value(p * 20 + phase, noise) < share ? first : second
    }
    colour *= uneven
    colour.w = gloss
    return colour
  }

  @inline(__always)
  private static func fraction(_ x: Float) -> Float {
    let whole = Float(Int32(x))
    return x < whole ? x - whole + 1 : x - whole
  }
}

extension SIMD4<Float> {
  /// A colour of any hue, from pale to saturated and from dark to light.
  static func vivid(_ generator: inout SeededGenerator) -> SIMD4<Float> {
    let hue = generator.uniform(0...6)
    let saturation = generator.uniform() * generator.uniform(0.4...1)
    let value = generator.uniform(0.12...0.95)
    func channel(_ offset: Float) -> Float {
      let k = (hue + offset) - 6 * ((hue + offset) / 6).rounded(.down)
      return value * (1 - saturation * Swift.max(0, Swift.min(k, 4 - k, 1)))
    }
    return SIMD4(channel(5), channel(3), channel(1), 0)
  }
}

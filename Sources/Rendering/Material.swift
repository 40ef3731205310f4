import Bodies
import Tensors

/// A plain colour or a pattern of two colours, defined on the body at rest so that it moves with the skin.
struct Material {
  private enum Pattern { case plain, stripes, checks, gradient, blobs }

  private var pattern = Pattern.plain
  private var first: SIMD4<Float>
  private var second = SIMD4<Float>.zero
  /// Two directions, each as long as its number of periods in a metre.
  private var along = Point.zero
  private var across = Point.zero
  private var phase: Float = 0
  /// The share of a period that shows the first colour.
  private var share: Float = 0.5
  /// The share of the light that is reflected specularly, 0…1.
  var gloss: Float = 0.03

  static func plain(_ colour: SIMD4<Float>) -> Material { Material(first: colour) }

  private init(first: SIMD4<Float>) { self.first = first }

  /// A cloth of random colours, half of the time with a pattern, whose hue differs from the skin's.
  static func cloth(_ generator: inout SeededGenerator, unlike skin: SIMD4<Float>) -> Material {
    var material = Material(first: .vivid(&generator))
    for _ in 0..<8 {
      // Compare hues: shading changes the brightness.
      let (a, b) = (material.first / material.first.sum(), skin / skin.sum())
      if ((a - b) * (a - b)).sum() > 0.006 { break }
      material.first = .vivid(&generator)
    }
    guard generator.chance(0.5) else { return material }
    material.second = .vivid(&generator)
    let angle = generator.chance(0.6) ? Float(generator.integer(below: 2)) : generator.uniform(0...2)
    // An angle of 1 is a quarter turn; a parabola is close enough to the sine here.
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

  /// The colour at a point of the body at rest, with the gloss in the fourth lane.
  @inline(__always)
  func colour(at p: Point, noise: UnsafePointer<Float>) -> SIMD4<Float> {
    // Folds and weave make every material slightly uneven.
    let uneven = 0.85 + 0.3 * ValueNoise.value(p * 14, noise)
    var colour: SIMD4<Float>
    switch pattern {
    case .plain: colour = first
    case .stripes: colour = Self.fraction((along * p).sum() + phase) < share ? first : second
    case .checks:
      let a = Self.fraction((along * p).sum() + phase) < share
      let b = Self.fraction((across * p).sum() + phase) < share
      colour = a == b ? first : second
    case .gradient:
      let share = min(max((along * p).sum() + phase, 0), 1)
      colour = first + (second - first) * share
    case .blobs:
      colour = ValueNoise.value(p * 20 + phase, noise) < share ? first : second
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

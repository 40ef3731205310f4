import Bodies
import Tensors

/// The clothing of a person: a material for each region of the body, and where sleeves, shirt and trousers end.
struct Clothing {
  private var materials: [Material]
  /// Along the arm, metres from the centre of the body: where sleeves end and where hands begin.
  private let sleeve: Float
  private let shoulder: Float, wrist: Float
  /// Heights in metres: where the trousers begin and end.
  private let waist: Float, hem: Float

  /// Draws clothing for the body at rest with the given joints, whose shirt ends at `waist`.
  init(rest: [Point], waist: Float, using generator: inout SeededGenerator) {
    let skin = Self.skinTone(&generator)
    let shirt = Material.cloth(&generator, unlike: skin)
    var trousers = Material.cloth(&generator, unlike: skin)
    if generator.chance(0.4) { trousers = .plain(Self.trouserColour(&generator)) }
    if generator.chance(0.12) { trousers = shirt }
    var hair = Material.plain(Self.hairColour(&generator))
    if generator.chance(0.1) { hair = .cloth(&generator, unlike: skin) }
    if generator.chance(0.06) { hair = .plain(skin * 0.95) }
    let shoes = Material.plain(
      generator.chance(0.12) ? skin : generator.chance(0.5) ? Self.grey(&generator) : .vivid(&generator))
    let eyes = Material.plain(SIMD4(0.85, 0.85, 0.82, 0))
    let inner = Material.plain(SIMD4(0.35, 0.12, 0.1, 0))
    materials = [.plain(skin), hair, shirt, trousers, shoes, eyes, inner]
    materials[0].gloss = 0.12
    materials[4].gloss = 0.2

    self.waist = waist + generator.normal(deviation: 0.015)
    shoulder = rest[Joint.leftShoulder.rawValue].x
    wrist = rest[Joint.leftWrist.rawValue].x - 0.02
    let length = [-0.05, 0.35, 0.5, 0.97, 1][generator.integer(below: 5)] + generator.normal(deviation: 0.04)
    sleeve = min(shoulder + (wrist - shoulder) * length, wrist)
    let (hip, ankle) = (rest[Joint.leftHip.rawValue].y, rest[Joint.leftAnkle.rawValue].y)
    let reach =
      [0.35, 0.5, 0.65, 1.2, 1.2, 1.2][generator.integer(below: 6)] + generator.normal(deviation: 0.05)
    hem = hip + (ankle - hip) * reach
  }

  /// The colour of the body at rest at a point of a region, with the gloss in the fourth lane.
  @inline(__always)
  func colour(region: UInt8, at p: Point, noise: UnsafePointer<Float>) -> SIMD4<Float> {
    var region = Int(region)
    let out = abs(p.x)
    if region == 2 || region == 3, out < shoulder, abs(p.y - waist) < 0.08 {
      // Vertex labels alone would leave a ragged edge.
      region = p.y > waist ? 2 : 3
    } else if region == 2, out > sleeve {
      region = 0
    } else if region == 0, out > shoulder, out < sleeve {
      region = 2
    } else if region == 3, p.y < hem {
      region = 0
    }
    return materials.withUnsafeBufferPointer { $0[region].colour(at: p, noise: noise) }
  }

  /// Skin from pale to dark, interpolated in a list of tones.
  private static func skinTone(_ generator: inout SeededGenerator) -> SIMD4<Float> {
    let tones: [SIMD4<Float>] = [
      SIMD4(0.96, 0.82, 0.74, 0), SIMD4(0.92, 0.75, 0.64, 0), SIMD4(0.86, 0.67, 0.53, 0),
      SIMD4(0.76, 0.56, 0.42, 0), SIMD4(0.62, 0.43, 0.31, 0), SIMD4(0.46, 0.31, 0.22, 0),
      SIMD4(0.31, 0.20, 0.15, 0),
    ]
    let position = generator.uniform() * Float(tones.count - 1)
    let index = min(Int(position), tones.count - 2)
    let share = position - Float(index)
    return tones[index] * (1 - share) + tones[index + 1] * share
  }

  private static func hairColour(_ generator: inout SeededGenerator) -> SIMD4<Float> {
    let colours: [SIMD4<Float>] = [
      SIMD4(0.07, 0.06, 0.06, 0), SIMD4(0.16, 0.10, 0.07, 0), SIMD4(0.30, 0.19, 0.11, 0),
      SIMD4(0.50, 0.33, 0.16, 0), SIMD4(0.78, 0.62, 0.36, 0), SIMD4(0.45, 0.17, 0.08, 0),
      SIMD4(0.62, 0.61, 0.60, 0),
    ]
    return colours[generator.integer(below: colours.count)] * generator.uniform(0.8...1.2)
  }

  private static func grey(_ generator: inout SeededGenerator) -> SIMD4<Float> {
    SIMD4(1, 1, 1, 0) * generator.uniform(0.08...0.9)
  }

  /// Denim, khaki, black and grey.
  private static func trouserColour(_ generator: inout SeededGenerator) -> SIMD4<Float> {
    let colours: [SIMD4<Float>] = [
      SIMD4(0.20, 0.27, 0.42, 0), SIMD4(0.12, 0.15, 0.25, 0), SIMD4(0.55, 0.47, 0.34, 0),
      SIMD4(0.10, 0.10, 0.11, 0), SIMD4(0.36, 0.36, 0.38, 0), SIMD4(0.42, 0.54, 0.70, 0),
    ]
    return colours[generator.integer(below: colours.count)] * generator.uniform(0.75...1.3)
  }
}

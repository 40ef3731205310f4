import Bodies
import Foundation
import Tensors

/// A flat textured shape in front of a person: an ellipse, a box, a bar or a polygon.
struct OccluderObject {
  private enum Outline {
    case ellipse, box
    /// Half planes whose intersection is the inside: direction and distance.
    case polygon([SIMD3<Float>])
  }
  private enum Texture {
    case plain
    case stripes(SIMD2<Float>)
    case noise(Float)
    /// Part of a panorama: its number, where it starts, and its radians per side of the picture.
    case panorama(Int, SIMD2<Float>, Float)
  }

  private var outline: Outline
  private var texture: Texture
  /// In units of the picture's side.
  private var centre: SIMD2<Float>, half: SIMD2<Float>
  private let turn: SIMD2<Float>
  /// The side of the picture that the object was drawn for, in units of the present side.
  private var unit: Float = 1
  private let first: SIMD4<Float>, second: SIMD4<Float>

  /// Draws an object near the given point of the picture, in units of its side.
  init(over point: SIMD2<Float>, panoramas: Int, using generator: inout SeededGenerator) {
    let angle = generator.chance(0.4) ? 0 : generator.uniform(0...(.pi))
    turn = SIMD2(cos(angle), sin(angle))
    let size = generator.uniform(0.08...0.24)
    switch generator.integer(below: 4) {
    case 0:
      outline = .ellipse
      half = SIMD2(size, size * generator.uniform(0.5...1))
    case 1:
      outline = .box
      half = SIMD2(size, size * generator.uniform(0.4...1))
    case 2:
      outline = .box
      half = SIMD2(generator.uniform(0.4...1.5), generator.uniform(0.02...0.07))
    default:
      let corners = 3 + generator.integer(below: 5)
      let start = generator.uniform(0...(2 * .pi))
      outline = .polygon(
        (0..<corners).map { corner in
          let turn = start + (Float(corner) + generator.uniform(-0.3...0.3)) * 2 * .pi / Float(corners)
          return SIMD3(cos(turn), sin(turn), size * generator.uniform(0.6...1))
        })
      half = SIMD2(size, size) * 2
    }
    centre = point + SIMD2(generator.normal(deviation: 0.05), generator.normal(deviation: 0.05))
    first = .vivid(&generator)
    second = .vivid(&generator)
    switch generator.integer(below: 5) {
    case 0: texture = .plain
    case 1:
      texture = .stripes(
        SIMD2(generator.uniform(4...16), generator.chance(0.5) ? 0 : generator.uniform(4...16)))
    case 2: texture = .noise(generator.uniform(8...40))
    default:
      texture = .panorama(
        generator.integer(below: panoramas),
        SIMD2(generator.uniform(-3...3), generator.uniform(-0.4...0.6)), generator.uniform(0.5...1.2))
    }
  }

  /// The same object in a picture with the same centre that shows more: `factor` times as large.
  func shrunk(by factor: Float) -> OccluderObject {
    var object = self
    object.centre = (centre - 0.5) * factor + 0.5
    object.half *= factor
    object.unit *= factor
    if case .polygon(let planes) = outline {
      object.outline = .polygon(planes.map { SIMD3($0.x, $0.y, $0.z * factor) })
    }
    switch texture {
    case .plain: break
    case .stripes(let periods): object.texture = .stripes(periods / factor)
    case .noise(let frequency): object.texture = .noise(frequency / factor)
    case .panorama(let index, let start, let radians):
      object.texture = .panorama(index, start, radians / factor)
    }
    return object
  }

  /// Draws the object over the picture and records its coverage, 0…1 a pixel.
  func draw(
    over colours: UnsafeMutablePointer<SIMD4<Float>>, covering cover: UnsafeMutablePointer<Float>, side: Int,
    panoramas: [Panorama], level: Float
  ) {
    let reach = (half * half).sum().squareRoot()
    func bounds(_ centre: Float) -> ClosedRange<Int>? {
      let low = max(0, Int((centre - reach) * Float(side)))
      let high = min(side - 1, Int((centre + reach) * Float(side)) + 1)
      return low <= high && centre + reach > 0 ? low...high : nil
    }
    guard let rows = bounds(centre.y), let columns = bounds(centre.x) else { return }
    let unit = 1 / Float(side)
    ValueNoise.cube.withUnsafeBufferPointer { noise in
      for row in rows {
        for column in columns {
          let d = SIMD2((Float(column) + 0.5) * unit, (Float(row) + 0.5) * unit) - centre
          let p = SIMD2(turn.x * d.x + turn.y * d.y, turn.x * d.y - turn.y * d.x)
          let share = min(max(0.5 - distance(p) * Float(side), 0), 1)
          guard share > 0 else { continue }
          let shade = level * (1 - 0.5 * (p.x + p.y) / self.unit)
          let pixel = row * side + column
          let colour = colour(at: p, noise: noise.baseAddress!, panoramas: panoramas, unit: unit) * shade
          colours[pixel] += (colour - colours[pixel]) * share
          cover[pixel] = max(cover[pixel], share)
        }
      }
    }
  }

  /// The signed distance of a point from the outline; negative inside.
  @inline(__always)
  private func distance(_ p: SIMD2<Float>) -> Float {
    switch outline {
    case .box: return max(abs(p.x) - half.x, abs(p.y) - half.y)
    case .ellipse:
      let q = p / half
      return ((q * q).sum().squareRoot() - 1) * min(half.x, half.y)
    case .polygon(let planes):
      var farthest = -Float.infinity
      for plane in planes { farthest = max(farthest, p.x * plane.x + p.y * plane.y - plane.z) }
      return farthest
    }
  }

  private func colour(
    at p: SIMD2<Float>, noise: UnsafePointer<Float>, panoramas: [Panorama], unit: Float
  ) -> SIMD4<Float> {
    switch texture {
    case .plain: return first
    case .stripes(let periods):
      let phase = (p * periods).sum() + 64
      return phase - phase.rounded(.down) < 0.5 ? first : second
    case .noise(let frequency):
      let value = ValueNoise.value(SIMD3(p.x, p.y, 0) * frequency, noise)
      return first + (second - first) * value
    case .panorama(let index, let start, let radians):
      // Along the panorama's axes at this height; its poles are never reached.
      let angle = start + p * radians
      let direction = SIMD3(Panorama.sine(angle.x), angle.y, Panorama.sine(angle.x + .pi / 2))
      return panoramas[index].colour(towards: direction, radiansPerPixel: radians * unit)
    }
  }
}

extension Panorama {
  /// sin(x) for |x| up to about 6 by a parabola, within 6 %: for textures, where only variety matters.
  @inline(__always)
  static func sine(_ x: Float) -> Float {
    let turns = x / (2 * .pi) + 16
    let share = turns - Float(Int32(turns))
    let half = share < 0.5 ? share * 2 : share * 2 - 1
    return (share < 0.5 ? 4 : -4) * half * (1 - half)
  }
}

import Bodies
import Foundation
import Tensors

/// Surroundings made unlike any place, so that what is learned from few panoramas holds before others.
///
/// The panorama and its light are turned any way up, the colours of what lies behind the person are exchanged
/// and stretched, things without meaning stand about, and the whole picture takes on a tint, as the published
/// training has it (a factor for every channel; `spec/losses-and-training.md` §6).
struct StudioEstrangement {
  /// Turns directions of the panorama.
  let turn: Matrix3
  /// A factor for every channel of the whole picture.
  let tint: SIMD4<Float>
  private let order: SIMD4<UInt32>
  /// Contrast and brightness of what lies behind the person.
  private let gain: SIMD4<Float>, offset: SIMD4<Float>
  var clutter: [StudioObject]

  init(panoramas: Int, using generator: inout SeededGenerator) {
    // A rotation drawn evenly from all: a random quaternion.
    let q = SIMD4(generator.normal(), generator.normal(), generator.normal(), generator.normal())
    let length = max((q * q).sum().squareRoot(), 1e-6)
    let half = acos(min(abs(q.w) / length, 1))
    let axis = Point(q.x, q.y, q.z) * (q.w < 0 ? -1 : 1)
    let norm = max((axis * axis).sum().squareRoot(), 1e-6)
    let isUpright = generator.chance(0.4)
    turn = isUpright ? .identity : Rotation.about(axis / norm, by: 2 * half)
    tint = SIMD4(
      generator.uniform(0.75...1.3), generator.uniform(0.75...1.3), generator.uniform(0.75...1.3), 1)
    let orders: [SIMD4<UInt32>] = [
      SIMD4(0, 1, 2, 3), SIMD4(0, 2, 1, 3), SIMD4(1, 0, 2, 3), SIMD4(1, 2, 0, 3), SIMD4(2, 0, 1, 3),
      SIMD4(2, 1, 0, 3),
    ]
    order = orders[generator.integer(below: orders.count)]
    // A contrast below zero makes a negative.
    let contrast = generator.uniform(0.4...1.3) * (generator.chance(0.15) ? -1 : 1)
    let middle = generator.uniform(0.25...0.75)
    gain =
      SIMD4(
        generator.uniform(0.7...1.3), generator.uniform(0.7...1.3), generator.uniform(0.7...1.3), 0)
      * contrast
    offset = SIMD4(middle, middle, middle, 0) - gain * 0.45
    let count = generator.chance(0.5) ? 1 + generator.integer(below: 6) : 0
    clutter = (0..<count).map { _ in
      StudioObject(
        over: SIMD2(generator.uniform(), generator.uniform()), panoramas: panoramas, using: &generator)
    }
  }

  /// Changes what lies behind the person; `cover` is overwritten.
  func apply(
    to colours: UnsafeMutablePointer<SIMD4<Float>>, cover: UnsafeMutablePointer<Float>, side: Int,
    panoramas: [Panorama], level: Float
  ) {
    for pixel in 0..<side * side {
      let colour = colours[pixel]
      let exchanged = SIMD4(colour[Int(order.x)], colour[Int(order.y)], colour[Int(order.z)], 0)
      colours[pixel] = (exchanged * gain + offset).clamped(lowerBound: .zero, upperBound: .one)
    }
    for object in clutter {
      object.draw(over: colours, covering: cover, side: side, panoramas: panoramas, level: level)
    }
  }
}

import Bodies
import Foundation
import Tensors

/// Domain randomisation of a picture, so that networks trained on few panoramas work before others.
///
/// Rotates the panorama and its light arbitrarily, permutes and stretches the background's colours, adds up to six
/// random objects to the background, and multiplies each channel of the whole picture by a factor, as SPIN's
/// training does (Kolotouros et al. 2019).
struct DomainRandomization {
  /// Rotates directions of the panorama.
  let turn: Matrix3
  /// A factor for each channel of the whole picture.
  let tint: SIMD4<Float>
  /// The permutation of the background's channels.
  private let order: SIMD4<UInt32>
  /// Contrast and brightness of the background.
  private let gain: SIMD4<Float>, offset: SIMD4<Float>
  /// Random objects in the background.
  var clutter: [OccluderObject]

  init(panoramas: Int, using generator: inout SeededGenerator) {
    // A random quaternion gives a uniformly distributed rotation.
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
    // A contrast below zero inverts the colours.
    let contrast = generator.uniform(0.4...1.3) * (generator.chance(0.15) ? -1 : 1)
    let middle = generator.uniform(0.25...0.75)
    gain =
      SIMD4(
        generator.uniform(0.7...1.3), generator.uniform(0.7...1.3), generator.uniform(0.7...1.3), 0)
      * contrast
    offset = SIMD4(middle, middle, middle, 0) - gain * 0.45
    let count = generator.chance(0.5) ? 1 + generator.integer(below: 6) : 0
    clutter = (0..<count).map { _ in
      OccluderObject(
        over: SIMD2(generator.uniform(), generator.uniform()), panoramas: panoramas, using: &generator)
    }
  }

  /// Changes the background; `cover` is overwritten.
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

import Foundation
package import Bodies
package import Rendering
package import Tensors

extension Losses {
  /// The weights of what a network makes of the skin in UV space; all are multiplied by 60.
  ///
  /// After Zhang, Huang and Wang 2020.
  public struct Surface: Codable, Hashable, Sendable {
    /// Of what of the crop shows the visible person: a cross-entropy over the cells of the map.
    public var saliency: Float = 0.5
    /// Of what of the skin is seen: a cross-entropy over the pixels inside of the charts.
    public var seen: Float = 0.2
    /// Of the positions where the skin is seen: the mean absolute difference.
    public var partial: Float = 0.5
    /// Of the positions everywhere, after the holes were filled: the same.
    public var filled: Float = 0.5
    /// Of the steps from pixel to pixel inside of a chart: the mean absolute difference from the true ones.
    public var smoothness: Float = 0.5
    /// Of the joints that the filled map gives, as of the 3D joints.
    public var joints: Float = 5

    /// The weights of the built-in network.
    public init() {}
  }

  /// The maps that a network makes of a batch, or the gradients of a loss with respect to them.
  package struct SurfaceMaps {
    /// Logits, `[N, map, map, 1]`.
    package var saliency: Tensor
    /// Positions and logits, `[N, side, side, 4]`.
    package var seen: Tensor
    /// Positions, `[N, side, side, 3]`.
    package var filled: Tensor
    /// `[N, 24, 3]`.
    package var joints: Tensor

    package init(saliency: Tensor, seen: Tensor, filled: Tensor, joints: Tensor) {
      (self.saliency, self.seen, self.filled, self.joints) = (saliency, seen, filled, joints)
    }
  }

  /// The loss of the skin in UV space, and its gradient with respect to the maps.
  ///
  /// - Parameters:
  ///   - people: rendered with the points of their skin and with what covers them.
  ///   - side: the side of the crop in pixels.
  package func surface(
    _ maps: SurfaceMaps, people: [RenderedSample], layout: SurfaceLayout, side: Int
  ) -> (terms: Terms, gradients: SurfaceMaps) {
    let weights = uv ?? Surface()
    let truths = people.map(\.surface!)
    var terms = Terms()
    var gradients = SurfaceMaps(
      saliency: Tensor(maps.saliency.shape), seen: Tensor(maps.seen.shape), filled: Tensor(maps.filled.shape),
      joints: Tensor(maps.joints.shape))
    terms.saliency = Self.saliency(
      maps.saliency, people, side, Self.overall * weights.saliency, &gradients.saliency)

    let inside = Float(people.count * layout.pixels.count)
    let seen = Float(max(1, truths.reduce(0) { $0 + $1.isSeen.count { $0 } }))
    let area = layout.side * layout.side
    maps.seen.withElements { map in
      gradients.seen.withMutableElements { gradient in
        for (n, truth) in truths.enumerated() {
          for (index, pixel) in layout.pixels.enumerated() {
            let at = 4 * (n * area + pixel)
            let factor = Self.overall * weights.seen / inside
            let (value, slope) = Self.crossEntropy(map[at + 3], truth.isSeen[index] ? 1 : 0)
            terms.seenSurface += factor * value
            gradient[at + 3] = factor * slope
            guard truth.isSeen[index] else { continue }
            let share = Self.overall * weights.partial / (3 * seen)
            for axis in 0..<3 {
              let off = map[at + axis] - truth.points[index][axis]
              terms.partialSurface += share * abs(off)
              gradient[at + axis] = off < 0 ? -share : share
            }
          }
        }
      }
    }

    let steps = layout.steps
    maps.filled.withElements { map in
      gradients.filled.withMutableElements { gradient in
        for (n, truth) in truths.enumerated() {
          let first = n * area
          let share = Self.overall * weights.filled / (3 * inside)
          for (index, pixel) in layout.pixels.enumerated() {
            for axis in 0..<3 {
              let at = 3 * (first + pixel) + axis
              let off = map[at] - truth.points[index][axis]
              terms.filledSurface += share * abs(off)
              gradient[at] += off < 0 ? -share : share
            }
          }
          let stepShare = Self.overall * weights.smoothness / (3 * Float(people.count * steps.count))
          for (from, to) in steps {
            let step = truth.points[to] - truth.points[from]
            for axis in 0..<3 {
              let a = 3 * (first + layout.pixels[from]) + axis, b = 3 * (first + layout.pixels[to]) + axis
              let off = map[b] - map[a] - step[axis]
              terms.smoothness += stepShare * abs(off)
              gradient[a] -= off < 0 ? -stepShare : stepShare
              gradient[b] += off < 0 ? -stepShare : stepShare
            }
          }
        }
      }
    }

    let factor = Self.overall * weights.joints / Float(people.count * Joint.count * 3)
    let joints = maps.joints.points
    gradients.joints.withMutableElements { gradient in
      for (n, person) in people.enumerated() {
        for j in 0..<Joint.count {
          let off = joints[n * Joint.count + j] - (person.joints[j] - person.joints[0])
          terms.surfaceJoints += factor * (off * off).sum()
          for axis in 0..<3 { gradient[(n * Joint.count + j) * 3 + axis] = 2 * factor * off[axis] }
        }
      }
    }
    return (terms, gradients)
  }

  /// The cross-entropy of logits with the share of every cell that shows the person, uncovered.
  private static func saliency(
    _ logits: Tensor, _ people: [RenderedSample], _ side: Int, _ weight: Float, _ gradient: inout Tensor
  ) -> Float {
    let cells = logits.shape[1]
    let step = side / cells
    let factor = weight / Float(logits.count)
    var sum: Float = 0
    logits.withElements { logits in
      gradient.withMutableElements { gradient in
        for (n, person) in people.enumerated() {
          var counts = [Int](repeating: 0, count: cells * cells)
          for pixel in 0..<side * side where person.parts[pixel] > 0 && !person.covered[pixel] {
            counts[pixel / side / step * cells + pixel % side / step] += 1
          }
          for (cell, count) in counts.enumerated() {
            let at = n * cells * cells + cell
            let (value, slope) = crossEntropy(logits[at], Float(count) / Float(step * step))
            sum += factor * value
            gradient[at] = factor * slope
          }
        }
      }
    }
    return sum
  }

  /// The cross-entropy of a logit with a share, and its slope.
  static func crossEntropy(_ logit: Float, _ share: Float) -> (value: Float, slope: Float) {
    let value = max(logit, 0) - logit * share + log1pf(expf(-abs(logit)))
    return (value, 1 / (1 + expf(-logit)) - share)
  }
}

import Foundation
package import Tensors

/// A map weighed pixel by pixel with the logistic function of another: what is not seen is left out.
///
/// Inputs: `[batch, rows, columns, channels]` and logits `[batch, rows, columns, 1]`. Result: as the first.
package struct Gate: Layer {
  package init() {}

  package func shape(of inputs: [[Int]]) -> [Int] { inputs[0] }

  package func run(_ inputs: [Tensor], _ weights: [Tensor]) -> (result: Tensor, saved: [Tensor]) {
    let channels = inputs[0].shape[3]
    let result = Tensor(inputs[0].shape) { result in
      withPointers(to: inputs[0], inputs[1]) { map, logits in
        for pixel in 0..<inputs[1].count {
          let share = logistic(logits[pixel])
          for c in pixel * channels..<(pixel + 1) * channels { result[c] = map[c] * share }
        }
      }
    }
    return (result, [])
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    let channels = gradient.shape[3]
    var toMap = Tensor(uninitialized: gradient.shape)
    var toLogits = Tensor(uninitialized: step.inputs[1].shape)
    withMutablePointers(to: &toMap, &toLogits) { toMap, toLogits in
      withPointers(to: gradient, step.inputs[0], step.inputs[1]) { gradient, map, logits in
        for pixel in 0..<step.inputs[1].count {
          let share = logistic(logits[pixel])
          var sum: Float = 0
          for c in pixel * channels..<(pixel + 1) * channels {
            toMap[c] = gradient[c] * share
            sum += gradient[c] * map[c]
          }
          toLogits[pixel] = sum * share * (1 - share)
        }
      }
    }
    return ([toMap, toLogits], [])
  }
}

/// A map of the skin with holes: what is taken for hidden, and what is outside of the charts, becomes zero.
///
/// Inputs: `[batch, rows, columns, 4]`, a position and a logit of being seen, and the same again, of which the logit is read.
/// Weight: `[rows, columns]`, 1 inside of the charts and 0 outside, not trained. Result: the position times the share that is
/// seen, and that share (Zhang et al. 2020).
package struct SurfaceHoles: Layer {
  let name: String
  let side: Int

  package init(name: String, side: Int) { (self.name, self.side) = (name, side) }

  package var parameters: [Parameter] {
    [Parameter(name, [side, side], .constant(0), isTrainable: false)]
  }

  package func shape(of inputs: [[Int]]) -> [Int] { inputs[0] }

  package func run(_ inputs: [Tensor], _ weights: [Tensor]) -> (result: Tensor, saved: [Tensor]) {
    let area = side * side
    let result = Tensor(inputs[0].shape) { result in
      withPointers(to: inputs[0], inputs[1], weights[0]) { map, logits, inside in
        for pixel in 0..<inputs[0].shape[0] * area {
          let at = 4 * pixel
          let share = inside[pixel % area] * logistic(logits[at + 3])
          for c in at..<at + 3 { result[c] = map[c] * share }
          result[at + 3] = share
        }
      }
    }
    return (result, [])
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    let area = side * side
    let pixels = gradient.shape[0] * area
    var toMap = Tensor(gradient.shape), toLogits = Tensor(gradient.shape)
    withMutablePointers(to: &toMap, &toLogits) { toMap, toLogits in
      withPointers(to: gradient, step.inputs[0], step.inputs[1], step.weights[0]) {
        gradient, map, logits, inside in
        for pixel in 0..<pixels {
          let at = 4 * pixel
          let seen = logistic(logits[at + 3])
          let share = inside[pixel % area] * seen
          var sum = gradient[at + 3]
          for c in at..<at + 3 {
            toMap[c] = gradient[c] * share
            sum += gradient[c] * map[c]
          }
          toLogits[at + 3] = sum * share * (1 - seen)
        }
      }
    }
    return ([toMap, toLogits], [Tensor(step.weights[0].shape)])
  }
}

/// The same numbers, through which no gradient passes: what reads them does not change how they are made.
package struct StopGradient: Layer {
  package init() {}

  package func shape(of inputs: [[Int]]) -> [Int] { inputs[0] }

  package func run(_ inputs: [Tensor], _ weights: [Tensor]) -> (result: Tensor, saved: [Tensor]) {
    (inputs[0], [])
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    ([Tensor(gradient.shape)], [])
  }
}

/// The joints of a body whose skin is laid out in a map: each a weighted sum of pixels.
///
/// Input: positions `[batch, rows, columns, 3]`. Weight: `[joints, rows · columns]`, not trained. Result: `[batch, joints, 3]`.
package struct SurfaceJoints: Layer {
  let name: String
  let side: Int, joints: Int

  package init(name: String, side: Int, joints: Int) {
    (self.name, self.side, self.joints) = (name, side, joints)
  }

  package var parameters: [Parameter] {
    [Parameter(name, [joints, side * side], .constant(0), isTrainable: false)]
  }

  package func shape(of inputs: [[Int]]) -> [Int] { [inputs[0][0], joints, 3] }

  package func run(_ inputs: [Tensor], _ weights: [Tensor]) -> (result: Tensor, saved: [Tensor]) {
    let area = side * side
    // Sums of our own, and not a library's product, have the same bits in any batch.
    let result = Tensor(shape(of: inputs.map(\.shape))) { result in
      withPointers(to: inputs[0], weights[0]) { map, shares in
        for n in 0..<inputs[0].shape[0] {
          for joint in 0..<joints {
            var sum = SIMD4<Double>.zero
            for pixel in 0..<area {
              let share = shares[joint * area + pixel]
              guard share != 0 else { continue }
              let from = map + 3 * (n * area + pixel)
              sum += Double(share) * SIMD4(Double(from[0]), Double(from[1]), Double(from[2]), 0)
            }
            for axis in 0..<3 { result[3 * (n * joints + joint) + axis] = Float(sum[axis]) }
          }
        }
      }
    }
    return (result, [])
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    let area = side * side
    let batch = gradient.shape[0]
    var input = Tensor(step.inputs[0].shape)
    input.withMutablePointer { input in
      withPointers(to: gradient, step.weights[0]) { gradient, shares in
        for n in 0..<batch {
          for joint in 0..<joints {
            let from = gradient + 3 * (n * joints + joint)
            for pixel in 0..<area {
              let share = shares[joint * area + pixel]
              guard share != 0 else { continue }
              let to = input + 3 * (n * area + pixel)
              for axis in 0..<3 { to[axis] += share * from[axis] }
            }
          }
        }
      }
    }
    return ([input], [Tensor(step.weights[0].shape)])
  }
}

/// The same numbers in another shape, batch apart.
package struct Reshape: Layer {
  let shape: [Int]

  package init(_ shape: [Int]) { self.shape = shape }

  package func shape(of inputs: [[Int]]) -> [Int] { [inputs[0][0]] + shape }

  package func run(_ inputs: [Tensor], _ weights: [Tensor]) -> (result: Tensor, saved: [Tensor]) {
    (inputs[0].reshaped(shape(of: [inputs[0].shape])), [])
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    ([gradient.reshaped(step.inputs[0].shape)], [])
  }
}

private func logistic(_ x: Float) -> Float { 1 / (1 + expf(-x)) }

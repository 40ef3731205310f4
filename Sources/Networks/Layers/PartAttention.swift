import Foundation
package import Tensors

/// A softmax over all positions, one for every part; the background's logits are dropped (`spec/pare.md` §5).
///
/// Input: logits `[batch, rows, columns, 1 + parts]`. Result: `[batch, rows, columns, parts]`, each part's weights
/// adding up to 1 over the map.
package struct SpatialSoftmax: Layer {
  /// While learning, the maps whose logits are taken for equal, picture by picture; none, or one value a map.
  let hidden: [Bool]

  /// A softmax over every map, or over those that are not hidden: these get the same weight everywhere.
  package init(hidden: [Bool] = []) { self.hidden = hidden }

  package func shape(of inputs: [[Int]]) -> [Int] { Array(inputs[0].dropLast()) + [inputs[0][3] - 1] }

  package func run(_ inputs: [Tensor], _ weights: [Tensor]) -> (result: Tensor, saved: [Tensor]) {
    let logits = inputs[0]
    let shape = shape(of: [logits.shape])
    let (pixels, parts) = (shape[1] * shape[2], shape[3])
    let result = Tensor(uninitialized: shape)
    var largest = [Float](repeating: 0, count: parts)
    // Thousands of terms: in 32 bits the sum would be the least exact number of the network.
    var total = [Double](repeating: 0, count: parts)
    for n in 0..<shape[0] {
      let from = logits.address + n * pixels * (parts + 1)
      let to = result.address + n * pixels * parts
      for j in 0..<parts {
        largest[j] = -.infinity
        total[j] = 0
      }
      for p in 0..<pixels {
        for j in 0..<parts { largest[j] = max(largest[j], from[p * (parts + 1) + 1 + j]) }
      }
      for p in 0..<pixels {
        for j in 0..<parts {
          let e = expf(from[p * (parts + 1) + 1 + j] - largest[j])
          to[p * parts + j] = e
          total[j] += Double(e)
        }
      }
      let divisors = total.map { Float($0) }
      for p in 0..<pixels {
        for j in 0..<parts { to[p * parts + j] /= divisors[j] }
      }
      eachHidden(n, parts) { j in
        for p in 0..<pixels { to[p * parts + j] = 1 / Float(pixels) }
      }
    }
    withExtendedLifetime(logits) {}
    return (result, [])
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    let shape = gradient.shape
    let (pixels, parts) = (shape[1] * shape[2], shape[3])
    let input = Tensor(step.inputs[0].shape)
    var agreement = [Float](repeating: 0, count: parts)
    for n in 0..<shape[0] {
      let g = gradient.address + n * pixels * parts
      let w = step.result.address + n * pixels * parts
      let to = input.address + n * pixels * (parts + 1)
      for j in 0..<parts { agreement[j] = 0 }
      for p in 0..<pixels {
        for j in 0..<parts { agreement[j] += g[p * parts + j] * w[p * parts + j] }
      }
      for p in 0..<pixels {
        for j in 0..<parts {
          to[p * (parts + 1) + 1 + j] = w[p * parts + j] * (g[p * parts + j] - agreement[j])
        }
      }
      eachHidden(n, parts) { j in
        for p in 0..<pixels { to[p * (parts + 1) + 1 + j] = 0 }
      }
    }
    withExtendedLifetime((gradient, step)) {}
    return ([input], [])
  }

  private func eachHidden(_ picture: Int, _ parts: Int, _ body: (Int) -> Void) {
    guard !hidden.isEmpty else { return }
    for j in 0..<parts where hidden[picture * parts + j] { body(j) }
  }
}

/// Features gathered by attention: `Σ_p W[p, j] · X[p, c]` (`spec/pare.md` §5).
///
/// Inputs: features `[batch, rows, columns, channels]` and attention `[batch, rows, columns, parts]`. Result:
/// `[batch, channels, parts]`.
package struct AttentionPooling: Layer {
  package init() {}

  package func shape(of inputs: [[Int]]) -> [Int] { [inputs[0][0], inputs[0][3], inputs[1][3]] }

  package func multiplications(for inputs: [[Int]]) -> Double { Double(inputs[0][1] * inputs[0][2]) }

  package func run(_ inputs: [Tensor], _ weights: [Tensor]) -> (result: Tensor, saved: [Tensor]) {
    let (features, attention) = (inputs[0], inputs[1])
    let (pixels, channels, parts) = dimensions(inputs)
    let result = Tensor(uninitialized: shape(of: inputs.map(\.shape)))
    for n in 0..<features.shape[0] {
      multiply(
        Matrix(features.address + n * pixels * channels, pixels, channels, transposed: true),
        Matrix(attention.address + n * pixels * parts, pixels, parts),
        into: result.address + n * channels * parts)
    }
    withExtendedLifetime((features, attention)) {}
    return (result, [])
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    let (features, attention) = (step.inputs[0], step.inputs[1])
    let (pixels, channels, parts) = dimensions(step.inputs)
    let toFeatures = Tensor(uninitialized: features.shape)
    let toAttention = Tensor(uninitialized: attention.shape)
    for n in 0..<features.shape[0] {
      let g = gradient.address + n * channels * parts
      multiply(
        Matrix(attention.address + n * pixels * parts, pixels, parts),
        Matrix(g, channels, parts, transposed: true),
        into: toFeatures.address + n * pixels * channels)
      multiply(
        Matrix(features.address + n * pixels * channels, pixels, channels), Matrix(g, channels, parts),
        into: toAttention.address + n * pixels * parts)
    }
    withExtendedLifetime((gradient, features, attention)) {}
    return ([toFeatures, toAttention], [])
  }

  private func dimensions(_ inputs: [Tensor]) -> (pixels: Int, channels: Int, parts: Int) {
    (inputs[0].shape[1] * inputs[0].shape[2], inputs[0].shape[3], inputs[1].shape[3])
  }
}

/// A linear map of its own for every joint, without bias (`spec/pare.md` §6, `pose_mlp`).
///
/// Input: `[batch, channels, joints]`. Result: `[batch, joints · outputs]`, joint-major. Weight:
/// `[1, outputs, channels, joints, 1, 1]`.
package struct LocallyConnected: Layer {
  let name: String
  let channels: Int, joints: Int, outputs: Int

  package init(name: String, channels: Int, joints: Int, outputs: Int) {
    (self.name, self.channels, self.joints, self.outputs) = (name, channels, joints, outputs)
  }

  package var parameters: [Parameter] {
    // The published N(0, 1) suits features of an ImageNet backbone; a smaller start keeps first answers tame.
    [
      Parameter(
        "\(name).weight", [1, outputs, channels, joints, 1, 1], .normal(0.1 / Float(channels).squareRoot()))
    ]
  }

  package func shape(of inputs: [[Int]]) -> [Int] { [inputs[0][0], joints * outputs] }

  package func run(_ inputs: [Tensor], _ weights: [Tensor]) -> (result: Tensor, saved: [Tensor]) {
    let (a, w) = (inputs[0].address, weights[0].address)
    let result = Tensor(shape(of: inputs.map(\.shape)))
    for n in 0..<inputs[0].shape[0] {
      let to = result.address + n * joints * outputs
      for o in 0..<outputs {
        for c in 0..<channels {
          let (x, m) = (a + (n * channels + c) * joints, w + (o * channels + c) * joints)
          for j in 0..<joints { to[j * outputs + o] += x[j] * m[j] }
        }
      }
    }
    withExtendedLifetime((inputs, weights)) {}
    return (result, [])
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    let (a, w) = (step.inputs[0].address, step.weights[0].address)
    let input = Tensor(step.inputs[0].shape)
    let change = Tensor(step.weights[0].shape)
    for n in 0..<step.inputs[0].shape[0] {
      let g = gradient.address + n * joints * outputs
      for o in 0..<outputs {
        for c in 0..<channels {
          let at = (n * channels + c) * joints
          let (x, m) = (a + at, w + (o * channels + c) * joints)
          let (toX, toM) = (input.address + at, change.address + (o * channels + c) * joints)
          for j in 0..<joints {
            toX[j] += g[j * outputs + o] * m[j]
            toM[j] += g[j * outputs + o] * x[j]
          }
        }
      }
    }
    withExtendedLifetime((gradient, step)) {}
    return ([input], [change])
  }
}

/// `[batch, channels, parts]` as one row of `channels · parts` numbers, channel-major.
package struct Flatten: Layer {
  package init() {}

  package func shape(of inputs: [[Int]]) -> [Int] { [inputs[0][0], inputs[0].dropFirst().reduce(1, *)] }

  package func run(_ inputs: [Tensor], _ weights: [Tensor]) -> (result: Tensor, saved: [Tensor]) {
    (inputs[0].reshaped(shape(of: [inputs[0].shape])), [])
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    ([gradient.reshaped(step.inputs[0].shape)], [])
  }
}

package import Tensors

/// A linear map of its own for every joint, without bias.
///
/// `pose_mlp` of PARE, Kocabas et al. 2021.
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
    // The published N(0, 1) suits features of an ImageNet backbone; a smaller start keeps first predictions tame.
    [
      Parameter(
        "\(name).weight", [1, outputs, channels, joints, 1, 1], .normal(0.1 / Float(channels).squareRoot()))
    ]
  }

  package func shape(of inputs: [[Int]]) -> [Int] { [inputs[0][0], joints * outputs] }

  /// Calls `body` for every output and channel of every picture, with where the numbers of all joints begin.
  private func eachRow(
    _ batch: Int, _ body: (_ input: Int, _ weight: Int, _ firstOutput: Int, _ output: Int) -> Void
  ) {
    for n in 0..<batch {
      for o in 0..<outputs {
        for c in 0..<channels {
          body((n * channels + c) * joints, (o * channels + c) * joints, n * joints * outputs, o)
        }
      }
    }
  }

  package func run(_ inputs: [Tensor], _ weights: [Tensor]) -> (result: Tensor, saved: [Tensor]) {
    var result = Tensor(shape(of: inputs.map(\.shape)))
    result.withMutablePointer { result in
      withPointers(to: inputs[0], weights[0]) { x, weight in
        eachRow(inputs[0].shape[0]) { input, row, first, o in
          for j in 0..<joints { result[first + j * outputs + o] += x[input + j] * weight[row + j] }
        }
      }
    }
    return (result, [])
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    var toInput = Tensor(step.inputs[0].shape), toWeight = Tensor(step.weights[0].shape)
    withMutablePointers(to: &toInput, &toWeight) { toInput, toWeight in
      withPointers(to: gradient, step.inputs[0], step.weights[0]) { gradient, x, weight in
        eachRow(step.inputs[0].shape[0]) { input, row, first, o in
          for j in 0..<joints {
            let g = gradient[first + j * outputs + o]
            toInput[input + j] += g * weight[row + j]
            toWeight[row + j] += g * x[input + j]
          }
        }
      }
    }
    return ([toInput], [toWeight])
  }
}

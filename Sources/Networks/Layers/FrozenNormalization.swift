internal import CKernels
package import Tensors

/// Batch normalisation that no longer learns, and the ReLU that follows it.
///
/// Input and result: a map `[batch, rows, columns, channels]`. It divides by the running statistics, as in
/// inference, so that a batch changes neither them nor the scale; gradients pass through to the map alone.
package struct FrozenNormalization: Layer {
  let name: String
  let channels: Int
  var hasReLU = false

  package init(name: String, channels: Int, hasReLU: Bool = false) {
    (self.name, self.channels, self.hasReLU) = (name, channels, hasReLU)
  }

  package var parameters: [Parameter] {
    [("weight", 1), ("bias", 0), ("running_mean", 0), ("running_var", 1)].map { part, value in
      Parameter("\(name).\(part)", [channels], .constant(value), isTrainable: false)
    }
  }

  package func shape(of inputs: [[Int]]) -> [Int] { inputs[0] }

  package func run(_ inputs: [Tensor], _ weights: [Tensor]) -> (result: Tensor, saved: [Tensor]) {
    let scale = scale(weights)
    let offset = Tensor(
      [channels],
      (0..<channels).map { weights[1].address[$0] - weights[2].address[$0] * scale.address[$0] })
    let result = inputs[0].scaled(by: scale, offset: offset, adding: nil, relu: hasReLU)
    withExtendedLifetime((weights, scale)) {}
    return (result, [])
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    let scale = scale(step.weights)
    let none = Tensor([channels])
    let input = Tensor(uninitialized: gradient.shape)
    kernel_gradient_input(
      gradient.address, hasReLU ? step.result.address : nil, step.inputs[0].address,
      gradient.count / channels, channels, scale.address, none.address, none.address, input.address, nil)
    withExtendedLifetime((gradient, step, scale, none)) {}
    return ([input], [])
  }

  private func scale(_ weights: [Tensor]) -> Tensor {
    let scale = Tensor(
      [channels],
      (0..<channels).map {
        weights[0].address[$0] / (weights[3].address[$0] + BatchNormalization.epsilon).squareRoot()
      })
    withExtendedLifetime(weights) {}
    return scale
  }
}

package import Tensors

/// Batch normalisation that is no longer trained, and the ReLU that follows it.
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

  /// The tensors in the order of `parameters`, and what they make of a map: `map · scale + offset`.
  private struct Statistics {
    let weight: [Float], bias: [Float], mean: [Float], variance: [Float]

    init(_ weights: [Tensor]) {
      (weight, bias) = (weights[0].elements, weights[1].elements)
      (mean, variance) = (weights[2].elements, weights[3].elements)
    }

    var scale: [Float] {
      zip(weight, variance).map { $0 / ($1 + BatchNormalization.epsilon).squareRoot() }
    }

    var offset: [Float] {
      let scale = scale
      return bias.indices.map { bias[$0] - mean[$0] * scale[$0] }
    }
  }

  package func shape(of inputs: [[Int]]) -> [Int] { inputs[0] }

  package func run(_ inputs: [Tensor], _ weights: [Tensor]) -> (result: Tensor, saved: [Tensor]) {
    let statistics = Statistics(weights)
    let result = inputs[0].scaled(
      by: Tensor([channels], statistics.scale), offset: Tensor([channels], statistics.offset), relu: hasReLU)
    return (result, [])
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    let none = Tensor([channels])
    let (input, _) = gradient.throughScale(
      Tensor([channels], Statistics(step.weights).scale), map: step.inputs[0], none, offset: none,
      mask: hasReLU ? step.result : nil)
    return ([input], [])
  }
}

internal import CKernels
package import Tensors

/// Batch normalisation as it learns, with the map added and the ReLU that follow it.
///
/// Inputs: the map and, where `hasResidual`, the map added before the ReLU. The statistics are those of the batch
/// (biased variance, 1e-5 added); the running ones, which inference uses, follow from `saved`: mean and unbiased
/// variance (`spec/spin.md` §1). Ioffe and Szegedy 2015.
package struct BatchNormalization: Layer {
  let name: String
  let channels: Int
  var hasResidual = false, hasReLU = false

  static let epsilon: Float = 1e-5
  /// How much of a batch's statistics the running ones take up.
  package static let momentum: Float = 0.1

  package init(name: String, channels: Int, hasResidual: Bool = false, hasReLU: Bool = false) {
    (self.name, self.channels, self.hasResidual, self.hasReLU) = (name, channels, hasResidual, hasReLU)
  }

  package var parameters: [Parameter] {
    [
      Parameter("\(name).weight", [channels], .constant(1)),
      Parameter("\(name).bias", [channels], .constant(0)),
    ]
  }

  var meanName: String { "\(name).running_mean" }
  var varianceName: String { "\(name).running_var" }

  package func shape(of inputs: [[Int]]) -> [Int] { inputs[0] }

  package func run(_ inputs: [Tensor], _ weights: [Tensor]) -> (result: Tensor, saved: [Tensor]) {
    let map = inputs[0]
    let pixels = map.count / channels
    // The first pixel stands in for the mean while sums are taken: totals of small numbers lose fewer digits.
    let shift = map.reshaped([pixels, channels]).rows(0..<1).reshaped([channels])
    let (sums, squares) = (Tensor(uninitialized: [channels]), Tensor(uninitialized: [channels]))
    kernel_moments(map.address, pixels, channels, shift.address, sums.address, squares.address)
    var mean = Tensor([channels]), unbiased = Tensor([channels]), inverse = Tensor([channels])
    var scale = Tensor([channels]), offset = Tensor([channels])
    let n = Float(pixels)
    for c in 0..<channels {
      let distance = sums.address[c] / n
      let variance = max(squares.address[c] / n - distance * distance, 0)
      let factor = 1 / (variance + Self.epsilon).squareRoot()
      mean.set(c, shift.address[c] + distance)
      unbiased.set(c, variance * n / max(n - 1, 1))
      inverse.set(c, factor)
      scale.set(c, weights[0].address[c] * factor)
      offset.set(c, weights[1].address[c] - mean.address[c] * weights[0].address[c] * factor)
    }
    withExtendedLifetime((map, shift, sums, squares, weights)) {}
    let result = map.scaled(by: scale, offset: offset, adding: hasResidual ? inputs[1] : nil, relu: hasReLU)
    return (result, [mean, unbiased, inverse])
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    let map = step.inputs[0]
    let pixels = map.count / channels
    let (mean, inverse) = (step.saved[0], step.saved[2])
    let mask = hasReLU ? step.result.address : nil
    let (sums, products) = (Tensor(uninitialized: [channels]), Tensor(uninitialized: [channels]))
    kernel_gradient_moments(
      gradient.address, mask, map.address, pixels, channels, mean.address, sums.address, products.address)
    var scaleGradient = Tensor([channels])
    var a = Tensor([channels]), b = Tensor([channels]), c0 = Tensor([channels])
    let n = Float(pixels)
    for c in 0..<channels {
      let r = inverse.address[c]
      let scale = step.weights[0].address[c] * r
      scaleGradient.set(c, products.address[c] * r)
      a.set(c, scale)
      b.set(c, -scale * r * r * products.address[c] / n)
      c0.set(c, -scale * sums.address[c] / n - b.address[c] * mean.address[c])
    }
    let input = Tensor(uninitialized: map.shape)
    let added = hasResidual && hasReLU ? Tensor(uninitialized: map.shape) : gradient
    kernel_gradient_input(
      gradient.address, mask, map.address, pixels, channels, a.address, b.address, c0.address, input.address,
      hasResidual && hasReLU ? added.address : nil)
    withExtendedLifetime((gradient, step, products)) {}
    return (hasResidual ? [input, added] : [input], [scaleGradient, sums])
  }
}

extension Tensor {
  /// Sets one element of a tensor that nobody shares.
  mutating func set(_ index: Int, _ value: Float) { address[index] = value }
}

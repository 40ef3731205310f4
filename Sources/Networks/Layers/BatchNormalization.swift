internal import CKernels
package import Tensors

/// Batch normalisation in training, with the residual and the ReLU that follow it (Ioffe and Szegedy 2015).
///
/// Inputs: the map and, where `hasResidual`, the map added before the ReLU. The statistics are those of the batch
/// (biased variance, 1e-5 added); the running ones, which inference uses, follow from `saved`: mean and unbiased
/// variance, as in PyTorch.
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

  package var statistics: RunningStatistics? {
    RunningStatistics(mean: "\(name).running_mean", variance: "\(name).running_var", channels: channels)
  }

  package func shape(of inputs: [[Int]]) -> [Int] { inputs[0] }

  /// What a pass remembers, per channel, in the order of `saved`.
  private struct Moments {
    var mean: [Float], unbiasedVariance: [Float], inverseDeviation: [Float]

    init(channels: Int) {
      mean = [Float](repeating: 0, count: channels)
      unbiasedVariance = mean
      inverseDeviation = mean
    }

    init(_ saved: [Tensor]) {
      (mean, unbiasedVariance, inverseDeviation) = (saved[0].elements, saved[1].elements, saved[2].elements)
    }

    var saved: [Tensor] { [mean, unbiasedVariance, inverseDeviation].map { Tensor([$0.count], $0) } }
  }

  package func run(_ inputs: [Tensor], _ weights: [Tensor]) -> (result: Tensor, saved: [Tensor]) {
    let map = inputs[0]
    let (weight, bias) = (weights[0].elements, weights[1].elements)
    let pixels = map.count / channels
    // The first pixel stands in for the mean while sums are taken: totals of small numbers lose fewer digits.
    let first = map.reshaped([pixels, channels]).rows(0..<1).reshaped([channels])
    let totals = map.moments(shift: first)
    let (shift, sums, squares) = (first.elements, totals.sums.elements, totals.squares.elements)
    var moments = Moments(channels: channels)
    var scale = moments.mean, offset = moments.mean
    let n = Float(pixels)
    for c in 0..<channels {
      let distance = sums[c] / n
      let variance = max(squares[c] / n - distance * distance, 0)
      let factor = 1 / (variance + Self.epsilon).squareRoot()
      moments.mean[c] = shift[c] + distance
      moments.unbiasedVariance[c] = variance * n / max(n - 1, 1)
      moments.inverseDeviation[c] = factor
      scale[c] = weight[c] * factor
      offset[c] = bias[c] - moments.mean[c] * weight[c] * factor
    }
    let result = map.scaled(
      by: Tensor([channels], scale), offset: Tensor([channels], offset),
      residual: hasResidual ? inputs[1] : nil, relu: hasReLU)
    return (result, moments.saved)
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    let map = step.inputs[0]
    let weight = step.weights[0].elements
    let pixels = map.count / channels
    let moments = Moments(step.saved)
    let mask = hasReLU ? step.result : nil
    var sums = Tensor(uninitialized: [channels]), products = Tensor(uninitialized: [channels])
    withPointers(to: gradient, mask, map, step.saved[0]) { gradient, mask, map, mean in
      withMutablePointers(to: &sums, &products) { sums, products in
        kernel_gradient_moments(gradient, mask, map, pixels, channels, mean, sums, products)
      }
    }
    let (sum, product) = (sums.elements, products.elements)
    var scaleGradient = [Float](repeating: 0, count: channels)
    // The gradient of the map is a · gradient + b · map + c.
    var a = scaleGradient, b = scaleGradient, c = scaleGradient
    let n = Float(pixels)
    for channel in 0..<channels {
      let r = moments.inverseDeviation[channel]
      let scale = weight[channel] * r
      scaleGradient[channel] = product[channel] * r
      a[channel] = scale
      b[channel] = -scale * r * r * product[channel] / n
      c[channel] = -scale * sum[channel] / n - b[channel] * moments.mean[channel]
    }
    let (input, residual) = gradient.throughScale(
      Tensor([channels], a), map: map, Tensor([channels], b), offset: Tensor([channels], c), mask: mask,
      keepsMasked: hasResidual && hasReLU)
    return (
      hasResidual ? [input, residual ?? gradient] : [input], [Tensor([channels], scaleGradient), sums]
    )
  }
}

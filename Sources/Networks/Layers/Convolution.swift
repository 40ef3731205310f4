package import Tensors

/// A convolution over maps, or its transpose, with what inference folds into it: bias, residual, ReLU.
///
/// Inputs: the map and, where `hasResidual`, the map that is added before the ReLU. Weights: `[out, in, side, side]`
/// (transposed: `[in, out, side, side]`, as PyTorch stores ConvTranspose2d), then, where `hasBias`, `[out]`.
package struct Convolution: Layer {
  /// What computes it where its weights no longer change.
  enum Method: Sendable {
    case oneDNN
    /// With fewer multiplications.
    case winograd(Winograd)
    /// As products of windows and weights by kernels of our own.
    case windows(WindowProduct)
    /// A transposed convolution, by Winograd's filtering too.
    case subpixel(SubpixelConvolution)
  }

  let name: String
  let inputs: Int, outputs: Int
  let side: Int, stride: Int
  var padding: Int
  var isTransposed = false
  package var hasBias = false
  /// For inference only: a gradient does not pass through them.
  package var hasResidual = false, hasReLU = false
  /// What the ReLU cuts off above: 6 makes it a ReLU6.
  package var ceiling = Float.infinity
  var start: Parameter.Start?
  /// The packed weights of a network in inference.
  var packing: PackedWeights?
  var method = Method.oneDNN
  /// Whether oneDNN reads map and weights rounded to bfloat16.
  var usesBFloat16 = false
  /// Whether Winograd's filtering computes it in training, forward and back, where its channels allow.
  var trainsByWinograd = false

  package init(
    name: String, inputs: Int, outputs: Int, side: Int, stride: Int, padding: Int, isTransposed: Bool = false,
    hasBias: Bool = false, hasResidual: Bool = false, hasReLU: Bool = false, start: Parameter.Start? = nil
  ) {
    (self.name, self.inputs, self.outputs) = (name, inputs, outputs)
    (self.side, self.stride, self.padding, self.isTransposed) = (side, stride, padding, isTransposed)
    (self.hasBias, self.hasResidual, self.hasReLU, self.start) = (hasBias, hasResidual, hasReLU, start)
  }

  /// The largest value of a result after the ReLU; 0 where there is none.
  private var limit: Float { hasReLU ? ceiling : 0 }

  package var parameters: [Parameter] {
    let (first, second) = isTransposed ? (inputs, outputs) : (outputs, inputs)
    let deviation = (2 / Float(side * side * outputs)).squareRoot()
    let weight = Parameter("\(name).weight", [first, second, side, side], start ?? .normal(deviation))
    return hasBias ? [weight, Parameter("\(name).bias", [outputs], .constant(0))] : [weight]
  }

  package func shape(of inputs: [[Int]]) -> [Int] {
    let map = inputs[0]
    precondition(map[3] == self.inputs, "\(name) takes \(self.inputs) channels, not \(map[3])")
    func length(_ n: Int) -> Int {
      isTransposed ? (n - 1) * stride - 2 * padding + side : (n + 2 * padding - side) / stride + 1
    }
    return [map[0], length(map[1]), length(map[2]), outputs]
  }

  package func multiplications(for inputs: [[Int]]) -> Double {
    Double(self.inputs * side * side) / (isTransposed ? Double(stride * stride) : 1)
  }

  private func kernel(
    _ pass: ConvolutionKernel.Pass, _ map: [Int], _ result: [Int]
  ) throws(NetworkError) -> ConvolutionKernel {
    // A transposed convolution is the data pass of the convolution that reads its result and makes its input.
    try ConvolutionKernel.of(
      .init(
        pass: pass, source: isTransposed ? result : map, result: isTransposed ? map : result, side: side,
        stride: stride, padding: padding, usesBFloat16: usesBFloat16))
  }

  private func trainsByWinograd(from inputs: Int, to outputs: Int) -> Bool {
    trainsByWinograd && Winograd.suits(from: inputs, to: outputs)
  }

  /// Convolutions of single pixels are matrix products; oneDNN 2.6 writes past its memory in some of them
  /// (AVX2, stride 2, gradient of the weights), so that it gets none in training.
  private var trainsByProduct: Bool {
    side == 1 && padding == 0 && !isTransposed && !hasReLU && !hasResidual && packing == nil && !usesBFloat16
  }

  package func run(
    _ inputs: [Tensor], _ weights: [Tensor]
  ) throws(NetworkError) -> (result: Tensor, saved: [Tensor]) {
    let map = inputs[0]
    let weight = weights[0]
    let (bias, residual) = (hasBias ? weights[1] : nil, hasResidual ? inputs[1] : nil)
    let shape = shape(of: inputs.map(\.shape))
    var operands: ConvolutionOperands {
      ConvolutionOperands(
        map, weights: weight, bias: bias, residual: residual, stride: stride, padding: padding, result: shape)
    }
    switch method {
    case .winograd(let winograd): return (winograd.run(operands, limit: limit), [])
    case .windows(let product): return (product.run(operands, limit: limit), [])
    case .subpixel(let convolution):
      return (convolution.run(map, weights: weight, bias: bias, limit: limit), [])
    case .oneDNN: break
    }
    if trainsByProduct { return (WindowProduct.run(operands), []) }
    if trainsByWinograd(from: self.inputs, to: outputs) {
      return (Winograd.train(operands, isTurned: false), [])
    }
    if isTransposed {
      let result = try kernel(.data, map.shape, shape).runData(map, weights: weight, packing: packing)
      guard hasBias || hasReLU || hasResidual else { return (result, []) }
      precondition(ceiling == .infinity, "\(name): a transposed convolution has no ceiling")
      let scaled = result.scaled(
        by: Tensor([outputs], repeating: 1), offset: bias ?? Tensor([outputs]), residual: residual,
        relu: hasReLU)
      return (scaled, [])
    }
    // The library adds to what the result holds.
    var result = residual ?? Tensor(uninitialized: shape)
    try kernel(.forward(bias: hasBias, residual: hasResidual, limit: limit), map.shape, shape)
      .run(map, weights: weight, bias: bias, into: &result, packing: packing)
    return (result, [])
  }

  package func backward(
    _ gradient: Tensor, _ step: Step
  ) throws(NetworkError) -> (inputs: [Tensor], weights: [Tensor]) {
    precondition(!hasResidual && !hasReLU, "\(name) is folded for inference and cannot be trained")
    if trainsByProduct { return pointwiseBackward(gradient, step) }
    let weights = [try weightGradient(gradient, step)] + (hasBias ? [gradient.channelSums] : [])
    return ([try inputGradient(gradient, step)], weights)
  }

  private func inputGradient(_ gradient: Tensor, _ step: Step) throws(NetworkError) -> Tensor {
    let (map, weight) = (step.inputs[0], step.weights[0])
    if isTransposed {
      var input = Tensor(uninitialized: map.shape)
      try kernel(.forward(bias: false, residual: false, limit: 0), map.shape, gradient.shape)
        .run(gradient, weights: weight, bias: nil, into: &input)
      return input
    }
    // Nobody reads the gradient of a picture.
    guard step.needsInputGradient else { return Tensor(uninitialized: map.shape) }
    if trainsByWinograd(from: outputs, to: inputs) {
      return Winograd.train(
        ConvolutionOperands(gradient, weights: weight, padding: 1, result: map.shape), isTurned: true)
    }
    return try kernel(.data, map.shape, gradient.shape).runData(gradient, weights: weight)
  }

  private func weightGradient(_ gradient: Tensor, _ step: Step) throws(NetworkError) -> Tensor {
    let map = step.inputs[0]
    if isTransposed {
      return try kernel(.weights, map.shape, gradient.shape).weightGradient(source: gradient, gradient: map)
    }
    return trainsByWinograd(from: inputs, to: outputs)
      ? Winograd.weightGradient(map, gradient: gradient)
      : try kernel(.weights, map.shape, gradient.shape).weightGradient(source: map, gradient: gradient)
  }

  /// Gradients of a convolution of single pixels, by matrix products over the pixels that it reads.
  private func pointwiseBackward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    let map = step.inputs[0]
    let pixels = gradient.count / outputs
    let read = stride == 1 ? map : map.pixels(every: stride, like: gradient.shape)
    var weight = Tensor(uninitialized: [outputs, inputs, 1, 1])
    multiply(
      Matrix(gradient, rows: pixels, columns: outputs, transposed: true),
      Matrix(read, rows: pixels, columns: inputs), into: &weight)
    var input = map
    if step.needsInputGradient {
      var back = Tensor(uninitialized: Array(gradient.shape.dropLast()) + [inputs])
      multiply(
        Matrix(gradient, rows: pixels, columns: outputs),
        Matrix(step.weights[0], rows: outputs, columns: inputs), into: &back)
      input = stride == 1 ? back : back.spread(every: stride, over: map.shape)
    }
    return ([input], hasBias ? [weight, gradient.channelSums] : [weight])
  }
}

internal import CKernels
package import Tensors

/// A convolution over maps, or its transpose, with what inference folds into it: bias, a map added, ReLU.
///
/// Inputs: the map and, where `hasResidual`, the map that is added before the ReLU. Weights: `[out, in, side, side]`
/// (transposed: `[in, out, side, side]`, as PyTorch stores ConvTranspose2d), then, where `hasBias`, `[out]`.
package struct Convolution: Layer {
  let name: String
  let inputs: Int, outputs: Int
  let side: Int, stride: Int
  var padding: Int
  var isTransposed = false
  package var hasBias = false
  /// For inference only: a gradient does not pass through them.
  package var hasResidual = false, hasReLU = false
  var start: Parameter.Start?
  /// The packed weights of a network that no longer learns.
  var packing: PackedWeights?
  /// Set where a network that no longer learns saves multiplications.
  var winograd: Winograd?
  /// Set where a network that no longer learns multiplies windows and weights by kernels of our own.
  var product: WindowProduct?
  /// Set where a transposed convolution that no longer learns goes by Winograd's filtering too.
  var subpixel: SubpixelConvolution?
  /// Whether a network that no longer learns rounds map and weights to bfloat16.
  var usesBFloat16 = false
  /// Whether a network that learns saves multiplications, forward and back.
  var trainsByWinograd = false

  package init(
    name: String, inputs: Int, outputs: Int, side: Int, stride: Int, padding: Int, isTransposed: Bool = false,
    hasBias: Bool = false, hasResidual: Bool = false, hasReLU: Bool = false, start: Parameter.Start? = nil
  ) {
    (self.name, self.inputs, self.outputs) = (name, inputs, outputs)
    (self.side, self.stride, self.padding, self.isTransposed) = (side, stride, padding, isTransposed)
    (self.hasBias, self.hasResidual, self.hasReLU, self.start) = (hasBias, hasResidual, hasReLU, start)
  }

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

  private func kernel(_ pass: ConvolutionKernel.Pass, _ map: [Int], _ result: [Int]) -> ConvolutionKernel {
    // A transposed convolution is the data pass of the convolution that reads its result and makes its input.
    ConvolutionKernel.of(
      .init(
        pass: pass, source: isTransposed ? result : map, result: isTransposed ? map : result, side: side,
        stride: stride, padding: padding, usesBFloat16: usesBFloat16))
  }

  private func trainsByWinograd(from inputs: Int, to outputs: Int) -> Bool {
    trainsByWinograd && Winograd.suits(from: inputs, to: outputs)
  }

  /// Convolutions of single pixels are matrix products; oneDNN 2.6 writes past its memory in some of them
  /// (AVX2, stride 2, gradient of the weights), so that it gets none while a network learns.
  private var trainsByProduct: Bool {
    side == 1 && padding == 0 && !isTransposed && !hasReLU && !hasResidual && packing == nil && !usesBFloat16
  }

  package func run(_ inputs: [Tensor], _ weights: [Tensor]) -> (result: Tensor, saved: [Tensor]) {
    let map = inputs[0]
    let shape = shape(of: inputs.map(\.shape))
    var result = Tensor(uninitialized: shape)
    let bias = hasBias ? weights[1] : nil
    if let winograd {
      winograd.run(
        map, weights: weights[0], bias: bias, adding: hasResidual ? inputs[1] : nil, padding: padding,
        relu: hasReLU, into: result)
    } else if let product {
      product.run(
        map, weights: weights[0], bias: bias, adding: hasResidual ? inputs[1] : nil, stride: stride,
        padding: padding,
        relu: hasReLU, into: result)
    } else if let subpixel {
      subpixel.run(map, weights: weights[0], bias: bias, relu: hasReLU, into: result)
    } else if trainsByProduct {
      WindowProduct.run(
        map, weights: weights[0], bias: bias, stride: stride, padding: padding, into: result)
    } else if trainsByWinograd(from: self.inputs, to: outputs) {
      Winograd.learn(map, weights: weights[0], isTurned: false, bias: bias, into: result)
    } else if isTransposed {
      kernel(.data, map.shape, shape).runData(map, weights: weights[0], into: result, packing: packing)
      if hasBias || hasReLU || hasResidual {
        result = result.scaled(
          by: Tensor([outputs], repeating: 1), offset: bias ?? Tensor([outputs]),
          adding: hasResidual ? inputs[1] : nil, relu: hasReLU)
      }
    } else {
      if hasResidual {
        result.withMutableElements { to in inputs[1].withElements { _ = to.update(fromContentsOf: $0) } }
      }
      kernel(.forward(bias: hasBias, residual: hasResidual, relu: hasReLU), map.shape, shape)
        .run(map, weights: weights[0], bias: bias, into: result, packing: packing)
    }
    return (result, [])
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    precondition(!hasResidual && !hasReLU, "\(name) is folded for inference and cannot be trained")
    let map = step.inputs[0]
    let input = Tensor(uninitialized: map.shape)
    let weight: Tensor
    if isTransposed {
      kernel(.forward(bias: false, residual: false, relu: false), map.shape, gradient.shape)
        .run(gradient, weights: step.weights[0], bias: nil, into: input, packing: nil)
      weight = kernel(.weights, map.shape, gradient.shape).weightGradient(source: gradient, gradient: map)
    } else {
      if trainsByProduct {
        return pointwiseBackward(gradient, step)
      } else if step.needsInputGradient, trainsByWinograd(from: outputs, to: inputs) {
        Winograd.learn(gradient, weights: step.weights[0], isTurned: true, into: input)
      } else if step.needsInputGradient {
        kernel(.data, map.shape, gradient.shape)
          .runData(gradient, weights: step.weights[0], into: input, packing: nil)
      }
      weight =
        trainsByWinograd(from: inputs, to: outputs)
        ? Winograd.weightGradient(map, gradient: gradient)
        : kernel(.weights, map.shape, gradient.shape).weightGradient(source: map, gradient: gradient)
    }
    return ([input], hasBias ? [weight, gradient.channelSums] : [weight])
  }
}

extension Convolution {
  /// The same by Winograd's filtering with tiles of 2 × 2, 4 × 4 or 6 × 6 results; nil where that is not possible.
  ///
  /// Its weights may not change any more.
  package func usingWinograd(tile: Int) -> Convolution? {
    precondition([2, 4, 6].contains(tile), "tiles of \(tile)")
    guard Winograd.suits(self) else { return nil }
    var other = self
    other.winograd = Winograd(tile: tile)
    return other
  }

  /// The same as a product of windows and weights by kernels of our own or, for a transposed one, by Winograd's
  /// filtering over a map of a height; nil where that is not possible.
  ///
  /// Its weights may not change any more.
  package func byOwnKernels(height: Int) -> Convolution? {
    var other = self
    if isTransposed {
      other.subpixel = SubpixelConvolution(self, height: height)
      return other.subpixel.map { _ in other }
    }
    other.product = WindowProduct()
    return other
  }

  /// The same for a network that learns: weights are transformed anew for every batch.
  package var usingWinogradInTraining: Convolution {
    var other = self
    other.trainsByWinograd = Winograd.hasForm(self) && !hasReLU && !hasResidual
    return other
  }

  /// The same over maps and weights rounded to bfloat16, products added up in 32 bits.
  package var inBFloat16: Convolution {
    var other = self
    (other.usesBFloat16, other.product, other.subpixel) = (true, nil, nil)
    return other
  }
}

extension Convolution {
  /// Where a transposed convolution's pixels come from is no window of one size.
  package var locality: Locality? {
    guard !isTransposed else { return nil }
    var bare = self
    bare.padding = 0
    return Locality(
      receptiveField: ReceptiveField(side: side, stride: stride, padding: padding), border: 0,
      alignment: winograd?.tile ?? 1
    ) { [bare] surroundings, residual, weights in
      bare.run(residual.map { [surroundings, $0] } ?? [surroundings], weights).result
    }
  }
}

extension Convolution {
  /// Gradients of a convolution of single pixels, by matrix products over the pixels that it reads.
  private func pointwiseBackward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    let map = step.inputs[0]
    let pixels = gradient.count / outputs
    let read = stride == 1 ? map : map.pixels(every: stride, like: gradient.shape)
    let weight = Tensor(uninitialized: [outputs, inputs, 1, 1])
    multiply(
      Matrix(gradient.address, pixels, outputs, transposed: true), Matrix(read.address, pixels, inputs),
      into: weight.address)
    var input = map
    if step.needsInputGradient {
      let back = Tensor(uninitialized: Array(gradient.shape.dropLast()) + [inputs])
      multiply(
        Matrix(gradient.address, pixels, outputs), Matrix(step.weights[0].address, outputs, inputs),
        into: back.address)
      input = stride == 1 ? back : back.spread(every: stride, over: map.shape)
    }
    withExtendedLifetime((gradient, read, step)) {}
    return ([input], hasBias ? [weight, gradient.channelSums] : [weight])
  }
}

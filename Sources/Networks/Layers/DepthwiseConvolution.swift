internal import CKernels
package import Tensors

/// A convolution of every channel by itself, with its bias and the ReLU6 that follows.
///
/// Input: a map `[batch, rows, columns, channels]`. Weights: `[channels, 1, side, side]`, as PyTorch's Conv2d with as many
/// groups as channels, then `[channels]`.
package struct DepthwiseConvolution: Layer {
  let name: String
  let channels: Int
  let side: Int, stride: Int
  /// Rows and columns of zeros before the map; as many are after it unless `paddingAfter` says otherwise.
  let padding: Int, paddingAfter: Int
  /// What its results are cut off above, after a ReLU; nil leaves them as they are.
  let ceiling: Float?

  package init(
    name: String, channels: Int, side: Int, stride: Int, padding: Int, paddingAfter: Int? = nil,
    ceiling: Float?
  ) {
    (self.name, self.channels, self.side, self.stride) = (name, channels, side, stride)
    (self.padding, self.paddingAfter, self.ceiling) = (padding, paddingAfter ?? padding, ceiling)
  }

  package var parameters: [Parameter] {
    let deviation = (2 / Float(side * side)).squareRoot()
    return [
      Parameter("\(name).weight", [channels, 1, side, side], .normal(deviation)),
      Parameter("\(name).bias", [channels], .constant(0)),
    ]
  }

  package func shape(of inputs: [[Int]]) -> [Int] {
    let map = inputs[0]
    precondition(map[3] == channels, "\(name) takes \(channels) channels, not \(map[3])")
    func length(_ n: Int) -> Int { (n + padding + paddingAfter - side) / stride + 1 }
    return [map[0], length(map[1]), length(map[2]), channels]
  }

  package func multiplications(for inputs: [[Int]]) -> Double { Double(side * side) }

  /// The same without what is before and after the map, which the caller has put there.
  private var bare: DepthwiseConvolution {
    DepthwiseConvolution(
      name: name, channels: channels, side: side, stride: stride, padding: 0, ceiling: ceiling)
  }

  private func shape(_ map: Tensor, _ result: [Int]) -> convolution_shape {
    convolution_shape(map.shape, result, side: side, stride: stride, padding: padding)
  }

  package func run(_ inputs: [Tensor], _ weights: [Tensor]) -> (result: Tensor, saved: [Tensor]) {
    let result = shape(of: inputs.map(\.shape))
    var shape = shape(inputs[0], result)
    var scratch = Tensor(uninitialized: [kernel_depthwise_scratch(&shape)])
    return (
      Tensor(result) { result in
        scratch.withMutablePointer { scratch in
          withPointers(to: inputs[0], weights[0], weights[1]) {
            kernel_depthwise_run(&shape, $0, $1, $2, ceiling ?? 0, result, scratch)
          }
        }
      }, []
    )
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    let map = step.inputs[0]
    let slopes = ceiling.map { gradient.throughClip(step.result, most: $0) } ?? gradient
    var shape = shape(map, gradient.shape)
    var input = Tensor(uninitialized: map.shape), weight = Tensor(uninitialized: step.weights[0].shape)
    var scratch = Tensor(uninitialized: [kernel_depthwise_scratch(&shape)])
    scratch.withMutablePointer { scratch in
      withMutablePointers(to: &input, &weight) { input, weight in
        withPointers(to: map, step.weights[0], slopes) {
          kernel_depthwise_gradient(
            &shape, $0, $1, $2, step.needsInputGradient ? input : nil, weight, scratch)
        }
      }
    }
    return ([input], [weight, slopes.channelSums])
  }

  package var locality: Locality? {
    let bare = bare
    return Locality(
      receptiveField: ReceptiveField(side: side, stride: stride, padding: padding), border: 0, alignment: 1
    ) { surroundings, _, weights in bare.run([surroundings], weights).result }
  }
}

/// A ReLU that cuts off above too, for networks in training; inference has it in the convolutions.
package struct ClippedReLU: Layer {
  let ceiling: Float

  package init(ceiling: Float) { self.ceiling = ceiling }

  package func shape(of inputs: [[Int]]) -> [Int] { inputs[0] }

  package func run(_ inputs: [Tensor], _ weights: [Tensor]) -> (result: Tensor, saved: [Tensor]) {
    (
      Tensor(inputs[0].shape) { result in
        withPointers(to: inputs[0]) { kernel_clip($0, inputs[0].count, ceiling, result) }
      }, []
    )
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    ([gradient.throughClip(step.result, most: ceiling)], [])
  }
}

/// Two maps of one shape added up, for networks in training; inference has it in the convolutions.
package struct Sum: Layer {
  package init() {}

  package func shape(of inputs: [[Int]]) -> [Int] { inputs[0] }

  package func run(_ inputs: [Tensor], _ weights: [Tensor]) -> (result: Tensor, saved: [Tensor]) {
    (inputs[0].plus(inputs[1]), [])
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    ([gradient, gradient], [])
  }
}

/// Colours normalised by ImageNet's mean and deviation as shares of 0…1, which some networks are trained on.
package struct ColourShares: Layer {
  private static let scale = Tensor([3], [0.229, 0.224, 0.225])
  private static let offset = Tensor([3], [0.485, 0.456, 0.406])

  package init() {}

  package func shape(of inputs: [[Int]]) -> [Int] { inputs[0] }

  package func run(_ inputs: [Tensor], _ weights: [Tensor]) -> (result: Tensor, saved: [Tensor]) {
    (inputs[0].scaled(by: Self.scale, offset: Self.offset, relu: false), [])
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    ([gradient.scaled(by: Self.scale, offset: Tensor([3]), relu: false)], [])
  }

  package var locality: Locality? {
    Locality(receptiveField: ReceptiveField(side: 1, stride: 1, padding: 0), border: 0, alignment: 1) {
      surroundings, _, _ in run([surroundings], []).result
    }
  }
}

extension Tensor {
  /// The gradient that goes back through a cut at 0 and at `most`, which made a result.
  fileprivate func throughClip(_ result: Tensor, most: Float) -> Tensor {
    Tensor(shape) { back in
      withPointers(to: self, result) { kernel_clip_gradient($0, $1, count, most, back) }
    }
  }
}

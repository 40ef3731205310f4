package import Tensors

/// y = W x + bias for every row of `[batch, inputs]`; W is `[outputs, inputs]`.
package struct Linear: Layer {
  let name: String
  let inputs: Int, outputs: Int
  var start: Parameter.Start
  /// Multiplies rows one like the other, so that they have the same bits in any batch; only where weights stay as they are.
  var product: WindowProduct?

  package init(name: String, inputs: Int, outputs: Int, start: Parameter.Start? = nil) {
    (self.name, self.inputs, self.outputs) = (name, inputs, outputs)
    self.start = start ?? .uniform(1 / Float(inputs).squareRoot())
  }

  /// Xavier's bound with the gain that keeps the first predictions near the mean ones.
  ///
  /// So the published code of HMR (Kanazawa et al. 2018) and SPIN (Kolotouros et al. 2019).
  static func small(inputs: Int, outputs: Int) -> Parameter.Start {
    .uniform(0.01 * (6 / Float(inputs + outputs)).squareRoot())
  }

  /// The tensors of a linear map in the order of `parameters`, or their gradients.
  struct Weights {
    var weight: Tensor, bias: Tensor

    init(weight: Tensor, bias: Tensor) { (self.weight, self.bias) = (weight, bias) }
    init(_ tensors: some Collection<Tensor>) {
      (weight, bias) = (tensors.first!, tensors.dropFirst().first!)
    }

    var tensors: [Tensor] { [weight, bias] }
  }

  package var parameters: [Parameter] {
    [
      Parameter("\(name).weight", [outputs, inputs], start),
      Parameter("\(name).bias", [outputs], .constant(0)),
    ]
  }

  package func shape(of inputs: [[Int]]) -> [Int] { [inputs[0][0], outputs] }

  package func run(_ inputs: [Tensor], _ weights: [Tensor]) -> (result: Tensor, saved: [Tensor]) {
    (Self.apply(Weights(weights), to: inputs[0], by: product), [])
  }

  package var withOwnCache: any Layer {
    var other = self
    other.product = product.map { _ in WindowProduct() }
    return other
  }

  package var packedCount: Int { product == nil ? 0 : Self.packedCount(inputs: inputs, outputs: outputs) }

  static func packedCount(inputs: Int, outputs: Int) -> Int {
    WindowProduct.packedCount(inputs: inputs, outputs: outputs, side: 1)
  }

  static func apply(_ weights: Weights, to x: Tensor, by product: WindowProduct? = nil) -> Tensor {
    let (rows, outputs, inputs) = (x.shape[0], weights.weight.shape[0], weights.weight.shape[1])
    if let product, rows > 0 {
      // Rows as the pixels of a map, under windows of one pixel.
      let operands = ConvolutionOperands(
        x.reshaped([1, rows, 1, inputs]), weights: weights.weight.reshaped([outputs, inputs, 1, 1]),
        bias: weights.bias, padding: 0, result: [1, rows, 1, outputs])
      return product.run(operands, limit: 0).reshaped([rows, outputs])
    }
    var result = Tensor([rows, outputs]) { result in
      withPointers(to: weights.bias) { bias in
        for row in 0..<rows { (result + row * outputs).update(from: bias, count: outputs) }
      }
    }
    multiply(
      Matrix(x, rows: rows, columns: inputs),
      Matrix(weights.weight, rows: outputs, columns: inputs, transposed: true), into: &result, keeping: 1)
    return result
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    let (input, weights) = Self.backward(gradient, through: Weights(step.weights), of: step.inputs[0])
    return ([input], weights.tensors)
  }

  /// The gradients of the input x and of the weights.
  static func backward(
    _ gradient: Tensor, through weights: Weights, of x: Tensor
  ) -> (input: Tensor, weights: Weights) {
    let rows = x.shape[0]
    let (outputs, inputs) = (weights.weight.shape[0], weights.weight.shape[1])
    var input = Tensor(uninitialized: x.shape)
    multiply(
      Matrix(gradient, rows: rows, columns: outputs),
      Matrix(weights.weight, rows: outputs, columns: inputs), into: &input)
    var change = Tensor(uninitialized: weights.weight.shape)
    multiply(
      Matrix(gradient, rows: rows, columns: outputs, transposed: true),
      Matrix(x, rows: rows, columns: inputs), into: &change)
    return (input, Weights(weight: change, bias: gradient.channelSums))
  }
}

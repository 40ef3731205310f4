package import Tensors

/// y = W x + bias for every row of `[batch, inputs]`; W is `[outputs, inputs]`.
package struct Linear: Layer {
  let name: String
  let inputs: Int, outputs: Int
  var start: Parameter.Start

  package init(_ name: String, _ inputs: Int, _ outputs: Int, start: Parameter.Start? = nil) {
    (self.name, self.inputs, self.outputs) = (name, inputs, outputs)
    self.start = start ?? .uniform(1 / Float(inputs).squareRoot())
  }

  /// Xavier's bound with the gain that keeps the first answers near the mean ones (`spec/spin.md` §9).
  static func small(_ inputs: Int, _ outputs: Int) -> Parameter.Start {
    .uniform(0.01 * (6 / Float(inputs + outputs)).squareRoot())
  }

  package var parameters: [Parameter] {
    [
      Parameter("\(name).weight", [outputs, inputs], start),
      Parameter("\(name).bias", [outputs], .constant(0)),
    ]
  }

  package func shape(of inputs: [[Int]]) -> [Int] { [inputs[0][0], outputs] }

  package func run(_ inputs: [Tensor], _ weights: [Tensor]) -> (result: Tensor, saved: [Tensor]) {
    (Self.apply(inputs[0], weights[0], weights[1]), [])
  }

  static func apply(_ x: Tensor, _ weight: Tensor, _ bias: Tensor) -> Tensor {
    let (rows, outputs) = (x.shape[0], weight.shape[0])
    let result = Tensor(uninitialized: [rows, outputs])
    for row in 0..<rows { (result.address + row * outputs).update(from: bias.address, count: outputs) }
    multiply(
      Matrix(x.address, rows, weight.shape[1]),
      Matrix(weight.address, outputs, weight.shape[1], transposed: true),
      into: result.address, keeping: 1)
    withExtendedLifetime((x, weight, bias)) {}
    return result
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    let (input, weight) = Self.backward(gradient, step.inputs[0], step.weights[0])
    return ([input], [weight, gradient.channelSums])
  }

  static func backward(_ gradient: Tensor, _ x: Tensor, _ weight: Tensor) -> (input: Tensor, weight: Tensor) {
    let rows = x.shape[0]
    let (outputs, inputs) = (weight.shape[0], weight.shape[1])
    let input = Tensor(uninitialized: x.shape)
    multiply(
      Matrix(gradient.address, rows, outputs), Matrix(weight.address, outputs, inputs), into: input.address)
    let change = Tensor(uninitialized: weight.shape)
    multiply(
      Matrix(gradient.address, rows, outputs, transposed: true), Matrix(x.address, rows, inputs),
      into: change.address)
    withExtendedLifetime((gradient, x, weight)) {}
    return (input, change)
  }
}

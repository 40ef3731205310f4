package import Tensors

/// Maps of one resolution side by side: their channels one after the other.
///
/// Inputs: `[batch, rows, columns, channels]`, channels of each input's own. Result: as many channels as all.
package struct Concat: Layer {
  package init() {}

  package func shape(of inputs: [[Int]]) -> [Int] {
    precondition(inputs.allSatisfy { $0.dropLast() == inputs[0].dropLast() }, "\(inputs) side by side")
    return Array(inputs[0].dropLast()) + [inputs.reduce(0) { $0 + $1[3] }]
  }

  package func run(_ inputs: [Tensor], _ weights: [Tensor]) -> (result: Tensor, saved: [Tensor]) {
    let result = Tensor(uninitialized: shape(of: inputs.map(\.shape)))
    Self.each(inputs.map(\.shape)) { index, channels, from, to in
      (result.address + to).update(from: inputs[index].address + from, count: channels)
    }
    withExtendedLifetime((inputs, result)) {}
    return (result, [])
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    let parts = step.inputs.map { Tensor(uninitialized: $0.shape) }
    Self.each(step.inputs.map(\.shape)) { index, channels, to, from in
      (parts[index].address + to).update(from: gradient.address + from, count: channels)
    }
    withExtendedLifetime((gradient, parts)) {}
    return (parts, [])
  }

  /// Calls `body` for every pixel of every input: which input, its channels, the offsets in it and in the whole.
  private static func each(
    _ inputs: [[Int]], _ body: (_ index: Int, _ channels: Int, _ part: Int, _ whole: Int) -> Void
  ) {
    let pixels = inputs[0].dropLast().reduce(1, *)
    let all = inputs.reduce(0) { $0 + $1[3] }
    var first = 0
    for (index, input) in inputs.enumerated() {
      for pixel in 0..<pixels { body(index, input[3], pixel * input[3], pixel * all + first) }
      first += input[3]
    }
  }
}

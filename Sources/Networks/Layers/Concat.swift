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
    let shape = shape(of: inputs.map(\.shape))
    let pixels = shape.dropLast().reduce(1, *)
    var first = 0
    let result = Tensor(shape) { result in
      for input in inputs {
        let channels = input.shape[3]
        withPointers(to: input) { input in
          for pixel in 0..<pixels {
            (result + pixel * shape[3] + first).update(from: input + pixel * channels, count: channels)
          }
        }
        first += channels
      }
    }
    return (result, [])
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    let all = gradient.shape[3]
    let pixels = gradient.count / all
    var first = 0
    let parts = step.inputs.map { input in
      let channels = input.shape[3]
      defer { first += channels }
      return gradient.reshaped([pixels, all]).columns(first..<first + channels).reshaped(input.shape)
    }
    return (parts, [])
  }
}

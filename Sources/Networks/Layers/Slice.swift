package import Tensors

/// Some columns of a matrix `[batch, columns]`.
package struct Slice: Layer {
  let columns: Range<Int>

  package init(columns: Range<Int>) { self.columns = columns }

  package func shape(of inputs: [[Int]]) -> [Int] { [inputs[0][0], columns.count] }

  package func run(_ inputs: [Tensor], _ weights: [Tensor]) -> (result: Tensor, saved: [Tensor]) {
    (inputs[0].columns(columns), [])
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    let input = Tensor(step.inputs[0].shape)
    for row in 0..<input.shape[0] {
      (input.address + row * input.shape[1] + columns.lowerBound)
        .update(from: gradient.address + row * columns.count, count: columns.count)
    }
    withExtendedLifetime(gradient) {}
    return ([input], [])
  }
}

extension Tensor {
  /// A matrix of some of the columns of `[rows, columns]`.
  func columns(_ range: Range<Int>) -> Tensor {
    let (rows, width) = (shape[0], shape[1])
    let result = Tensor(uninitialized: [rows, range.count])
    for row in 0..<rows {
      (result.address + row * range.count).update(
        from: address + row * width + range.lowerBound, count: range.count)
    }
    withExtendedLifetime(self) {}
    return result
  }
}

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
    var input = Tensor(step.inputs[0].shape)
    let (rows, width) = (input.shape[0], input.shape[1])
    input.withMutablePointer { input in
      withPointers(to: gradient) { gradient in
        for row in 0..<rows {
          (input + row * width + columns.lowerBound)
            .update(from: gradient + row * columns.count, count: columns.count)
        }
      }
    }
    return ([input], [])
  }
}

extension Tensor {
  /// A matrix of some of the columns of `[rows, columns]`.
  func columns(_ range: Range<Int>) -> Tensor {
    let (rows, width) = (shape[0], shape[1])
    return Tensor([rows, range.count]) { result in
      withPointers(to: self) { source in
        for row in 0..<rows {
          (result + row * range.count).update(
            from: source + row * width + range.lowerBound, count: range.count)
        }
      }
    }
  }
}

package import Tensors

/// Some of the numbers along the last axis: columns of a matrix `[batch, columns]`, channels of a map.
package struct Slice: Layer {
  let columns: Range<Int>

  package init(columns: Range<Int>) { self.columns = columns }

  package func shape(of inputs: [[Int]]) -> [Int] { inputs[0].dropLast() + [columns.count] }

  package func run(_ inputs: [Tensor], _ weights: [Tensor]) -> (result: Tensor, saved: [Tensor]) {
    (inputs[0].columns(columns), [])
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    var input = Tensor(step.inputs[0].shape)
    let width = input.shape.last!
    let rows = input.count / width
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
  /// Some of the numbers along the last axis.
  func columns(_ range: Range<Int>) -> Tensor {
    let width = shape.last!
    let rows = count / width
    return Tensor(shape.dropLast() + [range.count]) { result in
      withPointers(to: self) { source in
        for row in 0..<rows {
          (result + row * range.count).update(
            from: source + row * width + range.lowerBound, count: range.count)
        }
      }
    }
  }
}

package import Tensors

/// A row of fixed numbers added to every row: the mean that a head's predictions are corrections of.
///
/// Input: `[batch, columns]`. Weight: `[1, columns]`, which is not trained. `jointsLast` reads a pose of
/// `6 · joints` numbers as 6 × joints, as the published code of PARE does (Kocabas et al. 2021).
package struct AddMean: Layer {
  let name: String
  let columns: Int
  var jointsLast = false

  package init(name: String, columns: Int, jointsLast: Bool = false) {
    (self.name, self.columns, self.jointsLast) = (name, columns, jointsLast)
  }

  package var parameters: [Parameter] { [Parameter(name, [1, columns], .constant(0), isTrainable: false)] }

  package func shape(of inputs: [[Int]]) -> [Int] { inputs[0] }

  package func run(_ inputs: [Tensor], _ weights: [Tensor]) -> (result: Tensor, saved: [Tensor]) {
    let joints = columns / 6
    let result = Tensor(inputs[0].shape) { result in
      withPointers(to: inputs[0], weights[0]) { x, mean in
        for row in 0..<inputs[0].shape[0] {
          for c in 0..<columns {
            result[row * columns + c] =
              x[row * columns + c] + mean[jointsLast ? c % 6 * joints + c / 6 : c]
          }
        }
      }
    }
    return (result, [])
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    ([gradient], [Tensor(step.weights[0].shape)])
  }
}

package import Tensors

/// A row of fixed numbers added to every row: the mean that a head's answers are corrections of.
///
/// Input: `[batch, columns]`. Weight: `[1, columns]`, which does not learn. `jointsLast` reads a pose of
/// `6 · joints` numbers as 6 × joints, as the published part-attention code does (`spec/pare.md` §6).
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
    let (x, mean) = (inputs[0].address, weights[0].address)
    let result = Tensor(uninitialized: inputs[0].shape)
    let joints = columns / 6
    for row in 0..<inputs[0].shape[0] {
      for c in 0..<columns {
        let offset = mean[jointsLast ? c % 6 * joints + c / 6 : c]
        result.address[row * columns + c] = x[row * columns + c] + offset
      }
    }
    withExtendedLifetime((inputs, weights)) {}
    return (result, [])
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    ([gradient], [Tensor(step.weights[0].shape)])
  }
}

package import Tensors

/// Where in the crop every joint is: the mean place of its attention, corrected, and a logit of being seen.
///
/// The mean is the integral of Sun et al. 2018. Inputs: attention `[batch, rows, columns, joints]`, which adds up to 1 over the
/// map, and corrections `[batch, joints · 3]`, joint-major. Result: `[batch, joints, 3]`, x and y from −1 to 1 over the crop,
/// and the logit.
package struct AttentionPlaces: Layer {
  package init() {}

  package func shape(of inputs: [[Int]]) -> [Int] { [inputs[0][0], inputs[0][3], 3] }

  /// The middle of a cell, −1…1 over all cells.
  private static func place(_ cell: Int, of cells: Int) -> Float { Float(2 * cell + 1) / Float(cells) - 1 }

  package func run(_ inputs: [Tensor], _ weights: [Tensor]) -> (result: Tensor, saved: [Tensor]) {
    let (rows, columns, joints) = (inputs[0].shape[1], inputs[0].shape[2], inputs[0].shape[3])
    let result = Tensor(shape(of: inputs.map(\.shape))) { result in
      withPointers(to: inputs[0], inputs[1]) { attention, corrections in
        for n in 0..<inputs[0].shape[0] {
          let to = result + n * joints * 3
          to.update(from: corrections + n * joints * 3, count: joints * 3)
          for row in 0..<rows {
            let y = Self.place(row, of: rows)
            for column in 0..<columns {
              let x = Self.place(column, of: columns)
              let from = attention + ((n * rows + row) * columns + column) * joints
              for j in 0..<joints {
                to[3 * j] += from[j] * x
                to[3 * j + 1] += from[j] * y
              }
            }
          }
        }
      }
    }
    return (result, [])
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    let shape = step.inputs[0].shape
    let (rows, columns, joints) = (shape[1], shape[2], shape[3])
    let toAttention = Tensor(shape) { toAttention in
      withPointers(to: gradient) { gradient in
        for n in 0..<shape[0] {
          let from = gradient + n * joints * 3
          for row in 0..<rows {
            let y = Self.place(row, of: rows)
            for column in 0..<columns {
              let x = Self.place(column, of: columns)
              let to = toAttention + ((n * rows + row) * columns + column) * joints
              for j in 0..<joints { to[j] = from[3 * j] * x + from[3 * j + 1] * y }
            }
          }
        }
      }
    }
    return ([toAttention, gradient.reshaped(step.inputs[1].shape)], [])
  }
}

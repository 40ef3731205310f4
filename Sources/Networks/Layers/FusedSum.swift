internal import CKernels
package import Tensors

/// Maps of several resolutions added up in their order, coarse ones enlarged by repeating pixels, then a ReLU:
/// where HRNet's branches exchange what they know (`spec/pare.md` §3).
///
/// Inputs: maps `[batch, rows / f, columns / f, channels]`, f a whole number of each input's own. Result:
/// `[batch, rows, columns, channels]`.
package struct FusedSum: Layer {
  package init() {}

  package func shape(of inputs: [[Int]]) -> [Int] {
    let largest = inputs.max { $0[1] < $1[1] }!
    for input in inputs {
      precondition(
        largest[1] % input[1] == 0 && largest[1] / input[1] == largest[2] / input[2]
          && input[3] == largest[3],
        "\(input) does not add up with \(largest)")
    }
    return largest
  }

  package func run(_ inputs: [Tensor], _ weights: [Tensor]) -> (result: Tensor, saved: [Tensor]) {
    let shape = shape(of: inputs.map(\.shape))
    let result = Tensor(shape)
    for input in inputs {
      if input.shape == shape {
        kernel_add(input.address, shape.reduce(1, *), result.address)
      } else {
        Self.each(input.shape, shape) { from, to in
          kernel_add(input.address + from, shape[3], result.address + to)
        }
      }
    }
    let zeros = Tensor([shape[3]])
    for pixel in 0..<result.count / shape[3] {
      kernel_maximum(zeros.address, shape[3], result.address + pixel * shape[3])
    }
    withExtendedLifetime((inputs, zeros, result)) {}
    return (result, [])
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    let shape = gradient.shape
    let parts = step.inputs.map { input in
      let part = Tensor(input.shape)
      Self.each(input.shape, shape) { to, from in
        let (result, from) = (step.result.address + from, gradient.address + from)
        let to = part.address + to
        for c in 0..<shape[3] where result[c] > 0 { to[c] += from[c] }
      }
      return part
    }
    withExtendedLifetime((gradient, step)) {}
    return (parts, [])
  }

  /// Calls `body` with the offset of every pixel of the large map, and that of the small map's pixel it repeats.
  private static func each(_ small: [Int], _ large: [Int], _ body: (_ small: Int, _ large: Int) -> Void) {
    let factor = large[1] / small[1]
    for n in 0..<large[0] {
      for y in 0..<large[1] {
        for x in 0..<large[2] {
          body(
            ((n * small[1] + y / factor) * small[2] + x / factor) * small[3],
            ((n * large[1] + y) * large[2] + x) * large[3])
        }
      }
    }
  }
}

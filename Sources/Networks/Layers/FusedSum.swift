internal import CKernels
package import Tensors

/// Maps of several resolutions added up in their order, coarse ones enlarged by repeating pixels, then a
/// ReLU: where HRNet's branches exchange what they know.
///
/// Sun et al. 2019.
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
    let (count, channels) = (shape.reduce(1, *), shape[3])
    var result = Tensor(shape)
    result.withMutablePointer { result in
      for input in inputs {
        withPointers(to: input) { map in
          if input.shape == shape { return kernel_add(map, count, result) }
          Self.eachPixel(small: input.shape, large: shape) { from, to in
            kernel_add(map + from, channels, result + to)
          }
        }
      }
      withPointers(to: Tensor([channels])) { zeros in
        for pixel in 0..<count / channels { kernel_maximum(zeros, channels, result + pixel * channels) }
      }
    }
    return (result, [])
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    let shape = gradient.shape
    let parts = step.inputs.map { input in
      var part = Tensor(input.shape)
      part.withMutablePointer { part in
        withPointers(to: step.result, gradient) { result, gradient in
          Self.eachPixel(small: input.shape, large: shape) { to, from in
            for c in 0..<shape[3] where result[from + c] > 0 { part[to + c] += gradient[from + c] }
          }
        }
      }
      return part
    }
    return (parts, [])
  }

  /// Calls `body` with the offset of every pixel of the large map, and that of the small map's pixel it repeats.
  private static func eachPixel(
    small: [Int], large: [Int], _ body: (_ small: Int, _ large: Int) -> Void
  ) {
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

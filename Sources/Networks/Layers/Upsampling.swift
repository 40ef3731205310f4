internal import CKernels
package import Tensors

/// Bilinear enlargement of a map.
///
/// Corners on corners, as PARE has it: pixel i of n reads at i·(old − 1)/(n − 1). Or middles on middles, as TFLite's
/// half-pixel centres: at (i + 0.5)·old/n − 0.5, no further out than the outermost pixels.
package struct Upsampling: Layer {
  let factor: Int
  let alignsCorners: Bool

  package init(factor: Int, alignsCorners: Bool = true) {
    (self.factor, self.alignsCorners) = (factor, alignsCorners)
  }

  package func shape(of inputs: [[Int]]) -> [Int] {
    [inputs[0][0], inputs[0][1] * factor, inputs[0][2] * factor, inputs[0][3]]
  }

  /// Along one axis: for every new pixel the old one before it, and the share of the one after, `step` further.
  private struct Taps {
    let before: [Int32], shares: [Float]
    /// 1, or 0 where there is only one old pixel.
    let step: Int

    init(_ old: Int, _ new: Int, alignsCorners: Bool) {
      let positions = (0..<new).map { index -> Float in
        guard alignsCorners else {
          return min(max((Float(index) + 0.5) * Float(old) / Float(new) - 0.5, 0), Float(old - 1))
        }
        return new == 1 ? 0 : Float(index) * Float(old - 1) / Float(new - 1)
      }
      before = positions.map { Int32(max(0, min(Int($0), old - 2))) }
      shares = zip(positions, before).map { $0 - Float($1) }
      step = min(1, old - 1)
    }
  }

  /// Calls `body` with every row of the larger map, counted over all maps, and the two rows of cells it reads.
  private func eachRow(
    _ small: [Int], _ large: [Int],
    _ body: (_ row: Int, _ above: Int, _ below: Int, _ share: Float) -> Void
  ) {
    let taps = Taps(small[1], large[1], alignsCorners: alignsCorners)
    for n in 0..<small[0] {
      for y in 0..<large[1] {
        let above = n * small[1] + Int(taps.before[y])
        body(n * large[1] + y, above, above + taps.step, taps.shares[y])
      }
    }
  }

  package func run(_ inputs: [Tensor], _ weights: [Tensor]) -> (result: Tensor, saved: [Tensor]) {
    let map = inputs[0]
    let shape = shape(of: [map.shape])
    let (cells, pixels, channels) = (map.shape[2], shape[2], shape[3])
    let taps = Taps(cells, pixels, alignsCorners: alignsCorners)
    var result = Tensor(uninitialized: shape), scratch = Tensor(uninitialized: [cells, channels])
    withMutablePointers(to: &result, &scratch) { result, scratch in
      withPointers(to: map) { source in
        eachRow(map.shape, shape) { row, above, below, share in
          kernel_enlarge_row(
            source + above * cells * channels, source + below * cells * channels, share, cells, taps.before,
            taps.shares, taps.step, pixels, channels, scratch, result + row * pixels * channels)
        }
      }
    }
    return (result, [])
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    let shape = step.inputs[0].shape
    let (cells, pixels, channels) = (shape[2], gradient.shape[2], shape[3])
    let taps = Taps(cells, pixels, alignsCorners: alignsCorners)
    var input = Tensor(shape), scratch = Tensor(uninitialized: [cells, channels])
    withMutablePointers(to: &input, &scratch) { input, scratch in
      withPointers(to: gradient) { slopes in
        eachRow(shape, gradient.shape) { row, above, below, share in
          kernel_enlarge_row_gradient(
            slopes + row * pixels * channels, share, cells, taps.before, taps.shares, taps.step, pixels,
            channels, scratch, input + above * cells * channels, input + below * cells * channels)
        }
      }
    }
    return ([input], [])
  }
}

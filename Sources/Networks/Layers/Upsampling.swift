package import Tensors

/// Bilinear enlargement of a map, corners on corners: pixel i of n reads at i·(old − 1)/(n − 1) (`spec/pare.md` §3).
package struct Upsampling: Layer {
  let factor: Int

  package init(factor: Int) { self.factor = factor }

  package func shape(of inputs: [[Int]]) -> [Int] {
    [inputs[0][0], inputs[0][1] * factor, inputs[0][2] * factor, inputs[0][3]]
  }

  /// Where each of `new` pixels reads among `old` ones: the pixel before, the one after, and how far between.
  static func taps(_ old: Int, _ new: Int) -> [(before: Int, after: Int, share: Float)] {
    (0..<new).map { i in
      let at = new == 1 ? 0 : Float(i) * Float(old - 1) / Float(new - 1)
      let before = min(Int(at), old - 1)
      return (before, min(before + 1, old - 1), at - Float(before))
    }
  }

  /// Calls `body` with every pixel of the larger map, the four it reads, and their shares.
  static func each(
    _ small: [Int], _ large: [Int],
    _ body: (_ pixel: Int, _ reads: (Int, Int, Int, Int), _ shares: SIMD4<Float>) -> Void
  ) {
    let rows = taps(small[1], large[1])
    let columns = taps(small[2], large[2])
    for n in 0..<small[0] {
      for (y, row) in rows.enumerated() {
        for (x, column) in columns.enumerated() {
          let above = (n * small[1] + row.before) * small[2]
          let below = (n * small[1] + row.after) * small[2]
          let (fy, fx) = (row.share, column.share)
          body(
            (n * large[1] + y) * large[2] + x,
            (above + column.before, above + column.after, below + column.before, below + column.after),
            SIMD4((1 - fy) * (1 - fx), (1 - fy) * fx, fy * (1 - fx), fy * fx))
        }
      }
    }
  }

  package func run(_ inputs: [Tensor], _ weights: [Tensor]) -> (result: Tensor, saved: [Tensor]) {
    let map = inputs[0]
    let result = Tensor(uninitialized: shape(of: [map.shape]))
    let channels = map.shape[3]
    Self.each(map.shape, result.shape) { pixel, reads, shares in
      let to = result.address + pixel * channels
      let (a, b) = (map.address + reads.0 * channels, map.address + reads.1 * channels)
      let (c, d) = (map.address + reads.2 * channels, map.address + reads.3 * channels)
      for k in 0..<channels {
        to[k] = a[k] * shares[0] + b[k] * shares[1] + c[k] * shares[2] + d[k] * shares[3]
      }
    }
    withExtendedLifetime(map) {}
    return (result, [])
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    let shape = step.inputs[0].shape
    let input = Tensor(shape)
    let channels = shape[3]
    Self.each(shape, gradient.shape) { pixel, reads, shares in
      let from = gradient.address + pixel * channels
      let (a, b) = (input.address + reads.0 * channels, input.address + reads.1 * channels)
      let (c, d) = (input.address + reads.2 * channels, input.address + reads.3 * channels)
      for k in 0..<channels {
        a[k] += from[k] * shares[0]
        b[k] += from[k] * shares[1]
        c[k] += from[k] * shares[2]
        d[k] += from[k] * shares[3]
      }
    }
    withExtendedLifetime(gradient) {}
    return ([input], [])
  }
}

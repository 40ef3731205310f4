package import Tensors

/// Channels laid out as pixels: every pixel becomes 2 × 2, each with a quarter of its channels.
///
/// Input: a map `[batch, rows, columns, 4 · channels]`, of every pixel the upper left one first, then the one beside it,
/// then those below, as in TFLite. Result: `[batch, 2 · rows, 2 · columns, channels]`.
package struct DepthToSpace: Layer {
  package init() {}

  package func shape(of inputs: [[Int]]) -> [Int] {
    let map = inputs[0]
    precondition(map[3].isMultiple(of: 4), "\(map[3]) channels cannot be laid out as 2 × 2 pixels")
    return [map[0], 2 * map[1], 2 * map[2], map[3] / 4]
  }

  package func run(_ inputs: [Tensor], _ weights: [Tensor]) -> (result: Tensor, saved: [Tensor]) {
    let shape = shape(of: [inputs[0].shape])
    return (
      Tensor(shape) { result in
        withPointers(to: inputs[0]) { map in
          Self.eachPixel(shape) { (result + $0).update(from: map + $1, count: shape[3]) }
        }
      }, []
    )
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    let shape = gradient.shape
    return (
      [
        Tensor(step.inputs[0].shape) { input in
          withPointers(to: gradient) { slopes in
            Self.eachPixel(shape) { (input + $1).update(from: slopes + $0, count: shape[3]) }
          }
        }
      ], []
    )
  }

  /// Where the channels of every pixel of the larger map are in it, and where in the smaller.
  private static func eachPixel(_ large: [Int], _ body: (_ to: Int, _ from: Int) -> Void) {
    let (rows, columns, channels) = (large[0] * large[1], large[2], large[3])
    for row in 0..<rows {
      for column in 0..<columns {
        let cell = row / 2 * (columns / 2) + column / 2
        body((row * columns + column) * channels, (cell * 4 + row % 2 * 2 + column % 2) * channels)
      }
    }
  }
}

import Synchronization
internal import Tensors

/// A transposed convolution of 4×4, stride 2 and padding 1 as a convolution of 3×3 to four times the channels.
///
/// Every pixel of the result follows from two by two of the map; which two, and by which weights, depends on whether
/// its row and its column are even. The four phases are made side by side, as channels, by Winograd's filtering, and
/// then interleaved (the sub-pixel convolution of Shi et al. 2016, read backwards).
final class SubpixelConvolution: Sendable {
  /// Weights beyond this take longer to fetch than they save.
  private static let maxPacked = 4 << 20

  private let winograd: Winograd
  private let prepared = Mutex<(weights: Tensor, bias: Tensor?)?>(nil)

  /// Nil where a convolution is of another form or has too many weights.
  init?(_ convolution: Convolution, height: Int) {
    let isOfForm =
      convolution.isTransposed && convolution.side == 4 && convolution.stride == 2 && convolution.padding == 1
    let tile = Winograd.tile(height: height, isFused: false)
    guard isOfForm, !convolution.hasResidual,
      Winograd.suits(from: convolution.inputs, to: 4 * convolution.outputs),
      (tile + 2) * (tile + 2) * convolution.inputs * 4 * convolution.outputs <= Self.maxPacked
    else { return nil }
    winograd = Winograd(tile: tile)
  }

  /// The floats of rearranged and of transformed weights, both of which are kept.
  func packedCount(inputs: Int, outputs: Int) -> Int {
    4 * outputs * (inputs * 9 + 1) + winograd.packedCount(inputs: inputs, outputs: 4 * outputs)
  }

  /// The transposed convolution of `map`, `[batch, rows, columns, in]`, to `[batch, 2 · rows, 2 · columns, out]`, by
  /// weights `[in, out, 4, 4]` and bias `[out]`, which never change.
  func run(_ map: Tensor, weights: Tensor, bias: Tensor?, limit: Float) -> Tensor {
    let outputs = weights.shape[1]
    let (weights, bias) = prepared.withLock { prepared in
      if let prepared { return prepared }
      let made = (
        weights: Self.rearranged(weights),
        bias: bias.map { bias in Tensor([4 * outputs], (0..<4).flatMap { _ in bias.elements }) }
      )
      prepared = made
      return made
    }
    let (batch, rows, columns, pair) = (map.shape[0], map.shape[1], map.shape[2], 2 * outputs)
    let phases = winograd.run(
      ConvolutionOperands(
        map, weights: weights, bias: bias, padding: 1, result: [batch, rows, columns, 4 * outputs]),
      limit: limit)
    return Tensor([batch, 2 * rows, 2 * columns, outputs]) { result in
      withPointers(to: phases) { phases in
        // Two neighbours of a row are neighbours among the channels too.
        for row in 0..<batch * rows {
          for x in 0..<columns {
            for half in 0..<2 {
              (result + ((2 * row + half) * columns + x) * pair)
                .update(from: phases + ((row * columns + x) * 2 + half) * pair, count: pair)
            }
          }
        }
      }
    }
  }

  /// Weights `[4 · out, in, 3, 3]`, even rows and columns first.
  private static func rearranged(_ weights: Tensor) -> Tensor {
    let (inputs, outputs) = (weights.shape[0], weights.shape[1])
    var result = Tensor([4 * outputs, inputs, 3, 3])
    result.withMutablePointer { to in
      withPointers(to: weights) { from in
        for phase in 0..<4 {
          for o in 0..<outputs {
            for c in 0..<inputs {
              for tap in 0..<9 {
                let (row, column) = (phase / 2 + 3 - 2 * (tap / 3), phase % 2 + 3 - 2 * (tap % 3))
                guard 0..<4 ~= row, 0..<4 ~= column else { continue }
                to[((phase * outputs + o) * inputs + c) * 9 + tap] =
                  from[((c * outputs + o) * 4 + row) * 4 + column]
              }
            }
          }
        }
      }
    }
    return result
  }
}

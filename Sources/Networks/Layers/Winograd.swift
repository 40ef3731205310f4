internal import CKernels
import Synchronization
internal import Tensors

/// A 3×3 convolution with fewer multiplications, by Winograd's minimal filtering (Lavin and Gray 2016).
///
/// A tile of 4 × 4 results takes 36 multiplications for every pair of channels instead of 144; one of 2 × 2 takes 16
/// instead of 36, one of 6 × 6 takes 64 instead of 324. Results differ from the plain convolution's by rounding, a few
/// millionths of the largest.
final class Winograd: Sendable {
  /// Results of a tile along each side: 2, 4 or 6.
  let tile: Int

  init(tile: Int) { self.tile = tile }

  private let packed = Mutex<Tensor?>(nil)

  /// The floats of transformed weights.
  func packedCount(inputs: Int, outputs: Int) -> Int { kernel_winograd_packed(inputs, outputs, tile) }

  /// Whether a convolution can be computed so.
  static func suits(_ convolution: Convolution) -> Bool {
    hasForm(convolution) && suits(from: convolution.inputs, to: convolution.outputs)
  }

  /// Whether a convolution has the windows for it, whatever its channels.
  static func hasForm(_ convolution: Convolution) -> Bool {
    convolution.side == 3 && convolution.stride == 1 && convolution.padding == 1 && !convolution.isTransposed
  }

  /// Whether so many channels can be computed so at the level in force.
  static func suits(from inputs: Int, to outputs: Int) -> Bool { kernel_winograd_suits(inputs, outputs) != 0 }

  /// The convolution of the operands' map, `[batch, rows, columns, out]`, by weights that never change.
  func run(_ operands: ConvolutionOperands, limit: Float) -> Tensor {
    let weights = packed.withLock { packed in
      if let packed { return packed }
      let made = Self.transformed(operands, tile) { weights, inputs, outputs, packed in
        kernel_winograd_pack(weights, inputs, outputs, tile, packed)
      }
      packed = made
      return made
    }
    return Self.run(tile, operands, weights, limit)
  }

  /// What a network in training asks for: weights `[out, in, 3, 3]` transformed for this once.
  ///
  /// Where `isTurned`, the map is a gradient `[…, out]` that goes back to a result `[…, in]`.
  static func train(_ operands: ConvolutionOperands, isTurned: Bool) -> Tensor {
    let tile = trainingTile(operands.shape.result)
    let weights = transformed(operands, tile) { weights, inputs, outputs, packed in
      kernel_winograd_pack_learning(weights, inputs, outputs, tile, isTurned ? 1 : 0, packed)
    }
    return run(tile, operands, weights, 0)
  }

  private static func transformed(
    _ operands: ConvolutionOperands, _ tile: Int,
    _ pack: (UnsafePointer<Float>, _ inputs: Int, _ outputs: Int, UnsafeMutablePointer<Float>) -> Void
  ) -> Tensor {
    let (inputs, outputs) = (operands.shape.inputs, operands.shape.outputs)
    return Tensor([kernel_winograd_packed(inputs, outputs, tile)]) { packed in
      withPointers(to: operands.weights) { pack($0, inputs, outputs, packed) }
    }
  }

  /// The gradient with respect to the weights, `[out, in, 3, 3]`, given that of the convolution of `map`.
  static func weightGradient(_ map: Tensor, gradient: Tensor) -> Tensor {
    var shape = convolution_shape(map.shape, gradient.shape, side: 3, stride: 1, padding: 1)
    let tile = trainingTile(gradient.shape)
    var scratch = Tensor(uninitialized: [kernel_winograd_weights_scratch(&shape, tile)])
    return Tensor([shape.outputs, shape.inputs, 3, 3]) { weights in
      scratch.withMutablePointer { scratch in
        withPointers(to: map, gradient) { kernel_winograd_weights(&shape, tile, $0, $1, weights, scratch) }
      }
    }
  }

  /// The tile that is the fastest in sweeps for maps of a height, by measurement (`docs/numbers.md`).
  ///
  /// Large tiles multiply less, but waste what reaches over the border, and more where a patch changes but part of a map.
  /// - Parameter isFused: whether the network keeps maps of all sizes to its end, as HRNet does, so that patches soon
  ///   change whole maps.
  static func tile(height: Int, isFused: Bool) -> Int {
    if height == 6 || height == 12 { return 6 }
    return (8...14).contains(height) && height % 4 != 0 && !isFused ? 2 : 4
  }

  /// The tile that multiplies least over whole maps.
  private static func trainingTile(_ result: [Int]) -> Int {
    func work(_ tile: Int) -> Int {
      (1...2).reduce((tile + 2) * (tile + 2)) { $0 * ((result[$1] + tile - 1) / tile) }
    }
    return [2, 4, 6].min { work($0) < work($1) }!
  }

  private static func run(
    _ tile: Int, _ operands: ConvolutionOperands, _ weights: Tensor, _ limit: Float
  ) -> Tensor {
    var shape = operands.shape
    return operands.run(weights, scratch: kernel_winograd_scratch(&shape, tile)) {
      map, weights, bias, residual, result, scratch in
      kernel_winograd_run(&shape, tile, map, weights, bias, residual, limit, result, scratch)
    }
  }
}

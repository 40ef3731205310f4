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

  /// Writes over `result`, `[batch, rows, columns, out]`, the convolution of `map`, `[batch, …, in]`.
  func run(
    _ map: Tensor, weights: Tensor, bias: Tensor?, adding added: Tensor?, padding: Int, relu: Bool,
    into result: Tensor
  ) {
    let weights = packed.withLock { packed in
      if let packed { return packed }
      let (inputs, outputs) = (map.shape[3], result.shape[3])
      let made = Tensor(uninitialized: [kernel_winograd_packed(inputs, outputs, tile)])
      kernel_winograd_pack(weights.address, inputs, outputs, tile, made.address)
      packed = made
      return made
    }
    Self.run(tile, map, weights, bias, added, padding, relu, into: result)
  }

  /// What a network that learns asks for: weights `[out, in, 3, 3]` transformed for this once.
  ///
  /// Where `isTurned`, `map` is a gradient `[…, out]` that goes back to `result`, `[…, in]`.
  static func learn(
    _ map: Tensor, weights: Tensor, isTurned: Bool, bias: Tensor? = nil, into result: Tensor
  ) {
    let (inputs, outputs) = (map.shape[3], result.shape[3])
    let tile = learningTile(result)
    let packed = Tensor(uninitialized: [kernel_winograd_packed(inputs, outputs, tile)])
    kernel_winograd_pack_learning(weights.address, inputs, outputs, tile, isTurned ? 1 : 0, packed.address)
    run(tile, map, packed, bias, nil, 1, false, into: result)
    withExtendedLifetime(weights) {}
  }

  /// The gradient with respect to the weights, `[out, in, 3, 3]`, given that of the convolution of `map`.
  static func weightGradient(_ map: Tensor, gradient: Tensor) -> Tensor {
    let (inputs, outputs) = (map.shape[3], gradient.shape[3])
    let tile = learningTile(gradient)
    let weights = Tensor(uninitialized: [outputs, inputs, 3, 3])
    var shape = convolution_shape(map, gradient, side: 3, stride: 1, padding: 1)
    let scratch = Tensor(uninitialized: [kernel_winograd_weights_scratch(&shape, tile)])
    kernel_winograd_weights(&shape, tile, map.address, gradient.address, weights.address, scratch.address)
    withExtendedLifetime((map, gradient, scratch)) {}
    return weights
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
  private static func learningTile(_ result: Tensor) -> Int {
    func work(_ tile: Int) -> Int {
      (1...2).reduce((tile + 2) * (tile + 2)) { $0 * ((result.shape[$1] + tile - 1) / tile) }
    }
    return [2, 4, 6].min { work($0) < work($1) }!
  }

  private static func run(
    _ tile: Int, _ map: Tensor, _ weights: Tensor, _ bias: Tensor?, _ added: Tensor?, _ padding: Int,
    _ relu: Bool, into result: Tensor
  ) {
    var shape = convolution_shape(map, result, side: 3, stride: 1, padding: padding)
    let scratch = Tensor(uninitialized: [kernel_winograd_scratch(&shape, tile)])
    kernel_winograd_run(
      &shape, tile, map.address, weights.address, bias?.address, added?.address, relu ? 1 : 0,
      result.address, scratch.address)
    withExtendedLifetime((map, weights, bias, added, result, scratch)) {}
  }
}

extension convolution_shape {
  /// A convolution that reads `map`, `[batch, rows, columns, in]`, and writes `result`.
  init(_ map: Tensor, _ result: Tensor, side: Int, stride: Int, padding: Int) {
    self.init(
      batch: map.shape[0], map_rows: map.shape[1], map_columns: map.shape[2], inputs: map.shape[3],
      outputs: result.shape[3], rows: result.shape[1], columns: result.shape[2], side: side, stride: stride,
      padding: padding)
  }
}

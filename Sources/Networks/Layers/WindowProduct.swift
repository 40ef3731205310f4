internal import CKernels
import Synchronization
internal import Tensors

/// A convolution of any shape as a product of its windows and its weights, by kernels of our own.
///
/// Every number of the result is one chain of additions, so that it has the same bits in any batch and in any part of
/// a map, which products of a library have not.
final class WindowProduct: Sendable {
  private let packed = Mutex<Tensor?>(nil)

  /// Writes over `result`, `[batch, rows, columns, out]`, the convolution of `map`, `[batch, …, in]`, by weights
  /// `[out, in, side, side]`, which never change.
  func run(
    _ map: Tensor, weights: Tensor, bias: Tensor?, adding added: Tensor?, stride: Int, padding: Int,
    relu: Bool,
    into result: Tensor
  ) {
    var shape = convolution_shape(map, result, side: weights.shape[2], stride: stride, padding: padding)
    let packed = packed.withLock { packed in
      if let packed { return packed }
      let made = Self.pack(weights, &shape)
      packed = made
      return made
    }
    Self.run(&shape, map, packed, bias, added, relu, into: result)
  }

  /// The same with weights that are used this once.
  static func run(
    _ map: Tensor, weights: Tensor, bias: Tensor? = nil, stride: Int, padding: Int, into result: Tensor
  ) {
    var shape = convolution_shape(map, result, side: weights.shape[2], stride: stride, padding: padding)
    run(&shape, map, pack(weights, &shape), bias, nil, false, into: result)
  }

  private static func pack(_ weights: Tensor, _ shape: inout convolution_shape) -> Tensor {
    let packed = Tensor(uninitialized: [kernel_convolution_packed(&shape)])
    kernel_convolution_pack(&shape, weights.address, packed.address)
    withExtendedLifetime(weights) {}
    return packed
  }

  private static func run(
    _ shape: inout convolution_shape, _ map: Tensor, _ packed: Tensor, _ bias: Tensor?, _ added: Tensor?,
    _ relu: Bool, into result: Tensor
  ) {
    let scratch = Tensor(uninitialized: [kernel_convolution_scratch(&shape)])
    kernel_convolution_run(
      &shape, map.address, packed.address, bias?.address, added?.address, relu ? 1 : 0, result.address,
      scratch.address)
    withExtendedLifetime((map, packed, bias, added, result, scratch)) {}
  }
}

internal import CKernels
import Synchronization
internal import Tensors

/// A convolution of any shape as a product of its windows and its weights, by kernels of our own.
///
/// Every number of the result is one chain of additions, so that it has the same bits in any batch and in any part of
/// a map, which products of a library have not.
final class WindowProduct: Sendable {
  private let packed = Mutex<Tensor?>(nil)

  /// The floats of packed weights.
  static func packedCount(inputs: Int, outputs: Int, side: Int) -> Int {
    var shape = convolution_shape()
    (shape.inputs, shape.outputs, shape.side) = (inputs, outputs, side)
    return kernel_convolution_packed(&shape)
  }

  /// The convolution of the operands' map, `[batch, rows, columns, out]`, by weights that never change, kept within
  /// 0…`limit` where that is not 0.
  func run(_ operands: ConvolutionOperands, limit: Float) -> Tensor {
    let packed = packed.withLock { packed in
      if let packed { return packed }
      let made = Self.pack(operands)
      packed = made
      return made
    }
    return Self.run(operands, packed, limit)
  }

  /// The same with weights that are used this once.
  static func run(_ operands: ConvolutionOperands) -> Tensor { run(operands, pack(operands), 0) }

  private static func pack(_ operands: ConvolutionOperands) -> Tensor {
    var shape = operands.shape
    return Tensor([kernel_convolution_packed(&shape)]) { packed in
      withPointers(to: operands.weights) { kernel_convolution_pack(&shape, $0, packed) }
    }
  }

  private static func run(_ operands: ConvolutionOperands, _ packed: Tensor, _ limit: Float) -> Tensor {
    var shape = operands.shape
    return operands.run(packed, scratch: kernel_convolution_scratch(&shape)) {
      map, weights, bias, residual, result, scratch in
      kernel_convolution_run(&shape, map, weights, bias, residual, limit, result, scratch)
    }
  }
}

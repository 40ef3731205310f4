internal import CKernels
internal import Tensors

/// What a convolution by kernels of our own takes.
struct ConvolutionOperands {
  /// `[batch, rows, columns, in]`.
  let map: Tensor
  /// `[out, in, side, side]`.
  let weights: Tensor
  /// `[out]`, and what is added to the result, of its shape.
  let bias: Tensor?, residual: Tensor?
  let shape: convolution_shape

  /// - Parameter result: the shape of the result, `[batch, rows, columns, out]`.
  init(
    _ map: Tensor, weights: Tensor, bias: Tensor? = nil, residual: Tensor? = nil, stride: Int = 1,
    padding: Int, result: [Int]
  ) {
    (self.map, self.weights, self.bias, self.residual) = (map, weights, bias, residual)
    shape = convolution_shape(map.shape, result, side: weights.shape[2], stride: stride, padding: padding)
  }

  /// The result that a kernel writes, which gets the operands' memory and so many floats to work in.
  func run(
    _ packed: Tensor, scratch count: Int,
    _ kernel: (
      _ map: UnsafePointer<Float>, _ packed: UnsafePointer<Float>, _ bias: UnsafePointer<Float>?,
      _ residual: UnsafePointer<Float>?, _ result: UnsafeMutablePointer<Float>,
      _ scratch: UnsafeMutablePointer<Float>
    ) -> Void
  ) -> Tensor {
    var scratch = Tensor(uninitialized: [count])
    return Tensor(shape.result) { result in
      scratch.withMutablePointer { scratch in
        withPointers(to: map, packed, bias, residual) { kernel($0, $1, $2, $3, result, scratch) }
      }
    }
  }
}

extension convolution_shape {
  /// A convolution that reads a map of the shape `[batch, rows, columns, in]`, and writes a result.
  init(_ map: [Int], _ result: [Int], side: Int, stride: Int, padding: Int) {
    self.init(
      batch: map[0], map_rows: map[1], map_columns: map[2], inputs: map[3], outputs: result[3],
      rows: result[1], columns: result[2], side: side, stride: stride, padding: padding)
  }

  /// The shape of the result.
  var result: [Int] { [batch, rows, columns, outputs] }
}

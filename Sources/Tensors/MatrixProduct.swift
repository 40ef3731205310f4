internal import COneDNN

/// A matrix as it lies in memory: row-major, `rowStride` floats from one row to the next.
package struct Matrix {
  package let start: UnsafePointer<Float>
  package let rows: Int, columns: Int
  package let isTransposed: Bool
  package let rowStride: Int

  /// A view of `rows × columns` floats; with `transposed`, the product sees `columns × rows`.
  package init(
    _ start: UnsafePointer<Float>, _ rows: Int, _ columns: Int, transposed: Bool = false,
    rowStride: Int? = nil
  ) {
    self.start = start
    self.rows = transposed ? columns : rows
    self.columns = transposed ? rows : columns
    isTransposed = transposed
    self.rowStride = rowStride ?? columns
  }
}

/// Writes `a · b + keep · result` over `result`, a row-major matrix of `a.rows × b.columns`.
package func multiply(
  _ a: Matrix, _ b: Matrix, into result: UnsafeMutablePointer<Float>, keeping keep: Float = 0,
  rowStride: Int? = nil
) {
  precondition(a.columns == b.rows, "\(a.rows)×\(a.columns) times \(b.rows)×\(b.columns)")
  guard a.rows > 0, b.columns > 0 else { return }
  // The workers are threads of our own, so the library keeps to the one that calls it.
  omp_set_num_threads(1)
  let (transposed, plain) = (CChar(UInt8(ascii: "T")), CChar(UInt8(ascii: "N")))
  let status = dnnl_sgemm(
    a.isTransposed ? transposed : plain, b.isTransposed ? transposed : plain, dnnl_dim_t(a.rows),
    dnnl_dim_t(b.columns), dnnl_dim_t(a.columns), 1, a.start, dnnl_dim_t(a.rowStride), b.start,
    dnnl_dim_t(b.rowStride), keep, result, dnnl_dim_t(rowStride ?? b.columns))
  precondition(
    status == dnnl_success, "a product of \(a.rows)×\(a.columns) and \(b.columns) failed: \(status)")
}

/// The product of two matrices, `[rows, inner]` and `[inner, columns]`.
public func product(_ a: Tensor, _ b: Tensor) -> Tensor {
  precondition(a.shape.count == 2 && b.shape.count == 2, "\(a.shape) and \(b.shape) are not matrices")
  let result = Tensor(uninitialized: [a.shape[0], b.shape[1]])
  multiply(
    Matrix(a.address, a.shape[0], a.shape[1]), Matrix(b.address, b.shape[0], b.shape[1]), into: result.address
  )
  withExtendedLifetime((a, b)) {}
  return result
}

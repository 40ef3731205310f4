internal import COpenBLAS

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
  BLAS.useOneThread
  cblas_sgemm(
    CblasRowMajor, a.isTransposed ? CblasTrans : CblasNoTrans, b.isTransposed ? CblasTrans : CblasNoTrans,
    blasint(a.rows), blasint(b.columns), blasint(a.columns), 1, a.start, blasint(a.rowStride), b.start,
    blasint(b.rowStride), keep, result, blasint(rowStride ?? b.columns))
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

/// How OpenBLAS is told to behave.
enum BLAS {
  /// The workers are threads of our own, so the library keeps to the one that calls it.
  static let useOneThread: Void = openblas_set_num_threads(1)
}

internal import COneDNN
internal import COpenBLAS

/// Which library multiplies matrices, chosen once when the first product is asked for.
///
/// OpenBLAS does where the kernel that it chose is of the level in force and gives right results; else oneDNN, for
/// OpenBLAS takes a slow kernel on processors that it does not know.
public enum MatrixProduct {
  /// The libraries that there are.
  public enum Library: String, Sendable { case openBLAS, oneDNN }

  /// The library in use.
  public static let library: Library = choice.library

  /// The library in use, its version and kernel, and where it is not OpenBLAS the reason.
  public static var summary: String { choice.summary }

  /// The kernel that OpenBLAS chose, such as `Haswell`.
  public static var openBLASKernel: String { String(cString: openblas_get_corename()) }

  private static let choice: (library: Library, summary: String) = {
    // The workers are threads of our own, so the libraries keep to the one that calls them.
    openblas_set_num_threads(1)
    let level = InstructionSet.current
    let kernel = openBLASKernel
    let words = String(cString: openblas_get_config()).split(separator: " ")
    let version = words.count > 1 ? String(words[1]) : "of an unknown version"
    let reason: String
    if Self.level(ofKernel: kernel) != level {
      reason = "OpenBLAS \(version) chose its kernel \(kernel), which is not for \(level.title)"
    } else if !isRight(multiplyWithOpenBLAS) {
      reason = "OpenBLAS \(version), kernel \(kernel), computes wrong products on this processor"
    } else {
      return (.openBLAS, "OpenBLAS \(version), kernel \(kernel)")
    }
    return (.oneDNN, "oneDNN \(OneDNNLibrary.version) (\(reason))")
  }()

  /// The instructions that a kernel of OpenBLAS uses, by the name that the library gives it.
  package static func level(ofKernel name: String) -> InstructionSet {
    switch name.lowercased() {
    case "skylakex", "cooperlake", "sapphirerapids": .avx512
    case "haswell", "zen": .avx2
    default: .baseline
    }
  }

  package typealias Multiply = (Matrix, Matrix, UnsafeMutablePointer<Float>, Float, Int) -> Void

  /// Whether products of a few shapes, plain and transposed, are those of sums written out; takes a millisecond.
  package static func isRight(_ multiply: Multiply) -> Bool {
    let shapes = [
      (1, 1, 1), (1, 37, 150), (5, 16, 3), (16, 33, 64), (49, 64, 65), (70, 130, 40), (64, 96, 257),
    ]
    var random = SeededGenerator(seed: 16)
    for (rows, columns, inner) in shapes {
      for (isFirst, isSecond) in [(false, false), (true, false), (false, true)] {
        let a = (0..<rows * inner).map { _ in random.uniform(-1...1) }
        let b = (0..<inner * columns).map { _ in random.uniform(-1...1) }
        let (first, second) = (Tensor([a.count], a), Tensor([b.count], b))
        var result = Tensor([rows * columns], repeating: 1)
        result.withMutablePointer {
          multiply(
            isFirst
              ? Matrix(first, rows: inner, columns: rows, transposed: true)
              : Matrix(first, rows: rows, columns: inner),
            isSecond
              ? Matrix(second, rows: columns, columns: inner, transposed: true)
              : Matrix(second, rows: inner, columns: columns),
            $0, 0.5, columns)
        }
        for (index, found) in result.elements.enumerated() {
          let (row, column) = index.quotientAndRemainder(dividingBy: columns)
          let sum = (0..<inner).reduce(0.5) { sum, k in
            sum + Double(a[isFirst ? k * rows + row : row * inner + k])
              * Double(b[isSecond ? column * inner + k : k * columns + column])
          }
          guard abs(Double(found) - sum) < 1e-4 else { return false }
        }
      }
    }
    return true
  }

  package static func multiplyWithOpenBLAS(
    _ a: Matrix, _ b: Matrix, into result: UnsafeMutablePointer<Float>, keeping keep: Float, rowStride: Int
  ) {
    withPointers(to: a.tensor, b.tensor) {
      cblas_sgemm(
        CblasRowMajor, a.isTransposed ? CblasTrans : CblasNoTrans, b.isTransposed ? CblasTrans : CblasNoTrans,
        blasint(a.rows), blasint(b.columns), blasint(a.columns), 1, $0 + a.start, blasint(a.rowStride),
        $1 + b.start, blasint(b.rowStride), keep, result, blasint(rowStride))
    }
  }

  package static func multiplyWithOneDNN(
    _ a: Matrix, _ b: Matrix, into result: UnsafeMutablePointer<Float>, keeping keep: Float, rowStride: Int
  ) {
    precondition(OneDNNLibrary.isReady)
    omp_set_num_threads(1)
    let (transposed, plain) = (CChar(UInt8(ascii: "T")), CChar(UInt8(ascii: "N")))
    let status = withPointers(to: a.tensor, b.tensor) {
      dnnl_sgemm(
        a.isTransposed ? transposed : plain, b.isTransposed ? transposed : plain, dnnl_dim_t(a.rows),
        dnnl_dim_t(b.columns), dnnl_dim_t(a.columns), 1, $0 + a.start, dnnl_dim_t(a.rowStride), $1 + b.start,
        dnnl_dim_t(b.rowStride), keep, result, dnnl_dim_t(rowStride))
    }
    precondition(
      status == dnnl_success, "a product of \(a.rows)×\(a.columns) and \(b.columns) failed: \(status)")
  }
}

/// A matrix in a tensor: row-major, `rowStride` floats from one row to the next.
package struct Matrix {
  fileprivate let tensor: Tensor
  /// The index of the first element.
  fileprivate let start: Int
  package let rows: Int, columns: Int
  package let isTransposed: Bool
  fileprivate let rowStride: Int

  /// `rows × columns` elements of a tensor; with `transposed`, the product sees `columns × rows`.
  ///
  /// - Parameters:
  ///   - start: the index of the first element.
  ///   - rowStride: the elements from one row to the next; nil where rows follow each other.
  package init(
    _ tensor: Tensor, at start: Int = 0, rows: Int, columns: Int, transposed: Bool = false,
    rowStride: Int? = nil
  ) {
    (self.tensor, self.start, self.rowStride) = (tensor, start, rowStride ?? columns)
    precondition(
      Self.fits(tensor, start, rows, columns, self.rowStride),
      "\(rows)×\(columns) at \(start) are not in a tensor of shape \(tensor.shape)")
    self.rows = transposed ? columns : rows
    self.columns = transposed ? rows : columns
    isTransposed = transposed
  }

  fileprivate static func fits(_ tensor: Tensor, _ start: Int, _ rows: Int, _ columns: Int, _ stride: Int)
    -> Bool
  {
    start >= 0 && columns <= stride
      && (rows == 0 || columns == 0 || start + (rows - 1) * stride + columns <= tensor.count)
  }
}

/// Writes `a · b + keep · result` over `a.rows × b.columns` elements of `result` from `start` on, row-major.
package func multiply(
  _ a: Matrix, _ b: Matrix, into result: inout Tensor, at start: Int = 0, keeping keep: Float = 0,
  rowStride: Int? = nil
) {
  let stride = rowStride ?? b.columns
  precondition(a.columns == b.rows, "\(a.rows)×\(a.columns) times \(b.rows)×\(b.columns)")
  precondition(
    Matrix.fits(result, start, a.rows, b.columns, stride),
    "\(a.rows)×\(b.columns) at \(start) are not in a tensor of shape \(result.shape)")
  guard a.rows > 0, b.columns > 0 else { return }
  result.withMutablePointer { result in
    switch MatrixProduct.library {
    case .openBLAS:
      MatrixProduct.multiplyWithOpenBLAS(a, b, into: result + start, keeping: keep, rowStride: stride)
    case .oneDNN:
      MatrixProduct.multiplyWithOneDNN(a, b, into: result + start, keeping: keep, rowStride: stride)
    }
  }
}

/// The product of two matrices, `[rows, inner]` and `[inner, columns]`.
public func product(_ a: Tensor, _ b: Tensor) -> Tensor {
  precondition(a.shape.count == 2 && b.shape.count == 2, "\(a.shape) and \(b.shape) are not matrices")
  var result = Tensor(uninitialized: [a.shape[0], b.shape[1]])
  multiply(
    Matrix(a, rows: a.shape[0], columns: a.shape[1]), Matrix(b, rows: b.shape[0], columns: b.shape[1]),
    into: &result)
  return result
}

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
      reason = "OpenBLAS \(version) chose its kernel \(kernel), which is not of \(level.title)"
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
        let a = Tensor([rows * inner], (0..<rows * inner).map { _ in random.uniform(-1...1) })
        let b = Tensor([inner * columns], (0..<inner * columns).map { _ in random.uniform(-1...1) })
        let result = Tensor([rows * columns], repeating: 1)
        multiply(
          isFirst ? Matrix(a.address, inner, rows, transposed: true) : Matrix(a.address, rows, inner),
          isSecond ? Matrix(b.address, columns, inner, transposed: true) : Matrix(b.address, inner, columns),
          result.address, 0.5, columns)
        for row in 0..<rows {
          for column in 0..<columns {
            var sum = 0.5
            for k in 0..<inner {
              sum +=
                Double(a.address[isFirst ? k * rows + row : row * inner + k])
                * Double(b.address[isSecond ? column * inner + k : k * columns + column])
            }
            guard abs(Double(result.address[row * columns + column]) - sum) < 1e-4 else { return false }
          }
        }
        withExtendedLifetime((a, b, result)) {}
      }
    }
    return true
  }

  package static func multiplyWithOpenBLAS(
    _ a: Matrix, _ b: Matrix, into result: UnsafeMutablePointer<Float>, keeping keep: Float, rowStride: Int
  ) {
    cblas_sgemm(
      CblasRowMajor, a.isTransposed ? CblasTrans : CblasNoTrans, b.isTransposed ? CblasTrans : CblasNoTrans,
      blasint(a.rows), blasint(b.columns), blasint(a.columns), 1, a.start, blasint(a.rowStride), b.start,
      blasint(b.rowStride), keep, result, blasint(rowStride))
  }

  package static func multiplyWithOneDNN(
    _ a: Matrix, _ b: Matrix, into result: UnsafeMutablePointer<Float>, keeping keep: Float, rowStride: Int
  ) {
    precondition(OneDNNLibrary.isReady)
    omp_set_num_threads(1)
    let (transposed, plain) = (CChar(UInt8(ascii: "T")), CChar(UInt8(ascii: "N")))
    let status = dnnl_sgemm(
      a.isTransposed ? transposed : plain, b.isTransposed ? transposed : plain, dnnl_dim_t(a.rows),
      dnnl_dim_t(b.columns), dnnl_dim_t(a.columns), 1, a.start, dnnl_dim_t(a.rowStride), b.start,
      dnnl_dim_t(b.rowStride), keep, result, dnnl_dim_t(rowStride))
    precondition(
      status == dnnl_success, "a product of \(a.rows)×\(a.columns) and \(b.columns) failed: \(status)")
  }
}

/// A matrix in memory: row-major, `rowStride` floats from one row to the next.
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
  switch MatrixProduct.library {
  case .openBLAS:
    MatrixProduct.multiplyWithOpenBLAS(a, b, into: result, keeping: keep, rowStride: rowStride ?? b.columns)
  case .oneDNN:
    MatrixProduct.multiplyWithOneDNN(a, b, into: result, keeping: keep, rowStride: rowStride ?? b.columns)
  }
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

internal import CKernels
internal import Tensors

/// What does the arithmetic, and what the processor can do at best.
public enum Processor {
  /// The level of instructions and the libraries in use, for people who compare times or last digits.
  public static var kernels: String {
    let level = InstructionSet.current
    let whole = level < .processor ? " of \(InstructionSet.processor.title)" : ""
    return
      "\(level.title)\(whole); convolutions: own kernels, oneDNN \(OneDNNLibrary.version); "
      + "matrix products: \(MatrixProduct.summary)"
  }

  /// Operations a second (a multiplication and an addition are two) of 32-bit floats in registers at the level in
  /// force, on so many threads at once: the best of a few tries of some hundredths of a second.
  public static func peakRate(workers: Int) -> Double {
    let count = 2_000_000
    let clock = ContinuousClock()
    return (0..<5).map { _ in
      let time = clock.measure {
        Workers.run(workers, workers: workers) { _, _ in
          withUnsafeTemporaryAllocation(of: Float.self, capacity: 16) {
            kernel_multiply_adds(count, $0.baseAddress!)
          }
        }
      }
      return Double(2 * 12 * kernel_lanes() * count * workers) / time.seconds
    }.max()!
  }
}

import ArgumentParser
import Networks
import Tensors

/// How a network's convolutions are computed.
struct ArithmeticOptions: ParsableArguments {
  /// What is multiplied.
  enum Precision: String, CaseIterable, ExpressibleByArgument { case float32, bfloat16 }

  /// How products are saved in 32 bits.
  enum Filtering: String, CaseIterable, ExpressibleByArgument {
    case direct, winograd
  }

  @Option(
    help: """
      Algorithm for convolutions: winograd (our own kernels, Winograd's filtering for 3×3; the faster and the \
      default) or direct (oneDNN).
      """)
  var convolutions: Filtering?

  @Option(
    help: """
      bfloat16 rounds the inputs of all convolutions but 3×3 ones to 8 bits, which is faster only on processors \
      with AMX; the effect on the joints is measured and reported.
      """)
  var precision = Precision.float32

  /// The algorithm that the options name, the fastest in 32 bits unless they do.
  ///
  /// - Throws: this processor, or the level that it is kept to, lacks the instructions.
  var algorithm: Regressor.Convolutions {
    get throws {
      guard precision == .bfloat16 else { return convolutions == .direct ? .direct : .fastest }
      guard Regressor.Convolutions.bfloat16.isSupported else {
        throw Failure(
          .unavailable,
          "--precision bfloat16: needs AVX-512 BF16 or AMX, which this processor lacks or "
            + "\(InstructionSet.variable) excludes; leave it out")
      }
      return .bfloat16
    }
  }

  func validate() throws {
    guard precision == .float32 || convolutions != .winograd else {
      throw ValidationError(
        "--convolutions winograd computes in float32; leave out either --convolutions or --precision")
    }
  }
}

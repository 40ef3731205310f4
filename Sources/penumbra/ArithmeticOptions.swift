import ArgumentParser
import Networks

/// How a network's convolutions are worked out.
struct ArithmeticOptions: ParsableArguments {
  /// What is multiplied.
  enum Precision: String, CaseIterable, ExpressibleByArgument { case float32, bfloat16 }

  /// How products are saved in 32 bits.
  enum Filtering: String, CaseIterable, ExpressibleByArgument {
    case direct, winograd
  }

  @Option(
    help: ArgumentHelp(
      "How 3×3 convolutions are worked out: winograd is the faster, on processors with AVX-512, and the default there."
    ))
  var convolutions: Filtering?

  @Option(
    help: """
      bfloat16 rounds what convolutions other than 3×3 ones multiply to 8 bits, which is faster on processors with \
      AMX alone; how far that moves the joints is measured and told.
      """)
  var precision = Precision.float32

  /// The way that the options name, the fastest in 32 bits unless they do.
  var way: Regressor.Convolutions {
    if precision == .bfloat16 { return .bfloat16 }
    return switch convolutions {
    case .direct: .direct
    case .winograd: .winograd
    case nil: .fastest
    }
  }

  func validate() throws {
    guard precision == .float32 || convolutions != .winograd else {
      throw ValidationError("--convolutions winograd works in float32; leave out one of it and --precision")
    }
    guard way.isSupported else {
      switch way {
      case .bfloat16:
        throw Failure(
          .unavailable,
          "--precision bfloat16 needs a processor with AVX-512 BF16 or AMX, which this one lacks; leave it out"
        )
      case .winograd, .direct:
        throw Failure(
          .unavailable,
          "--convolutions \(way.rawValue) needs AVX-512, which this processor lacks; leave it out")
      }
    }
  }
}

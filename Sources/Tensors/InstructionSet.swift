internal import CKernels
internal import COneDNN

/// The instructions that arithmetic may use: levels, each with all that the one before has.
///
/// A level keeps our own kernels and oneDNN to it. OpenBLAS chooses its kernel itself (`OPENBLAS_CORETYPE` sets
/// it); it is used where that kernel is of this level, see ``MatrixProduct``.
public enum InstructionSet: String, CaseIterable, Sendable, Comparable {
  /// What every x86-64 processor has; oneDNN is kept to SSE4.1.
  case baseline
  /// AVX2 with FMA: vectors of eight floats.
  case avx2
  /// AVX-512 (F, BW, DQ, VL): vectors of sixteen floats.
  case avx512

  /// The environment variable that limits the level: one of the cases, or `native` for all that the processor has.
  public static let variable = "PENUMBRA_ISA"

  /// All that this processor has.
  public static var processor: InstructionSet { allCases[Int(kernel_processor_level())] }

  /// The level in force; from the first time that it matters it stays.
  public static var current: InstructionSet { allCases[Int(kernel_level())] }

  /// Limits the level before any arithmetic; false where another level has been in use already.
  public static func limit(to level: InstructionSet) -> Bool {
    kernel_limit_level(Int32(allCases.firstIndex(of: level)!)) != 0
  }

  /// The name that people know.
  public var title: String {
    switch self {
    case .baseline: "SSE"
    case .avx2: "AVX2"
    case .avx512: "AVX-512"
    }
  }

  /// Whether a level has less than another.
  public static func < (a: InstructionSet, b: InstructionSet) -> Bool {
    allCases.firstIndex(of: a)! < allCases.firstIndex(of: b)!
  }
}

/// oneDNN, kept to the level in force.
package enum OneDNNLibrary {
  /// Sets oneDNN's level; whoever calls the library reads this first, since it takes no limit once it has worked.
  package static let isReady: Bool = {
    switch InstructionSet.current {
    case .baseline: dnnl_set_max_cpu_isa(dnnl_cpu_isa_sse41) == dnnl_success
    case .avx2: dnnl_set_max_cpu_isa(dnnl_cpu_isa_avx2) == dnnl_success
    case .avx512: true
    }
  }()

  /// The library's version, such as 2.6.3.
  package static var version: String {
    let version = dnnl_version().pointee
    return "\(version.major).\(version.minor).\(version.patch)"
  }
}

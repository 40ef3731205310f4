import ArgumentParser
import Foundation
import Tensors

/// The level of instructions that arithmetic is kept to, for those who test or compare.
struct InstructionSetOption: ParsableArguments {
  /// The words that name a level.
  enum Level: String, CaseIterable, ExpressibleByArgument {
    case baseline, avx2, avx512, native

    /// The level; nil for all that the processor has.
    var instructionSet: InstructionSet? { InstructionSet(rawValue: rawValue) }
  }

  @Option(
    help: """
      Instruction level of kernels and oneDNN (default: the processor's). The environment variable PENUMBRA_ISA sets \
      it for every command.
      """)
  var isa: Level?

  /// Keeps all arithmetic that follows to the level.
  ///
  /// - Throws: the processor lacks it, or arithmetic has begun at another.
  func apply() throws {
    guard let level = isa?.instructionSet else { return }
    try Self.check(level, as: "--isa \(level.rawValue)")
    guard InstructionSet.limit(to: level) else {
      throw Failure(.internal, "--isa \(level.rawValue): arithmetic has already begun at another level")
    }
  }

  /// Refuses a level in the environment that is none or that the processor lacks.
  static func checkEnvironment() throws {
    guard let word = ProcessInfo.processInfo.environment[InstructionSet.variable], !word.isEmpty else {
      return
    }
    guard let level = Level(rawValue: word) else {
      let words = Level.allCases.map(\.rawValue).joined(separator: ", ")
      throw Failure(.usage, "\(InstructionSet.variable) is \(word); give one of \(words), or unset it")
    }
    if let level = level.instructionSet { try check(level, as: "\(InstructionSet.variable)=\(word)") }
  }

  private static func check(_ level: InstructionSet, as setting: String) throws {
    guard level <= .processor else {
      throw Failure(
        .unavailable,
        "\(setting): this processor supports only \(InstructionSet.processor.title); leave it out")
    }
  }
}

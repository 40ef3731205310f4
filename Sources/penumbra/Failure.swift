import Archives
import ArgumentParser
import Bodies
import Evaluation
import Foundation
import Live
import Models
import Networks
import Pictures
import Records
import Sweeps
import Training

/// Why a command ends: one line for people, one exit code for scripts.
struct Failure: Error, CustomStringConvertible {
  /// Exit codes, numbered as in `sysexits.h`; an interruption has that of its signal, 130 after Ctrl-C.
  enum Code: Int32 {
    case usage = 64
    case badData = 65
    case noInput = 66
    case unavailable = 69
    case `internal` = 70
    case cannotCreate = 73
    case io = 74
    case interrupted = 130
  }

  let code: Code
  let description: String

  /// A failure with its line, which names the file where there is one: `FILE: what is wrong; what to do`.
  init(_ code: Code, _ description: String) {
    self.code = code
    // File names and archives may hold line breaks; the message is one line whatever they hold.
    self.description = description.split(whereSeparator: \.isNewline).reduce(into: "") { text, line in
      // The argument parser lists many values line by line.
      let isItem = line.hasPrefix("  - ")
      text += text.isEmpty ? "" : isItem && !text.hasSuffix(":") ? ", " : " "
      guard isItem else { return text += line }
      let value = line.dropFirst(4).prefix { $0 != ";" }
      text += "'\(value)'" + line.dropFirst(4 + value.count)
    }
  }

  /// The failure that an error of a room amounts to; nil for errors of the argument parser.
  init?(_ error: any Error) {
    switch error {
    case let error as Failure: self = error
    case let error as ArchiveError: self.init(Self.code(of: error.kind), error.description)
    case let error as PictureError: self.init(Self.code(of: error.kind), error.description)
    case let error as RecordError: self.init(Self.code(of: error.kind), error.description)
    case let error as ModelError:
      self.init(error.kind == .unavailable ? .unavailable : .badData, error.description)
    case let error as SkeletonError: self.init(error.kind == .io ? .io : .badData, error.description)
    case let error as EvaluationError: self.init(Self.code(of: error.kind), error.description)
    case let error as LoopbackServer.Failure: self.init(.unavailable, error.description)
    case let error as BodyError: self.init(.badData, String(describing: error))
    case let error as WeightError: self.init(.badData, String(describing: error))
    case let error as NetworkError: self.init(.unavailable, error.description)
    case let error as TrainingError: self.init(.badData, error.description)
    case let error as CocoaError: self.init(.io, error.localizedDescription)
    default: return nil
    }
  }

  private static func code(of kind: ArchiveError.Kind) -> Code {
    switch kind {
    case .noInput: .noInput
    case .damaged, .unsupported, .missingArray: .badData
    case .cannotCreate: .cannotCreate
    case .io: .io
    }
  }

  private static func code(of kind: PictureError.Kind) -> Code {
    switch kind {
    case .missing, .unreadable: .noInput
    case .io: .io
    case .notAPicture, .damaged, .absurdSize, .badBox: .badData
    }
  }

  private static func code(of kind: RecordError.Kind) -> Code {
    switch kind {
    case .noInput: .noInput
    case .badData: .badData
    case .io: .io
    }
  }

  private static func code(of kind: EvaluationError.Kind) -> Code {
    switch kind {
    case .noInput: .noInput
    case .badData: .badData
    case .interrupted: .interrupted
    }
  }
}

/// What reading a file gives; nil where the file is none of the kind.
///
/// - Throws: where it cannot be read now: it is not to be taken for one of another kind.
func ifOfTheKind<Value>(_ read: () throws -> Value) throws -> Value? {
  do { return try read() } catch {
    if Failure(error)?.code == .io { throw error }
    return nil
  }
}

import Foundation

/// Why a network did not run: the library that computes its convolutions found no memory.
public struct NetworkError: Error, CustomStringConvertible, Equatable, Sendable {
  /// What the memory was for.
  public let purpose: String

  /// One line: what was wanted, and what to do.
  public var description: String {
    "out of memory for the \(purpose); give fewer crops at once (--batch) or set a limit (--memory)"
  }
}

extension NetworkError {
  /// Runs what may find no memory, for callers that cannot throw: then the program ends with the error's line.
  package static func ending<R>(_ body: () throws -> R) -> R {
    do { return try body() } catch {
      FileHandle.standardError.write(Data("penumbra: \(error)\n".utf8))
      exit(69)
    }
  }
}

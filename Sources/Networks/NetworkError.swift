/// Why a network did not run: the library that computes its convolutions found no memory.
public struct NetworkError: Error, CustomStringConvertible, Equatable, Sendable {
  /// What the memory was for.
  public let purpose: String

  /// One line: what was wanted, and what to do.
  public var description: String {
    "out of memory for the \(purpose); give fewer crops at once (--batch) or set a limit (--memory)"
  }
}

internal import Archives

/// Why an evaluation or an experiment cannot be done or stopped before its end.
public struct EvaluationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The classes of failure that a command gives different exit codes.
  public enum Kind: Hashable, Sendable {
    /// The file is not there or cannot be read.
    case noInput
    /// The file makes no sense, or does not fit the rest of what was given.
    case badData
    /// The work was cancelled; the same call resumes it.
    case interrupted
  }

  /// The class of failure.
  public let kind: Kind
  /// The file or folder.
  public let file: String
  /// What is wrong and what to do, without the file's name.
  public let sentence: String

  /// An error about `file`.
  public init(_ kind: Kind, _ file: String, _ sentence: String) {
    (self.kind, self.file, self.sentence) = (kind, file, sentence)
  }

  /// The file and the sentence, on one line, as shown to a user.
  public var description: String { "\(file): \(sentence)".printable }
}

internal import Archives

/// Why a ground-truth file cannot be used, or records cannot be read or compared together.
public struct RecordError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The classes of failure that a command gives different exit codes.
  public enum Kind: Hashable, Sendable {
    /// The file is not there or cannot be read.
    case noInput
    /// The file makes no sense, or does not fit the rest of what was given.
    case badData
    /// Reading failed below: a broken disk or connection.
    case io
  }

  /// The class of failure.
  public let kind: Kind
  /// The file or folder.
  public let file: String
  /// What is wrong and what to do, without the file's name.
  public let sentence: String

  /// An error about `file`.
  public init(_ kind: Kind, _ file: String, _ sentence: String) {
    self.kind = kind
    self.file = file
    self.sentence = sentence
  }

  /// What reading a file ran into.
  init(_ error: ArchiveError) {
    let kind: Kind =
      switch error.kind {
      case .noInput: .noInput
      case .io: .io
      default: .badData
      }
    self.init(kind, error.file, String(error.description.trimmingPrefix("\(error.file): ")))
  }

  /// The file and the sentence, as shown to a user.
  public var description: String { "\(file): \(sentence)" }
}

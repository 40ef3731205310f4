package import Archives

/// What is wrong with a picture file or a box, and what to do about it.
public struct PictureError: Error, Equatable, CustomStringConvertible {
  /// The kinds of failure that callers treat differently.
  public enum Kind: Sendable {
    /// No such file.
    case missing
    /// The file is there but the system does not let it be read.
    case unreadable
    /// Reading failed below: a broken disk or connection.
    case io
    /// The bytes are not those of a picture that is read.
    case notAPicture
    /// A picture that ends early or contradicts itself.
    case damaged
    /// More pixels than are worth reading, or none.
    case absurdSize
    /// A box that cannot be cut out of the picture.
    case badBox
  }

  /// The kind of failure.
  public let kind: Kind
  /// The path of the file, or what else is at fault; who knows better puts in the path.
  public var file: String
  /// What is wrong and what to do, one sentence without the file's name.
  public let sentence: String

  /// An error about `file`.
  public init(_ kind: Kind, _ file: String, _ sentence: String) {
    self.kind = kind
    self.file = file
    self.sentence = sentence
  }

  /// What reading a file or a folder ran into.
  package init(_ error: ArchiveError) {
    let kind: Kind =
      switch error.kind {
      case .noInput: .unreadable
      case .unsupported: .absurdSize
      default: .io
      }
    self.init(kind, error.file, error.message)
  }

  /// The same error about the picture at a path.
  package func naming(_ path: String) -> PictureError {
    PictureError(kind, path, kind == .badBox ? description : sentence)
  }

  /// The file and the sentence, as shown to a user.
  public var description: String { "\(file): \(sentence)" }
}

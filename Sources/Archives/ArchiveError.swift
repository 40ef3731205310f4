/// Why a file of arrays could not be read or written.
public struct ArchiveError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What went wrong, in the classes that a command gives different exit codes.
  public enum Kind: Hashable, Sendable {
    /// There is no such file, or it may not be read.
    case noInput
    /// The bytes make no sense: cut short, altered, or of another program.
    case damaged
    /// The file is sound, but holds something that is not read here.
    case unsupported
    /// The file is sound, but lacks the array asked for, or the array is of another shape or type.
    case missingArray
    /// The file cannot be created: no such folder, or no permission to write there.
    case cannotCreate
    /// Reading or writing failed below: a full disk, a broken device.
    case io
  }

  /// The class of the error.
  public let kind: Kind
  /// The path as it was given.
  public let file: String
  /// The array or entry inside the file.
  public let entry: String?
  /// The byte of the file at which it stopped making sense, where that is known.
  public let byte: Int?
  /// What is wrong, and what to do where that helps; no full stop.
  public let message: String
  /// The system's error number, when a system call failed.
  public let systemError: Int32?

  /// An error about a file.
  public init(
    _ kind: Kind, file: String, entry: String? = nil, byte: Int? = nil, _ message: String,
    systemError: Int32? = nil
  ) {
    self.kind = kind
    self.file = file
    self.entry = entry
    self.byte = byte
    self.message = message
    self.systemError = systemError
  }

  /// One line: the file, the entry, what is wrong, and where.
  public var description: String {
    let place = byte.map { " (at byte \($0))" } ?? ""
    return "\(file): \(entry.map { "\($0): " } ?? "")\(message)\(place)".printable
  }
}

extension String {
  /// The text on one line, without what a terminal would take for commands: names and words come from files.
  package var printable: String {
    String(String.UnicodeScalarView(unicodeScalars.map { $0.isPrintable ? $0 : "?" }))
  }
}

extension Unicode.Scalar {
  /// Whether a terminal shows it where it stands: it is no command, breaks no line and turns no text about.
  package var isPrintable: Bool {
    switch properties.generalCategory {
    case .control, .surrogate, .lineSeparator, .paragraphSeparator: false
    // Letters of some scripts are joined by others of the category; these turn about what follows.
    case .format:
      !["\u{200E}", "\u{200F}"].contains(self) && !("\u{202A}"..."\u{202E}").contains(self)
        && !("\u{2066}"..."\u{2069}").contains(self)
    default: true
    }
  }
}

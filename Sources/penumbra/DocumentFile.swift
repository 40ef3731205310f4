import Archives
import Figures
import Presentation

extension Document {
  /// Writes the file, and a line to standard error where letters have no font.
  func write(to path: String) throws {
    try AtomicFile.write(data, to: path)
    Console.writeNotice(missingLetters, path)
  }
}

extension Console {
  /// Says on standard error which letters of a file have no font, if any.
  static func writeNotice(_ letters: MissingLetters, _ path: String) {
    if let notice = letters.notice { writeNotice("penumbra: \(path): \(notice)") }
  }
}

import Archives
import Foundation
import Synchronization

/// What a command prints for people and for scripts.
enum Console {
  /// Writes a line to standard output.
  static func writeLine(_ line: String = "") { write(tame(line) + "\n", to: STDOUT_FILENO) }

  /// Writes a line to standard error.
  static func writeError(_ line: String) { write(tame(line) + "\n", to: STDERR_FILENO) }

  /// The text without what a terminal would take for commands: names and labels come from files.
  private static func tame(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isCommand) else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.map { isCommand($0) ? "?" : $0 }))
  }

  /// As errors have it, but for what lays out lines.
  private static func isCommand(_ scalar: Unicode.Scalar) -> Bool {
    !scalar.isPrintable && scalar != "\n" && scalar != "\t"
  }

  /// JSON in which such scalars are spelled, since a reader must have them as they are.
  private static func spelled(_ json: String) -> String {
    guard json.unicodeScalars.contains(where: isCommand) else { return json }
    return json.unicodeScalars.map { scalar in
      isCommand(scalar)
        ? String(scalar).utf16.map { String(format: "\\u%04x", $0) }.joined() : String(scalar)
    }.joined()
  }

  /// Whether only results and errors are written.
  static var isQuiet: Bool { quiet.load(ordering: .relaxed) }
  private static let quiet = Atomic(false)

  /// From here on, writes neither progress nor notices.
  static func beQuiet() { quiet.store(true, ordering: .relaxed) }

  /// Writes a line to standard error that is no failure; nothing with `--quiet`.
  static func writeNotice(_ line: String) { if !isQuiet { writeError(line) } }

  /// Writes one JSON object to standard output, keys in alphabetical order, renamed ones under their old names too.
  static func writeJSON(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let json = try JSONValue(encoder.encode(value), from: "standard output")
    writeLine(spelled(FormerKeys.added(to: json).text))
  }

  /// Writes all of `text` as it is, unless the reader has gone; ends the process when standard output cannot be written.
  static func write(_ text: String, to file: Int32) {
    var text = text
    text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while !rest.isEmpty {
        let count = Foundation.write(file, rest.baseAddress, rest.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else {
          guard file == STDOUT_FILENO, errno != EPIPE else { return }
          let reason = String(cString: strerror(errno))
          write(
            "penumbra: standard output: cannot be written: \(reason); its content is incomplete\n",
            to: STDERR_FILENO)
          exit(.io)
        }
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      }
    }
  }

  /// Ends the process.
  static func exit(_ code: Failure.Code) -> Never {
    Foundation.exit(code == .interrupted ? Interruption.exitCode : code.rawValue)
  }
}

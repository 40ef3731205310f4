import Foundation
import Testing

/// The Python of `Tests/python-venv`, which reads what this program writes.
public enum Python {
  /// The interpreter.
  public static let path = repository.appending(path: ".build/python-venv/bin/python").path
  /// Whether it has been installed.
  public static var isThere: Bool { FileManager.default.isExecutableFile(atPath: path) }

  /// What a script prints; its arguments are in `sys.argv[1:]`.
  ///
  /// Records an issue with the script's last words when it fails.
  public static func run(_ script: String, _ arguments: String...) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = ["-W", "error", "-c", script] + arguments
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let text = try output.fileHandleForReading.readToEnd() ?? Data()
    let complaint = try errors.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    if process.terminationStatus != 0 {
      Issue.record("Python: \(String(decoding: complaint, as: UTF8.self))")
    }
    return String(decoding: text, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }
}

import Foundation
import TestSupport
import Testing

/// One run of the built program.
struct CommandLineRun {
  let output: String
  let error: String
  let code: Int32

  /// The lines on standard error.
  var errorLines: [Substring] { error.split(separator: "\n") }

  /// Runs `penumbra` to its end.
  init(_ arguments: [String], in folder: String? = nil, environment: [String: String] = [:]) throws {
    try self.init(Self.program, arguments, in: folder, environment: environment)
  }

  /// Runs `penumbra` in a shell that may write no file longer than `blocks` of 512 bytes.
  init(fileSizeLimit blocks: Int, _ arguments: [String]) throws {
    try self.init(
      "/bin/sh", ["-c", "ulimit -f \(blocks); exec \"$0\" \"$@\"", Self.program] + arguments)
  }

  init(
    _ program: String, _ arguments: [String], in folder: String? = nil, environment: [String: String] = [:]
  ) throws {
    let (process, output, error) = try Self.start(program, arguments, in: folder, environment: environment)
    self.output = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    self.error = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    code = process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
  }

  /// Starts `penumbra` without waiting for its end.
  static func start(_ arguments: [String]) throws -> Process {
    try start(program, arguments, in: nil, environment: [:]).process
  }

  /// Starts `penumbra`, with what it will say, without waiting for its end.
  static func piped(
    _ arguments: [String], environment: [String: String] = [:]
  ) throws -> (process: Process, output: Pipe, error: Pipe) {
    try start(program, arguments, in: nil, environment: environment)
  }

  private static func start(
    _ program: String, _ arguments: [String], in folder: String?, environment: [String: String]
  ) throws -> (process: Process, output: Pipe, error: Pipe) {
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
    if let folder { process.currentDirectoryURL = URL(filePath: folder) }
    let (output, error) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = error
    process.standardInput = FileHandle.nullDevice
    try process.run()
    return (process, output, error)
  }

  /// The program beside the test bundle.
  static let program =
    (Bundle.main.executableURL ?? URL(filePath: CommandLine.arguments[0]))
    .resolvingSymlinksInPath().deletingLastPathComponent().appending(path: "penumbra").path
}

/// Expects a failure of a kind: nothing on standard output, and one line on standard error that has the words.
func expectFailure(
  _ run: CommandLineRun, _ code: Int32, _ words: String..., at location: SourceLocation = #_sourceLocation
) {
  #expect(run.code == code, "\(run.error)", sourceLocation: location)
  #expect(run.errorLines.count == 1, "\(run.error)", sourceLocation: location)
  #expect(run.output.isEmpty, sourceLocation: location)
  for word in ["penumbra: "] + words {
    #expect(run.error.contains(word), "\(run.error)", sourceLocation: location)
  }
  #expect(run.error.hasPrefix("penumbra: "), sourceLocation: location)
}

import Foundation

/// The folder of what the project ships: the body, the built-in networks, poses and panoramas.
enum Fixtures {
  /// Finds the folder: `PENUMBRA_FIXTURES`, else upward from the program, else upward from where one is.
  static func folder() throws -> String {
    let manager = FileManager.default
    if let given = ProcessInfo.processInfo.environment["PENUMBRA_FIXTURES"], !given.isEmpty {
      guard manager.fileExists(atPath: given + "/body.npz") else {
        throw Failure(.noInput, "\(given): holds no body.npz; set PENUMBRA_FIXTURES to the Fixtures folder")
      }
      return given
    }
    let program = (Bundle.main.executableURL ?? URL(filePath: CommandLine.arguments[0]))
      .deletingLastPathComponent()
    for start in [program.resolvingSymlinksInPath(), URL(filePath: manager.currentDirectoryPath)] {
      var folder = start.standardizedFileURL
      while true {
        let candidate = folder.appending(path: "Fixtures").path
        if manager.fileExists(atPath: candidate + "/body.npz") { return candidate }
        guard folder.path != "/" else { break }
        folder = folder.deletingLastPathComponent()
      }
    }
    throw Failure(
      .noInput, "Fixtures: not found above the program or the current folder; set PENUMBRA_FIXTURES to it")
  }

  /// The path of a file in the folder.
  static func path(_ name: String) throws -> String { try folder() + "/" + name }
}

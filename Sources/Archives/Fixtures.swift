import Foundation

/// The folder of files that come with the project: body, built-in networks, poses, panoramas, skeletons.
public enum Fixtures {
  /// Finds the folder: `PENUMBRA_FIXTURES`, else upward from the program, else upward from the current folder.
  ///
  /// - Throws: `ArchiveError` of the kind `noInput` where there is none.
  public static func folder() throws(ArchiveError) -> String {
    let manager = FileManager.default
    if let given = ProcessInfo.processInfo.environment["PENUMBRA_FIXTURES"], !given.isEmpty {
      guard manager.fileExists(atPath: given + "/body.npz") else {
        throw ArchiveError(
          .noInput, file: given, "contains no body.npz; set PENUMBRA_FIXTURES to the Fixtures folder")
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
    throw ArchiveError(
      .noInput, file: "Fixtures",
      "not found above the program or the current folder; set PENUMBRA_FIXTURES to it")
  }

  /// The path of a file in the folder, whether the file exists or not.
  ///
  /// - Throws: `ArchiveError` of the kind `noInput` where there is no such folder.
  public static func path(_ name: String) throws(ArchiveError) -> String { try folder() + "/" + name }
}

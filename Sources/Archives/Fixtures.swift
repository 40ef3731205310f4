import Foundation

/// The folder of files that come with the project: body, built-in networks, poses, panoramas, people.
public enum Fixtures {
  /// Names the folder, for a checkout or an installation elsewhere.
  public static let variable = "PENUMBRA_FIXTURES"

  /// Finds the folder: `PENUMBRA_FIXTURES`; else `../share/penumbra` from the program, where `make install` puts it;
  /// else `Fixtures` upward from the program, or from the current folder.
  ///
  /// - Throws: `ArchiveError` of the kind `noInput` where there is none.
  public static func folder() throws(ArchiveError) -> String {
    if let given = ProcessInfo.processInfo.environment[variable], !given.isEmpty {
      guard isComplete(given) else {
        throw ArchiveError(
          .noInput, file: given, "contains no body.npz; set \(variable) to the Fixtures folder")
      }
      return given
    }
    let program = (Bundle.main.executableURL ?? URL(filePath: CommandLine.arguments[0]))
      .resolvingSymlinksInPath().deletingLastPathComponent()
    let installed = program.deletingLastPathComponent().appending(path: "share/penumbra").path
    if isComplete(installed) { return installed }
    for start in [program, URL(filePath: FileManager.default.currentDirectoryPath)] {
      var folder = start.standardizedFileURL
      while true {
        let candidate = folder.appending(path: "Fixtures").path
        if isComplete(candidate) { return candidate }
        guard folder.path != "/" else { break }
        folder = folder.deletingLastPathComponent()
      }
    }
    throw ArchiveError(
      .noInput, file: "Fixtures",
      "not found in \(installed), nor above the program or the current folder; set \(variable) to it")
  }

  private static func isComplete(_ folder: String) -> Bool {
    FileManager.default.fileExists(atPath: folder + "/body.npz")
  }

  /// The path of a file in the folder, whether the file exists or not.
  ///
  /// - Throws: `ArchiveError` of the kind `noInput` where there is no such folder.
  public static func path(_ name: String) throws(ArchiveError) -> String { try folder() + "/" + name }
}

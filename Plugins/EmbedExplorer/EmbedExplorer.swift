import Foundation
import PackagePlugin

/// Puts the files of the explorer's page into the program as texts, so that it needs none beside it.
///
/// Bytes as `.embedInCode` writes them take the compiler minutes at this size; texts take it a second.
@main struct EmbedExplorer: BuildToolPlugin {
  private static let kinds = ["js", "css", "html", "txt"]

  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let folder = target.directoryURL
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { Self.kinds.contains(URL(filePath: $0).pathExtension) }.sorted()
    let sources = names.map { folder.appending(path: $0) }
    let output = context.pluginWorkDirectoryURL.appending(path: "ExplorerSources.swift")
    // The quotes of a raw text with four signs end nothing that a page contains.
    let script = ######"""
      {
        printf 'enum ExplorerSources {\n  static let files: [(name: String, text: String)] = [\n'
        for file in "$@"; do
          printf '    ("%s", ####"""\n' "${file##*/}"
          cat "$file" && printf '\n"""####),\n'
        done
        printf '  ]\n}\n'
      } > "$0"
      """######
    return [
      .buildCommand(
        displayName: "Embed the explorer's page", executable: URL(filePath: "/bin/sh"),
        arguments: ["-c", script, output.path] + sources.map(\.path), inputFiles: sources,
        outputFiles: [output])
    ]
  }
}

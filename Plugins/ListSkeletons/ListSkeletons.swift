import Foundation
import PackagePlugin

/// Lists the skeletons that are embedded, so that a new JSON file is built in without a line of code.
@main struct ListSkeletons: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let folder = target.directoryURL.appending(path: "Skeletons")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".json") }.sorted()
    // The names that SwiftPM gives embedded files.
    let members = names.map { String($0.map { $0.isLetter || $0.isNumber ? $0 : "_" }) }
    let text = """
      extension PackageResources {
        static let skeletons: [[UInt8]] = [\(members.joined(separator: ", "))]
      }
      """
    let list = context.pluginWorkDirectoryURL.appending(path: "SkeletonList.swift")
    return [
      .buildCommand(
        displayName: "List skeletons", executable: URL(filePath: "/bin/sh"),
        arguments: ["-c", #"printf '%s\n' "$1" > "$0""#, list.path, text], inputFiles: [],
        outputFiles: [list])
    ]
  }
}

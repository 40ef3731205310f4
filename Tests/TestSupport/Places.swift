public import Foundation

/// A file under `Fixtures/`.
public func fixture(_ name: String) -> String { repository.appending(path: "Fixtures/\(name)").path }

/// The folder that holds `Package.swift`.
public let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()

/// Runs `body` with the path of an empty folder, which is removed afterwards.
public func withTemporaryFolder<R>(_ body: (String) throws -> R) throws -> R {
  let folder = FileManager.default.temporaryDirectory.appending(path: "penumbra-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder.path)
}

/// The bytes of every file under a folder, by path.
public func files(under path: String) throws -> [String: Data] {
  var files: [String: Data] = [:]
  for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: "\(path)/\(name)", isDirectory: &isFolder),
      !isFolder.boolValue
    else { continue }
    files[name] = try Data(contentsOf: URL(filePath: "\(path)/\(name)"))
  }
  return files
}

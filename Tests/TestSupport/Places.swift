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

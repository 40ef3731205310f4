import Foundation

/// Where a store is or will be, and the temporary files of its writers; used under the lock of the path.
struct StorePlace {
  let path: String
  let parent: String
  private let name: String

  init(_ path: String) {
    let url = URL(filePath: path)
    self.path = path
    parent = url.deletingLastPathComponent().path
    name = url.lastPathComponent
  }

  /// Removes what killed runs left: groups that were not whole yet, and files half written.
  func removeLeftovers() {
    let manager = FileManager.default
    for entry in (try? folderNames(parent)) ?? [] where isPartial(entry) {
      try? manager.removeItem(atPath: "\(parent)/\(entry)")
    }
    for entry in manager.subpaths(atPath: path) ?? [] where entry.hasSuffix(".part") {
      try? manager.removeItem(atPath: "\(path)/\(entry)")
    }
  }

  /// Makes a folder beside the path, has it filled, and moves it to the path when it is whole.
  ///
  /// - Parameter isShared: whether another process may be faster, whose folder then stays.
  func create(
    isShared: Bool, _ fill: (_ partial: String) throws(ArchiveError) -> Void
  ) throws(ArchiveError) {
    var partial = ""
    do throws(ArchiveError) {
      // What is there is not ours, whoever made it.
      repeat {
        partial = "\(parent)/.\(name).\(getpid())-\(UInt32.random(in: 0...(.max))).partial"
      } while try !makeNewFolder(partial)
      try fill(partial)
      guard rename(partial, path) == 0 else {
        if isShared, [EEXIST, ENOTEMPTY].contains(errno) {
          try? FileManager.default.removeItem(atPath: partial)
          return
        }
        throw ArchiveError(
          .cannotCreate, file: path, "cannot be created: \(systemMessage(errno))", systemError: errno)
      }
      synchronizeFolder(parent)
    } catch {
      try? FileManager.default.removeItem(atPath: partial)
      throw ArchiveError(
        error.kind, file: error.file.replacing(partial, with: path), entry: error.entry, error.message,
        systemError: error.systemError)
    }
  }

  /// Whether a file name is that of a temporary folder of this store, and of no other whose name begins alike.
  private func isPartial(_ entry: String) -> Bool {
    guard entry.hasPrefix(".\(name)."), entry.hasSuffix(".partial") else { return false }
    return entry.dropFirst(name.count + 2).dropLast("partial".count)
      .allSatisfy { $0.isASCII && ($0.isNumber || "-.".contains($0)) }
  }
}

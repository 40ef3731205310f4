import Foundation

/// Makes a folder, and those above it that are missing; does nothing where it exists.
///
/// - Throws: `ArchiveError` unless the folder is there afterwards: of the kind `io` for a full or broken disk,
///   else `cannotCreate`.
public func makeFolder(_ path: String) throws(ArchiveError) {
  // A file name without a folder is in the current one.
  guard !path.isEmpty, try !isFolder(afterMaking: path) else { return }
  let parent = URL(filePath: path).deletingLastPathComponent().path
  guard parent != path else { throw folderError(path, ENOENT) }
  try makeFolder(parent)
  guard try isFolder(afterMaking: path) else { throw folderError(path, ENOENT) }
}

/// Makes folders below one that is there, whose own disappearance is an error: what is made anew would be no whole store.
///
/// - Throws: `ArchiveError` of the kind `io` when the folder has gone, else as ``makeFolder(_:)``.
func makeFolder(_ names: some Sequence<some StringProtocol>, in folder: String) throws(ArchiveError) {
  var path = folder
  for name in names {
    path += "/\(name)"
    guard try isFolder(afterMaking: path) else {
      throw ArchiveError(
        .io, file: folder, "was removed or moved while it was written; run the same command again",
        systemError: ENOENT)
    }
  }
}

/// Makes a folder that is not there; false where something has its name.
///
/// - Throws: `ArchiveError` as ``makeFolder(_:)``.
func makeNewFolder(_ path: String) throws(ArchiveError) -> Bool {
  if mkdir(path, 0o777) == 0 { return true }
  guard errno == EEXIST else { throw folderError(path, errno) }
  return false
}

/// Has the disk keep which names are in a folder.
///
/// Some file systems cannot do this to a folder; what the names are of is safe by then.
func synchronizeFolder(_ path: String) {
  let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  guard folder >= 0 else { return }
  fsync(folder)
  close(folder)
}

/// The names of what is in a folder, sorted.
///
/// Where reading fails in the midst, Foundation gives the names that it has so far; here that is an error.
///
/// - Throws: `ArchiveError` of the kind `noInput` where there is no folder or it may not be read, else `io`.
public func folderNames(_ path: String) throws(ArchiveError) -> [String] {
  func error(_ number: Int32) -> ArchiveError {
    ArchiveError(
      kindOfFailure(number), file: path, "the folder cannot be listed: \(systemMessage(number))",
      systemError: number)
  }
  guard let folder = opendir(path) else { throw error(errno) }
  defer { closedir(folder) }
  var names: [String] = []
  while true {
    errno = 0
    guard let entry = readdir(folder) else {
      guard errno == 0 else { throw error(errno) }
      return names.sorted()
    }
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: $0.pointee)) {
        String(cString: $0)
      }
    }
    if name != ".", name != ".." { names.append(name) }
  }
}

/// The same of a folder that need not be there; then there are none.
public func folderNames(ifThere path: String) throws(ArchiveError) -> [String] {
  do throws(ArchiveError) { return try folderNames(path) } catch {
    guard [ENOENT, ENOTDIR].contains(error.systemError) else { throw error }
    return []
  }
}

/// Whether the folder exists now; false where the folder above it is missing.
private func isFolder(afterMaking path: String) throws(ArchiveError) -> Bool {
  if mkdir(path, 0o777) == 0 { return true }
  switch errno {
  case ENOENT: return false
  case EEXIST:
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw folderError(path, EEXIST, "something else has its name")
    }
    return true
  case let number: throw folderError(path, number)
  }
}

private func folderError(_ path: String, _ number: Int32, _ reason: String? = nil) -> ArchiveError {
  let kind: ArchiveError.Kind = [ENOSPC, EDQUOT, EIO].contains(number) ? .io : .cannotCreate
  return ArchiveError(
    kind, file: path, "the folder cannot be created: \(reason ?? systemMessage(number))", systemError: number)
}

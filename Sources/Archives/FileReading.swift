public import Foundation

/// What a file contains.
///
/// A pipe is read to its end, where somebody writes into it within some seconds; devices, which may have no end, are not.
///
/// - Parameter limit: the most bytes that such a file has; a larger one is refused.
/// - Throws: `ArchiveError` of the kind `noInput` where there is no such file, it may not be read, or it is a folder, a
///   device or a pipe into which nobody writes, `unsupported` where it is too large, else `io`: what cannot be read now
///   is not to be taken for what is not there.
public func fileContents(_ path: String, limit: Int = 256 << 20) throws(ArchiveError) -> Data {
  try bytes(of: path, atMost: limit, isWhole: true)
}

/// The first bytes of a file, all of them where it has fewer.
///
/// - Throws: `ArchiveError` as ``fileContents(_:limit:)``.
public func fileBeginning(_ path: String, count: Int) throws(ArchiveError) -> Data {
  try bytes(of: path, atMost: count, isWhole: false)
}

private func bytes(of path: String, atMost limit: Int, isWhole: Bool) throws(ArchiveError) -> Data {
  let file: OpenedFile
  do throws(ArchiveError) { file = try openedFile(path, takesPipes: isWhole) } catch {
    guard let number = error.systemError else { throw error }
    throw readingError(number, path)
  }
  defer { close(file.descriptor) }
  let tooLarge = ArchiveError(
    .unsupported, file: path,
    "has more than \(limit >> 20) MB, more than a file of this kind has; check the path")
  if isWhole, file.size > limit { throw tooLarge }
  var data = Data()
  data.reserveCapacity(min(file.size, limit))
  var block = [UInt8](repeating: 0, count: 1 << 16)
  // Some files, as those of /proc, have more bytes than they say.
  while isWhole || data.count < limit {
    let wanted = isWhole ? block.count : min(block.count, limit - data.count)
    let (count, number) = block.withUnsafeMutableBytes { memory in
      (read(file.descriptor, memory.baseAddress, wanted), errno)
    }
    if count < 0, number == EINTR { continue }
    guard count >= 0 else { throw readingError(number, path) }
    if count == 0 { break }
    data.append(contentsOf: block[..<count])
    if isWhole, data.count > limit { throw tooLarge }
  }
  return data
}

/// A file as it was when it was opened.
struct OpenedFile {
  let descriptor: Int32
  let size: Int
  let version: FileVersion
}

/// Opens a file for reading, and says how large it is; the caller closes it.
///
/// - Throws: `ArchiveError` where it cannot be opened, or is no file, nor a pipe where those are taken.
func openedFile(_ path: String, takesPipes: Bool = false) throws(ArchiveError) -> OpenedFile {
  var descriptor: Int32
  // A pipe that nobody writes into would be waited for.
  repeat { descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) } while descriptor < 0 && errno == EINTR
  guard descriptor >= 0 else {
    let number = errno
    throw ArchiveError(kindOfFailure(number), file: path, systemMessage(number), systemError: number)
  }
  var status = stat()
  guard fstat(descriptor, &status) == 0 else {
    let number = errno
    close(descriptor)
    throw ArchiveError(.io, file: path, systemMessage(number), systemError: number)
  }
  if takesPipes, status.st_mode & S_IFMT == S_IFIFO {
    guard isWrittenInto(descriptor) else {
      close(descriptor)
      throw ArchiveError(.noInput, file: path, "is a pipe into which nobody writes")
    }
    return OpenedFile(descriptor: descriptor, size: 0, version: FileVersion(status))
  }
  guard status.st_mode & S_IFMT == S_IFREG else {
    close(descriptor)
    let what = status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "a device or a pipe"
    throw ArchiveError(.noInput, file: path, "is \(what), not a file")
  }
  return OpenedFile(
    descriptor: descriptor, size: Int(status.st_size), version: FileVersion(status))
}

/// Waits some seconds for something to read in a pipe, and makes reading wait from then on.
public func isWrittenInto(_ pipe: Int32) -> Bool {
  var waited = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
  var ready: Int32
  repeat { ready = poll(&waited, 1, 5000) } while ready < 0 && errno == EINTR
  return ready > 0 && fcntl(pipe, F_SETFL, 0) == 0
}

/// Whether anything is at a path; a link counts as what it leads to.
///
/// Foundation's `fileExists` says no wherever the system does not answer. Work that is there would be done again, and
/// written over.
///
/// - Throws: `ArchiveError` where that cannot be told, of the kind `noInput` for want of permission, else `io`.
public func isThere(_ path: String) throws(ArchiveError) -> Bool { try fileStatus(path) != nil }

/// Whether anything is at a path that we may look at: folders of others may be closed to us.
///
/// - Throws: `ArchiveError` of the kind `io` where that cannot be told.
public func isReachable(_ path: String) throws(ArchiveError) -> Bool {
  do throws(ArchiveError) { return try isThere(path) } catch {
    guard error.kind == .noInput else { throw error }
    return false
  }
}

/// Whether a folder is at the path.
///
/// - Throws: `ArchiveError` as ``isThere(_:)``.
public func isFolder(_ path: String) throws(ArchiveError) -> Bool {
  guard let status = try fileStatus(path) else { return false }
  return status.st_mode & S_IFMT == S_IFDIR
}

/// Whether a file is at the path, neither a folder nor a device or a pipe.
///
/// - Throws: `ArchiveError` as ``isThere(_:)``.
public func isFile(_ path: String) throws(ArchiveError) -> Bool {
  guard let status = try fileStatus(path) else { return false }
  return status.st_mode & S_IFMT == S_IFREG
}

/// The length of what is at a path; nil where nothing is.
///
/// - Throws: `ArchiveError` as ``isThere(_:)``.
public func fileSize(_ path: String) throws(ArchiveError) -> Int? {
  try fileStatus(path).map { Int($0.st_size) }
}

private func fileStatus(_ path: String) throws(ArchiveError) -> stat? {
  var status = stat()
  if stat(path, &status) == 0 { return status }
  let number = errno
  // What cannot have the name is not there either.
  if [ENOENT, ENOTDIR, ENAMETOOLONG].contains(number) { return nil }
  throw ArchiveError(
    kindOfFailure(number), file: path, "cannot be looked at: \(systemMessage(number))", systemError: number)
}

/// Looks at a file more than once, and sees to it that every look was at the same content.
///
/// - Throws: `ArchiveError` of the kind `io` where the file at the path was changed meanwhile, or another took its place;
///   else what `read` throws.
public func unchanged<Value>(_ path: String, _ read: () throws -> Value) throws -> Value {
  func version() throws(ArchiveError) -> FileVersion? { try fileStatus(path).map { FileVersion($0) } }
  let before = try version()
  let result = Result(catching: read)
  guard try version() == before else { throw changedMeanwhile(path) }
  return try result.get()
}

/// What tells one content of a file from the next.
struct FileVersion: Equatable {
  private let file: UInt64
  private let size: Int
  private let seconds: Int
  private let nanoseconds: Int

  init(_ status: stat) {
    (file, size) = (UInt64(status.st_ino), Int(status.st_size))
    (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
  }

  /// Of an open file; nil where the system does not say.
  init?(_ descriptor: Int32) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    self.init(status)
  }
}

func changedMeanwhile(_ path: String) -> ArchiveError {
  ArchiveError(.io, file: path, "was changed while it was read; run the command again")
}

/// The class of an error of the system about something that is read: it is not there or may not be read, or reading failed.
func kindOfFailure(_ number: Int32) -> ArchiveError.Kind {
  [ENOENT, ENOTDIR, ENAMETOOLONG, EACCES, EPERM, ENXIO].contains(number) ? .noInput : .io
}

private func readingError(_ number: Int32, _ path: String) -> ArchiveError {
  let kind = kindOfFailure(number)
  return ArchiveError(
    kind, file: path,
    "cannot be read: \(systemMessage(number))" + (kind == .noInput ? "; check the path" : ""),
    systemError: number)
}

public import Foundation

/// Files that are there whole or not at all.
///
/// The bytes go to a hidden file in the same folder, are forced to the disk, and only then take the name;
/// a reader sees the old file or the new one, also after a power cut. Devices and pipes are written in place.
public enum AtomicFile {
  /// Writes a file, replacing one of the same name.
  ///
  /// - Throws: `ArchiveError`; the old file is then as it was, and nothing is left beside it.
  public static func write(_ data: Data, to path: String) throws(ArchiveError) {
    try write(to: path) { (output) throws(ArchiveError) in
      // Data lends its bytes to untyped closures only.
      let result = data.withUnsafeBytes { bytes in
        Result { () throws(ArchiveError) in try output.write(bytes) }
      }
      try result.get()
    }
  }

  /// Writes a text file in UTF-8, replacing one of the same name.
  ///
  /// - Throws: `ArchiveError`, as above.
  public static func write(_ text: String, to path: String) throws(ArchiveError) {
    try write(Data(text.utf8), to: path)
  }

  /// Writes a file piece by piece.
  package static func write(
    to path: String, _ body: (borrowing Output) throws(ArchiveError) -> Void
  ) throws(ArchiveError) {
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      guard status.st_mode & S_IFMT != S_IFDIR else {
        throw ArchiveError(.cannotCreate, file: path, "is a folder", systemError: EISDIR)
      }
      let output = try Output(opening: path, O_WRONLY, for: path)
      try body(output)
      return try output.close()
    }
    // A link stays a link: the file behind it is replaced.
    let target = realpath(path, nil).map { resolved in
      defer { free(resolved) }
      return String(cString: resolved)
    }
    try replace(target ?? path, for: path, body)
  }

  private static func replace(
    _ target: String, for path: String, _ body: (borrowing Output) throws(ArchiveError) -> Void
  ) throws(ArchiveError) {
    let temporary = try TemporaryFile(beside: target, for: path)
    let output = try temporary.output()
    try body(output)
    try output.close()
    try temporary.replaceTarget()
  }

  /// A file that is being written.
  package struct Output: ~Copyable {
    private var descriptor: Int32
    private let path: String

    fileprivate init(opening file: String, _ flags: Int32, for path: String) throws(ArchiveError) {
      descriptor = open(file, flags | O_CLOEXEC, 0o666)
      self.path = path
      guard descriptor >= 0 else { throw failure(errno, path) }
    }

    /// A file that is open already.
    init(_ descriptor: Int32, for path: String) { (self.descriptor, self.path) = (descriptor, path) }

    deinit { if descriptor >= 0 { Foundation.close(descriptor) } }

    /// Appends bytes.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError) {
      var rest = bytes[...]
      while !rest.isEmpty {
        let written = Foundation.write(
          descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress!, rest.count)
        if written < 0, errno == EINTR { continue }
        guard written > 0 else { throw failure(written < 0 ? errno : EIO, path) }
        rest = rest.dropFirst(written)
      }
    }

    /// Appends bytes.
    package func write(_ bytes: [UInt8]) throws(ArchiveError) {
      try bytes.withUnsafeBufferPointer { (bytes) throws(ArchiveError) in
        try write(UnsafeRawBufferPointer(bytes))
      }
    }

    fileprivate consuming func close() throws(ArchiveError) {
      let descriptor = exchange(&descriptor, with: -1)
      guard Foundation.close(descriptor) == 0 else { throw failure(errno, path) }
    }
  }
}

/// The error for a system call that failed while `path` was to be written.
func failure(_ number: Int32, _ path: String) -> ArchiveError {
  let (kind, message): (ArchiveError.Kind, String) =
    switch number {
    case ENOENT, ENOTDIR:
      (
        .cannotCreate,
        "cannot be created: there is no folder '\(URL(filePath: path).deletingLastPathComponent().path)'"
      )
    case EACCES, EPERM, EROFS, ENAMETOOLONG, EISDIR, ELOOP, ETXTBSY:
      (.cannotCreate, "cannot be created: \(systemMessage(number))")
    case ENOSPC, EDQUOT: (.io, "cannot be written: \(systemMessage(number)); free some space and run again")
    default: (.io, "cannot be written: \(systemMessage(number))")
    }
  return ArchiveError(kind, file: path, message, systemError: number)
}

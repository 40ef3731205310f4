import Foundation
import Synchronization

/// The right to write at a path, held by one process at a time until the value is released, or by several that share it.
///
/// It is an advisory lock of the system (`flock`) on a hidden file `.NAME.lock` beside the path, so that it can be had
/// before anything is at the path itself. The system gives it back when the process ends, however it ends; the file
/// is removed when the lock is released, and one that a killed process left does no harm.
public final class FolderLock: Sendable {
  private let descriptor: Int32
  private let isShared: Bool
  /// The hidden file.
  let file: String
  /// The hidden files of the locks that this process has, by their descriptors, and whether they are shared.
  private static let held = Mutex<[Int32: (file: String, isShared: Bool)]>([:])

  /// Takes the lock of a path, whose folder must exist.
  ///
  /// Without a lock there is nothing to go on with: two writers would spoil each other's work.
  ///
  /// - Parameter isShared: whether others may hold it too who share it; none then holds it alone.
  /// - Throws: `ArchiveError` of the kind `cannotCreate` when another process, or another part of this one, holds the
  ///   lock, when the hidden file is a link, and when the file system gives none.
  public init(on path: String, isShared: Bool = false) throws(ArchiveError) {
    self.isShared = isShared
    file = Self.file(of: path)
    while true {
      // A link would have a file of somebody else's choice made or held.
      let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o666)
      guard descriptor >= 0 else { throw Self.failure(errno, on: path) }
      guard flock(descriptor, (isShared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0 else {
        let number = errno
        close(descriptor)
        if number == EINTR { continue }
        throw Self.failure(number, on: path)
      }
      if Self.isFile(descriptor, at: file) {
        self.descriptor = descriptor
        Self.held.withLock { [file] in $0[descriptor] = (file, isShared) }
        return
      }
      // Whoever held the lock has removed the file since it was opened.
      close(descriptor)
    }
  }

  deinit {
    Self.held.withLock { $0[descriptor] = nil }
    Self.removeFile(file, descriptor, isShared: isShared)
    close(descriptor)
  }

  /// Removed while locked by nobody else: who opened the file in the meantime sees that it is gone, and makes a new one.
  private static func removeFile(_ file: String, _ descriptor: Int32, isShared: Bool) {
    if !isShared || flock(descriptor, LOCK_EX | LOCK_NB) == 0, isFile(descriptor, at: file) { unlink(file) }
  }

  /// Removes the hidden files of all locks that this process has, which is about to end without releasing them.
  package static func removeAllFiles() {
    held.withLock { held in
      for (descriptor, lock) in held { removeFile(lock.file, descriptor, isShared: lock.isShared) }
    }
  }

  /// Removes what killed processes left beside what is whole and nobody writes any more: the lock's hidden file, and
  /// temporary files.
  public static func removeLeftovers(of path: String) {
    let file = file(of: path)
    TemporaryFile.removeLeftovers(in: URL(filePath: file).deletingLastPathComponent().path)
    guard FileManager.default.fileExists(atPath: file) else { return }
    // Who has the lock removes its file.
    _ = try? FolderLock(on: path)
  }

  private static func file(of path: String) -> String {
    // The same place by two names must have one lock.
    let resolved = realpath(path, nil).map { resolved in
      defer { free(resolved) }
      return String(cString: resolved)
    }
    let url = URL(filePath: resolved ?? path)
    return "\(url.deletingLastPathComponent().path)/.\(url.lastPathComponent).lock"
  }

  private static func isFile(_ descriptor: Int32, at path: String) -> Bool {
    var (opened, there) = (stat(), stat())
    return fstat(descriptor, &opened) == 0 && lstat(path, &there) == 0 && opened.st_ino == there.st_ino
      && opened.st_dev == there.st_dev
  }

  /// The system's error numbers where a file system has no locks.
  package static let unsupported: Set = [ENOLCK, EOPNOTSUPP, ENOSYS, EINVAL]

  /// Why there is no lock, by the system's error number.
  package static func failure(_ number: Int32, on path: String) -> ArchiveError {
    let message =
      switch number {
      case EWOULDBLOCK: "another run is writing it; wait for its end"
      case ELOOP:
        "its lock, \(URL(filePath: Self.file(of: path)).lastPathComponent) beside it, is a link; remove it"
      case _ where unsupported.contains(number):
        "locks are not supported there: \(systemMessage(number)); put it on another disk"
      default: "cannot be locked for writing: \(systemMessage(number))"
      }
    let kind: ArchiveError.Kind = [ENOSPC, EDQUOT, EIO].contains(number) ? .io : .cannotCreate
    return ArchiveError(kind, file: path, message, systemError: number)
  }
}

import Foundation
import Synchronization

/// A hidden file beside the one that it will replace, locked as long as its writer lives.
///
/// A writer that is killed leaves its file, unlocked; whoever writes in the folder next removes it. Names are drawn at
/// random: process ids repeat in containers, and on machines that share a folder.
package struct TemporaryFile: ~Copyable {
  /// Where it is.
  package let path: String
  private let target: String
  private var descriptor: Int32
  /// The file in errors.
  private let name: String
  private static let ending = ".part"
  /// The folders from which this process has removed what killed writers left.
  private static let cleaned = Mutex<Set<String>>([])

  /// Creates an empty file for a target; `name` is the target as the user knows it.
  ///
  /// - Throws: `ArchiveError` when it cannot be created.
  package init(beside target: String, for name: String) throws(ArchiveError) {
    let url = URL(filePath: target)
    let folder = url.deletingLastPathComponent().path
    if Self.cleaned.withLock({ $0.insert(folder).inserted }) { Self.removeLeftovers(in: folder) }
    (self.target, self.name) = (target, name)
    var (path, descriptor) = ("", Int32(-1))
    repeat {
      let number = String(UInt64.random(in: 0...(.max)) | 1 << 63, radix: 16)
      path = "\(folder)/.\(url.lastPathComponent.suffix(100)).\(number)\(Self.ending)"
      descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    } while descriptor < 0 ? errno == EEXIST || errno == EINTR : Self.isTaken(descriptor, at: path)
    let number = descriptor < 0 ? errno : Self.takePermissions(of: target, descriptor)
    if descriptor >= 0, number != 0 {
      unlink(path)
      close(descriptor)
      descriptor = -1
    }
    (self.path, self.descriptor) = (path, descriptor)
    guard number == 0 else { throw failure(number, name) }
  }

  /// Gives a file the permissions of the one that it replaces; the system's error number where it refuses, else 0.
  private static func takePermissions(of target: String, _ descriptor: Int32) -> Int32 {
    var (old, new) = (stat(), stat())
    guard stat(target, &old) == 0 else { return 0 }
    let mode = old.st_mode & 0o7777
    // A disk that has no permissions gives all files the same, and changes none.
    if fstat(descriptor, &new) == 0, new.st_mode & 0o7777 == mode { return 0 }
    return fchmod(descriptor, mode) == 0 ? 0 : errno
  }

  /// Locks a new file; true, with the file gone, where another process took it for a leftover before that.
  ///
  /// Where there are no locks, nothing is removed either.
  private static func isTaken(_ descriptor: Int32, at path: String) -> Bool {
    var isHeld = false
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      guard errno == EINTR else {
        isHeld = errno == EWOULDBLOCK
        break
      }
    }
    var status = stat()
    guard isHeld || fstat(descriptor, &status) == 0 && status.st_nlink == 0 else { return false }
    // Whoever holds it removes it; if nobody does, nobody else would.
    unlink(path)
    close(descriptor)
    return true
  }

  deinit {
    if descriptor >= 0 {
      unlink(path)
      close(descriptor)
    }
  }

  /// What writes into it.
  ///
  /// - Throws: `ArchiveError` where too many files are open.
  func output() throws(ArchiveError) -> AtomicFile.Output {
    let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0 else { throw failure(errno, name) }
    return AtomicFile.Output(copy, for: name)
  }

  /// Puts the file, whole now, into the target's place.
  ///
  /// - Throws: `ArchiveError`; the target is then as it was, and the file is removed.
  package consuming func replaceTarget() throws(ArchiveError) {
    // Programs that wrote into it have not waited for the disk.
    guard fsync(descriptor) == 0, rename(path, target) == 0 else { throw failure(errno, name) }
    synchronizeFolder(URL(filePath: target).deletingLastPathComponent().path)
    close(exchange(&descriptor, with: -1))
  }

  /// Removes the files in a folder whose writers are gone.
  package static func removeLeftovers(in folder: String) {
    for entry in (try? folderNames(folder)) ?? [] where isOurs(entry) {
      let path = "\(folder)/\(entry)"
      let descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
      guard descriptor >= 0 else { continue }
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
      close(descriptor)
    }
  }

  /// Whether a name is that of such a file: `.NAME.16 hexadecimal digits.part`.
  private static func isOurs(_ entry: String) -> Bool {
    guard entry.hasPrefix("."), entry.hasSuffix(ending) else { return false }
    let digits = entry.dropLast(ending.count).suffix(17)
    return digits.count == 17 && digits.first == "."
      && digits.dropFirst().allSatisfy { $0.isHexDigit && !$0.isUppercase }
  }
}

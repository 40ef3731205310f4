import CFileMaps
import Foundation

/// A file that is mapped: the system reads what is looked at, and may forget it again.
///
/// What is gone from it when it is looked at, since it was cut short meanwhile, are zeros; ``check()`` says so.
final class LargeFile: Sendable {
  private let path: String
  private let descriptor: Int32
  private let byteCount: Int
  private let number: Int32
  /// Of the file as it was opened.
  private let version: FileVersion
  nonisolated(unsafe) let start: UnsafeRawPointer

  /// - Parameter file: is closed in the end.
  /// - Throws: `ArchiveError` where it cannot be mapped.
  init(_ file: OpenedFile, of path: String) throws(ArchiveError) {
    var number: Int32 = 0
    guard let start = file_map_open(file.descriptor, file.size, &number) else {
      let error = errno
      close(file.descriptor)
      throw ArchiveError(.io, file: path, systemMessage(error), systemError: error)
    }
    (self.path, descriptor, byteCount) = (path, file.descriptor, file.size)
    (self.start, self.number, version) = (start, number, file.version)
  }

  deinit {
    file_map_close(start, byteCount, number)
    close(descriptor)
  }

  /// - Throws: `ArchiveError` of the kind `io` where something could not be read, or the file is another by now.
  func check() throws(ArchiveError) {
    guard file_map_is_broken(number) == 0, FileVersion(descriptor) == version else {
      throw changedMeanwhile(path)
    }
  }
}

import Archives
import Foundation
import TestSupport
import Testing

@Suite("Folders and locks") struct FolderTests {
  @Test("a folder is made with those above it, and one that exists is left alone") func makes() throws {
    try withTemporaryFolder { folder in
      try makeFolder(folder + "/a/b/c")
      try AtomicFile.write("x", to: folder + "/a/b/c/file")
      try makeFolder(folder + "/a/b/c/")
      try makeFolder("")
      #expect(try files(under: folder).keys.sorted() == ["a/b/c/file"])
    }
  }

  @Test("a folder that cannot be made is an error that says why") func cannotMake() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write("x", to: folder + "/file")
      var error = #expect(throws: ArchiveError.self) { try makeFolder(folder + "/file") }
      #expect(error?.kind == .cannotCreate && error?.systemError == EEXIST)
      error = #expect(throws: ArchiveError.self) { try makeFolder(folder + "/file/inner") }
      #expect(error?.kind == .cannotCreate && error?.systemError == ENOTDIR)
      #expect(
        error?.description == "\(folder)/file/inner: the folder cannot be created: not a directory")
      error = #expect(throws: ArchiveError.self) { try makeFolder("/proc/none/of/this") }
      #expect(error?.kind == .cannotCreate)
    }
  }

  @Test("the files of the project are found") func fixtures() throws {
    #expect(FileManager.default.fileExists(atPath: try Fixtures.path("body.npz")))
  }

  @Test(
    "a folder's names are sorted, hidden ones too; what is no folder is an error, or none where it need not be there"
  )
  func names() throws {
    try withTemporaryFolder { folder in
      #expect(try folderNames(folder) == [])
      for name in ["b", "a", ".c", "ä b"] { try AtomicFile.write("", to: "\(folder)/\(name)") }
      #expect(try folderNames(folder) == [".c", "a", "b", "ä b"])
      for path in [folder + "/missing", folder + "/a"] {
        let error = #expect(throws: ArchiveError.self) { try folderNames(path) }
        #expect(error?.kind == .noInput && error?.message.contains("cannot be listed") == true)
        #expect(try folderNames(ifThere: path) == [])
      }
    }
  }

  @Test("one lock at a time, before there is anything at the path, and nothing is left of it")
  func lock() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.zarr"
      var first: FolderLock? = try FolderLock(on: path)
      let error = #expect(throws: ArchiveError.self) { try FolderLock(on: path) }
      #expect(error?.kind == .cannotCreate)
      #expect(error?.description == "\(path): another run is writing it; wait for its end")
      let other = try FolderLock(on: folder + "/b.zarr")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 2)
      // The lock of a path that exists by then, by another name.
      try makeFolder(path)
      try FileManager.default.createSymbolicLink(atPath: folder + "/link", withDestinationPath: path)
      #expect(throws: ArchiveError.self) { try FolderLock(on: folder + "/link") }
      withExtendedLifetime((first, other)) {}
      first = nil
      _ = try FolderLock(on: path)
      #expect(!FileManager.default.fileExists(atPath: folder + "/.a.zarr.lock"))
    }
  }

  @Test("a lock file that a killed run left does no harm") func leftover() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write("", to: folder + "/.a.zarr.lock")
      _ = try FolderLock(on: folder + "/a.zarr")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
      // Where the work is done already nobody takes the lock any more, and nobody writes.
      for name in [".a.zarr.lock", ".a.zarr.8123456789abcdef.part"] {
        try AtomicFile.write("", to: "\(folder)/\(name)")
      }
      let other = try FolderLock(on: folder + "/b.zarr")
      for name in ["a.zarr", "b.zarr", "c.zarr"] { FolderLock.removeLeftovers(of: "\(folder)/\(name)") }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [".b.zarr.lock"])
      withExtendedLifetime(other) {}
    }
  }

  @Test("a lock is no link: nothing is made where one leads") func linkedLock() throws {
    try withTemporaryFolder { folder in
      let target = folder + "/target", link = folder + "/.a.zarr.lock"
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
      let error = #expect(throws: ArchiveError.self) { try FolderLock(on: folder + "/a.zarr") }
      #expect(error?.kind == .cannotCreate)
      #expect(error?.message == "its lock, .a.zarr.lock beside it, is a link; remove it")
      #expect(!FileManager.default.fileExists(atPath: target))
    }
  }

  @Test("another process's lock is respected, and gone with the process") func processes() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.zarr"
      let process = Process()
      process.executableURL = URL(filePath: "/usr/bin/flock")
      process.arguments = ["\(folder)/.a.zarr.lock", "sh", "-c", "echo locked; exec cat"]
      let (input, output) = (Pipe(), Pipe())
      process.standardInput = input
      process.standardOutput = output
      try process.run()
      #expect(String(decoding: output.fileHandleForReading.availableData, as: UTF8.self) == "locked\n")
      #expect(throws: ArchiveError.self) { try FolderLock(on: path) }
      try input.fileHandleForWriting.close()
      process.waitUntilExit()
      _ = try FolderLock(on: path)
    }
  }

  @Test("no lock, no writing: neither without a place for it nor on a disk that gives none")
  func unsupported() {
    // /proc takes no files, whoever asks.
    let error = #expect(throws: ArchiveError.self) { try FolderLock(on: "/proc/a") }
    #expect(error?.kind == .cannotCreate && error?.message.hasPrefix("cannot be locked for writing") == true)
    for number in [ENOLCK, EOPNOTSUPP] {
      let error = FolderLock.failure(number, on: "a.zarr")
      #expect(error.kind == .cannotCreate && error.message.contains("put it on another disk"))
    }
  }

  @Test("many threads that want one lock never have it together") func manyThreads() throws {
    try withTemporaryFolder { folder in
      nonisolated(unsafe) var holders = 0
      let outcome = Counts()
      DispatchQueue.concurrentPerform(iterations: 400) { _ in
        guard let lock = try? FolderLock(on: folder + "/a") else { return outcome.refuse() }
        holders += 1
        outcome.take(holders)
        holders -= 1
        withExtendedLifetime(lock) {}
      }
      #expect(outcome.most == 1)
      let left = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(left == [])
    }
  }

  private final class Counts: @unchecked Sendable {
    private let lock = NSLock()
    private(set) var most = 0, refused = 0
    func take(_ holders: Int) { lock.withLock { most = max(most, holders) } }
    func refuse() { lock.withLock { refused += 1 } }
  }
}

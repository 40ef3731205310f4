import Archives
import Foundation
import TestSupport
import Testing

@Suite("AtomicFile") struct AtomicFileTests {
  private func contents(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  @Test("writes, replaces, and leaves nothing else in the folder")
  func replaces() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write("one", to: folder + "/a.json")
      try AtomicFile.write("two", to: folder + "/a.json")
      #expect(try String(contentsOfFile: folder + "/a.json", encoding: .utf8) == "two")
      #expect(try contents(folder) == ["a.json"])
    }
  }

  @Test("keeps the permissions of the file that it replaces") func permissions() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write("one", to: folder + "/a")
      for mode in [0o600, 0o644, 0o664] as [mode_t] {
        chmod(folder + "/a", mode)
        try AtomicFile.write("two", to: folder + "/a")
        var status = stat()
        #expect(stat(folder + "/a", &status) == 0 && status.st_mode & 0o7777 == mode)
      }
    }
  }

  @Test("removes what killed writers left, nothing that is being written, and nothing of others")
  func leftovers() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "penumbra-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let others = [".a.part", ".b.1234-5.part", ".d.89abcdef01234567.txt", "c.89abcdef01234567.part"]
    for name in [".net.safetensors.89abcdef01234567.part"] + others {
      try Data("x".utf8).write(to: URL(filePath: "\(folder)/\(name)"))
    }
    let busy = try TemporaryFile(beside: folder + "/other", for: "other")
    // Another process does not know of it, and writes beside it.
    await #expect(processExitsWith: .success) { [folder = folder as String] in
      try AtomicFile.write("x", to: folder + "/mine")
    }
    #expect(FileManager.default.fileExists(atPath: busy.path), "its writer is alive")
    try busy.replaceTarget()
    #expect(try contents(folder) == (others + ["mine", "other"]).sorted())
  }

  @Test("a killed process's file goes with the next write in its folder") func killedWriter() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "penumbra-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String] in
      let file = try TemporaryFile(beside: folder + "/a", for: "a")
      kill(getpid(), SIGKILL)
      try file.replaceTarget()
    }
    #expect(try contents(folder).count == 1)
    try AtomicFile.write("whole", to: folder + "/a")
    #expect(try contents(folder) == ["a"])
  }

  @Test("replaces the file behind a link, not the link")
  func links() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write("one", to: folder + "/a")
      try FileManager.default.createSymbolicLink(atPath: folder + "/link", withDestinationPath: "a")
      try AtomicFile.write("two", to: folder + "/link")
      #expect(try String(contentsOfFile: folder + "/a", encoding: .utf8) == "two")
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder + "/link") == "a")
    }
  }

  @Test("says why a file cannot be created")
  func cannotCreate() throws {
    try withTemporaryFolder { folder in
      var error = #expect(throws: ArchiveError.self) { try AtomicFile.write("x", to: folder + "/no/a") }
      #expect(error?.kind == .cannotCreate && error?.systemError == ENOENT)
      #expect(error?.description == "\(folder)/no/a: cannot be created: there is no folder '\(folder)/no'")
      error = #expect(throws: ArchiveError.self) { try AtomicFile.write("x", to: folder) }
      #expect(error?.kind == .cannotCreate && error?.systemError == EISDIR)
      // /proc takes no files, whoever asks.
      error = #expect(throws: ArchiveError.self) { try AtomicFile.write("x", to: "/proc/a") }
      #expect(error?.kind == .cannotCreate)
    }
  }

  @Test("a full device is an error of its own")
  func fullDevice() {
    let error = #expect(throws: ArchiveError.self) { try AtomicFile.write("x", to: "/dev/full") }
    #expect(error?.kind == .io && error?.systemError == ENOSPC)
    #expect(FileManager.default.fileExists(atPath: "/dev/full"))
  }

  /// In a process of its own, because the limit holds for all of it.
  @Test("a file that cannot grow leaves the old one whole and nothing beside it")
  func noSpace() async {
    await #expect(processExitsWith: .success) {
      try withTemporaryFolder { folder in
        try AtomicFile.write("old", to: folder + "/a")
        signal(SIGXFSZ, SIG_IGN)
        var limit = rlimit(rlim_cur: 1000, rlim_max: 1000)
        #expect(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
        let error = #expect(throws: ArchiveError.self) {
          try AtomicFile.write(Data(count: 5000), to: folder + "/a")
        }
        #expect(error?.kind == .io && error?.systemError == EFBIG)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a"])
        #expect(try String(contentsOfFile: folder + "/a", encoding: .utf8) == "old")
      }
    }
  }
}

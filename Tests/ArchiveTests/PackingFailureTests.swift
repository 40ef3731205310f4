import Archives
import Foundation
import TestSupport
import Testing

@Suite("Laying chunks together that fails") struct PackingFailureTests {
  /// Makes folders in one another, deeper than any path is long.
  private func makeDeepFolder(_ path: String) throws {
    try makeFolder(path)
    let name = String(repeating: "d", count: 250)
    var folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    for _ in 0..<20 {
      #expect(mkdirat(folder, name, 0o700) == 0)
      let inner = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      #expect(inner >= 0)
      close(folder)
      folder = inner
    }
    close(folder)
  }

  private func removeDeepFolder(_ path: String) throws {
    let process = try Process.run(URL(filePath: "/bin/rm"), arguments: ["-rf", path])
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  @Test("a former array that cannot be removed is told, and removed by a later run") func former() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.zarr"
      do {
        let store = try ChunkedStoreTests.open(folder)
        for chunk in 0..<3 { try store.write(ChunkedStoreTests.values(chunk), chunk: chunk) }
      }
      try AtomicFile.write(
        #"{"arrays":["betas","joints","error"],"chunk_length":5,"axis":0}"#, to: path + "/.packing")
      try makeDeepFolder(path + "/.joints.former")
      defer { try? removeDeepFolder(path + "/.joints.former") }
      let whole = ChunkedStore.Layout(
        ChunkedStoreTests.arrays, over: ["row", "column"], chunkLength: 5,
        lengths: ChunkedStoreTests.layout.lengths)
      let error = #expect(throws: ArchiveError.self) { try ChunkedStoreTests.open(folder, whole) }
      #expect(error?.kind == .io && error?.file == path + "/.joints.former")
      #expect(FileManager.default.fileExists(atPath: path + "/.packing"))

      try removeDeepFolder(path + "/.joints.former")
      let store = try ChunkedStoreTests.open(folder, whole)
      #expect(store.missingChunks == [])
      let names = try folderNames(path)
      #expect(names == ["betas", "error", "joints", "zarr.json"])
    }
  }

  @Test(
    "a note of what is to be laid together that makes no sense is refused",
    arguments: [
      #"{"arrays":["error"],"chunk_length":9000000000000000000,"axis":0}"#,
      #"{"arrays":["error"],"chunk_length":5,"axis":7}"#, #"{"arrays":["error"],"axis":0}"#, "x",
    ])
  func damaged(text: String) throws {
    try withTemporaryFolder { folder in
      do {
        let store = try ChunkedStoreTests.open(folder)
        for chunk in 0..<3 { try store.write(ChunkedStoreTests.values(chunk), chunk: chunk) }
      }
      try AtomicFile.write(text, to: folder + "/a.zarr/.packing")
      let error = #expect(throws: ArchiveError.self) { try ChunkedStoreTests.open(folder) }
      #expect(error?.kind == .damaged && error?.file == folder + "/a.zarr/.packing")
    }
  }
}

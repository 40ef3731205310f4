import Archives
import Foundation
import Tensors
import TestSupport
import Testing

/// `/dev/null` ends at once, so that nothing waits where it is read after all; reading `/proc/self/mem` fails.
@Suite("Reading files") struct FileReadingTests {
  @Test("a file's content, or an error that tells what is missing from what cannot be read") func contents()
    throws
  {
    try withTemporaryFolder { folder in
      let long = Data((0..<200_000).map { UInt8(truncatingIfNeeded: $0) })
      for (name, data) in [("a", Data("abc".utf8)), ("b", Data()), ("c", long)] {
        try data.write(to: URL(filePath: "\(folder)/\(name)"))
        #expect(try fileContents("\(folder)/\(name)") == data)
        for count in [0, 2, 100_000] {
          #expect(try fileBeginning("\(folder)/\(name)", count: count) == data.prefix(count))
        }
      }
      // It says that it has no bytes.
      #expect(try !fileContents("/proc/self/status").isEmpty)
      for (path, kind, words) in [
        (folder + "/none", .noInput, "no such file"), (folder + "/a/b", .noInput, "not a directory"),
        (folder, .noInput, "is a folder, not a file"), ("/dev/null", .noInput, "is a device or a pipe"),
        ("/proc/self/mem", .io, "cannot be read: input/output error"),
      ] as [(String, ArchiveError.Kind, String)] {
        let error = #expect(throws: ArchiveError.self) { try fileContents(path) }
        #expect(error?.kind == kind && error?.file == path && error?.message.contains(words) == true)
        #expect(error?.description.contains("\n") == false)
        #expect(throws: ArchiveError.self) { try fileBeginning(path, count: 3) }
      }
    }
  }

  @Test("a file that is larger than any of its kind is not read") func limit() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a"
      try Data(count: 3000).write(to: URL(filePath: path))
      #expect(try fileContents(path, limit: 3000).count == 3000)
      #expect(try fileContents(path, limit: .max).count == 3000)
      let error = #expect(throws: ArchiveError.self) { try fileContents(path, limit: 2999) }
      #expect(error?.kind == .unsupported)
      // What says that it is empty is looked at as it is read.
      #expect(throws: ArchiveError.self) { try fileContents("/proc/self/status", limit: 10) }
      // A hole of a gigabyte.
      #expect(truncate(path, 1 << 30) == 0)
      #expect(throws: ArchiveError.self) { try fileContents(path) }
    }
  }

  @Test("a pipe is read to its end where somebody writes into it") func pipe() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/pipe"
      #expect(mkfifo(path, 0o600) == 0)
      let sent = Data((0..<200_000).map { UInt8(truncatingIfNeeded: $0) })
      Thread.detachNewThread {
        let descriptor = open(path, O_WRONLY)
        _ = sent.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        close(descriptor)
      }
      let read = try fileContents(path)
      #expect(read == sent)
    }
  }

  @Test("what is there, what is not, and what cannot be looked at") func existence() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write("", to: folder + "/file")
      let manager = FileManager.default
      try manager.createSymbolicLink(atPath: folder + "/link", withDestinationPath: folder)
      try manager.createSymbolicLink(atPath: folder + "/nowhere", withDestinationPath: "/nowhere")
      #expect(try isThere(folder + "/file") && isFile(folder + "/file") && !isFolder(folder + "/file"))
      #expect(mkfifo(folder + "/pipe", 0o600) == 0)
      #expect(try isThere(folder + "/pipe") && !isFile(folder + "/pipe") && !isFolder(folder + "/pipe"))
      #expect(try isThere(folder + "/link") && isFolder(folder + "/link") && !isFile(folder + "/link"))
      let long = String(repeating: "x", count: 300)
      for path in ["/nowhere", "/none", "/file/inner", "/\(long)", "/\(long)/\(long)"] {
        #expect(try !isThere(folder + path) && !isFolder(folder + path) && !isFile(folder + path))
      }
      let loop = folder + "/loop"
      try manager.createSymbolicLink(atPath: loop, withDestinationPath: "loop")
      for look in [isThere, isFolder, isFile] as [(String) throws -> Bool] {
        let error = #expect(throws: ArchiveError.self) { try look(loop + "/a") }
        #expect(error?.kind == .io && error?.systemError == ELOOP && error?.file == loop + "/a")
        #expect(error?.description.contains("cannot be looked at") == true)
      }
    }
  }

  @Test("an array that cannot be looked at is no missing one") func arrays() throws {
    try withTemporaryFolder { folder in
      let group = try ZarrGroup(creating: folder + "/a.zarr")
      let array = try group.createArray("x", shape: [4], chunks: [2], dimensions: ["i"])
      #expect(try group.hasArray("x") && !group.hasArray("y") && array.missingChunks() == [[0], [1]])
      for path in ["y", "x/c"] {
        try FileManager.default.createSymbolicLink(
          atPath: "\(group.path)/\(path)", withDestinationPath: URL(filePath: path).lastPathComponent)
      }
      for look in [
        { _ = try group.hasArray("y") }, { _ = try array.missingChunks() },
        { _ = try ZarrGroup(creating: group.path + "/y") },
      ] as [() throws -> Void] {
        let error = #expect(throws: ArchiveError.self) { try look() }
        #expect(error?.kind == .io)
      }
      #expect(!array.hasChunk([0]))
    }
  }

  @Test("two looks at a file that is changed between them are an error") func changes() throws {
    try withTemporaryFolder { folder in
      let (path, other) = (folder + "/file", folder + "/other")
      try AtomicFile.write("one", to: path)
      #expect(try unchanged(path) { try fileContents(path) } == Data("one".utf8))
      let changes: [() throws -> Void] = [
        { #expect(truncate(path, 2) == 0) },
        {
          try AtomicFile.write("on", to: other)
          #expect(rename(other, path) == 0)
        },
        { #expect(unlink(path) == 0) },
      ]
      struct Damage: Error {}
      for change in changes + [
        {
          try AtomicFile.write("two", to: path); throw Damage()
        }
      ] {
        let error = #expect(throws: ArchiveError.self) { try unchanged(path) { try change() } }
        #expect(
          error?.kind == .io
            && error?.description == "\(path): was changed while it was read; run the command again")
      }
    }
  }

  /// A safetensors file of two arrays with a hole between them, which takes no place.
  private func writeLarge(_ path: String, rows: Int) throws {
    let width = 1 << 20
    let end = 16 + 4 * rows * width
    let text = """
      {"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},\
      "gap":{"dtype":"F32","shape":[\(rows),\(width)],"data_offsets":[16,\(end)]},\
      "b":{"dtype":"F32","shape":[4],"data_offsets":[\(end),\(end + 16)]}}
      """
    let header = Data(text.utf8)
    let values = [1, 2, 3, 4].reduce(into: Data()) { data, value in
      withUnsafeBytes(of: Float(value).bitPattern.littleEndian) { data.append(contentsOf: $0) }
    }
    var start = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) }
    start.append(header)
    start.append(values)
    try start.write(to: URL(filePath: path))
    let file = try #require(FileHandle(forWritingAtPath: path))
    defer { try? file.close() }
    try file.seek(toOffset: UInt64(8 + header.count + end))
    try file.write(contentsOf: values)
  }

  @Test("of a large file only what is asked for is read") func largeFiles() throws {
    try withTemporaryFolder { folder in
      // 40 GB, of which nobody has the memory.
      let path = folder + "/large.safetensors"
      try writeLarge(path, rows: 10_000)
      let archive = try Archive(contentsOf: path)
      #expect(archive.names.sorted() == ["a", "b", "gap"])
      #expect(try archive.doubles("a") == [1, 2, 3, 4] && archive.tensor("b").elements == [1, 2, 3, 4])
    }
  }

  @Test("a large file that is cut short while it is read is an error", arguments: [0, 100, 260 << 20])
  func shortened(to size: Int) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/large.safetensors"
      try writeLarge(path, rows: 65)
      let archive = try Archive(contentsOf: path)
      #expect(try archive.doubles("a") == [1, 2, 3, 4])
      #expect(truncate(path, off_t(size)) == 0)
      let reads: [() throws -> Void] = [
        { _ = try archive.tensor("b") }, { _ = try archive.doubles("gap") }, { _ = try archive.tensors() },
        { _ = try archive.tensor("a") },
      ]
      for read in reads {
        let error = #expect(throws: ArchiveError.self) { try read() }
        #expect(error?.kind == .io && error?.description.contains("was changed while it was read") == true)
      }
      // What took its place does not matter to one who has it open.
      try FileManager.default.removeItem(atPath: path)
      try writeLarge(path, rows: 66)
      let other = try Archive(contentsOf: path)
      try writeLarge(folder + "/new", rows: 65)
      #expect(rename(folder + "/new", path) == 0)
      #expect(try other.tensor("b").elements == [1, 2, 3, 4])
    }
  }
}

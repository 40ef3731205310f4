import Archives
import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Damaged archives") struct DamageTests {
  static let files = [
    "types.npz", "types-deflated.npz", "types-zip64.npz", "types-streamed.npz", "version1.npy",
    "version2.npy",
    "version3.npy", "types.safetensors", "../golden/small/tiny_zip.pt",
    "../golden/small/tiny_legacy.pt", "protocol0.pkl", "protocol2.pkl", "protocol5.pkl",
    "sparse0.pkl", "sparse5.pkl", "forms.pkl", "forms.joblib", "forms.joblib.xz", "forms.pkl.bz2",
    "forms.npy", "chumpy.pkl", "mixed_legacy.pt",
  ]

  static func bytes(_ file: String) throws -> [UInt8] {
    try Array(Data(contentsOf: URL(filePath: fixture("archives/\(file)"))))
  }

  /// Opens the bytes as a file and asks for everything in it; the errors are collected.
  @discardableResult static func readEverything(
    _ bytes: [UInt8], at path: String
  ) throws -> (read: [String: [Float]], errors: [ArchiveError]) {
    try Data(bytes).write(to: URL(filePath: path))
    var (read, errors): ([String: [Float]], [ArchiveError]) = ([:], [])
    do throws(ArchiveError) {
      let archive = try Archive(contentsOf: path)
      for name in archive.names {
        do throws(ArchiveError) {
          if try archive.type(name).isText {
            _ = try archive.strings(name)
          } else {
            let tensor = try archive.tensor(name)
            #expect(tensor.shape == (try archive.shape(name)))
            read[name] = tensor.elements
          }
        } catch { errors.append(error) }
      }
    } catch { errors.append(error) }
    for error in errors { #expect(error.file == path && !error.description.contains("\n")) }
    return (read, errors)
  }

  @Test("a file cut off at any of 64 places is refused, and what is still read is right", arguments: files)
  func truncation(file: String) throws {
    let whole = try Self.bytes(file)
    try withTemporaryFolder { folder in
      let sound = try Self.readEverything(whole, at: folder + "/whole")
      #expect(sound.errors == [])
      for part in 0..<64 {
        let found = try Self.readEverything(Array(whole[..<(whole.count * part / 64)]), at: folder + "/cut")
        #expect(!found.errors.isEmpty, "cut at \(part)/64")
        #expect(found.read.isEmpty, "cut at \(part)/64")
      }
    }
  }

  @Test("flipped bits, one or a few, never bring the program down", arguments: files)
  func flippedBits(file: String) throws {
    let whole = try Self.bytes(file)
    try withTemporaryFolder { folder in
      for seed in 0..<1300 {
        var generator = SeededGenerator(seed: UInt64(seed), stream: 0)
        var altered = whole
        for _ in 0...(seed < 1000 ? 0 : generator.integer(below: 8)) {
          // Most harm is done at both ends, where sizes and places stand.
          let place = generator.integer(below: generator.chance(0.5) ? min(200, whole.count) : whole.count)
          let at = generator.chance(0.5) ? place : whole.count - 1 - place
          altered[at] ^= 1 << UInt8(generator.integer(below: 8))
        }
        try Self.readEverything(altered, at: folder + "/altered")
      }
    }
  }

  @Test("one flipped bit in an npz is noticed, or changes nothing that is read", arguments: files.prefix(4))
  func checksums(file: String) throws {
    let whole = try Self.bytes(file)
    try withTemporaryFolder { folder in
      let sound = try Self.readEverything(whole, at: folder + "/whole").read
      for seed in 0..<300 {
        var generator = SeededGenerator(seed: UInt64(seed), stream: 1)
        var altered = whole
        altered[generator.integer(below: whole.count)] ^= 1 << UInt8(generator.integer(below: 8))
        for (name, values) in try Self.readEverything(altered, at: folder + "/altered").read {
          #expect(sound[name] == nil || sound[name] == values, "seed \(seed): \(name)")
        }
      }
    }
  }

  @Test("a small file that promises 10 GB is refused before any memory is taken")
  func bombs() throws {
    try withTemporaryFolder { folder in
      func expectRefusal(_ bytes: [UInt8], _ what: String) throws {
        let found = try Self.readEverything(bytes, at: folder + "/bomb")
        #expect(found.errors.contains { $0.kind == .damaged }, "\(what)")
      }
      // The unpacked size of the first entry in the directory, in 32 bits.
      var bomb = try Self.bytes("types-deflated.npz")
      let directory = try #require(bomb.firstRange(of: [0x50, 0x4b, 1, 2])).lowerBound
      bomb.replaceSubrange(directory + 24..<directory + 28, with: [0xfe, 0xff, 0xff, 0xff])
      try expectRefusal(bomb, "deflated, 4 GB")

      bomb = try Self.bytes("types-zip64.npz")
      let wide = try #require(bomb.firstRange(of: [0x50, 0x4b, 1, 2])).lowerBound
      let name = Int(bomb[wide + 28])
      for at in [0, 8] {
        // Both sizes stand in the extra field, after its own head of 4 bytes.
        let field = wide + 46 + name + 4 + at
        bomb.replaceSubrange(field..<field + 8, with: bytes(of: UInt64(10 << 30)))
      }
      try expectRefusal(bomb, "stored, 10 GB")

      try expectRefusal(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2684354560,), }"), "npy")
      try expectRefusal(
        npy("{'descr': '<f8', 'fortran_order': True, 'shape': (4294967296, 4294967296, 2), }"), "npy")
      try expectRefusal(
        npy("{'descr': '<f8', 'fortran_order': True, 'shape': (0, 4294967296, 4294967296), }"), "npy")
      try expectRefusal(npy("{'descr': '<U99999', 'fortran_order': True, 'shape': (99999999,), }"), "npy")
      try expectRefusal(
        safetensors("{'x':{'dtype':'F32','shape':[2684354560],'data_offsets':[0,10737418240]}}"),
        "safetensors")
      try expectRefusal(bytes(of: UInt64(90_000_000)) + Array("{".utf8), "safetensors header")
    }
  }

  @Test("a zip file whose directory is wrong is refused") func directories() throws {
    let whole = try Self.bytes("types.npz")
    let end = try #require(whole.lastRange(of: [0x50, 0x4b, 5, 6])).lowerBound
    let entry = try #require(whole.firstRange(of: [0x50, 0x4b, 1, 2])).lowerBound
    // What to change, by how much, and what then cannot be read: everything, or the first array.
    let changes: [(String, Int, UInt8, isWhole: Bool)] = [
      ("more entries than there are", end + 10, 200, true), ("a directory too short", end + 12, 1, true),
      ("a directory elsewhere", end + 16, 1, true), ("a directory beyond the file", end + 19, 0x7f, true),
      ("an entry elsewhere", entry + 42, 1, false), ("an entry beyond the file", entry + 45, 0x7f, false),
      ("an entry of another size", entry + 24, 1, false), ("an entry packed larger", entry + 20, 1, false),
      ("an entry of no method", entry + 10, 99, false),
      ("a name beyond the directory", entry + 29, 0x7f, true),
    ]
    try withTemporaryFolder { folder in
      let sound = try Self.readEverything(whole, at: folder + "/whole").read
      for (what, place, value, isWhole) in changes {
        var altered = whole
        altered[place] = altered[place] &+ value
        let found = try Self.readEverything(altered, at: folder + "/altered")
        #expect(
          !found.errors.isEmpty && (isWhole ? found.read.isEmpty : found.read.count < sound.count), "\(what)")
        for (name, values) in found.read { #expect(sound[name] == values, "\(what): \(name)") }
      }
    }
  }

  @Test("names that lead out of a folder are only names") func names() throws {
    try withTemporaryFolder { folder in
      let inner = folder + "/inner"
      try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: true)
      var zip = StoredZip()
      let array = try Self.bytes("version1.npy")
      for name in ["../out", "/tmp/penumbra-out", "a/../../out", "..\\out"] {
        zip.add(name + ".npy", Data(array))
      }
      let found = try Self.readEverything(Array(zip.finished()), at: inner + "/a.npz")
      #expect(found.errors.isEmpty && found.read.count == 4 && found.read["../out"]?.count == 6)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["inner"])
      #expect(try FileManager.default.contentsOfDirectory(atPath: inner) == ["a.npz"])
      #expect(!FileManager.default.fileExists(atPath: "/tmp/penumbra-out.npy"))
    }
  }

  @Test("a deflated gigabyte of zeros is refused, before it is unpacked") func deflateBomb() throws {
    try withTemporaryFolder { folder in
      // 1 GB in the densest code there is: blocks of runs of 258 zeros, 1032 to 1.
      var bomb = try Self.bytes("types-deflated.npz")
      let entry = try #require(bomb.firstRange(of: [0x50, 0x4b, 1, 2])).lowerBound
      let end = try #require(bomb.lastRange(of: [0x50, 0x4b, 5, 6])).lowerBound
      let packed = 1 << 20
      var file = Array(bomb[..<entry]) + [UInt8](repeating: 0, count: packed)
      var directory = Array(bomb[entry..<end])
      directory.replaceSubrange(20..<24, with: bytes(of: UInt64(packed)).prefix(4))
      directory.replaceSubrange(24..<28, with: bytes(of: UInt64(1 << 30)).prefix(4))
      var tail = Array(bomb[end...])
      tail.replaceSubrange(16..<20, with: bytes(of: UInt64(file.count)).prefix(4))
      file += directory + tail
      bomb = file
      let found = try Self.readEverything(bomb, at: folder + "/bomb")
      #expect(found.errors.contains { $0.kind == .unsupported && $0.message.contains("numpy.savez") })
    }
  }

  private func bytes(of value: UInt64) -> [UInt8] { withUnsafeBytes(of: value.littleEndian, Array.init) }

  private func npy(_ header: String) -> [UInt8] {
    [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8) + [0, 0, 0, 0]
  }

  private func safetensors(_ header: String, data count: Int = 0) -> [UInt8] {
    let header = header.replacingOccurrences(of: "'", with: "\"")
    return bytes(of: UInt64(header.utf8.count)) + Array(header.utf8) + Array(repeating: 0, count: count)
  }

  /// A safetensors header of two float32 arrays of two elements, its data, and what is wrong with them.
  static let contradictions: [(String, Int, String)] = [
    (
      "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'b':{'dtype':'F32','shape':[2],'data_offsets':[4,12]}}",
      12, "overlaps"
    ),
    (
      "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'b':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}",
      8, "overlaps"
    ),
    (
      "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'b':{'dtype':'F32','shape':[2],'data_offsets':[12,20]}}",
      20, "gap"
    ),
    ("{'a':{'dtype':'F32','shape':[2],'data_offsets':[4,12]}}", 12, "gap"),
    ("{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}", 12, "belong to no array"),
    ("{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}", 7, "outside"),
    ("{'a':{'dtype':'F32','shape':[2],'data_offsets':[8,0]}}", 8, "outside"),
    ("{'a':{'dtype':'F32','shape':[2],'data_offsets':[-8,0]}}", 8, "outside"),
    ("{'a':{'dtype':'F32','shape':[3],'data_offsets':[0,8]}}", 8, "truncated"),
    ("{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,8]}}", 8, "its shape"),
    ("{'a':{'dtype':'F32','shape':[-2],'data_offsets':[0,8]}}", 8, "shape"),
    ("{'a':{'dtype':'F32','shape':[2.5],'data_offsets':[0,8]}}", 8, "shape"),
    ("{'a':{'dtype':'F4','shape':[2],'data_offsets':[0,8]}}", 8, "'F4'"),
    ("{'a':{'dtype':'F32','shape':[2]}}", 8, "lacks"),
    ("{'a':1}", 0, "lacks"),
    ("{'a':{},'a':{}}", 0, "twice"),
    ("{'__metadata__':{'a':1}}", 0, "metadata"),
    ("{'a':", 0, "truncated"),
    ("{} x", 0, "text after the end"),
  ]

  @Test("a safetensors file that contradicts itself is refused", arguments: contradictions)
  func contradiction(header: String, count: Int, message: String) throws {
    try withTemporaryFolder { folder in
      let found = try Self.readEverything(safetensors(header, data: count), at: folder + "/a")
      #expect(found.read.isEmpty)
      #expect(found.errors.first?.message.contains(message) == true, "\(found.errors)")
    }
  }

  @Test("errors name the file, the array and the byte on one line")
  func messages() throws {
    try withTemporaryFolder { folder in
      var error = #expect(throws: ArchiveError.self) { try Archive(contentsOf: folder + "/none") }
      #expect(error?.kind == .noInput)
      #expect(error?.description == "\(folder)/none: no such file or directory")
      error = #expect(throws: ArchiveError.self) { try Archive(contentsOf: folder) }
      #expect(error?.description == "\(folder): is a folder, not a file")
      error = #expect(throws: ArchiveError.self) { try Archive(contentsOf: #filePath) }
      #expect(error?.kind == .unsupported)

      var bytes = try Self.bytes("types.npz")
      let place = try #require(bytes.firstRange(of: Array("NUMPY".utf8))).lowerBound + 125
      bytes[place] ^= 1
      let path = folder + "/a.npz"
      try Data(bytes).write(to: URL(filePath: path))
      let archive = try Archive(contentsOf: path)
      error = #expect(throws: ArchiveError.self) { try archive.tensor(archive.names[0]) }
      #expect(error?.byte.map { place - 200 < $0 && $0 <= place } == true, "\(place)")
      #expect(
        error?.description
          == "\(path): float16: its bytes were changed: the checksum differs (at byte \(error?.byte ?? 0))")
      error = #expect(throws: ArchiveError.self) { try archive.tensor("a\u{1b}[31m\nb") }
      #expect(error?.description == "\(path): contains no array 'a?[31m?b'")
    }
  }
}

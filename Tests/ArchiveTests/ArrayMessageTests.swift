import Archives
import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Messages between processes") struct ArrayMessageTests {
  private static func bytes(
    _ texts: [String: String], _ arrays: [(name: String, values: Npz.Values)]
  ) throws -> Data {
    var data = Data()
    try ArrayMessage.write(texts: texts, arrays, to: "peer") { data.append(contentsOf: $0) }
    return data
  }

  private static let example: [(name: String, values: Npz.Values)] = [
    ("joints", .floats(Tensor([2, 3], [1, 2, 3, .nan, 5, -6]))),
    ("windows", .integers([1, -2, 3, 4], shape: [1, 4])),
    ("picture", .bytes([0, 128, 255], shape: [1, 1, 3])), ("nothing", .floats(Tensor([0, 3]))),
  ]

  /// What reads memory as a pipe does.
  private final class Stream {
    var data: Data
    init(_ data: Data) { self.data = data }

    func next() throws(ArchiveError) -> ArrayMessage? {
      try ArrayMessage.next(from: "peer") { (memory) throws(ArchiveError) in
        guard !self.data.isEmpty else { return false }
        guard self.data.count >= memory.count else {
          throw ArchiveError(.io, file: "peer", "ends in the middle of a message")
        }
        memory.copyBytes(from: self.data.prefix(memory.count))
        self.data = self.data.dropFirst(memory.count)
        return true
      }
    }
  }

  @Test("what is written is read, one message after the other") func roundTrip() throws {
    let texts = ["say": "told", "id": "a \"quoted\" name, 名前"]
    let stream = Stream(
      try Self.bytes(texts, Self.example) + Self.bytes(["say": "close"], []) + Self.bytes([:], Self.example))
    let first = try #require(try stream.next())
    #expect(first.texts == texts && first.names.count == 4)
    let joints = try #require(try first.tensor("joints"))
    #expect(joints.shape == [2, 3] && joints.elements[3].isNaN && joints.elements[5] == -6)
    #expect(try first.doubles("windows") == [1, -2, 3, 4])
    let picture = try #require(first.bytes("picture"))
    #expect(picture.bytes == [0, 128, 255] && picture.shape == [1, 1, 3])
    #expect(first.bytes("joints") == nil && !first.has("other"))
    #expect(try first.tensor("nothing")?.shape == [0, 3] && first.tensor("other") == nil)
    #expect(try stream.next()?.texts == ["say": "close"])
    #expect(try stream.next()?.tensor("joints")?.elements[0] == 1)
    #expect(try stream.next() == nil)
  }

  @Test("it is the safetensors format", .enabled(if: Python.isThere)) func format() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/message.safetensors"
      try Self.bytes(["say": "told"], Array(Self.example.dropLast())).write(to: URL(filePath: path))
      let archive = try Archive(contentsOf: path)
      #expect(archive.format == .safetensors && archive.metadata == ["say": "told"])
      let printed = try Python.run(
        """
        import sys
        from safetensors.numpy import load_file
        for name, array in sorted(load_file(sys.argv[1]).items()):
            print(name, array.dtype, array.shape, array.ravel().tolist()[:2])
        """, path)
      #expect(
        printed.split(separator: "\n") == [
          "joints float32 (2, 3) [1.0, 2.0]", "picture uint8 (1, 1, 3) [0, 128]",
          "windows int32 (1, 4) [1, -2]",
        ])
    }
  }

  @Test("a message cut anywhere is an error, and one cut before its first byte the end") func cut() throws {
    let whole = try Self.bytes(["say": "told"], Self.example)
    for kept in 1..<whole.count {
      let error = #expect(throws: ArchiveError.self) { try Stream(whole.prefix(kept)).next() }
      #expect(error?.kind == .io && error?.description.contains("\n") == false)
    }
    #expect(try Stream(Data()).next() == nil)
  }

  @Test("changed bytes give a message or an error of one line") func changed() throws {
    let whole = try Self.bytes(["say": "told"], Self.example)
    var random = SeededGenerator(seed: 4)
    for _ in 0..<2000 {
      var bytes = whole
      for _ in 0...random.integer(below: 3) {
        bytes[random.integer(below: bytes.count)] = UInt8(random.integer(below: 256))
      }
      do throws(ArchiveError) {
        guard let message = try Stream(bytes).next() else { continue }
        for name in message.names { _ = try message.tensor(name) }
      } catch { #expect(!error.description.contains("\n")) }
    }
  }

  @Test("rubbish, and sizes that no message has, are refused before memory is asked for") func hostile()
    throws
  {
    func refused(_ data: Data, _ kind: ArchiveError.Kind = .damaged, _ words: String) {
      let error = #expect(throws: ArchiveError.self) { try Stream(data).next() }
      #expect(error?.kind == kind && error?.message.contains(words) == true, "\(String(describing: error))")
    }
    refused(Data("Loading checkpoint shards: 100%".utf8), .damaged, "'Loading '")
    func framed(_ header: String, _ rest: Data = Data()) -> Data {
      withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) } + Data(header.utf8) + rest
    }
    refused(Data(repeating: 0, count: 16), .damaged, "no length")
    refused(framed("[]"), .damaged, "not a JSON object")
    refused(
      framed(#"{"a": {"dtype": "U8", "shape": [2199023255552], "data_offsets": [0, 2199023255552]}}"#),
      .unsupported,
      "are read")
    refused(
      framed(#"{"a": {"dtype": "U8", "shape": [2], "data_offsets": [-9, -5]}}"#), .damaged, "outside")
    refused(
      framed(#"{"a": {"dtype": "U8", "shape": [3], "data_offsets": [0, 2]}}"#, Data([1, 2])), .damaged,
      "truncated")
    refused(framed(#"{"__metadata__": {"say": 3}}"#), .damaged, "not strings")
  }
}

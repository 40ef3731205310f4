import Archives
import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Writing archives") struct WritingTests {
  static let tensors: [(String, Tensor)] = [
    ("net.weight", Tensor([2, 3], [1, -2.5, 3e-8, 65504, .infinity, -0.0])), ("bias", Tensor([], [7])),
    ("none", Tensor([0, 3], [])),
  ]

  @Test("safetensors come back as they were, with their metadata")
  func safetensorsRoundTrip() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.safetensors"
      try Safetensors.write(Self.tensors, metadata: ["note": "ä \"quoted\"\n", "a": ""], to: path)
      let archive = try Archive(contentsOf: path)
      #expect(archive.format == .safetensors)
      #expect(archive.names == ["bias", "net.weight", "none"])
      #expect(archive.metadata == ["note": "ä \"quoted\"\n", "a": ""])
      for (name, tensor) in Self.tensors { #expect(try archive.tensor(name) == tensor) }
    }
  }

  @Test("half precisions round to the nearest, ties to even")
  func rounding() throws {
    // One unit in the last place of 1 is 2^-10 in float16 and 2^-7 in bfloat16.
    let half: [(Safetensors.Precision, Float)] = [(.float16, 0x1p-11), (.bfloat16, 0x1p-8)]
    for (precision, tie) in half {
      try withTemporaryFolder { folder in
        let path = folder + "/a.safetensors"
        let values: [Float] = [1 + tie, 1 + 3 * tie, 1 + tie * 1.01, -(1 + tie), .nan, -.infinity]
        try Safetensors.write([("x", Tensor([6], values))], precision: precision, to: path)
        let read = try Archive(contentsOf: path).tensor("x").elements
        #expect(Array(read[..<4]) == [1, 1 + 4 * tie, 1 + 2 * tie, -1])
        #expect(read[4].isNaN && read[5] == -.infinity)
      }
    }
  }

  @Test("a number beyond float16 is refused by name")
  func tooLarge() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.safetensors"
      let error = #expect(throws: ArchiveError.self) {
        try Safetensors.write([("w", Tensor([1], [65520]))], precision: .float16, to: path)
      }
      #expect(error?.entry == "w")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
      try Safetensors.write([("w", Tensor([1], [65519]))], precision: .float16, to: path)
      #expect(try Archive(contentsOf: path).tensor("w").elements == [65504])
    }
  }

  @Test("npz come back as they were")
  func npzRoundTrip() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.npz"
      try Npz.write(Self.tensors, to: path)
      let archive = try Archive(contentsOf: path)
      #expect(archive.names == Self.tensors.map(\.0))
      for (name, tensor) in Self.tensors { #expect(try archive.tensor(name) == tensor) }
    }
  }

  @Test("the same arrays always give the same bytes")
  func deterministic() throws {
    try withTemporaryFolder { folder in
      func bytes(_ name: String) throws -> Data { try Data(contentsOf: URL(filePath: folder + "/" + name)) }
      let notes = Dictionary(uniqueKeysWithValues: (0..<20).map { ("key\($0)", "\($0)") })
      try Safetensors.write(Self.tensors, metadata: notes, to: folder + "/a.safetensors")
      try Safetensors.write(Self.tensors.reversed(), metadata: notes, to: folder + "/b.safetensors")
      #expect(try bytes("a.safetensors") == bytes("b.safetensors"))
      try Npz.write(Self.tensors, to: folder + "/a.npz")
      try Npz.write(Self.tensors, to: folder + "/b.npz")
      #expect(try bytes("a.npz") == bytes("b.npz"))
    }
  }

  @Test("NumPy reads our npz", .enabled(if: Python.isThere))
  func numpyReads() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.npz"
      try Npz.write(
        [
          ("floats", .floats(Tensor([2, 2], [1, 2, 3, -.infinity]))), ("scalar", .floats(Tensor([], [5]))),
          ("integers", .integers([1, -2, 3], shape: [3, 1])), ("bytes", .bytes([0, 255], shape: [2])),
          ("names_ä", .strings(["left_hip", "", "ä😀"])), ("none", .strings([])),
        ], to: path)
      let printed = try Python.run(
        """
        import sys, numpy
        for name, a in numpy.load(sys.argv[1]).items():
            print(name, a.dtype, a.shape, a.ravel().tolist(), a.flags.c_contiguous)
        """, path)
      #expect(
        printed == """
          floats float32 (2, 2) [1.0, 2.0, 3.0, -inf] True
          scalar float32 () [5.0] True
          integers int32 (3, 1) [1, -2, 3] True
          bytes uint8 (2,) [0, 255] True
          names_ä <U8 (3,) ['left_hip', '', 'ä😀'] True
          none <U1 (0,) [] True
          """)
      let archive = try Archive(contentsOf: path)
      #expect(try archive.strings("names_ä") == ["left_hip", "", "ä😀"])
      #expect(try archive.integers("integers") == [1, -2, 3])
    }
  }

  @Test(
    "the safetensors library reads ours, in every precision", .enabled(if: Python.isThere),
    arguments: Safetensors.Precision.allCases)
  func safetensorsReads(precision: Safetensors.Precision) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.safetensors"
      let tensors: [(String, Tensor)] = [("b", Tensor([2, 2], [1, 2, -3, 0.5])), ("a", Tensor([1], [4]))]
      try Safetensors.write(tensors, precision: precision, metadata: ["seed": "7"], to: path)
      // NumPy has no bfloat16: its bits are looked at.
      let printed = try Python.run(
        """
        import sys, numpy, safetensors
        data = open(sys.argv[1], "rb").read()
        print(safetensors.safe_open(sys.argv[1], "np").metadata())
        for name, entry in sorted(safetensors.deserialize(data)):
            raw = bytes(entry["data"])
            if entry["dtype"] == "BF16":
                a = (numpy.frombuffer(raw, "<u2").astype("<u4") << 16).view("<f4")
            else:
                a = numpy.frombuffer(raw, {"F16": "<f2", "F32": "<f4"}[entry["dtype"]])
            print(name, entry["dtype"], entry["shape"], a.tolist())
        """, path)
      let type = [Safetensors.Precision.float32: "F32", .float16: "F16", .bfloat16: "BF16"][precision]!
      #expect(
        printed == """
          {'seed': '7'}
          a \(type) [1] [4.0]
          b \(type) [2, 2] [1.0, 2.0, -3.0, 0.5]
          """)
    }
  }
}

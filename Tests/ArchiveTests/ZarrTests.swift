import Archives
import Foundation
import Synchronization
import Tensors
import TestSupport
import Testing

@Suite("Zarr") struct ZarrTests {
  /// A tensor that counts up.
  static func counting(_ shape: [Int], from start: Float = 0) -> Tensor {
    Tensor(shape, (0..<shape.reduce(1, *)).map { start + Float($0) })
  }

  /// An array of `[5, 7, 3]` in chunks of `[2, 3, 3]`, filled by `value` of the index.
  static func filled(_ group: ZarrGroup, _ name: String = "error") throws -> (ZarrArray, Tensor) {
    let array = try group.createArray(
      name, shape: [5, 7, 3], chunks: [2, 3, 3], dimensions: ["rows", "columns", "joints"],
      attributes: ["units": "m"])
    let whole = counting([5, 7, 3])
    for place in array.chunks {
      var part = Tensor(array.shape(ofChunkAt: place))
      for r in 0..<part.shape[0] {
        for c in 0..<part.shape[1] {
          for j in 0..<3 { part[r, c, j] = whole[2 * place[0] + r, 3 * place[1] + c, j] }
        }
      }
      try array.write(chunk: part, at: place)
    }
    return (array, whole)
  }

  @Test("what is written in chunks is read as a whole, edges and all")
  func roundTrip() throws {
    try withTemporaryFolder { folder in
      let group = try ZarrGroup(creating: folder + "/deep/a.zarr")
      let (array, whole) = try Self.filled(group)
      #expect(array.grid == [3, 3, 1])
      let opened = try ZarrGroup(contentsOf: group.path).array("error")
      #expect(try opened.readAll() == whole)
      #expect(opened.chunkShape == [2, 3, 3])
      #expect(opened.dimensions == ["rows", "columns", "joints"])
      #expect(opened.attributes == ["units": "m"])
      #expect(try opened.read(chunk: [2, 2, 0]) == Tensor([1, 1, 3], [102, 103, 104]))
    }
  }

  @Test("chunks that are not written are not there, and read as not a number")
  func missingChunks() throws {
    try withTemporaryFolder { folder in
      let group = try ZarrGroup(creating: folder + "/a.zarr")
      let array = try group.createArray("x", shape: [4], chunks: [2], dimensions: ["i"])
      #expect(!array.hasChunk([1]))
      try array.write(chunk: Tensor([2], [5, 6]), at: [1])
      #expect(!array.hasChunk([0]) && array.hasChunk([1]))
      #expect(try array.read(chunk: [0]) == nil)
      let all = try array.readAll().elements
      #expect(all[0].isNaN && all[1].isNaN && all[2...] == [5, 6])
    }
  }

  @Test("arrays of whole numbers and of no dimension", arguments: [ZarrArray.Values.float32, .int32, .uint8])
  func types(type: ZarrArray.Values) throws {
    try withTemporaryFolder { folder in
      let group = try ZarrGroup(creating: folder + "/a.zarr")
      let array = try group.createArray("x", shape: [3], chunks: [2], dimensions: ["i"], type: type)
      try array.write(chunk: Tensor([2], [1, 255]), at: [0])
      try array.write(chunk: Tensor([1], [7]), at: [1])
      #expect(try group.array("x").readAll().elements == [1, 255, 7])
      let scalar = try group.createArray("s", shape: [], chunks: [], dimensions: [], type: type)
      try scalar.write(chunk: Tensor([], [9]), at: [])
      #expect(try group.array("s").readAll() == Tensor([], [9]))
      if type != .float32 {
        for value: Float in [.nan, 0.5, 1e20] {
          #expect(throws: ArchiveError.self) { try array.write(chunk: Tensor([1], [value]), at: [1]) }
        }
        #expect(try array.readAll().elements == [1, 255, 7])
      }
    }
  }

  @Test("arrays of truth values hold zeros and ones") func truthValues() throws {
    try withTemporaryFolder { folder in
      let group = try ZarrGroup(creating: folder + "/a.zarr")
      let array = try group.createArray("x", shape: [4], chunks: [2], dimensions: ["i"], type: .bool)
      try array.write(chunk: Tensor([2], [1, 0]), at: [0])
      #expect(throws: ArchiveError.self) { try array.write(chunk: Tensor([2], [1, 2]), at: [1]) }
      #expect(try group.array("x").readAll().elements == [1, 0, 0, 0])
      #expect(try group.array("x").type == .bool)
    }
  }

  @Test("attributes come back as they were, and are written the same way every time")
  func attributes() throws {
    try withTemporaryFolder { folder in
      let attributes: [String: JSONValue] = [
        "stride": 10, "value": 0.1, "whole": 2.0, "grid": "centred",
        "nested": ["b": [1, 2.5, nil, true], "a": [:]],
        "rows": [[1, 2], [3, 4]], "text": "ä\n\u{1}\"\\/", "seed": .integer(.max), "none": [],
        "tiny": .number(.leastNonzeroMagnitude),
      ]
      var group = try ZarrGroup(creating: folder + "/a.zarr", attributes: attributes)
      _ = try ZarrGroup(creating: folder + "/b.zarr", attributes: attributes)
      #expect(try ZarrGroup(contentsOf: group.path).attributes == attributes)
      let bytes = try ["a", "b"].map { try Data(contentsOf: URL(filePath: "\(folder)/\($0).zarr/zarr.json")) }
      #expect(bytes[0] == bytes[1])
      try group.setAttributes(["done": true])
      #expect(try ZarrGroup(contentsOf: group.path).attributes == ["done": true])
      #expect(throws: ArchiveError.self) { try ZarrGroup(creating: group.path) }
    }
  }

  @Test("many workers write chunks at the same time")
  func concurrently() throws {
    try withTemporaryFolder { folder in
      let group = try ZarrGroup(creating: folder + "/a.zarr")
      let array = try group.createArray("x", shape: [64, 3], chunks: [1, 3], dimensions: ["i", "j"])
      let errors = Mutex<[ArchiveError]>([])
      // Every chunk twice, so that two workers write the same one now and then.
      Workers.run(128, workers: 8) { index, _ in
        do throws(ArchiveError) {
          let row = index / 2
          try array.write(chunk: Self.counting([1, 3], from: Float(3 * row)), at: [row, 0])
        } catch { errors.withLock { $0.append(error) } }
      }
      #expect(errors.withLock { $0 } == [])
      #expect(try array.readAll() == Self.counting([64, 3]))
      let files = FileManager.default.enumerator(atPath: array.path)?.compactMap { $0 as? String } ?? []
      #expect(files.count == 2 + 64 + 64, "zarr.json, c, and a folder and a file for each row")
    }
  }

  @Test("the file of a write that was cut off is nobody's chunk")
  func leftovers() throws {
    try withTemporaryFolder { folder in
      let group = try ZarrGroup(creating: folder + "/a.zarr")
      let (array, whole) = try Self.filled(group)
      try AtomicFile.write("half", to: array.path + "/c/0/0/.0.123-4.part")
      try AtomicFile.write("half", to: group.path + "/.zarr.json.123-4.part")
      #expect(try group.arrayNames() == ["error"])
      #expect(try array.readAll() == whole)
    }
  }

  @Test("damage is told in a sentence")
  func damage() throws {
    try withTemporaryFolder { folder in
      let group = try ZarrGroup(creating: folder + "/a.zarr")
      let (array, _) = try Self.filled(group)
      let metadata = array.path + "/zarr.json"
      let sound = try String(contentsOfFile: metadata, encoding: .utf8)
      func opening(_ text: String) throws -> ArchiveError? {
        try AtomicFile.write(text, to: metadata)
        defer { try? AtomicFile.write(sound, to: metadata) }
        return #expect(throws: ArchiveError.self) { try group.array("error") }
      }
      for (old, new, message) in [
        ("\"float32\"", "\"complex64\"", "type"), ("\"bytes\"", "\"zstd\"", "compressed by zstd"),
        ("\"little\"", "\"big\"", "little-endian"), ("[5, 7, 3]", "[5, 7]", "dimensions"),
        ("[5, 7, 3]", "[5, 7, 3000000000000]", "shape"), ("[2, 3, 3]", "[2, 3, 0]", "chunk_shape"),
        ("[5, 7, 3]", "[5, 7, -3]", "shape"), ("\"NaN\"", "\"none\"", "fill_value"), ("}", "", "JSON"),
        ("\"array\"", "\"group\"", "a Zarr array"),
        ("\"zarr_format\": 3", "\"zarr_format\": 2", "version 3"),
      ] {
        #expect(sound.contains(old), "the test looks for \(old)")
        let error = try opening(sound.replacingOccurrences(of: old, with: new))
        #expect(error?.message.contains(message) == true, "\(old) → \(new): \(error?.message ?? "")")
        #expect(error?.file == metadata)
      }

      let chunk = array.path + "/c/1/1/0"
      try Data(contentsOf: URL(filePath: chunk)).dropLast().write(to: URL(filePath: chunk))
      var error = #expect(throws: ArchiveError.self) { try array.readAll() }
      #expect(error?.file == chunk && error?.kind == .damaged)
      #expect(!array.hasChunk([1, 1, 0]))

      error = #expect(throws: ArchiveError.self) { try group.array("nothing") }
      #expect(error?.kind == .noInput)
      try FileManager.default.removeItem(atPath: metadata)
      error = #expect(throws: ArchiveError.self) { try group.array("error") }
      #expect(error?.message.contains("zarr.json") == true)
      #expect(try group.arrayNames() == [])
    }
  }

  @Test("flipped bits in a zarr.json never bring the program down")
  func flippedBits() throws {
    try withTemporaryFolder { folder in
      let group = try ZarrGroup(
        creating: folder + "/a.zarr", attributes: ["a": [1, ["b": 2.5]], "text": "ä\n"])
      let array = try Self.filled(group).0
      for path in [group.path + "/zarr.json", array.path + "/zarr.json"] {
        let sound = try Data(contentsOf: URL(filePath: path))
        for seed in 0..<300 {
          var generator = SeededGenerator(seed: UInt64(seed), stream: 2)
          var altered = sound
          for _ in 0...generator.integer(below: 3) {
            altered[generator.integer(below: sound.count)] ^= 1 << UInt8(generator.integer(below: 8))
          }
          try altered.write(to: URL(filePath: path))
          do throws(ArchiveError) {
            _ = try ZarrGroup(contentsOf: group.path).array("error").readAll()
          } catch { #expect(error.file.hasPrefix(group.path) && !error.description.contains("\n")) }
        }
        try sound.write(to: URL(filePath: path))
      }
    }
  }

  @Test("Python's zarr reads ours", .enabled(if: Python.isThere))
  func zarrReads() throws {
    try withTemporaryFolder { folder in
      let group = try ZarrGroup(creating: folder + "/a.zarr", attributes: ["stride": 10, "label": "ä"])
      _ = try Self.filled(group)
      let part = try group.createArray("part", shape: [4], chunks: [2], dimensions: ["i"], type: .int32)
      try part.write(chunk: Tensor([2], [-7, 8]), at: [1])
      _ = try group.createArray("unwritten", shape: [2], chunks: [2], dimensions: ["k"])
      let printed = try Python.run(
        """
        import sys, zarr, numpy
        g = zarr.open_group(sys.argv[1], mode="r")
        a = g["error"]
        print(sorted(g.array_keys()), dict(g.attrs), dict(a.attrs))
        print(a.dtype, a.shape, a.chunks, a.metadata.dimension_names, (a[:].ravel() == numpy.arange(105)).all())
        print(g["part"].dtype, g["part"][:], g["unwritten"][:])
        """, group.path)
      #expect(
        printed == """
          ['error', 'part', 'unwritten'] {'label': 'ä', 'stride': 10} {'units': 'm'}
          float32 (5, 7, 3) (2, 3, 3) ('rows', 'columns', 'joints') True
          int32 [ 0  0 -7  8] [nan nan]
          """)
    }
  }

  @Test("xarray reads ours", .enabled(if: Python.isThere))
  func xarrayReads() throws {
    try withTemporaryFolder { folder in
      let group = try ZarrGroup(creating: folder + "/a.zarr", attributes: ["stride": 10])
      _ = try Self.filled(group)
      let columns = try group.createArray(
        "columns", shape: [7], chunks: [7], dimensions: ["columns"], type: .int32)
      try columns.write(chunk: Self.counting([7], from: 100), at: [0])
      let printed = try Python.run(
        """
        import sys, xarray
        d = xarray.open_zarr(sys.argv[1])
        print(dict(d.sizes), d.attrs, d.error.attrs, float(d.error.sel(columns=102).isel(rows=4, joints=1)))
        """, group.path)
      #expect(printed == "{'rows': 5, 'columns': 7, 'joints': 3} {'stride': 10} {'units': 'm'} 91.0")
    }
  }

  @Test("what is written after the folder has gone is an error, and brings no half of it back") func gone()
    throws
  {
    try withTemporaryFolder { folder in
      let group = try ZarrGroup(creating: folder + "/g.zarr")
      let array = try group.createArray("x", shape: [4], chunks: [2], dimensions: ["i"])
      try array.write(chunk: Tensor([2], [5, 6]), at: [0])
      try FileManager.default.removeItem(atPath: folder + "/g.zarr")
      func isGone(_ error: ArchiveError?) -> Bool {
        error?.kind == .io && error?.description.contains("removed or moved") == true
      }
      #expect(
        isGone(#expect(throws: ArchiveError.self) { try array.write(chunk: Tensor([2], [5, 6]), at: [1]) }))
      #expect(
        isGone(
          #expect(throws: ArchiveError.self) {
            _ = try group.createArray("y", shape: [4], chunks: [2], dimensions: ["i"])
          }))
      #expect(
        isGone(
          #expect(throws: ArchiveError.self) { try group.writeTexts(["a"], named: "z", longName: "z") }))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
  }

  @Test("reads what Python's zarr writes", .enabled(if: Python.isThere))
  func readsPython() throws {
    try withTemporaryFolder { folder in
      _ = try Python.run(
        """
        import sys, zarr, numpy
        g = zarr.open_group(sys.argv[1], mode="w", attributes={"a": 1.5})
        for name, type, packing in [("x", "float32", None), ("i", "uint8", None)]:
            a = g.create_array(name, shape=(3, 4), chunks=(2, 3), dtype=type, compressors=packing)
            a[:] = numpy.arange(12).reshape(3, 4)
        """, folder + "/p.zarr")
      let group = try ZarrGroup(contentsOf: folder + "/p.zarr")
      #expect(group.attributes == ["a": 1.5])
      #expect(try group.arrayNames() == ["i", "x"])
      #expect(try group.array("x").readAll() == Self.counting([3, 4]))
      #expect(try group.array("i").readAll() == Self.counting([3, 4]))
    }
  }
}

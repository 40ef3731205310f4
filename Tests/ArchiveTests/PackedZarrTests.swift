import Archives
import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Packed Zarr arrays") struct PackedZarrTests {
  static let packings = ["zstd", "zstd_checksum", "gzip", "crc32c", "zstd_crc32c", "crc32c_gzip"]
  /// Those in which one altered bit cannot pass for another number.
  static let checked = packings.filter { $0 != "zstd" }
  static let numbers = Tensor([40, 3], (0..<120).map { Float($0) / 4 })

  /// Runs `body` with a copy of an array of the fixtures, and the path of its only chunk.
  static func withCopy(of packing: String, _ body: (ZarrArray, _ chunk: String) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let copy = "\(folder)/\(packing)"
      try FileManager.default.copyItem(atPath: fixture("archives/packed.zarr/\(packing)"), toPath: copy)
      try body(ZarrArray(contentsOf: copy), copy + "/c/0/0")
    }
  }

  @Test("gives the numbers, and is not written to", arguments: packings) func reads(packing: String) throws {
    try Self.withCopy(of: packing) { array, _ in
      let numbers = try array.readAll()
      #expect(numbers == Self.numbers && array.hasChunk([0, 0]))
      let error = #expect(throws: ArchiveError.self) { try array.write(chunk: Self.numbers, at: [0, 0]) }
      #expect(error?.kind == .unsupported)
    }
  }

  @Test("a chunk cut off anywhere is refused", arguments: packings) func truncation(packing: String) throws {
    try Self.withCopy(of: packing) { array, chunk in
      let whole = try Data(contentsOf: URL(filePath: chunk))
      for count in 0..<whole.count {
        try whole.prefix(count).write(to: URL(filePath: chunk))
        let error = #expect(throws: ArchiveError.self) { try array.readAll() }
        #expect(error?.kind == .damaged && error?.file == chunk, "cut at \(count)")
      }
      try (whole + [0]).write(to: URL(filePath: chunk))
      #expect(throws: ArchiveError.self, "a byte too many") { try array.readAll() }
    }
  }

  @Test("flipped bits never bring the program down, nor pass where there is a checksum", arguments: packings)
  func flippedBits(packing: String) throws {
    try Self.withCopy(of: packing) { array, chunk in
      let whole = try Data(contentsOf: URL(filePath: chunk))
      for bit in 0..<whole.count * 8 {
        var altered = whole
        altered[bit / 8] ^= 1 << UInt8(bit % 8)
        try altered.write(to: URL(filePath: chunk))
        do throws(ArchiveError) {
          let numbers = try array.readAll()
          #expect(numbers == Self.numbers || !Self.checked.contains(packing), "bit \(bit)")
        } catch { #expect(error.file == chunk && !error.description.contains("\n")) }
      }
    }
  }

  @Test("a chunk that unpacks to more or less than its array says is refused", arguments: packings)
  func otherSizes(packing: String) throws {
    try Self.withCopy(of: packing) { array, _ in
      let metadata = array.path + "/zarr.json"
      let sound = try String(contentsOfFile: metadata, encoding: .utf8)
      // What a chunk of 480 bytes would have to be: a little less, a little more, 1 GB.
      for length in [39, 41, 80_000_000] {
        let other = sound.replacing("40,", with: "\(length),")
        try AtomicFile.write(other, to: metadata)
        #expect(throws: ArchiveError.self, "\(length)") {
          try ZarrArray(contentsOf: array.path).read(chunk: [0, 0])
        }
      }
    }
  }

  @Test("packings and types that are not read are told in a sentence") func refused() throws {
    try Self.withCopy(of: "zstd_crc32c") { array, _ in
      let metadata = array.path + "/zarr.json"
      let sound = try JSONValue(Data(contentsOf: URL(filePath: metadata)), from: metadata).object!
      let bytes: JSONValue = ["name": "bytes", "configuration": ["endian": "little"]]
      let changes: [(String, JSONValue, String)] = [
        ("codecs", [["name": "transpose", "configuration": ["order": [1, 0]]], bytes], "transposed"),
        ("codecs", [["name": "sharding_indexed"]], "sharded"),
        ("codecs", [["name": "bytes", "configuration": ["endian": "big"]]], "big-endian"),
        ("codecs", [bytes, ["name": "blosc"]], "compressed by bytes, blosc"),
        ("codecs", [bytes, ["name": "zstd"], ["name": "gzip"]], "only one of gzip and zstd"),
        ("codecs", [["name": "zstd"]], "plain bytes first"), ("codecs", [], "plain bytes first"),
        ("codecs", 7, "plain bytes first"),
        ("codecs", .array([bytes] + Array(repeating: ["name": "crc32c"], count: 5)), "too many checksums"),
        ("data_type", "complex64", "complex64"), ("data_type", ["name": "numpy.datetime64"], "datetime64"),
        ("storage_transformers", [["name": "x"]], "transformers"), ("fill_value", "0xzz", "fill_value"),
      ]
      for (key, value, message) in changes {
        try AtomicFile.write(JSONValue.object(sound.merging([key: value]) { $1 }).text, to: metadata)
        let error = #expect(throws: ArchiveError.self) { try ZarrArray(contentsOf: array.path) }
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
      }
      for (fill, number) in [("0x7fc00000", Float.nan), ("0x3fc00000", 1.5), ("Infinity", .infinity)] {
        let other = sound.merging(["fill_value": .string(fill)]) { $1 }
        try AtomicFile.write(JSONValue.object(other).text, to: metadata)
        let found = try ZarrArray(contentsOf: array.path).fill
        #expect(found == number || found.isNaN && number.isNaN)
      }
    }
  }

  @Test("reads every type and packing that Python's zarr writes", .enabled(if: Python.isThere))
  func readsPython() throws {
    try withTemporaryFolder { folder in
      _ = try Python.run(
        """
        import sys, zarr, numpy
        from zarr.codecs import Crc32cCodec, GzipCodec, ZstdCodec
        g = zarr.open_group(sys.argv[1], mode="w")
        packings = [[], [ZstdCodec()], [GzipCodec()], [Crc32cCodec()], [ZstdCodec(), Crc32cCodec()]]
        for type in ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool"]:
            for i, packing in enumerate(packings):
                a = g.create_array(f"{type}_{i}", shape=(3, 5), chunks=(2, 3), dtype=type, compressors=packing)
                a[:] = numpy.arange(15).reshape(3, 5).astype(type)
        a = g.create_array("wide", shape=(4,), chunks=(4,), dtype="float64", fill_value=float("nan"))
        a[:] = [1 / 3, 1e300, -1e-300, 2.5]
        """, folder + "/p.zarr")
      let group = try ZarrGroup(contentsOf: folder + "/p.zarr")
      for name in try group.arrayNames() where name != "wide" {
        let array = try group.array(name)
        let counting = ZarrTests.counting([3, 5])
        #expect(
          try array.readAll() == (array.type == .bool ? counting.map { min($0, 1) } : counting), "\(name)")
      }
      #expect(try group.array("wide").readAll().elements == [Float(1.0 / 3), .infinity, 0, 2.5])
    }
  }

  @Test("reads what xarray writes by default", .enabled(if: Python.isThere)) func readsXarray() throws {
    try withTemporaryFolder { folder in
      _ = try Python.run(
        """
        import sys, xarray, numpy
        d = xarray.Dataset({"error": (("row", "joint"), numpy.arange(12, dtype="float32").reshape(4, 3))},
                           coords={"row": numpy.arange(4)})
        d.to_zarr(sys.argv[1], zarr_format=3, consolidated=False)
        """, folder + "/x.zarr")
      let group = try ZarrGroup(contentsOf: folder + "/x.zarr")
      #expect(try group.array("error").readAll() == ZarrTests.counting([4, 3]))
      #expect(try group.array("row").readAll() == ZarrTests.counting([4]))
      #expect(try group.array("error").dimensions == ["row", "joint"])
    }
  }

  @Test("xarray turns a store of ours into netCDF", .enabled(if: Python.isThere)) func netCDF() throws {
    try withTemporaryFolder { folder in
      let layout = ChunkedStoreTests.layout
      let lengths = layout.lengths
      let settings: JSONValue = ["size": 40, "box": nil, "crop": ["kind": "spin"]]
      let store = try ChunkedStore(
        at: folder + "/a.zarr", layout, settings: settings,
        attributes: [
          "box": nil, "adaptive": true, "crop": ["kind": "spin"], "names": ["a", "b"], "sizes": [1, 2.5],
        ],
        beginning: { (group) throws(ArchiveError) in
          let rows = Tensor([lengths["row"]!], (0..<lengths["row"]!).map { Float(10 * $0) })
          try group.write(rows, as: ArraySchema("row", ["row"], unit: "px", longName: "centre, rows"))
          try group.write(
            rows, as: ArraySchema("picture_row", ["row"], unit: "px", longName: "the same in the picture"))
          try group.write(
            Tensor([lengths["column"]!], repeating: 1),
            as: ArraySchema("picture_column", ["column"], unit: "px", longName: "the same in the picture"))
          try group.write(
            Tensor([2, 2], [1, 0, 0, 1]),
            as: ArraySchema("mask", ["y", "x"], longName: "on the body", isRequired: false, type: .bool))
        }, conflict: { _ in "" })
      try store.write(ChunkedStoreTests.values(0), chunk: 0)
      let printed = try Python.run(
        """
        import sys, xarray
        d = xarray.open_zarr(sys.argv[1])
        d.to_netcdf(sys.argv[2])
        n = xarray.open_dataset(sys.argv[2])
        xarray.testing.assert_identical(d.load().drop_attrs(), n.load().drop_attrs())
        print(sorted(n.coords), sorted(n.error.attrs.items()), n.attrs["names"], n.attrs["crop"], n.attrs["adaptive"], n.mask.dtype)
        print(float(n.error.sel(row=10).isel(column=2, joint=1)), int(n.error.isnull().sum()))
        """, store.path, folder + "/a.nc")
      #expect(
        printed == """
          ['picture_column', 'picture_row', 'row'] [('long_name', 'joint error'), ('units', 'm')] ["a","b"] {"kind":"spin"} true bool
          11.0 18
          """)
    }
  }
}

import Archives
import Foundation
import Synchronization
import Tensors
import TestSupport
import Testing

@Suite("ChunkedStore") struct ChunkedStoreTests {
  static let arrays = [
    ArraySchema("joints", ["row", "column", "joint", "axis"], unit: "m", longName: "predicted joints"),
    ArraySchema(
      "error", ["row", "column", "joint"], unit: "m", longName: "joint error",
      coordinates: ["picture_row", "picture_column"]),
    ArraySchema("betas", ["row", "column", "beta"], longName: "body shape", isRequired: false),
  ]
  /// 5 · 3 positions in chunks of two rows.
  static let layout = ChunkedStore.Layout(
    arrays, over: ["row", "column"], chunkLength: 2,
    lengths: ["row": 5, "column": 3, "joint": 2, "axis": 3, "beta": 10])
  /// People, two a chunk, of whom more may come.
  static func people(_ count: Int) -> ChunkedStore.Layout {
    ChunkedStore.Layout(
      [
        ArraySchema("error", ["person", "joint"], unit: "m", longName: "joint error"),
        ArraySchema(
          "seen", ["person"], longName: "whether the person is seen", isRequired: false, type: .bool),
      ], over: ["person"], chunkLength: 2, lengths: ["person": count, "joint": 3], tracksItems: true)
  }
  static let settings: JSONValue = ["size": 40, "fill": nil]

  static func open(
    _ folder: String, _ layout: ChunkedStore.Layout = layout, _ settings: JSONValue = settings
  ) throws -> ChunkedStore {
    try ChunkedStore(at: folder + "/a.zarr", layout, settings: settings) { found in
      found.map { "is of \(ChunkedStore.settings(of: $0)?.canonicalText ?? "no settings")" } ?? "is no group"
    }
  }

  static func values(_ chunk: Int, withBetas: Bool = true) -> [String: Tensor] {
    let items = layout.chunks[chunk].count
    var values = [
      "joints": ZarrTests.counting([items, 2, 3], from: Float(100 * chunk)),
      "error": ZarrTests.counting([items, 2], from: Float(1000 * chunk)),
    ]
    if withBetas { values["betas"] = ZarrTests.counting([items, 10]) }
    return values
  }

  @Test("a later run goes on where an earlier one stopped") func resumes() throws {
    try withTemporaryFolder { folder in
      do {
        let store = try Self.open(folder)
        #expect(store.chunks == [0..<6, 6..<12, 12..<15] && store.missingChunks == [0, 1, 2])
        try store.write(Self.values(1), chunk: 1)
        try store.write(Self.values(2, withBetas: false), chunk: 2)
        #expect(store.missingChunks == [0])
      }
      let store = try Self.open(folder)
      #expect(store.missingChunks == [0] && store.isWritten(2))
      #expect(store.writtenItems == (0..<15).map { $0 >= 6 })
      try store.write(Self.values(0), chunk: 0)
      #expect(store.missingChunks == [])
      let error = try store.tensor("error")
      #expect(error.shape == [5, 3, 2])
      #expect(error.elements == (0..<3).flatMap { Self.values($0)["error"]!.elements })
      let betas = try store.tensor("betas").elements
      #expect(betas[..<120].allSatisfy { !$0.isNaN } && betas[120...].allSatisfy(\.isNaN))
    }
  }

  @Test("arrays have their units, long names and coordinates, and settings their digest") func metadata()
    throws
  {
    try withTemporaryFolder { folder in
      let layout = Self.layout
      let settings = Self.settings
      let store = try ChunkedStore(
        at: folder + "/a.zarr", layout, settings: settings, attributes: ["nested": ["a": 1], "none": nil],
        beginning: { (group) throws(ArchiveError) in
          try group.write(
            Tensor([5], [1, 2, 3, 4, 5]), as: ArraySchema("row", ["row"], unit: "px", longName: "row"))
        }, conflict: { _ in "" })
      #expect(
        store.group.attributes == [
          "nested": #"{"a":1}"#, "settings": #"{"fill":null,"size":40}"#,
          "identity": .string(Digest.sha256(#"{"fill":null,"size":40}"#.utf8)),
        ])
      let array = try store.group.array("error")
      #expect(
        array.attributes == [
          "units": "m", "long_name": "joint error", "coordinates": "picture_row picture_column",
        ])
      #expect(array.dimensions == ["row", "column", "joint"])
      #expect(try store.group.array("row").readAll().elements == [1, 2, 3, 4, 5])
      try store.note(["interpolated": 7, "nested": "b"])
      #expect(try ZarrGroup(contentsOf: store.path).attributes["interpolated"] == 7)
      #expect(try ZarrGroup(contentsOf: store.path).attributes.count == 4)
      let extra = ArraySchema("computed", ["row"], longName: "computed", isRequired: false, type: .uint8)
      #expect(try store.group.tensor(extra, lengths: layout.lengths) == nil)
      try store.write(Tensor([5], repeating: 1), as: extra)
      #expect(try store.group.tensor(extra, lengths: layout.lengths) == Tensor([5], repeating: 1))
      #expect(throws: ArchiveError.self) { try store.group.tensor(extra, lengths: ["row": 6]) }
      #expect(throws: ArchiveError.self) {
        try store.group.tensor(ArraySchema("none", [], longName: "none"), lengths: [:])
      }
    }
  }

  @Test("what is at the path and is not of these settings stays as it was") func conflicts() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.zarr"
      try Self.open(folder).write(Self.values(0), chunk: 0)
      let before = try files(under: folder)
      var error = #expect(throws: ArchiveError.self) { try Self.open(folder, Self.layout, ["size": 20]) }
      #expect(error?.kind == .cannotCreate)
      #expect(error?.description == "\(path): is of {\"fill\":null,\"size\":40}")
      let wide = ChunkedStore.Layout(
        Self.arrays, over: ["row", "column"], chunkLength: 3, lengths: Self.layout.lengths)
      error = #expect(throws: ArchiveError.self) { try Self.open(folder, wide) }
      #expect(error?.kind == .damaged && error?.message.contains("another shape or other chunks") == true)
      #expect(try files(under: folder) == before)

      try FileManager.default.removeItem(atPath: path)
      _ = try ZarrGroup(creating: path)
      error = #expect(throws: ArchiveError.self) { try Self.open(folder) }
      #expect(error?.message == "is of no settings")
      try FileManager.default.removeItem(atPath: path)
      try AtomicFile.write("mine", to: path)
      error = #expect(throws: ArchiveError.self) { try Self.open(folder) }
      #expect(error?.message == "is no group")
      #expect(try files(under: folder).keys.sorted() == ["a.zarr"])
    }
  }

  @Test("two runs of one store never write together") func locked() throws {
    try withTemporaryFolder { folder in
      let opened = Mutex<(stores: [ChunkedStore], errors: [ArchiveError])>(([], []))
      DispatchQueue.concurrentPerform(iterations: 8) { _ in
        do {
          let store = try Self.open(folder)
          opened.withLock { $0.stores.append(store) }
        } catch { opened.withLock { $0.errors.append(error as! ArchiveError) } }
      }
      opened.withLock { opened in
        #expect(opened.stores.count == 1 && opened.errors.count == 7)
        #expect(opened.errors.allSatisfy { $0.message.contains("another run is writing it") })
        opened.stores = []
      }
      let missing = try Self.open(folder).missingChunks
      #expect(missing.count == 3)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.zarr"])
    }
  }

  @Test("what killed runs left is removed, and what is another store's is not") func leftovers() throws {
    try withTemporaryFolder { folder in
      try Self.open(folder).write(Self.values(0), chunk: 0)
      let whole = try files(under: folder)
      try AtomicFile.write("half", to: folder + "/a.zarr/error/c/0/0/.0.123-4.part")
      for name in [".a.zarr.partial", ".a.zarr.12-345.partial", ".a.zarr.b.zarr.12-345.partial"] {
        try makeFolder("\(folder)/\(name)")
        try AtomicFile.write("half", to: "\(folder)/\(name)/x")
      }
      _ = try Self.open(folder)
      #expect(try files(under: folder).filter { !$0.key.hasSuffix("partial/x") } == whole)
      #expect(try files(under: folder).count == whole.count + 1)
    }
  }

  @Test("stores that share a path write different chunks at the same time, and one that does not is kept out")
  func shared() throws {
    try withTemporaryFolder { folder in
      func open(isShared: Bool = true) throws -> ChunkedStore {
        try ChunkedStore(
          at: folder + "/a.zarr", Self.layout, settings: Self.settings, isShared: isShared
        ) { _ in "is another" }
      }
      do {
        let (first, second) = (try open(), try open())
        try first.write(Self.values(0), chunk: 0)
        try second.write(Self.values(1), chunk: 1)
        #expect(first.missingChunks == [2] && second.missingChunks == [2])
        let error = #expect(throws: ArchiveError.self) { try open(isShared: false) }
        #expect(error?.message.contains("another run is writing it") == true)
        #expect(!first.becomeSole(within: 0.1))
      }
      let last = try open()
      #expect(last.becomeSole(within: 0.1))
      #expect(throws: ArchiveError.self) { try open() }
      #expect(throws: ArchiveError.self) {
        try ChunkedStore(at: folder + "/a.zarr", Self.layout, settings: ["other": 1], isShared: true) { _ in
          ""
        }
      }
    }
  }

  @Test(
    "chunks are laid together with the same numbers, also by a store that comes after a kill in the midst")
  func packing() throws {
    for isKilled in [false, true] {
      try withTemporaryFolder { folder in
        let path = folder + "/a.zarr"
        var expected: [String: Tensor] = [:]
        do {
          let store = try Self.open(folder)
          for chunk in 0..<3 { try store.write(Self.values(chunk), chunk: chunk) }
          for array in Self.arrays { expected[array.name] = try store.tensor(array.name) }
          try store.pack(into: 3)
          #expect(store.chunks.count == 3)
          if !isKilled {
            try store.pack(into: 1)
            #expect(store.chunks == [0..<15] && store.missingChunks == [])
          }
        }
        if isKilled {
          // One array is packed and not yet in its place, one is half made, one is as it was.
          try AtomicFile.write(
            #"{"arrays":["betas","joints","error"],"chunk_length":5,"axis":0}"#, to: path + "/.packing")
          let manager = FileManager.default
          try manager.moveItem(atPath: path + "/betas", toPath: path + "/.betas.former")
          let packed = try ZarrArray(contentsOf: path + "/.betas.former").readAll()
          try makeFolder(folder + "/b")
          let other = try ZarrGroup(creating: folder + "/b/g")
          _ = try other.createArray(
            "betas", shape: packed.shape, chunks: [5, 3, 10], dimensions: ["row", "column", "beta"]
          ).write(chunk: packed, at: [0, 0, 0])
          try manager.moveItem(atPath: folder + "/b/g/betas", toPath: path + "/.betas.packed")
          try makeFolder(path + "/.joints.half/c/0")
        }
        let whole = ChunkedStore.Layout(
          Self.arrays, over: ["row", "column"], chunkLength: 5, lengths: Self.layout.lengths)
        let store = try Self.open(folder, whole)
        #expect(store.missingChunks == [])
        for array in Self.arrays {
          #expect(
            try store.tensor(array.name).elements.map(\.bitPattern)
              == expected[array.name]?.elements.map(\.bitPattern))
        }
        #expect(try ZarrGroup(contentsOf: path).arrayNames() == ["betas", "error", "joints"])
        let names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
        #expect(names == ["betas", "error", "joints", "zarr.json"])
      }
    }
  }

  @Test("where the first dimension has one index, chunks run along the next, and are laid together along it")
  func oneRow() throws {
    try withTemporaryFolder { folder in
      func layout(_ length: Int) -> ChunkedStore.Layout {
        ChunkedStore.Layout(
          Self.arrays, over: ["row", "column"], chunkLength: length,
          lengths: ["row": 1, "column": 7, "joint": 2, "axis": 3, "beta": 10])
      }
      let store = try Self.open(folder, layout(2))
      #expect(store.chunks == [0..<2, 2..<4, 4..<6, 6..<7])
      for chunk in [3, 0, 2] {
        let items = store.chunks[chunk].count
        try store.write(
          [
            "joints": ZarrTests.counting([items, 2, 3], from: Float(100 * chunk)),
            "error": ZarrTests.counting([items, 2], from: Float(1000 * chunk)),
            "betas": ZarrTests.counting([items, 10]),
          ], chunk: chunk)
      }
      #expect(
        store.missingChunks == [1] && store.writtenItems == [true, true, false, false, true, true, true])
      let error = try store.tensor("error")
      #expect(error.shape == [1, 7, 2] && error[0, 4, 0] == 2000 && error[0, 6, 1] == 3001)
      #expect(error[0, 2, 0].isNaN)
      try store.write(
        [
          "joints": ZarrTests.counting([2, 2, 3]), "error": ZarrTests.counting([2, 2], from: 1000),
          "betas": ZarrTests.counting([2, 10]),
        ], chunk: 1)
      let joints = try store.tensor("joints")
      try store.pack(into: 2)
      #expect(store.chunks == [0..<4, 4..<7] && store.missingChunks == [])
      #expect(try store.tensor("joints") == joints && store.tensor("error")[0, 3, 1] == 1003)
    }
  }

  @Test("a store whose beginning fails is not there at all") func failingBeginning() throws {
    try withTemporaryFolder { folder in
      let error = #expect(throws: ArchiveError.self) {
        try ChunkedStore(
          at: folder + "/new/a.zarr", Self.layout, settings: [:],
          beginning: { (group) throws(ArchiveError) in
            throw ArchiveError(.io, file: group.path + "/x", "the disk is full")
          }, conflict: { _ in "" })
      }
      #expect(error?.file == folder + "/new/a.zarr/x")
      let left = try FileManager.default.contentsOfDirectory(atPath: folder + "/new")
      #expect(left == [])
    }
  }

  @Test("an array that may be missing is added to a store that lacks it; another is not") func addsArrays()
    throws
  {
    try withTemporaryFolder { folder in
      let lengths = Self.layout.lengths
      let few = ChunkedStore.Layout(
        Array(Self.arrays.prefix(2)), over: ["row", "column"], chunkLength: 2, lengths: lengths)
      try Self.open(folder, few).write(Self.values(0, withBetas: false), chunk: 0)
      let store = try Self.open(folder)
      #expect(store.missingChunks == [1, 2])
      try store.write(Self.values(1), chunk: 1)
      try FileManager.default.removeItem(atPath: folder + "/a.zarr/error/zarr.json")
      let error = #expect(throws: ArchiveError.self) { _ = try store.group.array("error") }
      #expect(error?.kind == .damaged)
    }
  }

  @Test("single items are written, and more are added later") func items() throws {
    try withTemporaryFolder { folder in
      do {
        let store = try Self.open(folder, Self.people(5))
        try store.write(
          ["error": Tensor([2, 3], [0, 1, 2, 40, 41, 42]), "seen": Tensor([2], [1, 0])], items: [0, 4])
        #expect(store.writtenItems == [true, false, false, false, true])
        #expect(store.missingChunks == [0, 1])
      }
      let store = try Self.open(folder, Self.people(8))
      #expect(store.layout.count == 8 && store.missingChunks == [0, 1, 2, 3])
      try store.write(["error": Tensor([3, 3], [10, 11, 12, 70, 71, 72, 50, 51, 52])], items: [1, 7, 5])
      #expect(store.missingChunks == [1, 3])
      try store.write(["error": Tensor([2, 3], repeating: 9)], chunk: 1)
      #expect(store.writtenItems == [true, true, true, true, true, true, false, true])
      let error = try store.tensor("error").elements
      #expect(error[..<6] == [0, 1, 2, 10, 11, 12] && error[12..<18] == [40, 41, 42, 50, 51, 52])
      #expect(error[18].isNaN && error[21...] == [70, 71, 72])
      #expect(try store.tensor("seen").elements == [1, 0, 0, 0, 0, 0, 0, 0])
    }
  }

  @Test("a store of more items than asked for keeps them") func moreItems() throws {
    try withTemporaryFolder { folder in
      try Self.open(folder, Self.people(5)).write(["error": Tensor([1, 3], repeating: 1)], items: [4])
      let store = try Self.open(folder, Self.people(2))
      #expect(store.layout.count == 5 && store.writtenItems == [false, false, false, false, true])
    }
  }

  @Test("items count as not there once the chunk of an array is lost") func lostChunk() throws {
    try withTemporaryFolder { folder in
      try Self.open(folder, Self.people(4)).write(
        ["error": Tensor([4, 3], repeating: 1)], items: [0, 1, 2, 3])
      try Data([1]).write(to: URL(filePath: folder + "/a.zarr/error/c/0/0"))
      let store = try Self.open(folder, Self.people(4))
      #expect(store.writtenItems == [false, false, true, true])
      try store.write(["error": Tensor([1, 3], repeating: 2)], items: [1])
      #expect(store.writtenItems == [false, true, true, true])
    }
  }

  @Test("threads write chunks and items together") func threads() throws {
    try withTemporaryFolder { folder in
      let store = try Self.open(folder, Self.people(64))
      let errors = Mutex(0)
      Workers.run(64, workers: 8) { index, _ in
        do { try store.write(["error": Tensor([1, 3], repeating: Float(index))], items: [index]) } catch {
          errors.withLock { $0 += 1 }
        }
      }
      #expect(errors.withLock(\.self) == 0 && store.missingChunks == [])
      #expect(
        try store.tensor("error").elements == (0..<64).flatMap { [Float](repeating: Float($0), count: 3) })
    }
  }
}

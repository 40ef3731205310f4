import Archives
import Foundation
import Models
import Records
import Sweeps
import TestSupport
import Testing

@Suite("Damaged records") struct DamagedRecordTests {
  /// Changes one of the texts of JSON among the attributes of a record.
  static func edit(_ key: String, in path: String, _ change: (inout [String: JSONValue]) -> Void) throws {
    var group = try ZarrGroup(contentsOf: path)
    var attributes = group.attributes
    let text = try #require(attributes[key]?.string)
    var value = try #require(try JSONValue(Data(text.utf8), from: path).object)
    change(&value)
    attributes[key] = .string(JSONValue.object(value).canonicalText)
    try group.setAttributes(attributes)
  }

  /// A complete record to damage.
  static func withRecord(_ body: (_ path: String) throws -> Void) throws {
    try withTemporaryFolder { folder in
      try HandMade.full().write(to: folder + "/a.zarr")
      try body(folder + "/a.zarr")
    }
  }

  static let large = JSONValue.integer(9_000_000_000_000_000_000)
  static func frame(_ side: JSONValue, _ x: JSONValue, _ width: JSONValue, _ share: JSONValue) -> JSONValue {
    ["side_px": side, "x": x, "y": 0, "width": width, "height": 10, "box_share": share]
  }

  @Test(
    "settings edited into invalid ones are refused",
    arguments: [
      ("frame", frame(large, 0, 10, 1)), ("frame", frame(0, 0, 10, 1)), ("frame", frame(-3, 0, 10, 1)),
      ("frame", frame(96, 0, 0, 1)), ("frame", frame(96, 0, -5, 1)), ("frame", frame(96, 0, 10, 0)),
      ("frame", frame(96, 0, 10, 1e9)), ("frame", "whole"), ("frame", nil),
      ("occlusion", ["size": 500]), ("occlusion", ["size": 0]), ("occlusion", ["size": large]),
      ("occlusion", ["size": 40, "shape": "star"]), ("occlusion", ["size": 40, "fill": "plaid"]),
      ("positions", ["kind": "centred", "stride": 0]), ("positions", ["kind": "centred", "stride": large]),
      ("positions", ["kind": "spiral", "stride": 4]),
      ("positions", ["kind": "centred", "stride": 4, "region": [1, 2]]),
      ("positions", ["kind": "centred", "stride": 4, "region": [0, 0, -9, -9]]),
      ("positions", ["kind": "centred", "stride": 4, "region": [1e308, 0, 1e308, 9]]),
      ("positions", ["kind": "centred", "stride": 4, "list": []]),
      ("positions", ["kind": "centred", "stride": 4, "list": [[1]]]),
      ("positions", ["kind": "centred", "stride": 4, "list": [[1e308, -1e308]]]),
      ("positions", ["kind": "centred", "stride": 4]), ("box", [1, 2]), ("measured", "tail5"),
      ("skeleton", "tail5"), ("model", "gap"), ("measured", nil), ("tolerance_mm", "2mm"),
    ] as [(String, JSONValue?)])
  func settings(key: String, value: JSONValue?) throws {
    try Self.withRecord { path in
      try Self.edit("settings", in: path) { $0[key] = value }
      let error = #expect(throws: ArchiveError.self) { try SweepRecord(contentsOf: path) }
      #expect(error?.kind == .damaged && error?.file.hasPrefix(path) == true)
      #expect(error?.description.contains("\n") == false)
    }
  }

  @Test("frames that say the box to be far smaller than it is trap nobody", arguments: ["corner", "picture"])
  func shares(kind: String) throws {
    try Self.withRecord { path in
      try Self.edit("settings", in: path) {
        $0["positions"] = ["kind": .string(kind), "stride": 1]
        $0["occlusion"] = ["size": 200, "shape": "disc"]
        $0["frame"] = Self.frame(224, 0, 10, 2)
      }
      // As large as two frames: there is a position, of which the record has no results.
      let few = #expect(throws: ArchiveError.self) { try SweepRecord(contentsOf: path) }
      #expect(few?.kind == .damaged && few?.message.contains("no positions") == false)
      try Self.edit("settings", in: path) { $0["frame"] = Self.frame(2048, 0, 10, 100) }
      let far = #expect(throws: ArchiveError.self) { try SweepRecord(contentsOf: path) }
      #expect(far?.kind == .damaged && far?.message.contains("no positions") == true)
    }
  }

  @Test("notes and formats that make no sense are refused") func notes() throws {
    try Self.withRecord { path in
      let whole = try SweepRecord(contentsOf: path)
      for (key, value) in [
        ("visibility", ["visible"]), ("visibility", ["gone", "gone", "gone", "gone", "gone"]),
        ("skeletons", [["name": "dummy5", "joints": ["a", "a"]]]),
        ("skeletons", [["name": "dummy5", "joints": ["a"]]]), ("skeletons", []), ("seed", -1),
      ] as [(String, JSONValue)] {
        let notes = try #require(try ZarrGroup(contentsOf: path).attributes["notes"])
        try Self.edit("notes", in: path) { $0[key] = value }
        let error = #expect(throws: ArchiveError.self) { try SweepRecord(contentsOf: path) }
        #expect(error?.kind == .damaged, "\(key)")
        var group = try ZarrGroup(contentsOf: path)
        try group.setAttributes(group.attributes.merging(["notes": notes]) { $1 })
      }
      for (key, value, kind) in [
        ("format", 3, .unsupported), ("settings", nil, .damaged), ("notes", "{", .damaged),
        ("notes", 5, .damaged),
      ] as [(String, JSONValue?, ArchiveError.Kind)] {
        var group = try ZarrGroup(contentsOf: path)
        let before = group.attributes
        var attributes = before
        attributes[key] = value
        try group.setAttributes(attributes)
        let error = #expect(throws: ArchiveError.self) { try SweepRecord(contentsOf: path) }
        #expect(error?.kind == kind, "\(key)")
        try group.setAttributes(before)
      }
      expectEqual(try SweepRecord(contentsOf: path), whole)
    }
  }

  @Test("arrays of another shape, without numbers or cut short are refused") func arrays() throws {
    for (name, shape) in [
      ("error", [2, 3, 4]), ("joints", [1, 2, 5, 3]), ("clean_error", [6]), ("body_mask", [13, 14]),
      ("truth_joints", [5, 2]), ("picture", [4, 5, 3]), ("attention_clean", [2, 3, 4]),
      ("surface_clean", [3, 2, 6]), ("picture", [9400, 9400, 3]),
    ] as [(String, [Int])] {
      try Self.withRecord { path in
        try Self.editArray(name, in: path) { $0["shape"] = .array(shape.map(JSONValue.integer)) }
        let error = #expect(throws: ArchiveError.self) { try SweepRecord(contentsOf: path) }
        #expect(error?.kind == .damaged, "\(name)")
      }
    }
    for name in ["error", "clean_error"] {
      try Self.withRecord { path in
        try FileManager.default.removeItem(atPath: "\(path)/\(name)")
        let error = #expect(throws: ArchiveError.self) { try SweepRecord(contentsOf: path) }
        #expect(error?.kind == .missingArray, "\(name)")
      }
    }
    try Self.withRecord { path in
      try Data([1, 2, 3]).write(to: URL(filePath: path + "/clean_error/c/0"))
      #expect(throws: ArchiveError.self) { try SweepRecord(contentsOf: path) }
    }
  }

  /// Changes what an array says of itself.
  private static func editArray(
    _ array: String, in path: String, _ change: (inout [String: JSONValue]) -> Void
  ) throws {
    let file = "\(path)/\(array)/zarr.json"
    var text = try #require(try JSONValue(fileContents(file), from: file).object)
    change(&text)
    try AtomicFile.write(JSONValue.object(text).text, to: file)
  }

  @Test(
    "arrays larger than the settings allow are refused before they are read, whether or not chunks are there",
    arguments: [
      ("picture", [2100, 2100, 3]), ("attention_clean", [2100, 2100, 5]),
      ("attention_clean", [3, 1 << 21, 5]), ("surface_clean", [2100, 2100, 7]),
      ("attention_worst", [4, 2, 3, 5]), ("surface_worst", [3, 2, 1 << 22, 7]),
      ("is_measured", [2100, 3]), ("is_measured", [2]),
    ] as [(String, [Int])])
  func tooLarge(name: String, shape: [Int]) throws {
    try Self.withRecord { path in
      let group = try ZarrGroup(contentsOf: path)
      if try group.hasArray(name) {
        try FileManager.default.removeItem(atPath: "\(path)/\(name)")
      }
      _ = try group.createArray(
        name, shape: shape, chunks: shape, dimensions: shape.indices.map { "d\($0)" }, type: .uint8)
      let error = #expect(throws: ArchiveError.self) { try SweepRecord(contentsOf: path) }
      #expect(error?.kind == .damaged && error?.entry == name, "\(name) \(shape)")
    }
  }

  @Test("a list of a record's arrays leaves out none that is damaged") func list() throws {
    try Self.withRecord { path in
      #expect(try SweepRecord.arrays(in: path).contains { $0.name == "clean_error" })
      try AtomicFile.write("{", to: path + "/clean_error/zarr.json")
      let error = #expect(throws: ArchiveError.self) { try SweepRecord.arrays(in: path) }
      #expect(error?.kind == .damaged)
    }
  }

  @Test("an array of millions of chunks is refused") func manyChunks() throws {
    try Self.withRecord { path in
      try Self.editArray("picture", in: path) {
        $0["shape"] = [400, 400, 3]
        $0["chunk_grid"] = ["name": "regular", "configuration": ["chunk_shape": [1, 1, 1]]]
      }
      let error = #expect(throws: ArchiveError.self) { try SweepRecord(contentsOf: path) }
      #expect(error?.kind == .damaged && error?.message.contains("too many chunks") == true)
    }
  }

  @Test("a folder that is not a record is reported as such") func noRecord() throws {
    try withTemporaryFolder { folder in
      _ = try ZarrGroup(creating: folder + "/other.zarr", attributes: ["title": "rain"])
      let error = #expect(throws: ArchiveError.self) { try SweepRecord(contentsOf: folder + "/other.zarr") }
      #expect(error?.kind == .unsupported && error?.message.contains("not a record") == true)
      #expect(throws: ArchiveError.self) { try SweepRecord(contentsOf: folder + "/nothing.zarr") }
    }
  }
}

import Archives
import Evaluation
import Foundation
import Records
import TestSupport
import Testing

/// The notes by which shares of a set of pictures know of one another.
@Suite("Notes of shares") struct SetShareTests {
  private static let pictures = ["a.png", "b.png", "c.png", "d.png", "e.png"]

  /// Sweeps a share in which nobody is found, and gives the path of its note.
  private func write(_ shard: String, in folder: String) throws -> String {
    let share = SetShare(try #require(Shard(shard)), networks: ["net"], occlusions: ["square40"])
    let set = PictureSet(title: "frames", pictures: Self.pictures, out: folder)
    _ = try set.sweep(share) { _ in [] }
    let name = shard.replacing("/", with: "of")
    return "\(folder)/.shards/frames-\(share.key)/\(name).json"
  }

  private func edit(_ path: String, _ change: (inout [String: JSONValue]) -> Void) throws {
    var note = try #require(try JSONValue(fileContents(path), from: path).object)
    change(&note)
    try AtomicFile.write(JSONValue.object(note).text, to: path)
  }

  @Test("say which pictures are swept, and which shares are missing") func sound() throws {
    try withTemporaryFolder { folder in
      _ = try write("2/3", in: folder)
      var shared = try #require(try SetShare.all(in: folder).first)
      #expect(shared.count == 5 && shared.missing == 3 && shared.title == "frames")
      #expect(shared.missingShards.map(\.description) == ["1/3", "3/3"])
      #expect(try shared.aggregates() == nil)
      // A share that has none of the pictures is one all the same.
      for shard in ["7/7", "1/3", "3/3"] { _ = try write(shard, in: folder) }
      shared = try #require(try SetShare.all(in: folder).first)
      #expect(shared.missing == 0 && shared.missingShards.isEmpty && shared.swept.without == Self.pictures)
      #expect(try shared.aggregates()?.isEmpty == true)
    }
  }

  static let far = JSONValue.integer(9_000_000_000_000_000_000)
  static func entry(_ number: JSONValue, _ record: String? = nil) -> JSONValue {
    ["number": number, "picture": "b.png", "records": .array(record.map { [.string($0)] } ?? [])]
  }

  @Test(
    "a note that makes no sense is refused by its name",
    arguments: [
      ("shard", "1/9000000000000000000"), ("shard", "0/3"), ("shard", "3/3"), ("shard", "2of3"),
      ("pictures", far), ("pictures", -1), ("pictures", 4), ("entries", []),
      ("entries", [entry(1)]), ("entries", [entry(1), entry(3)]), ("entries", [entry(1), entry(far)]),
      ("entries", [entry(1), entry(-2)]), ("entries", [entry(1), entry(4, "../../x.zarr")]),
      ("entries", [entry(1), entry(4, "..")]), ("entries", [entry(1), entry(4, "")]), ("entries", nil),
    ] as [(String, JSONValue?)])
  func damaged(key: String, value: JSONValue?) throws {
    try withTemporaryFolder { folder in
      let path = try write("2/3", in: folder)
      try edit(path) { $0["entries"] = [Self.entry(1), Self.entry(4, "b.net.zarr")] }
      #expect(try SetShare.all(in: folder).first?.missing == 3)
      try edit(path) { $0[key] = value }
      let error = #expect(throws: ArchiveError.self) { try SetShare.all(in: folder) }
      #expect(error?.kind == .damaged && error?.file == path)
      #expect(error?.message.contains("run the shard again") == true)
    }
  }

  @Test("notes of one set that disagree about its size are refused, and one that cannot be read is an error")
  func others() throws {
    try withTemporaryFolder { folder in
      _ = try write("1/3", in: folder)
      let path = try write("2/3", in: folder)
      // The share would have the same pictures of six.
      try edit(path) { $0["pictures"] = 6 }
      let error = #expect(throws: ArchiveError.self) { try SetShare.all(in: folder) }
      #expect(error?.kind == .damaged && error?.file == path)
      try FileManager.default.removeItem(atPath: path)
      try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/proc/self/mem")
      let unread = #expect(throws: ArchiveError.self) { try SetShare.all(in: folder) }
      #expect(unread?.kind == .io && unread?.file == path)
    }
  }
}

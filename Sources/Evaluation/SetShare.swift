public import Archives
import Foundation
import Tensors
public import Records

/// What one of several processes that sweep the pictures of a set has to do, and the notes by which the others know that it
/// is done.
///
/// The notes of a set are in `OUT/.shards/NAME-KEY`, a file `2of8.json` for every process that has finished its share: which
/// pictures, and which records each has. Nobody writes what another has written, so no locks are needed.
public struct SetShare: Sendable {
  /// Which of the pictures.
  public let shard: Shard
  /// What distinguishes sweeps of one set with other networks, occlusions or settings.
  public let key: String

  /// A share of a sweep by some networks under some occlusions, each known by a text, with settings that decide the numbers.
  public init(_ shard: Shard, networks: [String], occlusions: [String], settings: JSONValue = .null) {
    self.shard = shard
    let known = networks + occlusions + [settings.canonicalText]
    key = String(Digest.sha256(known.joined(separator: "\n").utf8).prefix(8))
  }

  /// A picture of a finished share.
  struct Entry: Codable, Sendable {
    /// Which picture of the set, from 0, and its name.
    let number: Int, picture: String
    /// Its records, one a network and occlusion; none where it was left out.
    let records: [String]
  }

  /// What a process writes when it has finished.
  struct Note: Codable, Sendable {
    let title: String
    /// How many pictures the set has, and a digest of their names.
    let pictures: Int, digest: String
    let shard: String
    let penumbra: String, processor: String?
    let entries: [Entry]

    /// Whether it is what a share writes: an entry for each of its pictures, with names of records in the folder.
    fileprivate var isSound: Bool {
      guard let shard = Shard(shard), pictures >= 0 else { return false }
      let own = pictures < shard.number ? 0 : (pictures - shard.number) / shard.count + 1
      guard entries.count == own else { return false }
      return entries.enumerated().allSatisfy { index, entry in
        entry.number == shard.number - 1 + index * shard.count
          && entry.records.allSatisfy { !$0.contains("/") && !["", ".", ".."].contains($0) }
      }
    }
  }

  func write(_ entries: [Entry], of set: PictureSet) throws {
    let note = Note(
      title: set.title, pictures: set.pictures.count, digest: Self.digest(of: set), shard: "\(shard)",
      penumbra: Release.version, processor: ProcessorModel.name, entries: entries)
    let folder = "\(Self.folder(in: set.out))/\(set.name)-\(key)"
    try makeFolder(folder)
    try AtomicFile.write(JSONValue(encoding: note).text, to: "\(folder)/\(Self.file(of: "\(shard)"))")
  }

  /// The name of the note of a share, which is written as `2/8`.
  private static func file(of shard: String) -> String { shard.replacing("/", with: "of") + ".json" }

  private static func folder(in out: String) -> String { "\(out)/.shards" }

  static func digest(of set: PictureSet) -> String {
    Digest.sha256(set.pictures.joined(separator: "\n").utf8)
  }

  /// The sweeps in a folder that were shared out; none in one without.
  ///
  /// - Throws: `ArchiveError` when a file is damaged, or cannot be read.
  public static func all(in out: String) throws -> [SharedSet] {
    func names(_ path: String) throws(ArchiveError) -> [String] {
      try folderNames(ifThere: path).filter { !$0.hasPrefix(".") }
    }
    var sets: [SharedSet] = []
    for name in try names(folder(in: out)) {
      let folder = "\(folder(in: out))/\(name)"
      // Of a set that has changed since, each state by itself.
      var notes: [String: [Note]] = [:]
      for file in try names(folder) where file.hasSuffix(".json") {
        let path = "\(folder)/\(file)"
        let data = try fileContents(path)
        guard let note: Note = try? JSONValue(data, from: path).decoded(), note.isSound,
          file == Self.file(of: note.shard),
          notes[note.digest].map({ $0[0].pictures == note.pictures }) ?? true
        else {
          throw ArchiveError(.damaged, file: path, "is no note of a shard; remove it and run the shard again")
        }
        notes[note.digest, default: []].append(note)
      }
      sets += notes.sorted { $0.key < $1.key }.map {
        SharedSet(out: out, key: String(name.suffix(8)), notes: $0.value)
      }
    }
    return sets
  }
}

/// A set that several processes sweep, as far as their notes tell.
public struct SharedSet: Sendable {
  /// The folder of records.
  let out: String
  /// As in ``SetShare/key``.
  let key: String
  let notes: [SetShare.Note]

  /// What the pictures are together.
  public var title: String { notes[0].title }
  var digest: String { notes[0].digest }
  /// The number of pictures.
  public var count: Int { notes[0].pictures }

  private var entries: [Int: SetShare.Entry] {
    Dictionary(notes.flatMap(\.entries).map { ($0.number, $0) }, uniquingKeysWith: { $1 })
  }

  /// The paths of all records, and the pictures that have none because nobody was found in them.
  public var swept: (records: [String], without: [String]) {
    let entries = entries.values.sorted { $0.number < $1.number }
    return (
      entries.flatMap(\.records).map { "\(out)/\($0)" },
      entries.filter(\.records.isEmpty).map(\.picture)
    )
  }

  /// How many pictures nobody has swept yet.
  public var missing: Int { count - entries.count }

  /// The shards without a note, by the way in which most were shared out.
  public var missingShards: [Shard] {
    let there = notes.compactMap { Shard($0.shard) }
    let ways = Dictionary(grouping: there, by: \.count)
    let count = ways.max { ($0.value.count, $1.key) < ($1.value.count, $0.key) }?.key ?? 1
    return (1...count).compactMap { Shard($0, of: count) }.filter { !there.contains($0) }
  }

  /// The set.
  public var set: PictureSet {
    let entries = entries
    return PictureSet(
      title: title, pictures: (0..<count).map { entries[$0]?.picture ?? "" }, out: out)
  }

  /// Whether it is what a share of a set belongs to.
  public func isOf(_ share: SetShare, _ set: PictureSet) -> Bool {
    key == share.key && title == set.title && digest == SetShare.digest(of: set)
  }

  /// Writes the aggregates; nil where pictures are missing.
  ///
  /// - Throws: `RecordError` when a record is not complete; `ArchiveError` when a file cannot be read or written.
  public func aggregates() throws -> [DatasetSensitivity]? {
    let entries = entries
    guard entries.count == count else { return nil }
    return try set.aggregate { number in
      try (entries[number]?.records ?? []).map {
        try SweepRecord(finished: "\(out)/\($0)", reading: [.error, .alignedError])
      }
    }
  }
}

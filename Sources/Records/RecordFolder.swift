import Models
internal import Archives
import Foundation

extension SweepRecord {
  /// Reads a record that must be finished.
  ///
  /// - Parameter wanted: the arrays over positions that are read, errors among them; all unless given.
  /// - Throws: `ArchiveError` when it cannot be read; `RecordError` when positions are missing.
  public init(finished path: String, reading wanted: [PositionArray] = PositionArray.all) throws {
    try self.init(contentsOf: path, reading: wanted)
    guard isComplete else {
      throw RecordError(.badData, path, "is incomplete; run the same penumbra sweep again to complete it")
    }
  }

  /// The record at a path, or those in the folder at it by their names, finished or not.
  ///
  /// - Throws: `RecordError` where there is nothing at the path; `ArchiveError` when it cannot be listed, or a
  ///   record in it not looked at: none is left out.
  public static func paths(in path: String) throws -> [String] {
    guard try isThere(path) else {
      throw RecordError(.noInput, path, "no such record; check the path")
    }
    if try isThere(path + "/zarr.json") { return [path] }
    return try folderNames(ifThere: path).filter { !$0.hasPrefix(".") }
      .map { "\(path)/\($0)" }.filter { try isReachable($0 + "/zarr.json") }
  }

  /// The record at a path, or those in the folder at it: by picture and settings, networks in the order in which they were
  /// swept; those of earlier versions, which do not note it, pooled ones first, then by name.
  ///
  /// - Throws: `RecordError` where there is none, or one is not finished; `ArchiveError` when one cannot be read.
  public static func finished(in path: String) throws -> [(path: String, record: SweepRecord)] {
    let inside = try paths(in: path)
    guard !inside.isEmpty else {
      throw RecordError(.badData, path, "contains no records; give a folder that penumbra sweep wrote")
    }
    func key(_ record: SweepRecord) -> [String] {
      [
        record.settings.picture.name, record.settings.fileNamePart,
        String(format: "%04d", record.notes.order ?? (record.settings.model.kind == "pooled" ? 0 : 1)),
        record.settings.model.label,
      ]
    }
    return try inside.map { ($0, try SweepRecord(finished: $0)) }
      .sorted { key($0.1).lexicographicallyPrecedes(key($1.1)) }
  }
}

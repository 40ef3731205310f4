public import Archives
import Foundation
import Models

/// Notes that the processes that fill one record leave beside its chunks, until it is complete.
///
/// A file each, called after its content, so that nobody changes what another has written.
package struct Contributions {
  private let folder: String

  /// Those of a record.
  package init(to record: String) { folder = record + "/.contributions" }

  /// Leaves a note.
  ///
  /// - Throws: `ArchiveError` when it cannot be written.
  package func add(_ contribution: RecordNotes.Contribution) throws(ArchiveError) {
    // Texts always encode.
    let text = (try? JSONValue(encoding: contribution))?.canonicalText ?? ""
    let path = "\(folder)/\(Digest.sha256(text.utf8).prefix(16)).json"
    guard try !isThere(path) else { return }
    try makeFolder(folder)
    try AtomicFile.write(text, to: path)
  }

  /// What was left, in the order of the files' names; a damaged file counts as none.
  ///
  /// - Throws: `ArchiveError` when they cannot be read.
  package func all() throws(ArchiveError) -> [RecordNotes.Contribution] {
    let names = try folderNames(ifThere: folder).filter { $0.hasSuffix(".json") && !$0.hasPrefix(".") }
    var found: [RecordNotes.Contribution] = []
    for name in names {
      let data = try fileContents("\(folder)/\(name)")
      if let one: RecordNotes.Contribution = try? JSONValue(data, from: name).decoded() { found.append(one) }
    }
    return found
  }

  /// Removes the files, once their content is in the record's notes.
  package func remove() { try? FileManager.default.removeItem(atPath: folder) }
}

extension SweepRecord {
  /// The most files of an array over positions in a record that is complete.
  private static let filesPerArray = 4
  /// From how many chunks on these are laid together.
  private static let mostChunks = 8

  /// How far a record is.
  public struct State: Sendable {
    /// How many positions have no results, and of how many.
    public let missing: Int, count: Int
    /// Whether the network's maps at the worst positions are not there, of attention or of the skin, though it gives such.
    public let lacksWorstMaps: Bool
  }

  /// Closes the record at a path, where all of its positions are computed; else it stays as it is.
  ///
  /// - Throws: `ArchiveError` when it cannot be read or written, or another run is writing it.
  public static func close(at path: String) throws(ArchiveError) -> State {
    try ChunkedStore.completePacking(at: path)
    // Errors tell what is there: the other arrays of a record may be large.
    let record = try SweepRecord(contentsOf: path, reading: [.error])
    let state = State(
      missing: record.missingPositions, count: record.positions.count,
      lacksWorstMaps: record.context.cleanAttention != nil && record.worstAttention == nil
        || record.context.cleanSurface != nil && record.worstSurface == nil)
    guard state.missing == 0 else { return state }
    let group = try ZarrGroup(contentsOf: path)
    // Records of version 0.1.0 had no shards.
    guard group.attributes["format"] != nil else { return state }
    let header = try RecordHeader(of: group)
    // Changes of layers that nobody names have no length.
    var arrays: [PositionArray] = []
    for array in PositionArray.all where array != .layerChange || header.settings.layers != nil {
      if try group.hasArray(array.name) { arrays.append(array) }
    }
    let cut = try RecordHeader.chunkLength(of: group)
    let store: ChunkedStore
    do throws(ArchiveError) {
      store = try header.store(
        at: path, of: arrays, chunkLength: cut, tracksItems: group.hasArray(RecordSchema.isMeasured.name),
        clean: record.clean, context: record.context
      ) { _ in "is no record of this version" }
    } catch {
      // Where there are no locks a record stays as its shares have left it: whole, in many files.
      guard let number = error.systemError, FolderLock.unsupported.contains(number) else { throw error }
      return state
    }
    try close(store)
    return state
  }

  /// Closes a record whose positions are all computed: who computed them comes into its notes, and many small files
  /// become few.
  ///
  /// - Throws: `ArchiveError` when it cannot be read or written; what is there stays.
  package static func close(_ store: ChunkedStore) throws(ArchiveError) {
    var header = try RecordHeader(of: store.group)
    let contributions = Contributions(to: store.path)
    let others = try contributions.all().filter { $0 != .init(header.notes) }
    let known = header.notes.contributions ?? []
    if !others.allSatisfy(known.contains) {
      header.notes.contributions = known + others.filter { !known.contains($0) }
      try store.note(["notes": header.attributes["notes"]!])
    }
    contributions.remove()
    if store.chunks.count > mostChunks { try store.pack(into: filesPerArray) }
  }
}

import Foundation
import Tensors

/// Lays the chunks of a group's arrays together when all are written: many small files become a few large ones.
///
/// While it goes on a file in the group says so, and every array is there whole, in its former form or in its new one, so
/// that a process may be killed at any moment. The lock of the path is the caller's.
enum StorePacking {
  private static let marker = ".packing"

  /// Lays the chunks of arrays together along a dimension; those before it have one index.
  static func pack(
    _ names: [String], of group: ZarrGroup, chunkLength: Int, axis: Int
  ) throws(ArchiveError) {
    let task: JSONValue = [
      "arrays": .array(names.map(JSONValue.string)), "chunk_length": .integer(chunkLength),
      "axis": .integer(axis),
    ]
    try AtomicFile.write(task.text, to: "\(group.path)/\(marker)")
    try completeLocked(in: group.path)
  }

  /// Whether a packing was begun and not completed.
  ///
  /// - Throws: `ArchiveError` when that cannot be told.
  static func isUnderWay(in path: String) throws(ArchiveError) -> Bool { try isThere("\(path)/\(marker)") }

  /// Completes what a killed process began, under the lock of the path.
  static func complete(in path: String) throws(ArchiveError) {
    let lock = try FolderLock(on: path)
    try completeLocked(in: path)
    withExtendedLifetime(lock) {}
  }

  /// The same where the caller has the lock; nothing where nothing was begun.
  static func completeLocked(in path: String) throws(ArchiveError) {
    guard try isUnderWay(in: path) else { return }
    let file = "\(path)/\(marker)"
    let bytes = try Bytes(contentsOf: file)
    let task: JSONValue
    do throws(JSONText.Mistake) {
      task = try bytes.withBytes { (bytes) throws(JSONText.Mistake) in try JSONText.read(bytes) }
    } catch { throw bytes.damage(error.message, at: error.byte) }
    guard let length = task["chunk_length"]?.integer, length > 0, let axis = task["axis"]?.integer,
      let names = task["arrays"]?.array
    else {
      throw bytes.damage("does not say how to pack the arrays; remove it")
    }
    for case .string(let name) in names where !name.contains("/") {
      try exchange(name, in: path)
      let array = try ZarrArray(contentsOf: "\(path)/\(name)")
      guard array.shape.indices.contains(axis), array.shape[..<axis].allSatisfy({ $0 == 1 }),
        length <= array.shape[axis]
      else {
        throw bytes.damage("does not say how to pack the arrays; remove it")
      }
      try pack(array, name, in: path, chunkLength: length, axis: axis)
    }
    try ZarrGroup(contentsOf: path).updateMetadata()
    // The last thing: while it is there, a later run goes on with what failed.
    try remove(file)
  }

  private static func pack(
    _ array: ZarrArray, _ name: String, in path: String, chunkLength: Int, axis: Int
  ) throws(ArchiveError) {
    guard array.chunkShape[axis] < chunkLength else { return }
    let partial = "\(path)/.\(name).half"
    try remove(partial)
    guard let type = ZarrArray.Values(rawValue: array.type.description) else {
      throw ArchiveError(.unsupported, file: array.path, "is of a type that is only read here")
    }
    var chunks = array.chunkShape
    chunks[axis] = chunkLength
    let packed = try ZarrArray(
      creating: partial, shape: array.shape, chunks: chunks, dimensions: array.dimensions, type: type,
      attributes: array.attributes)
    let all = try array.readAll().reshaped(Array(array.shape[axis...]))
    for place in packed.chunks {
      let first = place[axis] * chunkLength
      let part = all.rows(first..<min(first + chunkLength, array.shape[axis]))
      try packed.write(chunk: part.reshaped(array.shape.prefix(axis) + part.shape), at: place)
    }
    guard rename(partial, "\(path)/.\(name).packed") == 0 else { throw failure(errno, partial) }
    try exchange(name, in: path)
  }

  /// Puts a packed array, where there is one that is whole, in place of the former.
  private static func exchange(_ name: String, in path: String) throws(ArchiveError) {
    let (packed, former) = ("\(path)/.\(name).packed", "\(path)/.\(name).former")
    if try isThere(packed) {
      if try isThere("\(path)/\(name)") {
        try remove(former)
        guard rename("\(path)/\(name)", former) == 0 else { throw failure(errno, former) }
      }
      guard rename(packed, "\(path)/\(name)") == 0 else { throw failure(errno, packed) }
    }
    try remove(former)
  }

  /// Removes a file, or a folder with all that is in it; nothing where nothing is.
  private static func remove(_ path: String) throws(ArchiveError) {
    guard try isThere(path) else { return }
    do { try FileManager.default.removeItem(atPath: path) } catch {
      throw ArchiveError(.io, file: path, "cannot be removed; run the same command again")
    }
  }

  private static func failure(_ number: Int32, _ path: String) -> ArchiveError {
    ArchiveError(.io, file: path, "cannot be renamed: \(systemMessage(number))", systemError: number)
  }
}

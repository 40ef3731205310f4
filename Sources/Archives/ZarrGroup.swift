import Foundation

/// A folder of named arrays with attributes, as Zarr version 3 lays it out.
///
/// Python's `zarr` and `xarray` open it. After the core specification of Zarr 3.
public struct ZarrGroup: Sendable {
  /// The folder.
  public let path: String
  /// The settings and notes that belong to all arrays.
  public private(set) var attributes: [String: JSONValue]

  /// Makes a group without arrays, with the folders that lead to it.
  ///
  /// - Throws: `ArchiveError` when there is a group or an array at the path already, or none can be made.
  public init(creating path: String, attributes: [String: JSONValue] = [:]) throws(ArchiveError) {
    self.path = path
    self.attributes = attributes
    guard try !isThere(path + "/zarr.json") else {
      throw ArchiveError(.cannotCreate, file: path, "a Zarr group is already there", systemError: EEXIST)
    }
    try makeFolder(path)
    try writeMetadata(attributes: attributes)
  }

  /// Opens a group.
  ///
  /// - Throws: `ArchiveError` when there is none at the path, or its `zarr.json` is damaged.
  public init(contentsOf path: String) throws(ArchiveError) {
    self.path = path
    attributes = try ZarrMetadata(of: "group", in: path).attributes
  }

  /// Replaces the attributes, on the disk too.
  ///
  /// - Throws: `ArchiveError` when they cannot be written; those on the disk are then as they were.
  public mutating func setAttributes(_ attributes: [String: JSONValue]) throws(ArchiveError) {
    try writeMetadata(attributes: attributes)
    self.attributes = attributes
  }

  /// The names of the arrays, sorted.
  ///
  /// - Throws: `ArchiveError` when the folder cannot be listed.
  public func arrayNames() throws(ArchiveError) -> [String] {
    var arrays: [String] = []
    for name in try folderNames(path) where !name.hasPrefix(".") {
      do throws(ArchiveError) {
        _ = try ZarrMetadata(of: "array", in: "\(path)/\(name)")
        arrays.append(name)
      } catch {
        // Other files, and damaged arrays, are none; one that cannot be read now may be one.
        guard [nil, ENOENT, ENOTDIR].contains(error.systemError) else { throw error }
      }
    }
    return arrays
  }

  /// Whether there is an array of the name, sound or damaged.
  ///
  /// - Throws: `ArchiveError` when that cannot be told.
  public func hasArray(_ name: String) throws(ArchiveError) -> Bool {
    try isThere("\(path)/\(name)/zarr.json")
  }

  /// Opens an array of the group.
  ///
  /// - Throws: `ArchiveError` when there is none of the name, or its `zarr.json` is damaged.
  public func array(_ name: String) throws(ArchiveError) -> ZarrArray {
    try ZarrArray(contentsOf: "\(path)/\(name)")
  }

  /// Makes an array in the group, with no chunk written.
  ///
  /// Arrays are made one after the other: the group keeps a list of them.
  /// `dimensions` names each dimension of `shape`; `chunks` is the shape of a chunk.
  ///
  /// - Throws: `ArchiveError` when there is one of the name already, or it cannot be made.
  public func createArray(
    _ name: String, shape: [Int], chunks: [Int], dimensions: [String], type: ZarrArray.Values = .float32,
    attributes: [String: JSONValue] = [:]
  ) throws(ArchiveError) -> ZarrArray {
    precondition(
      !name.isEmpty && !name.contains("/") && !name.hasPrefix(".") && !name.hasPrefix("__"),
      "an array cannot have the name '\(name)'")
    let array = try ZarrArray(
      creating: "\(path)/\(name)", shape: shape, chunks: chunks, dimensions: dimensions, type: type,
      attributes: attributes)
    try writeMetadata(attributes: ZarrMetadata(of: "group", in: path).attributes)
    return array
  }

  /// Makes the group's copy of what its arrays say of themselves anew, after one has changed.
  func updateMetadata() throws(ArchiveError) { try writeMetadata(attributes: attributes) }

  /// Writes the group's `zarr.json`, with a copy of those of its arrays: xarray looks for them there first.
  private func writeMetadata(attributes: [String: JSONValue]) throws(ArchiveError) {
    var arrays: [String: JSONValue] = [:]
    for name in try arrayNames() { arrays[name] = try ZarrMetadata(of: "array", in: "\(path)/\(name)").json }
    let metadata: JSONValue = [
      "zarr_format": 3, "node_type": "group", "attributes": .object(attributes),
      "consolidated_metadata": ["kind": "inline", "must_understand": false, "metadata": .object(arrays)],
    ]
    try AtomicFile.write(metadata.text, to: path + "/zarr.json")
  }
}

/// What a `zarr.json` contains.
struct ZarrMetadata {
  let path: String
  let json: JSONValue
  var attributes: [String: JSONValue] { json["attributes"]?.object ?? [:] }

  /// - Throws: `ArchiveError` when there is no `zarr.json` in the folder, or not that of a `kind`.
  init(of kind: String, in folder: String) throws(ArchiveError) {
    path = folder + "/zarr.json"
    guard try isThere(path) else {
      guard try isThere(folder) else {
        throw ArchiveError(.noInput, file: folder, "no such folder", systemError: ENOENT)
      }
      guard try isFolder(folder) else {
        throw ArchiveError(.unsupported, file: folder, "is a file; a Zarr \(kind) is a folder")
      }
      if try isThere(folder + "/.zgroup") {
        throw ArchiveError(.unsupported, file: folder, "is Zarr version 2; only version 3 is supported")
      }
      throw ArchiveError(.damaged, file: folder, "has no zarr.json; it is not a Zarr \(kind), or is damaged")
    }
    let bytes = try Bytes(contentsOf: path)
    do throws(JSONText.Mistake) {
      json = try bytes.withBytes { (bytes) throws(JSONText.Mistake) in try JSONText.read(bytes) }
    } catch { throw bytes.damage(error.message, at: error.byte) }
    guard json["zarr_format"]?.integer == 3 else {
      throw bytes.error(.unsupported, "is not Zarr version 3")
    }
    guard json["node_type"]?.string == kind else { throw bytes.damage("does not describe a Zarr \(kind)") }
  }

  func damage(_ message: String) -> ArchiveError { ArchiveError(.damaged, file: path, message) }
}

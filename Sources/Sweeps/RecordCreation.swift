import Archives
import Bodies
import Foundation
import Tensors

extension SweepRecorder {
  /// Makes sure that what is at a path is a record of the same sweep.
  static func checkRecord(at path: String, isOf info: SweepRecord.Info) throws(ArchiveError) {
    let found: SweepRecord.Info
    do throws(ArchiveError) {
      found = try SweepRecord.Info(ofRecord: ZarrGroup(contentsOf: path))
    } catch {
      throw ArchiveError(.cannotCreate, file: path, "is there already and no record; choose another --out")
    }
    if let difference = found.difference(to: info) {
      throw ArchiveError(
        .cannotCreate, file: path, "is a record of \(difference); choose another --out or remove it")
    }
  }

  /// Makes a record without measurements: beside its place, moved there when it is whole.
  static func create(_ beginning: Beginning, _ places: Places, at path: String) throws(ArchiveError) {
    let url = URL(filePath: path)
    let partial = url.deletingLastPathComponent().appending(path: ".\(url.lastPathComponent).partial").path
    try? FileManager.default.removeItem(atPath: partial)
    do throws(ArchiveError) {
      try fill(ZarrGroup(creating: partial, attributes: beginning.info.attributes(places)), beginning, places)
      guard rename(partial, path) == 0 else {
        throw ArchiveError(
          .cannotCreate, file: path, "cannot be created: \(String(cString: strerror(errno)))",
          systemError: errno)
      }
    } catch {
      try? FileManager.default.removeItem(atPath: partial)
      throw ArchiveError(
        error.kind, file: error.file.replacing(partial, with: path), error.message,
        systemError: error.systemError)
    }
  }

  /// Removes what a killed run left of chunks half written.
  package static func removeLeftovers(at path: String) {
    for entry in FileManager.default.subpaths(atPath: path) ?? [] where entry.hasSuffix(".part") {
      try? FileManager.default.removeItem(atPath: "\(path)/\(entry)")
    }
  }

  private static func fill(
    _ group: ZarrGroup, _ beginning: Beginning, _ places: Places
  ) throws(ArchiveError) {
    let columns = places.columns.count
    for ((name, dimensions), clean) in zip(
      RecordLayout.overPlaces, RecordLayout.tensors(of: beginning.clean))
    {
      let inner = Array(clean.shape.dropFirst())
      _ = try group.createArray(
        name, shape: [places.rows.count, columns] + inner,
        chunks: [RecordLayout.rowsPerChunk(places), columns] + inner,
        dimensions: ["row", "column"] + dimensions)
      try group.write("clean_\(name)", clean.reshaped(inner), dimensions)
    }
    let unit: [String: JSONValue] = ["comment": "centre of the patch in pixels of the network's crop"]
    try group.write(
      "row", Tensor([places.rows.count], places.rows.map(\.centre)), ["row"], attributes: unit)
    try group.write(
      "column", Tensor([columns], places.columns.map(\.centre)), ["column"], attributes: unit)
    try group.write("body_mask", beginning.bodyMask, ["y", "x"], type: .uint8)
    let side = beginning.picture.side
    try group.write(
      "picture", Tensor([side, side, 3], beginning.picture.bytes.map(Float.init)),
      ["picture_y", "picture_x", "colour"], type: .uint8)
    if let truth = beginning.truth { try group.write("truth_joints", truth, ["joint", "axis"]) }
    if let (rotations, betas) = beginning.truthParameters {
      try group.write("truth_rotations", rotations, ["smpl_joint", "matrix_row", "matrix_column"])
      try group.write("truth_betas", betas, ["beta"])
    }
    if let camera = beginning.truthCamera { try group.write("truth_camera", camera, ["camera_number"]) }
    if let attention = beginning.cleanAttention {
      try group.write(
        "attention_clean", attention.reshaped(Array(attention.shape.dropFirst())),
        ["attention_row", "attention_column", "smpl_joint"])
    }
  }
}

extension SweepRecord.Info {
  /// The attributes of the group on disk: these settings, and what follows from them for a reader's ease.
  func attributes(_ places: Places) -> [String: JSONValue] {
    // Texts, numbers and lists of them always encode.
    var attributes = (try? JSONValue(encoding: self))?.object ?? [:]
    attributes["fingerprint"] = .string(fingerprint)
    attributes["quantity"] = .string(quantity)
    attributes["units"] = "metres; x right, y down, z away"
    attributes["patch_px"] = .integer(occluder.size(on: side))
    attributes["stride_px"] = .integer(grid.stride(on: side))
    attributes["joint_names"] = .array(jointSet.jointNames.map(JSONValue.string))
    return attributes
  }

  /// The settings of a record on disk.
  init(ofRecord group: ZarrGroup) throws(ArchiveError) {
    do {
      self = try JSONValue.object(group.attributes).decoded()
    } catch {
      throw ArchiveError(.unsupported, file: group.path, "is a Zarr group, but no record of a sweep")
    }
    let lengths = 1...Occluder.referenceSide
    guard (1...2048).contains(side), lengths.contains(occluder.size), occluder.value.isFinite,
      lengths.contains(grid.stride), visibility?.count ?? 24 == 24, box?.count ?? 4 == 4
    else {
      throw ArchiveError(
        .damaged, file: group.path, "is a record of settings that no sweep has; sweep the picture again")
    }
  }
}

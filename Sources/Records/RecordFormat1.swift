import Archives
package import Bodies
import Models

/// Records of version 0.1.0, whose attributes were the settings themselves.
enum RecordFormat1 {
  private struct Grid: Codable {
    let kind: PositionRule.Kind
    let stride: Int
  }

  private struct Interpolation: Codable {
    let computed_places: Int, checked_places: Int
    let mean_mm: Double, standard_error_mm: Double
  }

  private struct Deviation: Codable {
    let mean_mm: Double, max_mm: Double
    let places: Int
  }

  private struct Attributes: Codable {
    let penumbra: String, label: String
    let network: RecordSettings.Source
    let head: String
    let picture: RecordSettings.Source
    let box: [Double]?
    let crop: String
    let body: RecordSettings.Source
    let truth: RecordSettings.Source?
    let visibility: [Visibility]?
    let mask_of: String
    let joint_set: String
    let occluder: Occlusion
    let grid: Grid
    let side: Int
    let seed: UInt64
    let tolerance_mm: Double?
    let interpolation: Interpolation?
    let convolutions: String?
    let deviation: Deviation?
    let kernels: String?
  }

  /// The settings and notes of a group.
  ///
  /// - Throws: `ArchiveError` when it is no record of this format.
  static func read(_ group: ZarrGroup) throws(ArchiveError) -> (RecordSettings, RecordNotes) {
    let old: Attributes
    do { old = try JSONValue.object(group.attributes).decoded() } catch {
      throw ArchiveError(.unsupported, file: group.path, "is a Zarr group, but not a record of a sweep")
    }
    guard (1...2048).contains(old.side), (1...Occlusion.referenceSide).contains(old.grid.stride),
      old.visibility?.count ?? Joint.count == Joint.count, old.box?.count ?? 4 == 4,
      old.box?.allSatisfy(\.isFinite) ?? true
    else {
      throw ArchiveError(
        .damaged, file: group.path, "is a record with invalid settings; sweep the picture again")
    }
    let measured: Skeleton
    do { measured = try Skeleton.named(old.joint_set) } catch {
      throw ArchiveError(.damaged, file: group.path, error.description)
    }
    let settings = RecordSettings(
      model: ModelIdentity(
        label: old.label, name: old.network.name, fingerprint: old.network.fingerprint, kind: old.head),
      picture: old.picture, box: old.box, crop: old.crop, frame: frame(side: old.side, box: old.box),
      body: old.body, truth: old.truth, skeleton: Skeleton.smpl24.name, measured: measured.name,
      occlusion: old.occluder, positions: PositionRule(old.grid.kind, stride: old.grid.stride),
      tolerance: old.tolerance_mm, seed: old.seed)
    var notes = RecordNotes(
      penumbra: old.penumbra, kernels: old.kernels, convolutions: old.convolutions,
      deviation: old.deviation.map {
        .init(meanMillimetres: $0.mean_mm, maximumMillimetres: $0.max_mm, positions: $0.places)
      }, visibility: old.visibility.map { Visibility.converted($0, to: measured) },
      maskOf: old.mask_of == "truth" ? .groundTruth : .cleanPrediction, seed: old.seed,
      skeletons: measured == .smpl24 ? [measured] : [.smpl24, measured])
    notes.interpolation = old.interpolation.map {
      .init(
        computed: $0.computed_places, meanMillimetres: $0.mean_mm,
        standardErrorMillimetres: $0.standard_error_mm, checked: $0.checked_places)
    }
    return (settings, notes)
  }

  /// The crop of the box, which was always as large as the box; where it was without one is not in the record.
  private static func frame(side: Int, box: [Double]?) -> PictureFrame {
    guard let box else { return PictureFrame(wholeOf: side) }
    let extent = max(box[2], box[3], 1e-3)
    return PictureFrame(
      side: side, x: box[0] + (box[2] - extent) / 2, y: box[1] + (box[3] - extent) / 2, width: extent,
      height: extent)
  }
}

extension Visibility {
  /// What can be seen of a skeleton's joints, from what can be seen of SMPL's; joints without counterpart count as visible.
  package static func converted(_ seen: [Visibility], to skeleton: Skeleton) -> [Visibility] {
    SkeletonConversion(from: .smpl24, to: skeleton).indices.map { $0.map { seen[$0] } ?? .visible }
  }
}

import Archives
import Bodies
import Foundation
import Models
import Records
import TestSupport
import Tensors
import Testing

/// A record that version 0.1.0 wrote; the command is in `Fixtures/README.md`.
@Suite("Records of version 0.1.0") struct Format1Tests {
  static let path = fixture("records/person-1.gap.zarr")

  @Test("settings and notes are read") func settings() throws {
    let record = try SweepRecord(contentsOf: Self.path)
    let settings = RecordSettings(
      model: ModelIdentity(label: "gap", name: "gap", fingerprint: "00f31ece2f416f19", kind: "pooled"),
      picture: SourceFile(name: "person-1.png", fingerprint: "2b86dbf7a97a525d"), box: [150, 90, 80, 96],
      crop: "spin", frame: PictureFrame(side: 96, x: 142, y: 90, width: 96, height: 96),
      body: SourceFile(name: "body.npz", fingerprint: "9ae4b5ff370ea01c"),
      truth: SourceFile(name: "person-1.json", fingerprint: "8f457cc3e606d18b"), skeleton: "smpl24",
      measured: "smpl24", occlusion: Occlusion(size: 35, fill: .value(0.5)),
      positions: PositionRule(.corner, stride: 112), tolerance: 2, seed: 3)
    #expect(record.settings == settings)
    let notes = record.notes
    #expect(notes.penumbra == "0.1.0" && notes.convolutions == "winograd" && notes.seed == 3)
    #expect(notes.kernels?.hasPrefix("AVX-512; convolutions: own kernels") == true)
    #expect(notes.maskOf == .groundTruth && notes.skeletons == [.smpl24] && notes.pictureSize == nil)
    #expect(
      notes.interpolation
        == .init(computed: 4, meanMillimetres: 0, standardErrorMillimetres: 0, checked: 4))
    #expect(notes.deviation?.positions == 4 && notes.deviation?.maximumMillimetres == 0.0020525774289126275)
    #expect(notes.visibility?.count == 24)
    #expect(record.isComplete && record.positions.shape == [2, 2])
    #expect(record.positions[3].x.pixels == 48..<63 && record.positions[3].y.centre == 55.5)
  }

  @Test("all arrays are read, to the bit") func arrays() throws {
    let record = try SweepRecord(contentsOf: Self.path)
    let group = try ZarrGroup(contentsOf: Self.path)
    func stored(_ name: String) throws -> [Float] { try group.array(name).readAll().elements }
    let absent: [PositionArray] = [.confidence, .uncertainty, .layerChange]
    for array in PositionArray.all where !absent.contains(array) {
      let (found, clean) = (try #require(record.results[array]), try #require(record.clean[array]))
      #expect(try found.shape[0] == 4 && found.elements == stored(array.name), "\(array.name)")
      #expect(try clean.shape[0] == 1 && clean.elements == stored("clean_" + array.name))
      #expect(found.isFinite && clean.isFinite)
    }
    #expect(
      record.results.joints?.shape == [4, 24, 3] && record.results.body?.rotations.shape == [4, 24, 3, 3])
    #expect(record.results[.confidence] == nil)
    let context = record.context
    #expect(try context.truthJoints?.elements == stored("truth_joints"))
    #expect(try context.truthBody?.rotations.elements == stored("truth_rotations"))
    #expect(try context.truthBody?.betas.elements == stored("truth_betas"))
    #expect(try context.truthCamera?.elements == stored("truth_camera"))
    #expect(try context.bodyMask?.elements == stored("body_mask") && context.bodyMask?.shape == [96, 96])
    #expect(try context.picture?.bytes.map(Float.init) == stored("picture") && context.picture?.side == 96)
    #expect(context.cleanAttention == nil && record.worstAttention == nil)
    #expect(record.reference == context.truthJoints)
  }

  @Test("findings are those that version 0.1.0 printed, to 0.1 mm") func findings() throws {
    let findings = Findings(try SweepRecord(contentsOf: Self.path))
    func expect(_ distance: Distance, _ error: Float, _ aligned: Float) {
      expectClose(
        [distance.millimetres, distance.alignedMillimetres ?? .nan], [error, aligned], absolute: 0.051)
    }
    expect(findings.clean, 195.9, 105.4)
    expect(findings.mean, 197.6, 107.2)
    expectClose([findings.worst.millimetres], [202.5], absolute: 0.051)
    expectClose(
      [findings.onBody!.increase!.millimetres, findings.offBody!.increase!.millimetres], [1.0, 4.1],
      absolute: 0.051)
    #expect(findings.visible?.joints.count == 24)
    let hand = findings.joints[Joint.rightHand.rawValue]
    expectClose(
      [hand.cleanMillimetres, hand.meanMillimetres, hand.worstMillimetres], [547.2, 559.6, 595.1],
      absolute: 0.051)
  }

  @Test("errors are those of the recorded joints from the recorded ground truth, to the bit") func errors()
    throws
  {
    let record = try SweepRecord(contentsOf: Self.path)
    let again = JointErrorTable(
      of: try #require(record.results.joints), from: try #require(record.reference), in: .smpl24)
    #expect(again.error == record.results.error && again.aligned == record.results.alignedError)
  }

  /// A copy whose attributes were changed, read again.
  private static func edited(
    _ change: (inout [String: JSONValue]) throws -> Void, _ folder: String
  ) throws -> SweepRecord {
    let copy = "\(folder)/\(UUID().uuidString).zarr"
    try FileManager.default.copyItem(atPath: path, toPath: copy)
    var group = try ZarrGroup(contentsOf: copy)
    var attributes = group.attributes
    try change(&attributes)
    try group.setAttributes(attributes)
    return try SweepRecord(contentsOf: copy)
  }

  @Test("records without truth, tolerance, box and notes are read too, and incomplete ones") func optional()
    throws
  {
    try withTemporaryFolder { folder in
      let bare = try Self.edited(
        { attributes in
          for key in [
            "truth", "tolerance_mm", "interpolation", "box", "convolutions", "deviation", "kernels",
            "visibility",
          ] { attributes[key] = nil }
          attributes["mask_of"] = "prediction"
          attributes["grid"] = ["kind": "centred", "stride": 112]
        }, folder)
      #expect(bare.settings.truth == nil && bare.settings.reference == .cleanPrediction)
      #expect(bare.settings.tolerance == nil && bare.settings.seed == nil && bare.notes.seed == 3)
      #expect(bare.settings.frame == PictureFrame(side: 96, x: 0, y: 0, width: 96, height: 96))
      #expect(bare.notes.maskOf == .cleanPrediction && bare.notes.visibility == nil)
      #expect(bare.notes.interpolation == nil && bare.notes.kernels == nil)

      let copy = folder + "/stopped.zarr"
      try FileManager.default.copyItem(atPath: Self.path, toPath: copy)
      try FileManager.default.removeItem(atPath: copy + "/joints/c/1")
      let stopped = try SweepRecord(contentsOf: copy)
      #expect(!stopped.isComplete && stopped.missingPositions == 2)
    }
  }

  @Test("attributes edited into invalid ones are refused") func damaged() throws {
    try withTemporaryFolder { folder in
      let edits: [(ArchiveError.Kind, [String: JSONValue])] = [
        (.damaged, ["side": .integer(9_000_000_000_000_000_000)]), (.damaged, ["side": 0]),
        (.damaged, ["visibility": ["visible"]]), (.unsupported, ["occluder": ["size": 500, "value": 0]]),
        (.unsupported, ["occluder": ["size": 0, "value": 0]]),
        (.damaged, ["grid": ["kind": "script", "stride": 0]]),
        (.damaged, ["grid": ["kind": "centred", "stride": .integer(9_000_000_000_000_000_000)]]),
        (.unsupported, ["grid": ["kind": "spiral", "stride": 4]]), (.damaged, ["box": [1, 2]]),
        (.damaged, ["box": [0, 0, "NaN", 10]]), (.damaged, ["box": [0, 0, 9, "Infinity"]]),
        (.damaged, ["joint_set": "tail5"]), (.unsupported, ["network": "gap"]),
        (.unsupported, ["format": 3]), (.damaged, ["joint_set": "h36m14"]),
      ]
      for (kind, edit) in edits {
        let error = #expect(throws: ArchiveError.self) {
          try Self.edited({ $0.merge(edit) { _, new in new } }, folder)
        }
        #expect(error?.kind == kind, "\(edit): \(String(describing: error))")
        #expect(error?.description.contains("\n") == false)
      }
    }
  }
}

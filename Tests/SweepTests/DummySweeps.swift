import Archives
import Bodies
import Foundation
import Models
import Records
import Sweeps
import TestSupport
import Tensors

/// Sweeps of the dummy over its picture of 32 × 32 pixels: an occluder of 8 on 8 × 8 positions.
enum DummySweeps {
  static let outputs: ModelOutputs = [.body, .camera, .attention, .confidence, .uncertainty]
  static let input = DummyModel.input()

  static func options(stride: Int = 28, tolerance: Double? = nil) -> SweepOptions {
    var options = SweepOptions()
    (options.occlusion, options.positions) = (Occlusion(size: 56), PositionRule(stride: stride))
    (options.tolerance, options.batch, options.workers) = (tolerance, 4, 1)
    return options
  }

  /// Options of an adaptive sweep: 32 × 32 positions.
  static func adaptive(_ tolerance: Double = 2) -> SweepOptions { options(stride: 7, tolerance: tolerance) }

  /// The dummy's joints, moved by distances that are exact in binary.
  static let truth = LoadedGroundTruth(
    truth: GroundTruth(
      DummyModel.skeleton,
      joints: Tensor(
        zip(DummyModel.restingJoints, [0, 0.25, 0.5, 1, 2] as [Float]).map { $0 + Point($1 + 3, 1, 0) })),
    source: SourceFile(name: "truth.json", fingerprint: "t"))

  static func recorder(
    _ model: any PoseModel = DummyModel(outputs: outputs), in folder: String,
    options: SweepOptions = options(), truth: LoadedGroundTruth? = nil, input: PictureInput = input
  ) throws -> (path: String, recorder: SweepRecorder) {
    try PictureSweep(input, truth: truth, options: options).recorder(for: model, in: folder)
  }

  /// A record that was swept at once.
  static func record(
    _ model: any PoseModel = DummyModel(outputs: outputs), in folder: String,
    options: SweepOptions = options(), truth: LoadedGroundTruth? = nil, input: PictureInput = input
  ) throws -> (path: String, record: SweepRecord) {
    let (path, recorder) = try recorder(model, in: folder, options: options, truth: truth, input: input)
    guard try recorder.run(Runner(workers: options.workers)) else { throw CancellationError() }
    return (path, try SweepRecord(contentsOf: path))
  }

  /// A sweep of the dummy without a record.
  static func sweep(
    _ model: DummyModel = DummyModel(), batch: Int = 4, stride: Int = 28, occlusion: Occlusion = Occlusion(size: 56),
    truth: GroundTruth? = nil
  ) throws -> Sweep {
    let prepared = try input.prepared(for: model, occlusion: occlusion)
    let positions = PositionRule(stride: stride).positions(of: occlusion, in: prepared.frame)!
    return try Sweep(model, over: prepared, positions: positions, batch: batch, truth: truth)
  }
}

/// Changes one of the texts of JSON among the attributes of a record, and the version that it names.
func editNotes(of path: String, _ change: (inout [String: JSONValue]) -> Void) throws {
  var group = try ZarrGroup(contentsOf: path)
  var attributes = group.attributes
  var notes = try JSONValue(Data(attributes["notes"]?.string?.utf8 ?? "".utf8), from: path).object ?? [:]
  change(&notes)
  attributes["notes"] = .string(JSONValue.object(notes).canonicalText)
  attributes["penumbra"] = notes["penumbra"]
  try group.setAttributes(attributes)
}

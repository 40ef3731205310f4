import Archives
import ArgumentParser
import Bodies
import Foundation
import Networks
import Sweeps
import Tensors

/// Which body model turns a network's words into joints.
struct BodyOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("A body model in SMPL's layout; the built-in one unless given.", valueName: "file"))
  var body: String?

  @Option(
    help: ArgumentHelp(
      """
      The folder of J_regressor_h36m.npy, for the 14 evaluation joints, of J_regressor_extra.npy and of \
      smpl_partSegmentation_mapping.pkl; the body's folder unless given.
      """,
      valueName: "dir"))
  var jointRegressors: String?

  /// Reads the body, and what belongs to it where that is there: its parts, and the regressors of joints.
  func load() throws -> LoadedBody {
    let path = try body ?? Fixtures.path("body.npz")
    let folder = jointRegressors ?? URL(filePath: path).deletingLastPathComponent().path
    func array(_ name: String, in file: String, isNeeded: Bool = false) throws -> (
      array: Tensor, file: String
    )? {
      let file = "\(folder)/\(file)"
      guard isNeeded || FileManager.default.fileExists(atPath: file) else { return nil }
      return (try Archive(contentsOf: file).tensor(name), file)
    }
    var arrays = try Archive(contentsOf: path).tensors()
    if let (parts, file) = try array("smpl_index", in: "smpl_partSegmentation_mapping.pkl") {
      guard parts.shape == [arrays["v_template"]?.shape.first ?? 0] else {
        throw Failure(
          .badData,
          "\(file): labels \(parts.count) vertices, not those of \(path); move it or the body elsewhere")
      }
      arrays["part"] = parts
    }
    let model = try BodyModel(arrays, from: path)

    var fingerprint = Fingerprint()
    for (name, tensor) in arrays.sorted(by: { $0.key < $1.key }) {
      fingerprint.add(Data("\(name) \(tensor.shape)".utf8))
      tensor.withElements { fingerprint.add(UnsafeRawBufferPointer($0)) }
    }

    let regressor = try array(
      Archive.onlyArray, in: "J_regressor_h36m.npy", isNeeded: jointRegressors != nil)
    if let regressor {
      fingerprint.add(Data("J_regressor_h36m".utf8))
      regressor.array.withElements { fingerprint.add(UnsafeRawBufferPointer($0)) }
    }
    return LoadedBody(
      model: model,
      evaluationJoints: try regressor.map { try EvaluationJoints($0.array, for: model, from: $0.file) },
      keypoints: try Keypoints(
        for: model, extra: try array(Archive.onlyArray, in: "J_regressor_extra.npy"), evaluation: regressor),
      source: .init(name: URL(filePath: path).lastPathComponent, fingerprint: fingerprint.text))
  }
}

/// A body model that is ready to be posed.
struct LoadedBody {
  let model: BodyModel
  /// The 14 evaluation joints, if their regressor is there.
  let evaluationJoints: EvaluationJoints?
  /// What takes larger sets of joints from it.
  let keypoints: Keypoints
  let source: SweepRecord.Info.Source

  /// SMPL's joints of predictions, `[N, 24, 3]`, metres.
  var joints: @Sendable (Prediction) -> Tensor {
    { [model] in model.joints(rotations: $0.rotations, betas: $0.betas) }
  }

  /// What measures errors over a set of joints; none for SMPL's own.
  ///
  /// - Throws: a failure when the set needs a regressor that is not there; `file` asked for the set.
  func evaluation(of set: JointSet, for file: String) throws -> (@Sendable (Prediction) -> Tensor)? {
    guard set == .h36m14 else { return nil }
    guard let evaluationJoints else {
      throw Failure(
        .badData,
        "\(file): has the joints of h36m14, which need J_regressor_h36m.npy; "
          + "give its folder with --joint-regressors")
    }
    return { evaluationJoints.positions(rotations: $0.rotations, betas: $0.betas) }
  }
}

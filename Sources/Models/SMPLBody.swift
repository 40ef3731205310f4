import Archives
public import Bodies
import Foundation
import Networks
public import Tensors

/// A body model that has been read, and what takes joints from it.
public struct SMPLBody: Sendable {
  /// The body model.
  public let model: BodyModel
  /// The 14 evaluation joints, if their regressor is there.
  public let evaluationJoints: EvaluationJoints?
  /// All 17 joints of the regressor.
  public let allEvaluationJoints: EvaluationJoints?
  /// What takes the joints of larger skeletons from it.
  public let keypoints: Keypoints
  /// The file.
  public let source: SourceFile
  /// What was found and taken for what, a line each with the file, where a guess was needed.
  public let notes: [String]

  /// Reads a body, and what belongs to it where that is there: its parts, and the regressors of joints.
  ///
  /// - Parameters:
  ///   - path: a body model in SMPL's layout, or the folder of the only one; nil is the built-in one.
  ///   - regressors: the folder of `J_regressor_h36m.npy`, which must then be there, `J_regressor_extra.npy` and
  ///     `smpl_partSegmentation_mapping.pkl`; nil looks for them beside the body.
  /// - Throws: `ArchiveError` or `BodyError` when a file cannot be read or makes no sense.
  public init(contentsOf given: String? = nil, regressors: String? = nil) throws {
    let path = try given.map(BodyFiles.path) ?? Fixtures.path("body.npz")
    let folder = regressors ?? URL(filePath: path).deletingLastPathComponent().path
    func array(_ name: String, in file: String, isNeeded: Bool = false) throws -> (
      array: Tensor, file: String
    )? {
      let file = "\(folder)/\(file)"
      guard try isNeeded || isThere(file) else { return nil }
      return (try Archive(contentsOf: file).tensor(name), file)
    }
    let archive = try Archive(contentsOf: path)
    var arrays = try BodyFiles.arrays(of: archive)
    if let (parts, file) = try array("smpl_index", in: "smpl_partSegmentation_mapping.pkl") {
      guard let vertices = BodyFiles.vertexCount(of: arrays), parts.shape == [vertices] else {
        throw BodyError(
          file: file, array: "smpl_index", problem: "labels \(parts.count) vertices, not those of \(path)",
          advice: "move it or the body elsewhere")
      }
      arrays["part"] = parts
    }
    let model = try BodyModel(arrays, from: path)
    self.model = model
    notes =
      (given != nil && given != path ? ["\(given!): body \(path)"] : [])
      + model.notes.map { "\(path): \($0)" }
    let regressor = try array(
      Archive.onlyArray, in: "J_regressor_h36m.npy", isNeeded: regressors != nil)
    evaluationJoints = try regressor.map { try EvaluationJoints($0.array, for: model, from: $0.file) }
    allEvaluationJoints = try regressor.map {
      try EvaluationJoints($0.array, for: model, from: $0.file, skeleton: .h36m17)
    }
    keypoints = try Keypoints(
      for: model, extra: try array(Archive.onlyArray, in: "J_regressor_extra.npy"), evaluation: regressor)
    source = SourceFile(
      name: URL(filePath: path).lastPathComponent,
      fingerprint: Self.fingerprint(of: arrays, regressor?.array))
  }

  /// The joints of a skeleton, by SMPL's own or by Human3.6M's regressor, `[N, joints, 3]`, metres.
  ///
  /// - Throws: `ModelError` when they have no counterparts, or what takes them from the body is not there.
  func joints(_ skeleton: Skeleton, of predictions: Predictions, model: String) throws(ModelError) -> Tensor {
    if skeleton == .smpl24 { return predictions.joints }
    guard skeleton == .h36m14 || skeleton == .h36m17, let parameters = predictions.body else {
      return try predictions.converted(from: .smpl24, to: skeleton, model: model)
    }
    return try regressedJoints(skeleton, of: parameters)
  }

  /// The evaluation joints of bodies, `[N, joints, 3]`, metres, about Human3.6M's pelvis.
  ///
  /// - Parameter skeleton: `h36m14` or `h36m17`.
  /// - Throws: `ModelError` when what takes them from the body is not there.
  public func regressedJoints(
    _ skeleton: Skeleton = .h36m14, of body: (rotations: Tensor, betas: Tensor)
  ) throws(ModelError) -> Tensor {
    guard let evaluationJoints = skeleton == .h36m17 ? allEvaluationJoints : evaluationJoints else {
      throw ModelError(
        .badData,
        "\(source.name): the joints of \(skeleton.name) need J_regressor_h36m.npy; give its folder with --joint-regressors"
      )
    }
    return evaluationJoints.positions(rotations: body.rotations, betas: body.betas)
  }

  private static func fingerprint(of arrays: [String: Tensor], _ regressor: Tensor?) -> String {
    var fingerprint = Fingerprint()
    for (name, tensor) in arrays.sorted(by: { $0.key < $1.key }) {
      fingerprint.add(Data("\(name) \(tensor.shape)".utf8))
      tensor.withElements { fingerprint.add(UnsafeRawBufferPointer($0)) }
    }
    if let regressor {
      fingerprint.add(Data("J_regressor_h36m".utf8))
      regressor.withElements { fingerprint.add(UnsafeRawBufferPointer($0)) }
    }
    return fingerprint.text
  }
}

public import Archives
public import Bodies
import Foundation
public import Models
public import Records
public import Tensors

/// The bodies that a dataset's rows are measured with, each with its evaluation joints.
public struct DatasetBodies: Sendable {
  /// A body and what makes its evaluation joints.
  public typealias Measured = (model: BodyModel, joints: EvaluationJoints)

  private let neutral: Measured
  private let gendered: [Dataset.Gender: Measured]

  /// Predictions are posed with the neutral body; so is the truth, unless `gendered` has the row's body.
  public init(neutral: Measured, gendered: [Dataset.Gender: Measured] = [:]) {
    (self.neutral, self.gendered) = (neutral, gendered)
  }

  /// The joints that are measured.
  public var measured: Skeleton { neutral.joints.skeleton }

  /// The truth of a row: the evaluation joints, and the body that they are of, where it is known.
  public func truth(of row: Dataset.Row) -> GroundTruth {
    switch row.truth {
    case .joints(let joints): return GroundTruth(measured, joints: Tensor(joints))
    case .body(let pose, let betas):
      let (rotations, betas) = Self.parameters(pose, betas)
      let joints = body(of: row).joints.positions(rotations: rotations, betas: betas)
      return GroundTruth(
        measured, joints: joints.reshaped(Array(joints.shape.dropFirst())),
        body: (rotations.reshaped(Array(rotations.shape.dropFirst())), betas.reshaped([betas.count])))
    }
  }

  private func body(of row: Dataset.Row) -> Measured { row.gender.flatMap { gendered[$0] } ?? neutral }

  private static func parameters(_ pose: [Float], _ betas: [Float]) -> (rotations: Tensor, betas: Tensor) {
    (Rotation.matrices(poses: Tensor([1, pose.count], pose)), Tensor([1, betas.count], betas))
  }

  /// The errors and predictions of as many rows, by the names of ``DatasetRecord/arrays``.
  ///
  /// Joints and vertices as in SPIN's evaluation code (Kolotouros et al. 2019): each body's joints are relative to its
  /// own pelvis, vertices are compared as they are. Of a row whose ground truth is joints, vertices are NaN; so is what a
  /// model does not predict, and all of a row in which it found nobody.
  ///
  /// - Throws: `ModelError` when the model does not give the joints that are measured.
  public func measure(
    _ predictions: Predictions, of model: any PoseModel, _ rows: [Dataset.Row]
  ) throws -> [String: Tensor] {
    let parameters = predictions.body
    let predicted =
      try parameters.map { neutral.joints.positions(rotations: $0.rotations, betas: $0.betas) }
      ?? model.joints(measured, of: predictions)
    let predictedVertices = parameters.map {
      neutral.model.posed(rotations: $0.rotations, betas: $0.betas).vertices
    }
    var (errors, aligned, vertices): ([Float], [Float], [Float]) = ([], [], [])
    for (i, row) in rows.enumerated() {
      let truth = truth(of: row)
      let joints = JointErrors(of: predicted.rows(i..<i + 1).points, from: truth.joints.points, in: measured)
      errors += joints.perJoint
      aligned += joints.perJointAligned
      guard case .body(let pose, let betas) = row.truth, let predictedVertices else {
        vertices.append(.nan)
        continue
      }
      let known = Self.parameters(pose, betas)
      vertices.append(
        JointErrors.perVertex(
          of: predictedVertices.rows(i..<i + 1), pelvis: .zero,
          from: body(of: row).model.posed(rotations: known.rotations, betas: known.betas).vertices,
          pelvis: .zero))
    }
    let shape = [rows.count, measured.count]
    return [
      "mpjpe": Tensor(shape, errors), "pampjpe": Tensor(shape, aligned),
      "v2v": Tensor([rows.count], vertices),
      "pose": parameters?.rotations ?? missing([Joint.count, 3, 3]),
      "shape": parameters?.betas ?? missing([BodyModel.shapeCount]),
      "cam": predictions.camera ?? missing([3]),
    ]
    func missing(_ shape: [Int]) -> Tensor {
      Tensor([rows.count] + shape, repeating: .nan)
    }
  }
}

/// The predictions and errors of one network on the rows of a dataset: a Zarr group that a run resumes.
public struct DatasetRecord: Sendable {
  /// The arrays by PARE's names.
  static let arrays = [
    ArraySchema(
      "mpjpe", ["row", "joint"], unit: "m", longName: "distance from the ground truth, pelvises aligned"),
    ArraySchema(
      "pampjpe", ["row", "joint"], unit: "m",
      longName: "distance from the ground truth after Procrustes alignment"),
    ArraySchema(
      "v2v", ["row"], unit: "m", longName: "mean distance of the vertices; NaN where only joints are known"),
    ArraySchema(
      "pose", ["row", "smpl_joint", "matrix_row", "matrix_column"],
      longName: "SMPL rotations; the first is global"),
    ArraySchema("shape", ["row", "beta"], longName: "SMPL shape coefficients"),
    ArraySchema(
      "cam", ["row", "camera_number"], longName: "weak-perspective camera: scale, shift right, shift down"),
  ]
  /// Rows that are written together.
  public static let chunk = 16

  private let store: ChunkedStore

  /// Begins a record of `count` rows over the joints of a skeleton, or takes up the one that is there with the same settings.
  ///
  /// - Throws: `ArchiveError` of the kind `cannotCreate` when something else is at the path, which is left as it
  ///   was, or another run writes there; other kinds as files fail.
  public init(
    at path: String, count: Int, measured: Skeleton, settings: [String: JSONValue]
  ) throws(ArchiveError) {
    let lengths = [
      "row": count, "joint": measured.count, "smpl_joint": Joint.count, "matrix_row": 3,
      "matrix_column": 3, "beta": BodyModel.shapeCount, "camera_number": 3,
    ]
    store = try ChunkedStore(
      at: path, .init(Self.arrays, over: ["row"], chunkLength: Self.chunk, lengths: lengths),
      settings: .object(settings), attributes: settings.filter { $0.key != ChunkedStore.settingsAttribute }
    ) { found in
      guard found != nil else { return "is already there and is not a record; choose another --out" }
      return
        "is a record of another evaluation (rows, network, body, crop or version); choose another --out or "
        + "remove it"
    }
  }

  /// The group.
  public var path: String { store.path }

  /// The rows of every chunk.
  public var chunks: [Range<Int>] { store.chunks }

  /// Whether a chunk is there in every array.
  public func isWritten(_ chunk: Int) -> Bool { store.isWritten(chunk) }

  /// Writes what was measured of a chunk's rows, by the names of the arrays.
  ///
  /// - Throws: `ArchiveError` when it cannot be written.
  public func write(_ values: [String: Tensor], chunk: Int) throws(ArchiveError) {
    try store.write(values, chunk: chunk)
  }

  /// All arrays by name.
  ///
  /// - Throws: `ArchiveError` when one cannot be read.
  public func tensors() throws(ArchiveError) -> [(String, Tensor)] {
    var tensors: [(String, Tensor)] = []
    for array in Self.arrays { tensors.append((array.name, try store.tensor(array.name))) }
    return tensors
  }
}

/// Mean errors over the rows of a dataset, millimetres.
public struct DatasetAccuracy: Codable, Sendable, Equatable {
  /// Mean distance of the evaluation joints, pelvises at the origin.
  public let mpjpe: Float
  /// The same after Procrustes alignment of every row.
  public let alignedMPJPE: Float
  /// Mean distance of the vertices, not aligned, over the rows whose body is known; nil where none is.
  public let pve: Float?
  /// Mean distance of every evaluation joint.
  public let perJoint: [Float]
  /// The same after Procrustes alignment of every row.
  public let perJointAligned: [Float]
  /// In how many rows nobody was found, which the means leave out; nil where there are none.
  public let missedRows: Int?

  enum CodingKeys: String, CodingKey {
    case mpjpe = "mpjpe_mm"
    case alignedMPJPE = "pa_mpjpe_mm"
    case pve = "pve_mm"
    case perJoint = "per_joint_mm"
    case perJointAligned = "pa_per_joint_mm"
    case missedRows = "missed_rows"
  }

  /// The means of a record that is complete.
  ///
  /// - Throws: `ArchiveError` when the record cannot be read.
  public init(_ record: DatasetRecord) throws(ArchiveError) {
    let tensors = Dictionary(uniqueKeysWithValues: try record.tensors())
    func means(_ values: [Float], _ width: Int) -> [Float] {
      return (0..<width).map { column in
        let known = stride(from: column, to: values.count, by: width).map { values[$0] }.filter { !$0.isNaN }
        return Float(1000 * known.reduce(0.0) { $0 + Double($1) } / Double(max(known.count, 1)))
      }
    }
    let joints = tensors["mpjpe"]!.shape[1]
    let errors = tensors["mpjpe"]!.elements
    let missed = stride(from: 0, to: errors.count, by: joints).count { errors[$0].isNaN }
    missedRows = missed == 0 ? nil : missed
    perJoint = means(tensors["mpjpe"]!.elements, joints)
    perJointAligned = means(tensors["pampjpe"]!.elements, joints)
    mpjpe = perJoint.reduce(0, +) / Float(joints)
    alignedMPJPE = perJointAligned.reduce(0, +) / Float(joints)
    let vertices = tensors["v2v"]!.elements.filter { !$0.isNaN }
    pve = vertices.isEmpty ? nil : means(vertices, 1)[0]
  }
}

public import Archives
public import Bodies
import Foundation
public import Networks
public import Sweeps
public import Tensors

/// The bodies that a dataset's rows are measured with, each with its 14 evaluation joints.
public struct DatasetBodies: Sendable {
  /// A body and what makes its evaluation joints.
  public typealias Measured = (model: BodyModel, joints: EvaluationJoints)

  private let neutral: Measured
  private let gendered: [Dataset.Gender: Measured]

  /// Predictions are posed with the neutral body; so is the truth, unless `gendered` has the row's body.
  public init(neutral: Measured, gendered: [Dataset.Gender: Measured] = [:]) {
    (self.neutral, self.gendered) = (neutral, gendered)
  }

  /// The truth of a row: the 14 evaluation joints, and the body that they are of.
  public func truth(of row: Dataset.Row) -> Truth {
    let (rotations, betas) = Self.parameters(of: row)
    let joints = body(of: row).joints.positions(rotations: rotations, betas: betas)
    return Truth(
      .h36m14, joints: joints.reshaped([14, 3]),
      parameters: (rotations.reshaped([24, 3, 3]), betas.reshaped([10])))
  }

  private func body(of row: Dataset.Row) -> Measured { row.gender.flatMap { gendered[$0] } ?? neutral }

  private static func parameters(of row: Dataset.Row) -> (rotations: Tensor, betas: Tensor) {
    (Rotation.matrices(poses: Tensor([1, 72], row.pose)), Tensor([1, 10], row.betas))
  }

  /// The errors of predictions for as many rows, in the order of ``DatasetRecord/arrays``.
  ///
  /// Joints and vertices as in SPIN's evaluation code (Kolotouros et al. 2019): each body's joints are relative to its
  /// own pelvis, vertices are compared as they are.
  public func measure(_ prediction: Prediction, _ rows: [Dataset.Row]) -> [Tensor] {
    let predicted = neutral.joints.positions(rotations: prediction.rotations, betas: prediction.betas)
    let predictedVertices = neutral.model.posed(rotations: prediction.rotations, betas: prediction.betas)
      .vertices
    var (errors, aligned, vertices): ([Float], [Float], [Float]) = ([], [], [])
    for (i, row) in rows.enumerated() {
      let body = body(of: row)
      let (rotations, betas) = Self.parameters(of: row)
      let truth = body.joints.positions(rotations: rotations, betas: betas)
      let joints = JointErrors(of: predicted.rows(i..<i + 1).points, from: truth.points, in: .h36m14)
      errors += joints.perJoint
      aligned += joints.perJointAligned
      vertices.append(
        JointErrors.perVertex(
          of: predictedVertices.rows(i..<i + 1), pelvis: .zero,
          from: body.model.posed(rotations: rotations, betas: betas).vertices, pelvis: .zero))
    }
    let n = rows.count
    return [
      Tensor([n, 14], errors), Tensor([n, 14], aligned), Tensor([n], vertices), prediction.rotations,
      prediction.betas, prediction.camera,
    ]
  }
}

/// The predictions and errors of one network on the rows of a dataset: a Zarr group that a run resumes.
public struct DatasetRecord: Sendable {
  /// The arrays by PARE's names, `[rows] + inner`: errors in metres, then the predictions.
  static let arrays: [(name: String, inner: [Int], dimensions: [String])] = [
    ("mpjpe", [14], ["joint"]), ("pampjpe", [14], ["joint"]), ("v2v", [], []),
    ("pose", [24, 3, 3], ["smpl_joint", "matrix_row", "matrix_column"]), ("shape", [10], ["beta"]),
    ("cam", [3], ["camera_number"]),
  ]
  /// Rows that are written together.
  public static let chunk = 16

  /// The group.
  public let path: String
  private let count: Int
  private let members: [ZarrArray]

  /// Begins a record of `count` rows, or takes up the one that is there with the same settings.
  ///
  /// - Throws: `ArchiveError` of the kind `cannotCreate` when something else is at the path, which is left as it
  ///   was; other kinds as files fail.
  public init(at path: String, count: Int, settings: [String: JSONValue]) throws(ArchiveError) {
    (self.path, self.count) = (path, count)
    let group: ZarrGroup
    if FileManager.default.fileExists(atPath: path) {
      do { group = try ZarrGroup(contentsOf: path) } catch {
        throw ArchiveError(.cannotCreate, file: path, "is there already and no record; choose another --out")
      }
      guard group.attributes == settings else {
        throw ArchiveError(
          .cannotCreate, file: path,
          "is a record of another evaluation (rows, network, body, crop or version); choose another --out or remove it"
        )
      }
    } else {
      group = try ZarrGroup(creating: path, attributes: settings)
    }
    var members: [ZarrArray] = []
    for (name, inner, dimensions) in Self.arrays {
      let isThere = FileManager.default.fileExists(atPath: "\(path)/\(name)/zarr.json")
      members.append(
        isThere
          ? try group.array(name)
          : try group.createArray(
            name, shape: [count] + inner, chunks: [Self.chunk] + inner, dimensions: ["row"] + dimensions))
    }
    self.members = members
    SweepRecorder.removeLeftovers(at: path)
  }

  /// The rows of every chunk.
  public var chunks: [Range<Int>] {
    stride(from: 0, to: count, by: Self.chunk).map { $0..<min($0 + Self.chunk, count) }
  }

  /// Whether a chunk is there in every array.
  public func isWritten(_ chunk: Int) -> Bool {
    members.allSatisfy { $0.hasChunk($0.place(ofRows: chunk)) }
  }

  /// Writes what was measured of a chunk's rows, in the order of the arrays.
  ///
  /// - Throws: `ArchiveError` when it cannot be written.
  public func write(_ tensors: [Tensor], chunk: Int) throws(ArchiveError) {
    for (array, tensor) in zip(members, tensors) {
      try array.write(chunk: tensor, at: array.place(ofRows: chunk))
    }
  }

  /// All arrays by name.
  ///
  /// - Throws: `ArchiveError` when one cannot be read.
  public func tensors() throws(ArchiveError) -> [(String, Tensor)] {
    var tensors: [(String, Tensor)] = []
    for (entry, array) in zip(Self.arrays, members) { tensors.append((entry.name, try array.readAll())) }
    return tensors
  }
}

/// Mean errors over the rows of a dataset, millimetres.
public struct DatasetAccuracy: Codable, Sendable, Equatable {
  /// Mean distance of the 14 joints, pelvises at the origin.
  public let mpjpe: Float
  /// The same after Procrustes alignment of every row.
  public let alignedMPJPE: Float
  /// Mean distance of the vertices, not aligned.
  public let pve: Float
  /// Mean distance of every joint of ``JointSet/h36m14``.
  public let perJoint: [Float]
  /// The same after Procrustes alignment of every row.
  public let perJointAligned: [Float]

  enum CodingKeys: String, CodingKey {
    case mpjpe = "mpjpe_mm"
    case alignedMPJPE = "pa_mpjpe_mm"
    case pve = "pve_mm"
    case perJoint = "per_joint_mm"
    case perJointAligned = "pa_per_joint_mm"
  }

  /// The means of a record that is complete.
  ///
  /// - Throws: `ArchiveError` when the record cannot be read.
  public init(_ record: DatasetRecord) throws(ArchiveError) {
    let tensors = Dictionary(uniqueKeysWithValues: try record.tensors())
    func means(_ name: String, _ width: Int) -> [Float] {
      let values = tensors[name]!.elements
      return (0..<width).map { column in
        let sum = stride(from: column, to: values.count, by: width).reduce(0.0) { $0 + Double(values[$1]) }
        return Float(1000 * sum / Double(max(values.count / width, 1)))
      }
    }
    perJoint = means("mpjpe", 14)
    perJointAligned = means("pampjpe", 14)
    mpjpe = perJoint.reduce(0, +) / 14
    alignedMPJPE = perJointAligned.reduce(0, +) / 14
    pve = means("v2v", 1)[0]
  }
}

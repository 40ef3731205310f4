public import Archives
public import Bodies
public import Models
public import Tensors

/// An array of a record with an entry for every position: declared once, here.
///
/// A new one is a line in ``all``: it is written, read, resumed, interpolated, exported and documented from that.
public struct PositionArray: Hashable, Sendable {
  /// Name, inner dimensions, unit and description.
  public let schema: ArraySchema
  /// How interpolation between positions treats it.
  package let isRotation: Bool
  private let read: @Sendable (Predictions, JointErrorTable?) -> Tensor?

  private init(
    _ name: String, _ dimensions: [String], unit: String? = nil, _ longName: String, isRequired: Bool = false,
    isRotation: Bool = false, _ read: @escaping @Sendable (Predictions, JointErrorTable?) -> Tensor?
  ) {
    schema = ArraySchema(
      name, ["row", "column"] + dimensions, unit: unit, longName: longName, isRequired: isRequired,
      coordinates: ["picture_row", "picture_column"])
    (self.isRotation, self.read) = (isRotation, read)
  }

  /// The name on disk.
  public var name: String { schema.name }
  /// The array's entry without an occluder.
  public var cleanSchema: ArraySchema {
    ArraySchema(
      "clean_" + name, Array(schema.dimensions.dropFirst(2)), unit: schema.unit,
      longName: schema.longName + ", unoccluded", isRequired: schema.isRequired)
  }

  /// The entries of predictions, `[N, …]`; nil where a model does not give them.
  func values(of predictions: Predictions, errors: JointErrorTable?) -> Tensor? { read(predictions, errors) }

  /// The joints that the network predicts.
  public static let joints = PositionArray(
    "joints", ["predicted_joint", "axis"], unit: "m",
    "predicted joints; x right, y down, z away from the camera"
  ) { predictions, _ in predictions.joints }
  /// Distances from the reference, roots aligned.
  public static let error = PositionArray(
    "error", ["joint"], unit: "m", "distance from the reference, roots aligned", isRequired: true
  ) { $1?.error }
  /// Distances from the reference after Procrustes alignment.
  public static let alignedError = PositionArray(
    "error_pa", ["joint"], unit: "m", "distance from the reference after Procrustes alignment"
  ) { $1?.aligned }
  /// SMPL's rotations.
  public static let rotations = PositionArray(
    "rotations", ["smpl_joint", "matrix_row", "matrix_column"], "SMPL rotations; the first is global",
    isRotation: true
  ) { predictions, _ in predictions.body?.rotations }
  /// SMPL's shape.
  public static let betas = PositionArray("betas", ["beta"], "SMPL shape coefficients") { predictions, _ in
    predictions.body?.betas
  }
  /// The camera.
  public static let camera = PositionArray(
    "camera", ["camera_number"], "weak-perspective camera: scale, shift right, shift down"
  ) { predictions, _ in predictions.camera }
  /// How sure the network is.
  public static let confidence = PositionArray(
    "confidence", ["predicted_joint"], "confidence of the network, 0 to 1"
  ) {
    predictions, _ in predictions.confidence
  }
  /// How far off the network takes itself to be.
  public static let uncertainty = PositionArray(
    "uncertainty", ["predicted_joint"], unit: "m", "uncertainty that the network reports"
  ) { predictions, _ in predictions.uncertainty }

  /// How far the network's layers are from what they are on the unoccluded image.
  public static let layerChange = PositionArray(
    "layer_change", ["layer"],
    "distance of each layer's result from the unoccluded one, as a share of the latter's length (L2)"
  ) { predictions, _ in predictions.layerChange }

  /// All arrays over positions, in the order in which they are written.
  public static let all = [
    joints, error, alignedError, rotations, betas, camera, confidence, uncertainty, layerChange,
  ]

  /// Whether two are the same array.
  public static func == (a: PositionArray, b: PositionArray) -> Bool { a.name == b.name }
  /// Takes in the name.
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// Distances of joints from a reference, for several predictions, metres.
public struct JointErrorTable: Sendable {
  /// With the roots laid on each other, `[N, joints]`.
  public let error: Tensor
  /// After the best similarity transform, `[N, joints]`.
  public let aligned: Tensor

  /// The distances of joints `[N, joints, 3]` from a reference `[joints, 3]`, both in metres.
  public init(of joints: Tensor, from reference: Tensor, in skeleton: Skeleton) {
    let n = joints.shape[0]
    let truth = reference.points
    var (error, aligned): ([Float], [Float]) = ([], [])
    for i in 0..<n {
      let errors = JointErrors(of: joints.rows(i..<i + 1).points, from: truth, in: skeleton)
      error += errors.perJoint
      aligned += errors.perJointAligned
    }
    (self.error, self.aligned) = (Tensor([n, truth.count], error), Tensor([n, truth.count], aligned))
  }
}

/// What a network predicts at some positions, and how far that is from the reference.
public struct PositionResults: Sendable {
  /// The arrays that there are, `[N, …]` each.
  public private(set) var arrays: [PositionArray: Tensor]
  /// The number of positions.
  public let count: Int

  /// Results of the given arrays, all over as many positions; errors are needed.
  public init(_ arrays: [PositionArray: Tensor]) {
    precondition(arrays[.error] != nil, "results without errors")
    count = arrays[.error]!.shape[0]
    for (array, tensor) in arrays {
      precondition(tensor.shape[0] == count, "\(array.name) over \(tensor.shape[0]) positions, not \(count)")
    }
    self.arrays = arrays
  }

  /// Predictions with their distances from a reference.
  public init(_ predictions: Predictions, errors: JointErrorTable) {
    var arrays: [PositionArray: Tensor] = [:]
    for array in PositionArray.all { arrays[array] = array.values(of: predictions, errors: errors) }
    self.init(arrays)
  }

  /// Results of consecutive positions laid end to end; arrays that some lack, all lack.
  public init(stacking parts: [PositionResults]) {
    precondition(!parts.isEmpty, "no results")
    self.init(
      Dictionary(
        uniqueKeysWithValues: parts[0].arrays.keys.compactMap { array in
          let tensors = parts.compactMap { $0.arrays[array] }
          return tensors.count == parts.count ? (array, Tensor(stacking: tensors)) : nil
        }))
  }

  /// One array, `[N, …]`; nil where there is none.
  public subscript(_ array: PositionArray) -> Tensor? { arrays[array] }

  /// Some consecutive positions.
  public func rows(_ range: Range<Int>) -> PositionResults {
    PositionResults(arrays.mapValues { $0.rows(range) })
  }

  /// Distances of every joint from the reference, roots aligned, `[N, joints]`, metres.
  public var error: Tensor { arrays[.error]! }
  /// The same after Procrustes alignment; nil where it was not measured.
  public var alignedError: Tensor? { arrays[.alignedError] }
  /// The predicted joints, `[N, joints, 3]`, metres.
  public var joints: Tensor? { arrays[.joints] }
  /// The SMPL body, rotations `[N, 24, 3, 3]` and betas `[N, 10]`.
  public var body: (rotations: Tensor, betas: Tensor)? {
    arrays[.rotations].flatMap { rotations in arrays[.betas].map { (rotations, $0) } }
  }
  /// The camera, `[N, 3]`.
  public var camera: Tensor? { arrays[.camera] }
}

public import Archives
public import Bodies
public import Models

/// The arrays of a record on disk, and the lengths of their dimensions.
///
/// Arrays over positions are declared in ``PositionArray``, all others here; a new one is a line.
public struct RecordSchema: Sendable {
  /// The format that is written; format 1 is that of version 0.1.0.
  public static let format = 2

  /// The lengths of dimensions that every record of these settings has.
  public let lengths: [String: Int]
  /// Whether predicted and measured joints are the same, and have one dimension.
  private let sharesJoints: Bool

  /// The schema of records of some positions, joints that are predicted, and joints that are measured.
  public init(positions: PositionGrid, predicted: Skeleton?, measured: Skeleton, layers: Int? = nil) {
    sharesJoints = predicted == nil || predicted == measured
    lengths = [
      "layer": layers ?? 0,
      "row": positions.rows.count, "column": positions.columns.count, "joint": measured.count,
      "predicted_joint": (predicted ?? measured).count, "axis": 3, "smpl_joint": Joint.count, "matrix_row": 3,
      "matrix_column": 3, "beta": BodyModel.shapeCount, "camera_number": 3, "surface_number": 7,
    ]
  }

  /// An array's schema with the names of dimensions that these joints have.
  public func adapted(_ schema: ArraySchema) -> ArraySchema {
    guard sharesJoints, schema.dimensions.contains("predicted_joint") else { return schema }
    return ArraySchema(
      schema.name, schema.dimensions.map { $0 == "predicted_joint" ? "joint" : $0 }, unit: schema.unit,
      longName: schema.longName, isRequired: schema.isRequired, type: schema.type,
      coordinates: schema.coordinates)
  }

  // MARK: Coordinates

  package static let row = ArraySchema(
    "row", ["row"], unit: "pixel", longName: "centre of the occluder, down the crop")
  package static let column = ArraySchema(
    "column", ["column"], unit: "pixel", longName: "centre of the occluder, across the crop")
  package static let pictureRow = ArraySchema(
    "picture_row", ["row"], unit: "pixel", longName: "centre of the occluder, down the picture")
  package static let listedPictureRow = ArraySchema(
    "picture_row", ["column"], unit: "pixel", longName: "centre of the occluder, down the picture")
  package static let pictureColumn = ArraySchema(
    "picture_column", ["column"], unit: "pixel", longName: "centre of the occluder, across the picture")

  // MARK: What is known before the occluder comes

  package static let bodyMask = ArraySchema(
    "body_mask", ["crop_row", "crop_column"], longName: "1 where the crop shows the body", isRequired: false,
    type: .uint8)
  package static let picture = ArraySchema(
    "picture", ["image_row", "image_column", "colour"],
    longName: "the crop for looking at, red, green and blue", isRequired: false, type: .uint8)
  package static let fillPicture = ArraySchema(
    "fill_picture", ["image_row", "image_column", "colour"],
    longName: "what the occluder shows in the crop for looking at, red, green and blue", isRequired: false,
    type: .uint8)
  package static let occluderCoverage = ArraySchema(
    "occluder_coverage", ["occluder_row", "occluder_column"],
    longName: "how much of each of its pixels the occluder covers, 0 to 255", isRequired: false, type: .uint8)
  package static let truthJoints = ArraySchema(
    "truth_joints", ["joint", "axis"], unit: "m", longName: "ground-truth joints", isRequired: false)
  package static let truthRotations = ArraySchema(
    "truth_rotations", ["smpl_joint", "matrix_row", "matrix_column"],
    longName: "SMPL rotations of the ground truth", isRequired: false)
  package static let truthBetas = ArraySchema(
    "truth_betas", ["beta"], longName: "SMPL shape of the ground truth", isRequired: false)
  package static let truthCamera = ArraySchema(
    "truth_camera", ["camera_number"], longName: "weak-perspective camera of the ground truth in the crop",
    isRequired: false)
  package static let cleanAttention = ArraySchema(
    "attention_clean", ["attention_row", "attention_column", "predicted_joint"],
    longName: "attention of every joint, unoccluded", isRequired: false)

  package static let cleanSurface = ArraySchema(
    "surface_clean", ["surface_row", "surface_column", "surface_number"],
    longName: surfaceName + ", unoccluded",
    isRequired: false)
  private static let surfaceName =
    "skin in UV space: position times the share that is seen, that share, position with what is hidden filled in, "
    + "metres about the pelvis"

  /// Which positions there are, of a sweep that fills single ones; `ChunkedStore` makes it.
  package static let isMeasured = ArraySchema(
    "is_measured", ["row", "column"], longName: "1 where the item has been measured", isRequired: false,
    type: .uint8)

  // MARK: What is known at the end

  package static let worstSurface = ArraySchema(
    "surface_worst", ["worst_position", "surface_row", "surface_column", "surface_number"],
    longName: surfaceName + ", with the occluder at the worst positions", isRequired: false)

  package static let worstAttention = ArraySchema(
    "attention_worst", ["worst_position", "attention_row", "attention_column", "predicted_joint"],
    longName: "attention with the occluder at the worst positions", isRequired: false)
  package static let computed = ArraySchema(
    "computed", ["row", "column"], longName: "1 where the network predicted, 0 where values are interpolated",
    isRequired: false, type: .uint8)
}

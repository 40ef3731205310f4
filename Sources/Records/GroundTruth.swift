public import Bodies
public import Models
public import Tensors

/// Where the joints of the person in a picture really are.
///
/// Axes are the camera's: x to the right, y down, z away, metres. Read from a file by
/// ``init(contentsOf:body:)`` and written for rendered people by ``GroundTruthFile``.
public struct GroundTruth: Sendable {
  /// The joints that errors are measured over.
  public let skeleton: Skeleton
  /// Positions, `[joints, 3]`.
  public let joints: Tensor
  /// The body, rotations `[24, 3, 3]` and shape `[10]`, where the ground truth is given as one.
  public let body: (rotations: Tensor, betas: Tensor)?
  /// Scale and shift of the camera in the picture taken as a crop, `[3]`, when known.
  public let camera: Tensor?
  /// What can be seen of the joints, when known.
  public let visibility: [Visibility]?

  /// Positions `[joints, 3]` and, if known, the body that has them.
  public init(_ skeleton: Skeleton, joints: Tensor, body: (rotations: Tensor, betas: Tensor)? = nil) {
    precondition(
      joints.shape == [skeleton.count, 3], "\(joints.shape) for the joints of \(skeleton.name)")
    (self.skeleton, self.joints, self.body) = (skeleton, joints, body)
    (camera, visibility) = (nil, nil)
  }

  /// The joints as those of a skeleton, `[joints, 3]`.
  ///
  /// - Throws: `ModelError` naming the joints without a counterpart.
  public func joints(of other: Skeleton) throws(ModelError) -> Tensor {
    guard skeleton != other else { return joints }
    let conversion = SkeletonConversion(from: skeleton, to: other)
    guard conversion.isComplete else {
      throw ModelError(
        .badData,
        "ground truth of \(skeleton.name) lacks \(conversion.missing.joined(separator: ", ")) of \(other.name)"
      )
    }
    return Tensor(conversion(joints.points))
  }

  /// What can be seen of the joints of a skeleton; nil where that is not known of all of them.
  public func visibility(of other: Skeleton) -> [Visibility]? {
    guard let visibility, skeleton != other else { return visibility }
    let indices = SkeletonConversion(from: skeleton, to: other).indices.compactMap(\.self)
    return indices.count == other.count ? indices.map { visibility[$0] } : nil
  }

  /// What a file contains; without positions the body model poses the parameters.
  ///
  /// - Throws: `RecordError` with `name` as the file when the content makes no sense.
  public init(_ file: GroundTruthFile, from name: String, body: BodyModel?) throws(RecordError) {
    func wrong(_ sentence: String) -> RecordError { RecordError(.badData, name, sentence) }

    let parameters = try Self.parameters(file, from: name)
    self.body = parameters
    if let positions = file.positions_m {
      (skeleton, joints) = try Self.positions(positions, file, from: name)
    } else if let parameters {
      guard let body else { throw wrong("has a pose, which needs a body model to be posed with") }
      skeleton = .smpl24
      joints = body.joints(
        rotations: parameters.rotations.reshaped([1] + parameters.rotations.shape),
        betas: parameters.betas.reshaped([1] + parameters.betas.shape)
      ).reshaped([skeleton.count, 3])
    } else {
      throw wrong("contains neither positions_m with joints nor pose with betas")
    }

    guard file.camera?.count ?? 3 == 3 else { throw wrong("camera is not scale, shift right, shift down") }
    camera = file.camera.map { Tensor([3], $0) }
    visibility = try Self.visibility(file, of: skeleton, from: name)
    guard joints.isFinite, parameters?.rotations.isFinite ?? true, parameters?.betas.isFinite ?? true,
      camera?.isFinite ?? true
    else { throw wrong("contains numbers that are not finite") }
    guard joints.elements.allSatisfy({ abs($0) <= 10_000 }) else {
      throw wrong("has joints more than 10 km away; positions are in metres")
    }
    if let extent = Self.extent(of: joints), extent > Self.largestExtent {
      throw wrong(
        "has joints that are \(Int(extent)) m apart; positions are in metres: divide millimetres by 1000")
    }
    guard camera.map({ $0[0] > 0 }) ?? true else {
      throw wrong("has a camera of scale \(file.camera![0]); the scale must be above 0")
    }
  }

  /// No person is as large in metres; in millimetres and centimetres everybody is larger.
  private static let largestExtent: Float = 30

  /// How far joints are apart along the axis where that is farthest.
  private static func extent(of joints: Tensor) -> Float? {
    (0..<3).compactMap { axis in
      let values = (0..<joints.shape[0]).map { joints[$0, axis] }
      guard let low = values.min(), let high = values.max() else { return nil }
      return high - low
    }.max()
  }

  private static func parameters(
    _ file: GroundTruthFile, from name: String
  ) throws(RecordError) -> (rotations: Tensor, betas: Tensor)? {
    guard let pose = file.pose else { return nil }
    guard pose.count == 3 * Joint.count else {
      throw RecordError(
        .badData, name,
        "pose has \(pose.count) numbers; give \(3 * Joint.count), an axis-angle vector for each of SMPL's "
          + "\(Joint.count) joints")
    }
    let betas = file.betas ?? []
    guard betas.count == BodyModel.shapeCount else {
      throw RecordError(.badData, name, "betas has \(betas.count) numbers; give 10 with a pose")
    }
    let rotations = Rotation.matrices(poses: Tensor([1, pose.count], pose))
    return (rotations.reshaped(Array(rotations.shape.dropFirst())), Tensor([betas.count], betas))
  }

  private static func positions(
    _ positions: [[Float]], _ file: GroundTruthFile, from name: String
  ) throws(RecordError) -> (Skeleton, Tensor) {
    func wrong(_ sentence: String) -> RecordError { RecordError(.badData, name, sentence) }
    guard let named = file.joints else {
      throw wrong("does not name its joints; add \"joints\": \"smpl24\" or another skeleton's name")
    }
    let skeleton: Skeleton
    do { skeleton = try Skeleton.named(named, beside: name) } catch {
      guard error.kind != .io else { throw RecordError(.io, error.file, error.problem) }
      throw wrong("joints are \"\(named)\"; \(error.problem)")
    }
    guard positions.count == skeleton.count, positions.allSatisfy({ $0.count == 3 }) else {
      let lengths =
        positions.count == skeleton.count ? "that are not x, y, z" : "of \(positions.count) joints"
      throw wrong("has positions \(lengths); \(named) has \(skeleton.count) joints of three numbers")
    }
    return (skeleton, Tensor([skeleton.count, 3], positions.flatMap(\.self)))
  }

  /// What can be seen of the joints; a list over SMPL's joints holds for others by their counterparts.
  private static func visibility(
    _ file: GroundTruthFile, of skeleton: Skeleton, from name: String
  ) throws(RecordError) -> [Visibility]? {
    guard let seen = file.visibility else { return nil }
    if seen.count == Joint.count { return Visibility.converted(seen, to: skeleton) }
    guard seen.count == skeleton.count else {
      throw RecordError(
        .badData, name, "visibility has \(seen.count) entries; give one for each of \(Joint.count) joints")
    }
    return seen
  }
}

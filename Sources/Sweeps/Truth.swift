public import Bodies
public import Tensors

/// Where the joints of the person in a picture really are.
///
/// Axes are the camera's: x to the right, y down, z away, metres. Read from a file by
/// ``init(contentsOf:body:)`` and written for rendered people by ``TruthFile``.
public struct Truth: Sendable {
  /// The joints that errors are measured over.
  public let set: JointSet
  /// Positions, `[joints, 3]`; those of `h36m14` are told from the pelvis, which is not among the fourteen.
  public let joints: Tensor
  /// The rotations `[24, 3, 3]` and shape `[10]` of the body, when the truth is told as a body.
  public let parameters: (rotations: Tensor, betas: Tensor)?
  /// Scale and shift of the camera in the picture taken as a crop, `[3]`, when known.
  public let camera: Tensor?
  /// What can be seen of SMPL's 24 joints, when known.
  public let visibility: [Visibility]?

  /// A truth of positions, `[joints, 3]`, and, if known, of the body `[24, 3, 3]`, `[10]` that has them.
  public init(_ set: JointSet, joints: Tensor, parameters: (rotations: Tensor, betas: Tensor)? = nil) {
    precondition(joints.shape == [set.count, 3], "\(joints.shape) for the joints of \(set.rawValue)")
    self.set = set
    self.joints = joints
    self.parameters = parameters
    camera = nil
    visibility = nil
  }

  /// A truth as a file tells it; without positions the body model poses the parameters.
  ///
  /// - Throws: `SweepError` with `name` as the file when the content makes no sense.
  public init(_ file: TruthFile, from name: String, body: BodyModel) throws(SweepError) {
    func wrong(_ sentence: String) -> SweepError { SweepError(.badData, name, sentence) }

    if let pose = file.pose {
      guard pose.count == 72 else {
        throw wrong(
          "pose has \(pose.count) numbers; give 72, an axis-angle vector for each of SMPL's 24 joints")
      }
      let betas = file.betas ?? []
      guard betas.count == 10 else { throw wrong("betas has \(betas.count) numbers; give 10 beside a pose") }
      let rotations = Rotation.matrices(poses: Tensor([1, 72], pose))
      parameters = (rotations.reshaped([24, 3, 3]), Tensor([10], betas))
    } else {
      parameters = nil
    }

    if let positions = file.positions_m {
      guard let named = file.joints else {
        throw wrong("does not name its joints; add \"joints\": \"smpl24\" or \"h36m14\"")
      }
      guard let set = JointSet(rawValue: named) else {
        throw wrong("joints are \"\(named)\"; smpl24 and h36m14 are known")
      }
      guard positions.count == set.count, positions.allSatisfy({ $0.count == 3 }) else {
        let lengths = positions.count == set.count ? "that are not x, y, z" : "of \(positions.count) joints"
        throw wrong("has positions \(lengths); \(set.rawValue) has \(set.count) joints of three numbers")
      }
      self.set = set
      joints = Tensor([set.count, 3], positions.flatMap(\.self))
    } else if let parameters {
      set = .smpl24
      joints = body.joints(
        rotations: parameters.rotations.reshaped([1, 24, 3, 3]), betas: parameters.betas.reshaped([1, 10])
      ).reshaped([24, 3])
    } else {
      throw wrong("holds neither positions_m with joints nor pose with betas")
    }

    guard file.camera?.count ?? 3 == 3 else { throw wrong("camera is not scale, shift right, shift down") }
    camera = file.camera.map { Tensor([3], $0) }
    guard file.visibility?.count ?? 24 == 24 else {
      throw wrong("visibility has \(file.visibility?.count ?? 0) entries; give one for each of 24 joints")
    }
    visibility = file.visibility
    guard joints.isFinite, parameters?.rotations.isFinite ?? true, parameters?.betas.isFinite ?? true,
      camera?.isFinite ?? true
    else { throw wrong("holds numbers that are not finite") }
    guard joints.elements.allSatisfy({ abs($0) <= 10_000 }) else {
      throw wrong("has joints more than 10 km away; positions are in metres")
    }
    guard camera.map({ $0[0] > 0 }) ?? true else {
      throw wrong("has a camera of scale \(file.camera![0]); a scale is above 0")
    }
  }
}

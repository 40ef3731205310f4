/// An order of keypoints in which the published codes and datasets tell bodies.
///
/// Errors are measured over two of them: see ``JointSet``. Source: SPIN (Kolotouros et al. 2019), whose tables
/// are those of smplx (Pavlakos et al. 2019).
public enum KeypointSet: String, CaseIterable, Codable, Sendable {
  /// The 24 joints of SMPL.
  case smpl24
  /// The same and 21 vertices: five of the face, six of the feet, ten fingertips.
  case smpl45
  /// OpenPose's 25 keypoints.
  case openpose25
  /// SPIN's 24 joints of annotated datasets: LSP's 14, three each of MPII and Human3.6M, five of the face.
  case annotated24
  /// What SPIN's and PARE's losses see: `openpose25`, then `annotated24`.
  case spin49
  /// The 17 joints of Human3.6M's regressor.
  case h36m17
  /// The 14 evaluation joints: some of Human3.6M's 17, told from its pelvis.
  case h36m14

  /// The number of keypoints.
  public var count: Int { names.count }

  /// The names in files, in order, such as "left_hip".
  public var names: [String] {
    switch self {
    case .smpl24: Joint.names
    case .smpl45: Array(Self.all54.prefix(45))
    case .openpose25: Self.openpose.map { $0 == 0 ? "mid_hip" : Self.all54[$0] }
    case .annotated24: Self.annotated.map { Self.all54[$0] }
    case .spin49: Self.openpose25.names.map { "openpose_" + $0 } + Self.annotated24.names
    case .h36m17: Self.h36m
    case .h36m14: JointSet.h36m14.jointNames
    }
  }

  /// The names for people, in order, such as "Left hip".
  public var titles: [String] { names.map(JointSet.title) }

  /// Where each keypoint of this set stands in another; nil unless all do.
  ///
  /// The evaluation joints are told from the pelvis, keypoint 0 of `h36m17`, which has to be taken off. Of
  /// `annotated24` they take Human3.6M's head, as SPIN's evaluation does.
  public func places(in other: KeypointSet) -> [Int]? {
    switch (self, other) {
    case (let own, let other) where own == other: Array(0..<own.count)
    case (.smpl24, .smpl45): Array(0..<24)
    case (.openpose25, .smpl45): Self.openpose
    case (.openpose25, .spin49): Array(0..<25)
    case (.annotated24, .spin49): Array(25..<49)
    case (.h36m14, .h36m17): Array(EvaluationJoints.rows.dropFirst())
    case (.h36m14, .annotated24): Array(0...12) + [18]
    case (.h36m14, .spin49): (Array(0...12) + [18]).map { $0 + 25 }
    default: nil
    }
  }

  /// For each keypoint, where it stands on the other side of the body.
  public var mirror: [Int] {
    let names = names
    return names.map { name in
      let other =
        name.contains("left") ? name.replacing("left", with: "right") : name.replacing("right", with: "left")
      return names.firstIndex(of: other)!
    }
  }

  /// Places among the 54: SMPL's joints, vertices, and nine joints of `J_regressor_extra`.
  static let openpose = [
    24, 12, 17, 19, 21, 16, 18, 20, 0, 2, 5, 8, 1, 4, 7, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34,
  ]
  static let annotated = [
    8, 5, 45, 46, 4, 7, 21, 19, 17, 16, 18, 20, 47, 48, 49, 50, 51, 52, 53, 24, 26, 25, 28, 27,
  ]

  private static let all54 =
    Joint.names + [
      "nose", "right_eye", "left_eye", "right_ear", "left_ear", "left_big_toe", "left_small_toe", "left_heel",
      "right_big_toe", "right_small_toe", "right_heel",
    ]
    + ["left", "right"].flatMap { side in
      ["thumb", "index", "middle", "ring", "pinky"].map { "\(side)_\($0)" }
    } + [
      "right_hip_lsp", "left_hip_lsp", "neck_lsp", "head_top_lsp", "pelvis_mpii", "thorax_mpii", "spine_h36m",
      "jaw_h36m", "head_h36m",
    ]

  private static let h36m = [
    "pelvis", "left_hip", "left_knee", "left_ankle", "right_hip", "right_knee", "right_ankle", "spine",
    "neck",
    "head", "head_top", "left_shoulder", "left_elbow", "left_wrist", "right_shoulder", "right_elbow",
    "right_wrist",
  ]
}

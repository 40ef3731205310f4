/// One of SMPL's 24 joints, in the model's order.
public enum Joint: Int, CaseIterable, Codable, Sendable {
  case pelvis, leftHip, rightHip, spine1, leftKnee, rightKnee, spine2, leftAnkle, rightAnkle, spine3
  case leftFoot, rightFoot, neck, leftCollar, rightCollar, head, leftShoulder, rightShoulder
  case leftElbow, rightElbow, leftWrist, rightWrist, leftHand, rightHand

  /// The number of joints.
  public static let count = 24

  /// The name in files, "left_hip".
  public var name: String { Self.names[rawValue] }

  /// The name for people, "Left hip".
  public var title: String { Skeleton.title(of: name) }

  /// The joint that this one hangs on; none for the pelvis.
  public var parent: Joint? { Joint(rawValue: Self.parents[rawValue]) }

  /// The joint on the other side of the body, or itself on the midline.
  public var mirrored: Joint { Joint(rawValue: Self.mirror[rawValue])! }

  /// The joint of that name in files.
  public init?(name: String) {
    guard let index = Self.names.firstIndex(of: name) else { return nil }
    self.init(rawValue: index)
  }

  static let names = [
    "pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2", "left_ankle",
    "right_ankle", "spine3", "left_foot", "right_foot", "neck", "left_collar", "right_collar", "head",
    "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
    "left_hand", "right_hand",
  ]

  /// Every parent precedes its children, which the walks along the tree rely on.
  package static let parents = [
    -1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21,
  ]

  package static let mirror = [
    0, 2, 1, 3, 5, 4, 6, 8, 7, 9, 11, 10, 12, 14, 13, 15, 17, 16, 19, 18, 21, 20, 23, 22,
  ]
}

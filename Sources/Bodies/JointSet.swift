/// A named list of joints that errors are measured over.
public enum JointSet: String, CaseIterable, Codable, Sendable {
  /// The 24 joints of SMPL.
  case smpl24
  /// The 14 evaluation joints, which a regressor of Human3.6M's joints takes from the vertices.
  case h36m14

  /// The names in files, in order, such as "left_hip".
  public var jointNames: [String] {
    switch self {
    case .smpl24: Joint.names
    case .h36m14:
      [
        "right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle", "right_wrist",
        "right_elbow", "right_shoulder", "left_shoulder", "left_elbow", "left_wrist", "neck", "head_top",
      ]
    }
  }

  /// The names for people, in order, such as "Left hip".
  public var jointTitles: [String] { jointNames.map(Self.title) }

  /// The number of joints.
  public var count: Int { self == .smpl24 ? 24 : 14 }

  /// For every joint of the set, where it stands on the other side of the body.
  public var mirror: [Int] {
    switch self {
    case .smpl24: Joint.mirror
    case .h36m14: [5, 4, 3, 2, 1, 0, 11, 10, 9, 8, 7, 6, 12, 13]
    }
  }

  /// The point of a body that its positions are compared from.
  ///
  /// The pelvis of SMPL; the origin for the evaluation joints, which are always told relative to a pelvis that
  /// is not among the fourteen.
  public func root(of positions: [Point]) -> Point {
    precondition(
      positions.count == count, "\(positions.count) positions for the \(count) joints of \(rawValue)")
    return self == .smpl24 ? positions[0] : Point()
  }

  static func title(of name: String) -> String {
    let words = name.replacing("_", with: " ")
    return words.prefix(1).uppercased() + words.dropFirst()
  }
}

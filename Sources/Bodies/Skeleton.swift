import Archives

/// The joints that a network gives or that errors are measured over, as data: names, root, bones, groups.
///
/// A skeleton is a JSON file, `NAME.json`; see ``named(_:in:)``. Those that come with the project are in
/// `Fixtures/skeletons`. A joint is known by its name, such as `left_hip`.
public struct Skeleton: Codable, Hashable, Sendable {
  /// The name, such as `smpl24`.
  public let name: String
  /// Who defined it.
  public let source: String
  /// The names of the joints, in order.
  public let joints: [String]
  /// The joints whose middle is laid on that of the ground truth; none where positions are relative to the origin.
  public let root: [String]
  /// The skeleton whose joints these are, in part and by another order; its conversion is exact.
  public let basis: String?
  /// The joint of the basis that positions are relative to, where it is not among the joints.
  public let origin: String?
  /// Pairs of left and right joints.
  public let mirror: [[String]]
  /// For a joint the joint that it hangs on, where the skeleton is a tree.
  public let parents: [String: String]?
  /// Pairs of joints to draw a line between.
  public let bones: [[String]]
  /// Joints that are reported together, left and right.
  public let groups: [Group]
  /// All joints, limb by limb, for matrices.
  public let limbs: [Group]
  /// By the name of another skeleton: for joints of this one their counterparts there, where names differ.
  public let counterparts: [String: [String: String]]

  /// Joints that belong together.
  public struct Group: Codable, Hashable, Sendable {
    /// The name for people, such as `ankle`.
    public let name: String
    /// The joints' names.
    public let joints: [String]

    /// A group of joints.
    public init(name: String, joints: [String]) { (self.name, self.joints) = (name, joints) }
  }

  /// A skeleton of the given parts; only names are needed.
  ///
  /// - Throws: `SkeletonError` when parts name joints that are not there.
  public init(
    name: String, source: String = "", joints: [String], root: [String] = [], basis: String? = nil,
    origin: String? = nil, mirror: [[String]] = [], parents: [String: String]? = nil, bones: [[String]] = [],
    groups: [Group] = [],
    limbs: [Group] = [], counterparts: [String: [String: String]] = [:]
  ) throws(SkeletonError) {
    (self.name, self.source, self.joints, self.root) = (name, source, joints, root)
    (self.basis, self.origin) = (basis, origin)
    (self.mirror, self.parents, self.bones) = (mirror, parents, bones)
    (self.groups, self.limbs, self.counterparts) = (groups, limbs, counterparts)
    if let problem = problem { throw SkeletonError(file: name, problem: problem) }
  }

  /// Reads a skeleton; keys other than `name` and `joints` may be missing.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    name = try values.decode(String.self, forKey: .name)
    joints = try values.decode([String].self, forKey: .joints)
    source = try values.decodeIfPresent(String.self, forKey: .source) ?? ""
    root = try values.decodeIfPresent([String].self, forKey: .root) ?? []
    basis = try values.decodeIfPresent(String.self, forKey: .basis)
    origin = try values.decodeIfPresent(String.self, forKey: .origin)
    mirror = try values.decodeIfPresent([[String]].self, forKey: .mirror) ?? []
    parents = try values.decodeIfPresent([String: String].self, forKey: .parents)
    bones = try values.decodeIfPresent([[String]].self, forKey: .bones) ?? []
    groups = try values.decodeIfPresent([Group].self, forKey: .groups) ?? []
    limbs = try values.decodeIfPresent([Group].self, forKey: .limbs) ?? []
    counterparts = try values.decodeIfPresent([String: [String: String]].self, forKey: .counterparts) ?? [:]
    if let problem { throw SkeletonError(file: name, problem: problem) }
  }

  /// The largest number of joints that is read: a bound against files that make no sense.
  public static let maxJoints = 1024

  /// What is wrong with the parts; nil if nothing is.
  private var problem: String? {
    guard !name.isEmpty, (1...Self.maxJoints).contains(joints.count) else {
      return "has \(joints.count) joints; give 1 to \(Self.maxJoints)"
    }
    let used =
      root + (mirror + bones).joined() + (groups + limbs).flatMap(\.joints)
      + (parents ?? [:]).flatMap { [$0.key, $0.value] }
    // They are printed on a line.
    guard ([name] + joints + used + (groups + limbs).map(\.name)).allSatisfy(Self.isPlain) else {
      return "has a name with characters that are not printed, or of more than 200 bytes"
    }
    let known = Set(joints)
    guard known.count == joints.count, !known.contains("") else {
      return "names a joint twice, or one by nothing"
    }
    guard (mirror + bones).allSatisfy({ $0.count == 2 }) else {
      return "has mirror pairs or bones that are not of two joints"
    }
    let mirrored = Array(mirror.joined())
    guard Set(mirrored).count == mirrored.count else { return "has a joint in two mirror pairs" }
    return used.first { !known.contains($0) }.map { "names '\($0)', which is none of its joints" }
  }

  private static func isPlain(_ name: String) -> Bool {
    name.utf8.count <= 200 && name.unicodeScalars.allSatisfy(\.isPrintable)
  }

  // MARK: Joints

  /// The number of joints.
  public var count: Int { joints.count }

  /// The names of the joints for people, such as "Left hip".
  public var titles: [String] { joints.map(Self.title) }

  /// The index of a joint; nil if there is none of the name.
  public func index(of joint: String) -> Int? { joints.firstIndex(of: joint) }

  /// The pairs of joints to draw a line between, by their indices.
  public var boneIndices: [(from: Int, to: Int)] {
    bones.compactMap { bone in
      guard let from = index(of: bone[0]), let to = index(of: bone[1]) else { return nil }
      return (from, to)
    }
  }

  /// The indices of the joints of a group.
  public func indices(of group: Group) -> [Int] { group.joints.compactMap(index) }

  /// The order that lays out limb after limb, and where each limb begins; the joints' own order without limbs.
  public var limbOrder: (indices: [Int], starts: [Int]) {
    var (order, starts): ([Int], [Int]) = ([], [])
    for limb in limbs {
      starts.append(order.count)
      order += indices(of: limb).filter { !order.contains($0) }
    }
    return (order + joints.indices.filter { !order.contains($0) }, Array(starts.dropFirst()))
  }

  /// The point of a body that its positions are compared from: the middle of the root's joints, or the origin.
  public func root(of positions: [Point]) -> Point {
    precondition(
      positions.count == count, "\(positions.count) positions for the \(count) joints of \(name)")
    let indices = root.compactMap(index)
    guard indices.count > 1 else { return indices.first.map { positions[$0] } ?? Point() }
    return indices.reduce(Point()) { $0 + positions[$1] } / Float(indices.count)
  }

  /// The root for people, such as "pelvis" or "middle of left hip and right hip".
  public var rootTitle: String {
    let names = (root.isEmpty ? origin.map { [$0] } ?? [] : root).map { $0.replacing("_", with: " ") }
    return names.isEmpty
      ? "origin" : names.count == 1 ? names[0] : "middle of " + names.joined(separator: " and ")
  }

  /// The index of the joint whose error is zero by definition, since it is the root itself; nil if there is none.
  public var rootIndex: Int? { root.count == 1 ? index(of: root[0]) : nil }

  /// A joint's name for people, such as "Left hip".
  public static func title(of joint: String) -> String {
    let words = joint.replacing("_", with: " ")
    return words.prefix(1).uppercased() + words.dropFirst()
  }
}

/// What is wrong with a skeleton, in one line.
public struct SkeletonError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The classes of failure that a command gives different exit codes.
  public enum Kind: Hashable, Sendable {
    /// There is no such skeleton, or it makes no sense.
    case badData
    /// Reading failed below: a broken disk or connection.
    case io
  }

  /// The file, or the skeleton's name.
  public let file: String
  /// What is wrong.
  public let problem: String
  /// The class of failure.
  public internal(set) var kind = Kind.badData

  /// File and problem.
  public var description: String { "\(file): the skeleton \(problem)" }
}

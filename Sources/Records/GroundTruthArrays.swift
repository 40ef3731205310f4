import Archives
import Bodies
import Tensors

/// The ground truth that a file of arrays holds, by the names and in the forms that people's files have.
///
/// A pose is axis-angle vectors or rotation matrices of SMPL's joints, whole or with the global orientation beside it; in
/// front of the shape there may be a dimension of one, for one person.
struct GroundTruthArrays {
  private let archive: Archive
  /// What all names begin with, where everything is in one dictionary.
  private let prefix: String
  /// What was taken for what, where names or forms are others than those of the documentation.
  var notes: [String] = []

  static let poses = ["pose", "poses", "smpl_pose", "full_pose", "thetas", "theta"]
  static let bodyPoses = ["body_pose", "pose_body"]
  static let orientations = ["global_orient", "root_orient", "root_pose"]
  static let shapes = ["betas", "shape", "beta", "smpl_shape"]
  static let positions = ["positions_m", "positions", "joints3D", "joints3d", "joints_3d", "joints"]
  static let cameras = ["camera", "cam"]

  init(_ archive: Archive) throws(ArchiveError) {
    self.archive = archive
    let known = Self.poses + Self.bodyPoses + Self.positions
    if known.contains(where: archive.has) {
      prefix = ""
    } else {
      let found = Set(
        archive.names.compactMap { name in
          known.first { name.hasSuffix("." + $0) }.map { String(name.dropLast($0.count)) }
        })
      guard found.count <= 1 else {
        throw ArchiveError(
          .unsupported, file: archive.path,
          "contains \(found.count) poses, such as in \(found.min()!.dropLast()); save that of one person alone"
        )
      }
      prefix = found.first ?? ""
      if !prefix.isEmpty { notes.append("arrays in \(prefix.dropLast()) taken") }
    }
  }

  private func error(_ name: String, _ problem: String) -> ArchiveError {
    ArchiveError(.unsupported, file: archive.path, entry: name, problem)
  }

  /// The first of some names that is there, and its numbers.
  private mutating func numbers(
    _ names: [String], isNoted: Bool = true
  ) throws(ArchiveError) -> (name: String, tensor: Tensor)? {
    guard let name = names.first(where: { archive.has(prefix + $0) && !isText($0) }) else {
      // What is there in another form is named as that.
      for name in names { if let problem = archive.problem(with: prefix + name) { throw problem } }
      return nil
    }
    if isNoted, name != names[0] { notes.append("\(name) taken for \(names[0])") }
    return (name, try archive.tensor(prefix + name))
  }

  private func isText(_ name: String) -> Bool { (try? archive.type(prefix + name).isText) ?? false }

  /// The only text of an array, or a text beside the arrays, of the first of some names that is one.
  func text(_ names: [String]) throws(ArchiveError) -> String? {
    for name in names {
      if let text = archive.metadata[prefix + name] { return text }
      if archive.has(prefix + name), isText(name) { return try archive.strings(prefix + name).first }
    }
    return nil
  }

  func texts(_ name: String) throws(ArchiveError) -> [String]? {
    archive.has(prefix + name) ? try archive.strings(prefix + name) : nil
  }

  /// The positions, one a joint; what is of one person may be in a list of one.
  mutating func positions() throws(ArchiveError) -> [[Float]]? {
    guard let (name, tensor) = try numbers(Self.positions) else { return nil }
    var shape = tensor.shape
    while shape.count > 2, shape[0] == 1 { shape.removeFirst() }
    guard shape.count <= 2 else {
      throw error(
        name, "has the shape \(tensor.shape), more than one person; give the positions of one, [joints, 3]")
    }
    let width = max(1, shape.last ?? 1)
    let elements = tensor.elements
    return stride(from: 0, to: elements.count, by: width).map {
      Array(elements[$0..<min($0 + width, elements.count)])
    }
  }

  /// Axis-angle vectors of all joints, the global orientation first.
  mutating func pose() throws(ArchiveError) -> [Float]? {
    if let (name, tensor) = try numbers(Self.poses) {
      guard let vectors = try vectors(tensor, of: Joint.count, name) else { return tensor.elements }
      return vectors
    }
    guard let (name, body) = try numbers(Self.bodyPoses, isNoted: false) else { return nil }
    guard let (rootName, root) = try numbers(Self.orientations, isNoted: false) else {
      throw error(name, "is there without global_orient; give both, or a pose of \(Joint.count) joints")
    }
    guard let bodyVectors = try vectors(body, of: Joint.count - 1, name) else {
      let joints = body.count % 3 == 0 ? body.count / 3 : 0
      let what = joints == 21 ? "\(joints) joints, those of SMPL-X and SMPL+H" : "the shape \(body.shape)"
      throw error(name, "has \(what); give the \(Joint.count - 1) body joints of SMPL")
    }
    guard let rootVectors = try vectors(root, of: 1, rootName) else {
      throw error(rootName, "has the shape \(root.shape) instead of [3] or [3, 3]")
    }
    notes.append("\(rootName) and \(name) taken for pose")
    return rootVectors + bodyVectors
  }

  /// Axis-angle vectors of so many joints from these or from rotation matrices; nil of another number of numbers.
  private mutating func vectors(
    _ tensor: Tensor, of joints: Int, _ name: String
  ) throws(ArchiveError) -> [Float]? {
    if tensor.count == 3 * joints { return tensor.elements }
    let rows = tensor.shape.first ?? 1
    if rows > 1, tensor.shape.count > 1,
      tensor.count == rows * 3 * joints || tensor.count == rows * 9 * joints,
      rows != joints, rows != 3
    {
      throw error(name, "has \(rows) rows, one a picture or person; give one row")
    }
    guard tensor.count == 9 * joints, tensor.shape.suffix(2) == [3, 3] || tensor.shape.suffix(1) == [9] else {
      return nil
    }
    let matrices = tensor.reshaped([joints, 9])
    var vectors: [Float] = []
    for joint in 0..<joints {
      let matrix = (0..<9).map { matrices[joint, $0] }
      let rotation = matrix.withUnsafeBufferPointer { Matrix3($0.baseAddress!) }
      guard rotation.isRotation else {
        throw error(name, "has matrices that are no rotations, the first of joint \(joint)")
      }
      let vector = Rotation.axisAngle(of: rotation)
      vectors += [vector.x, vector.y, vector.z]
    }
    notes.append("\(name) taken for rotation matrices")
    return vectors
  }

  /// Ten shape parameters, the first of more.
  mutating func betas() throws(ArchiveError) -> [Float]? {
    guard let (name, tensor) = try numbers(Self.shapes) else { return nil }
    let rows = tensor.shape.count > 1 ? tensor.shape[0] : 1
    guard rows == 1 else { throw error(name, "has \(rows) rows, one a picture or person; give one row") }
    guard tensor.count > BodyModel.shapeCount else { return tensor.elements }
    notes.append("\(name): the first \(BodyModel.shapeCount) of \(tensor.count) taken")
    return Array(tensor.elements.prefix(BodyModel.shapeCount))
  }

  mutating func camera() throws(ArchiveError) -> [Float]? { try numbers(Self.cameras)?.tensor.elements }
}

extension Matrix3 {
  /// Whether rows are of length 1 and perpendicular, but for rounding, and keep right hands right.
  fileprivate var isRotation: Bool {
    func dot(_ a: Point, _ b: Point) -> Float { (a * b).sum() }
    let lengths = [dot(row0, row0), dot(row1, row1), dot(row2, row2)]
    let angles = [dot(row0, row1), dot(row1, row2), dot(row2, row0)]
    let cross = Point(
      row1.y * row2.z - row1.z * row2.y, row1.z * row2.x - row1.x * row2.z, row1.x * row2.y - row1.y * row2.x)
    return lengths.allSatisfy { abs($0 - 1) < 0.02 } && angles.allSatisfy { abs($0) < 0.02 }
      && dot(row0, cross) > 0
  }
}

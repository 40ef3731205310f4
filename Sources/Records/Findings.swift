public import Bodies
import Models
import Tensors

/// What a sweep has shown, in millimetres: the numbers behind tables and headlines.
///
/// An error increase is the error with the occluder minus the error without it.
public struct Findings: Codable, Sendable, Equatable {
  /// One joint under all positions of the occluder.
  public struct JointFinding: Codable, Sendable, Equatable {
    /// The name, "left_hip".
    public let joint: String
    /// What can be seen of it in the unoccluded image, when known.
    public let visibility: Visibility?
    /// The error in the unoccluded image; zero without ground truth.
    public let cleanMillimetres: Float
    /// The mean over positions.
    public let meanMillimetres: Float
    /// The maximum over positions.
    public let worstMillimetres: Float
    /// The same three after Procrustes alignment; nil where a record has no such errors.
    public let alignedCleanMillimetres: Float?, alignedMeanMillimetres: Float?,
      alignedWorstMillimetres: Float?
    /// The position of the maximum.
    public let worstPosition: Position

    enum CodingKeys: String, CodingKey {
      case joint, visibility
      case cleanMillimetres = "clean_mm"
      case meanMillimetres = "mean_mm"
      case worstMillimetres = "worst_mm"
      case alignedCleanMillimetres = "pa_clean_mm"
      case alignedMeanMillimetres = "pa_mean_mm"
      case alignedWorstMillimetres = "pa_worst_mm"
      case worstPosition = "worst_position"
    }
  }

  /// A position of the occluder.
  public struct Position: Codable, Sendable, Equatable {
    /// Where it is in the map.
    public let row: Int, column: Int
    /// The occluder's centre in pixels of the network's crop.
    public let x: Float, y: Float

    enum CodingKeys: String, CodingKey {
      case row, column
      case x = "x_px"
      case y = "y_px"
    }
  }

  /// A position and the mean over joints there.
  public struct WorstPosition: Codable, Sendable, Equatable {
    /// The position.
    public let position: Position
    /// The mean over joints.
    public let distance: Distance
  }

  /// Positions that have something in common.
  public struct Region: Codable, Sendable, Equatable {
    /// How many they are.
    public let positions: Int
    /// How much the mean over joints increases with the occluder there; nil when there are none.
    public let increase: Distance?
  }

  /// Joints that have something in common.
  public struct JointGroup: Codable, Sendable, Equatable {
    /// Their names.
    public let joints: [String]
    /// Their mean error in the unoccluded image; nil when there are none.
    public let clean: Distance?
    /// Their mean error over positions.
    public let mean: Distance?
    /// The mean of their maxima.
    public let worst: Distance?
  }

  /// The network's label.
  public let network: String
  /// The picture's name.
  public let picture: String
  /// What the distances are: "error" or "displacement from the clean prediction".
  public let quantity: String
  /// The name of the skeleton that errors are measured over.
  public let skeleton: String
  /// The number of positions.
  public let positions: Int
  /// The mean over joints in the unoccluded image; zero without ground truth.
  public let clean: Distance
  /// The mean over joints and positions.
  public let mean: Distance
  /// The mean over joints at the worst position.
  public let worst: Distance
  /// The increase with the occluder's centre on the body; nil where the record has no body mask.
  public let onBody: Region?
  /// The increase with the occluder's centre off the body; nil where the record has no body mask.
  public let offBody: Region?
  /// The joints that can be seen in the unoccluded image; nil when that is not known.
  public let visible: JointGroup?
  /// The joints that cannot; nil when that is not known.
  public let hidden: JointGroup?
  /// Every joint.
  public let joints: [JointFinding]
  /// The worst positions, the worst first; their windows do not overlap.
  public let worstPositions: [WorstPosition]

  enum CodingKeys: String, CodingKey {
    case network, picture, quantity, skeleton, positions, clean, mean, worst, visible, hidden, joints
    case onBody = "on_body"
    case offBody = "off_body"
    case worstPositions = "worst_positions"
  }

  /// The findings of a complete record.
  public init(_ record: SweepRecord) {
    let settings = record.settings
    let tables = DistanceTables(record)
    let positions = record.positions
    func position(_ index: Int) -> Position {
      let position = positions[index]
      return Position(
        row: position.row, column: position.column, x: position.x.centre, y: position.y.centre)
    }

    network = settings.model.label
    picture = settings.picture.name
    quantity = settings.quantity
    skeleton = record.measured.name
    self.positions = positions.count
    clean = tables.distance { $0.clean() }
    mean = tables.distance { $0.mean() }
    let worstIndex = tables.plain.worstPosition()
    worst = tables.distance { $0.mean(at: worstIndex) }
    (onBody, offBody) = Self.regions(record, tables)

    let names = record.measured.joints
    let visibility = record.notes.visibility
    visible = visibility.map { Self.group(names, tables, indices(of: $0) { $0 == .visible }) }
    hidden = visibility.map { Self.group(names, tables, indices(of: $0) { $0 != .visible }) }
    joints = names.indices.map { joint in
      let worst = tables.plain.worst(of: joint)
      return JointFinding(
        joint: names[joint], visibility: visibility?[joint],
        cleanMillimetres: tables.plain.clean(of: joint) * 1000,
        meanMillimetres: tables.plain.mean(of: joint) * 1000, worstMillimetres: worst.value * 1000,
        alignedCleanMillimetres: tables.aligned.map { $0.clean(of: joint) * 1000 },
        alignedMeanMillimetres: tables.aligned.map { $0.mean(of: joint) * 1000 },
        alignedWorstMillimetres: tables.aligned.map { $0.worst(of: joint).value * 1000 },
        worstPosition: position(worst.position))
    }
    worstPositions = record.worstPositions().map { index in
      WorstPosition(position: position(index), distance: tables.distance { $0.mean(at: index) })
    }
  }

  private static func regions(_ record: SweepRecord, _ tables: DistanceTables) -> (Region?, Region?) {
    guard let mask = record.context.bodyMask else { return (nil, nil) }
    let (positions, side) = (record.positions, record.settings.frame.side)
    let isOnBody = (0..<positions.count).map { index in
      let (y, x) = (Int(positions[index].y.centre), Int(positions[index].x.centre))
      return mask[min(max(y, 0), side - 1), min(max(x, 0), side - 1)] > 0.5
    }
    func region(_ indices: [Int]) -> Region {
      Region(
        positions: indices.count,
        increase: indices.isEmpty ? nil : tables.distance { $0.mean(over: indices) - $0.clean() })
    }
    return (
      region(isOnBody.indices.filter { isOnBody[$0] }), region(isOnBody.indices.filter { !isOnBody[$0] })
    )
  }

  private static func group(_ names: [String], _ tables: DistanceTables, _ joints: [Int]) -> JointGroup {
    func distance(_ value: (DistanceTable, Int) -> Float) -> Distance? {
      guard !joints.isEmpty else { return nil }
      return tables.distance { table in
        joints.reduce(Float(0)) { $0 + value(table, $1) } / Float(joints.count)
      }
    }
    return JointGroup(
      joints: joints.map { names[$0] }, clean: distance { $0.clean(of: $1) },
      mean: distance { $0.mean(of: $1) }, worst: distance { $0.worst(of: $1).value })
  }
}

private func indices(of visibility: [Visibility], where isIn: (Visibility) -> Bool) -> [Int] {
  visibility.indices.filter { isIn(visibility[$0]) }
}

/// The errors of a record, and those after Procrustes alignment where there are such.
private struct DistanceTables {
  let plain: DistanceTable, aligned: DistanceTable?
  let kind: Distance.Kind

  init(_ record: SweepRecord) {
    kind = record.settings.reference == .groundTruth ? .error : .displacement
    plain = DistanceTable(record.results.error, clean: record.clean.error)
    aligned = record.results.alignedError.flatMap { errors in
      record.clean.alignedError.map { DistanceTable(errors, clean: $0) }
    }
  }

  func distance(_ value: (DistanceTable) -> Float) -> Distance {
    Distance(value(plain) * 1000, aligned: aligned.map { value($0) * 1000 }, kind)
  }
}

/// Errors of positions and joints, and their means; positions where nobody was found, whose errors are not numbers,
/// count for nothing.
private struct DistanceTable {
  let errors: [Float]
  let cleanErrors: [Float]
  let joints: Int
  var positions: Int { errors.count / joints }

  init(_ errors: Tensor, clean: Tensor) {
    self.errors = errors.elements
    cleanErrors = clean.elements
    joints = clean.count
  }

  func clean() -> Float { cleanErrors.reduce(0, +) / Float(joints) }
  func clean(of joint: Int) -> Float { cleanErrors[joint] }
  func mean(at position: Int) -> Float {
    errors[position * joints..<(position + 1) * joints].reduce(0, +) / Float(joints)
  }
  func mean(over indices: [Int]) -> Float { Self.mean(indices.map { mean(at: $0) }) }
  func mean() -> Float { mean(over: Array(0..<positions)) }
  func mean(of joint: Int) -> Float { Self.mean((0..<positions).map { errors[$0 * joints + joint] }) }
  func worstPosition() -> Int { Self.worst((0..<positions).map { mean(at: $0) }) }
  func worst(of joint: Int) -> (value: Float, position: Int) {
    let values = (0..<positions).map { errors[$0 * joints + joint] }
    let position = Self.worst(values)
    return (values[position], position)
  }

  private static func mean(_ values: some Sequence<Float>) -> Float {
    var (sum, count) = (0.0, 0)
    for value in values where !value.isNaN { (sum, count) = (sum + Double(value), count + 1) }
    return Float(sum / Double(count))
  }

  private static func worst(_ values: [Float]) -> Int {
    values.indices.filter { !values[$0].isNaN }.max { values[$0] < values[$1] } ?? 0
  }
}

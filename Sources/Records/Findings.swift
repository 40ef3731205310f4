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
    /// The position of the maximum after Procrustes alignment, where it is another.
    public let alignedWorstPosition: Position?
    /// The rank correlation over positions of the error with the uncertainty that the network reports, where it does.
    public let uncertaintyCorrelation: Double?

    enum CodingKeys: String, CodingKey {
      case joint, visibility
      case uncertaintyCorrelation = "uncertainty_rank_correlation"
      case cleanMillimetres = "clean_mm"
      case meanMillimetres = "mean_mm"
      case worstMillimetres = "worst_mm"
      case alignedCleanMillimetres = "pa_clean_mm"
      case alignedMeanMillimetres = "pa_mean_mm"
      case alignedWorstMillimetres = "pa_worst_mm"
      case worstPosition = "worst_position"
      case alignedWorstPosition = "pa_worst_position"
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
    /// How many of them are positions where nobody was found.
    public var missed: Int { missedPositions ?? 0 }
    // Regions without such positions do not contain it.
    private let missedPositions: Int?
    /// How much the mean over joints increases with the occluder there; nil when nobody was found at any of them.
    public let increase: Distance?

    enum CodingKeys: String, CodingKey {
      case positions, increase
      case missedPositions = "missed_positions"
    }

    init(positions: Int, missed: Int, increase: Distance?) {
      (self.positions, self.increase) = (positions, increase)
      missedPositions = missed > 0 ? missed : nil
    }
  }

  /// Joints that have something in common.
  public struct JointGroup: Codable, Sendable, Equatable {
    /// Their names.
    public let joints: [String]
    /// Their mean error in the unoccluded image; nil when there are none.
    public let clean: Distance?
    /// Their mean error over positions.
    public let mean: Distance?
    /// The maximum of their mean error over positions; after Procrustes alignment it may be at another position.
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
  /// At how many of them nobody was found; all numbers are over the others.
  public var missed: Int { missedPositions ?? 0 }
  /// The share of the positions at which nobody was found.
  public var missedShare: Double { Double(missed) / Double(max(positions, 1)) }
  // Findings of earlier versions do not contain them.
  private let missedPositions: Int?, shareOfMissed: Double?
  /// The mean over joints in the unoccluded image; zero without ground truth.
  public let clean: Distance
  /// The mean over joints and positions.
  public let mean: Distance
  /// The maximum over positions of the mean over joints; that after Procrustes alignment may be at another position.
  public let worst: Distance
  /// The position of the maximum after Procrustes alignment, where it is not the first of the worst positions.
  public let alignedWorstPosition: Position?
  /// Whether all maxima are lower limits: the sweep was adaptive and did not compute every position.
  public var worstIsLowerLimit: Bool { hasLowerLimits ?? false }
  // Findings of version 0.1.0 do not contain it.
  private let hasLowerLimits: Bool?
  /// The increase with the occluder's centre on the body; nil where the body is not known.
  public let onBody: Region?
  /// The increase with the occluder's centre off the body; nil where the body is not known.
  public let offBody: Region?
  /// Whose silhouette the body is; nil where it is not known.
  public let maskOf: RecordSettings.Reference?
  /// The label of the network whose clean prediction the silhouette is; nil for that of the ground truth.
  public let maskNetwork: String?
  /// How far joints are from the clean prediction, the mean over joints and positions; only where there is ground truth
  /// and errors are over joints that different bodies have.
  public let displacement: Distance?
  /// The rank correlation over positions of the mean error with the mean uncertainty that the network reports.
  public let uncertaintyCorrelation: Double?
  /// The same with the mean confidence.
  public let confidenceCorrelation: Double?
  /// The joints but the root, whose error is always 0; nil unless one of the joints is the root.
  public let withoutRoot: JointGroup?
  /// The joints that can be seen in the unoccluded image; nil when that is not known.
  public let visible: JointGroup?
  /// The joints that cannot; nil when that is not known.
  public let hidden: JointGroup?
  /// How far the network's layers move; nil where that was not measured.
  public let layers: [LayerFinding]?
  /// Every joint.
  public let joints: [JointFinding]
  /// The worst positions, the worst first; their windows do not overlap.
  public let worstPositions: [WorstPosition]

  enum CodingKeys: String, CodingKey {
    case network, picture, quantity, skeleton, positions, clean, mean, worst, visible, hidden, joints,
      displacement
    case layers
    case missedPositions = "missed_positions"
    case shareOfMissed = "missed_share"
    case uncertaintyCorrelation = "uncertainty_rank_correlation"
    case confidenceCorrelation = "confidence_rank_correlation"
    case onBody = "on_body"
    case offBody = "off_body"
    case worstPositions = "worst_positions"
    case alignedWorstPosition = "pa_worst_position"
    case hasLowerLimits = "worst_is_lower_limit"
    case maskOf = "mask_of"
    case maskNetwork = "mask_network"
    case withoutRoot = "without_root"
  }

  /// The findings of a complete record, on the body by its own silhouette.
  public init(_ record: SweepRecord) { self.init(record, mask: BodyMask(record)) }

  /// The findings of networks on one picture that are compared: all of them on the body by the same silhouette.
  public static func compared(_ records: [SweepRecord]) -> [Findings] {
    zip(records, BodyMask.shared(records)).map { Findings($0, mask: $1) }
  }

  /// The findings of a complete record, on the body by a silhouette.
  public init(_ record: SweepRecord, mask: BodyMask?) { self.init(record, mask: mask, misses: record.misses) }

  /// The findings over the positions that are left when some are left out.
  init(_ whole: SweepRecord, mask: BodyMask?, leavingOut isLeftOut: [Bool]) {
    self.init(whole.leavingOut(isLeftOut), mask: mask, misses: whole.misses)
  }

  private init(_ record: SweepRecord, mask: BodyMask?, misses: [Bool]) {
    let settings = record.settings
    let tables = DistanceTables(record)
    let positions = record.positions
    let uncertainty = ErrorCorrelation(record, with: record.measuredUncertainty)
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
    let missed = misses.count { $0 }
    (missedPositions, shareOfMissed) = (missed, Double(missed) / Double(max(positions.count, 1)))
    clean = tables.distance { $0.clean() }
    mean = tables.distance { $0.mean() }
    worst = tables.distance { $0.worst().value }
    alignedWorstPosition = Self.other(tables.aligned?.worst(), than: tables.plain.worst()).map(position)
    hasLowerLimits = record.hasLowerLimits
    displacement = record.commonDisplacement
    uncertaintyCorrelation = uncertainty?.ofMeans
    confidenceCorrelation = ErrorCorrelation(record, with: record.measuredConfidence)?.ofMeans
    let isOnBody = mask.map { mask in
      (0..<positions.count).map { index in
        mask.contains(x: positions[index].x.centre, y: positions[index].y.centre, in: settings.frame)
      }
    }
    (onBody, offBody) = Self.regions(isOnBody, tables, misses)
    layers = LayerFinding.all(of: record, isOnBody: isOnBody)
    maskOf = mask?.reference
    maskNetwork = mask.flatMap { $0.reference == .cleanPrediction ? $0.network : nil }

    let names = record.measured.joints
    let visibility = record.notes.visibility
    visible = visibility.map { Self.group(names, tables, indices(of: $0) { $0 == .visible }) }
    hidden = visibility.map { Self.group(names, tables, indices(of: $0) { $0 != .visible }) }
    withoutRoot = record.measured.rootIndex.map { root in
      Self.group(names, tables, names.indices.filter { $0 != root })
    }
    joints = names.indices.map { joint in
      let worst = tables.plain.worst(of: joint)
      let alignedWorst = tables.aligned?.worst(of: joint)
      return JointFinding(
        joint: names[joint], visibility: visibility?[joint],
        cleanMillimetres: tables.plain.clean(of: joint) * 1000,
        meanMillimetres: tables.plain.mean(of: joint) * 1000, worstMillimetres: worst.value * 1000,
        alignedCleanMillimetres: tables.aligned.map { $0.clean(of: joint) * 1000 },
        alignedMeanMillimetres: tables.aligned.map { $0.mean(of: joint) * 1000 },
        alignedWorstMillimetres: alignedWorst.map { $0.value * 1000 },
        worstPosition: position(worst.position),
        alignedWorstPosition: Self.other(alignedWorst, than: worst).map(position),
        uncertaintyCorrelation: uncertainty?.ofJoints[joint])
    }
    worstPositions = record.worstPositions().map { index in
      WorstPosition(position: position(index), distance: tables.distance { $0.mean(at: index) })
    }
  }

  /// The position of a maximum, if it is another than that of the other maximum.
  private static func other(
    _ worst: (value: Float, position: Int)?, than first: (value: Float, position: Int)
  ) -> Int? {
    worst.flatMap { $0.position == first.position ? nil : $0.position }
  }

  private static func regions(
    _ isOnBody: [Bool]?, _ tables: DistanceTables, _ misses: [Bool]
  ) -> (Region?, Region?) {
    guard let isOnBody else { return (nil, nil) }
    func region(_ indices: [Int]) -> Region {
      let increase = tables.distance { $0.mean(over: indices) - $0.clean() }
      return Region(
        positions: indices.count, missed: indices.count { misses[$0] },
        increase: increase.millimetres.isNaN ? nil : increase)
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
      mean: distance { $0.mean(of: $1) },
      worst: joints.isEmpty ? nil : tables.distance { $0.worst(of: joints).value })
  }
}

private func indices(of visibility: [Visibility], where isIn: (Visibility) -> Bool) -> [Int] {
  visibility.indices.filter { isIn(visibility[$0]) }
}

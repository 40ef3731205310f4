import Networks
public import Bodies
import Models
public import Records
public import Tensors

/// How sensitive one network is to the patch over many pictures.
///
/// The aggregates of PARE's figures (Kocabas et al. 2021, section 3).
public struct DatasetSensitivity: Sendable {
  /// Per picture and joint, metres: without the patch, the mean and the maximum over positions.
  public private(set) var clean: [[Float]] = [], mean: [[Float]] = [], worst: [[Float]] = []
  /// The same after Procrustes alignment.
  public private(set) var alignedClean: [[Float]] = [], alignedMean: [[Float]] = [],
    alignedWorst: [[Float]] = []
  /// Per picture, metres: the maximum over positions of the mean over the joints of every group, and over all joints.
  private var worstOfGroups: [[Float]] = [], alignedWorstOfAll: [Float] = []
  /// Whether maxima are lower limits: those of adaptive sweeps.
  public private(set) var worstIsLowerLimit = false
  /// The network's label, and the joints.
  public let network: String, skeleton: Skeleton
  /// How pictures are swept; picture and truth are those of the first record.
  public let settings: RecordSettings
  /// What tells its files from those of other occlusions; empty where there is one.
  public internal(set) var part = ""
  private let positions: PositionGrid
  /// Whether all pictures had the same positions, so that there are means over pictures at each.
  public private(set) var hasMaps: Bool
  private var sum: Tensor
  /// How many numbers each sum is of: those of pictures in which somebody was found at the position.
  private var counts: [Float]
  /// In how many pictures nobody was found at each position.
  private var misses: [Int]
  /// The positions of all pictures, and how many of them nobody was found at.
  private var positionsOfAll = 0, missesOfAll = 0

  /// The sensitivity over no picture yet, of records like this one.
  public init(like record: SweepRecord) {
    (network, skeleton) = (record.settings.model.label, record.measured)
    (settings, positions) = (record.settings, record.positions)
    // A list of places has no rows and columns to draw a map over.
    hasMaps = record.positions.list == nil
    sum = Tensor(record.results.error.shape)
    counts = Array(repeating: 0, count: sum.count)
    misses = Array(repeating: 0, count: positions.count)
  }

  /// Whether a record has the joints of those before it, measured from the same.
  public func isAlike(_ record: SweepRecord) -> Bool {
    record.measured == skeleton && (record.settings.truth == nil) == (settings.truth == nil)
  }

  /// Adds one picture's record, which was made alike.
  public mutating func add(_ record: SweepRecord) {
    let (errors, cleanErrors) = (record.results.error, record.clean.error)
    precondition(isAlike(record), "records of different sweeps")
    hasMaps = hasMaps && record.positions == positions
    let missed = record.misses
    if hasMaps {
      errors.withElements { errors in
        sum.withMutableElements { sum in
          for index in errors.indices where !errors[index].isNaN {
            sum[index] += errors[index]
            counts[index] += 1
          }
        }
      }
      for (position, isMissed) in missed.enumerated() where isMissed { misses[position] += 1 }
    }
    positionsOfAll += missed.count
    missesOfAll += missed.count { $0 }
    worstIsLowerLimit = worstIsLowerLimit || record.hasLowerLimits
    let (table, joints) = (DistanceTable(errors, clean: cleanErrors), skeleton.joints.indices)
    clean.append(cleanErrors.elements)
    mean.append(joints.map { table.mean(of: $0) })
    worst.append(joints.map { table.worst(of: $0).value })
    worstOfGroups.append(
      skeleton.groups.map { table.worst(of: self.joints(of: $0)).value } + [table.worst().value])
    guard let aligned = record.results.alignedError, let alignedClean = record.clean.alignedError else {
      return
    }
    let alignedTable = DistanceTable(aligned, clean: alignedClean)
    self.alignedClean.append(alignedClean.elements)
    alignedMean.append(joints.map { alignedTable.mean(of: $0) })
    alignedWorst.append(joints.map { alignedTable.worst(of: $0).value })
    alignedWorstOfAll.append(alignedTable.worst().value)
  }

  private func joints(of group: Skeleton.Group) -> [Int] {
    group.joints.map { name in skeleton.joints.firstIndex(of: name)! }
  }

  /// The number of pictures.
  public var count: Int { clean.count }

  /// The patch's centres down the crop, in pixels.
  public var rowCentres: [Float] { positions.rows.map(\.centre) }
  /// The patch's centres across the crop, in pixels.
  public var columnCentres: [Float] { positions.columns.map(\.centre) }

  /// The mean error at each position over the pictures in which somebody was found there.
  ///
  /// Shape `[rows, columns, joints]`, metres; not a number where there is no such picture. Only where ``hasMaps``.
  public var meanMap: Tensor {
    let means = zip(sum.elements, counts).map { $1 > 0 ? $0 * (1 / $1) : .nan }
    return Tensor([positions.rows.count, positions.columns.count, skeleton.count], means)
  }

  /// The share of the pictures in which nobody was found at each position, `[rows, columns]`.
  ///
  /// Only where ``hasMaps``.
  public var missMap: Tensor {
    Tensor(positions.shape, misses.map { Float($0) / Float(max(count, 1)) })
  }

  /// The share of all positions of all pictures at which nobody was found.
  public var missedShare: Double { Double(missesOfAll) / Double(max(positionsOfAll, 1)) }

  /// A joint or some joints, over all pictures.
  public struct Entry: Codable, Sendable, Equatable {
    /// The joint's name, or that of a group.
    public let joint: String
    /// The mean over pictures of the clean error, and of the mean over positions.
    public let cleanMillimetres: Float, meanMillimetres: Float
    /// The mean over pictures of the maximum over positions of these joints' mean error, and its standard deviation.
    public let worstMillimetres: Float, worstDeviationMillimetres: Float

    enum CodingKeys: String, CodingKey {
      case joint
      case cleanMillimetres = "clean_mm"
      case meanMillimetres = "mean_mm"
      case worstMillimetres = "worst_mm"
      case worstDeviationMillimetres = "worst_sd_mm"
    }
  }

  /// What the occluder adds to the clean mean over joints, a number a picture, millimetres: on average and at its worst.
  var increases: (mean: [Double], worst: [Double]) {
    func average(_ row: [Float]) -> Double { row.reduce(0.0) { $0 + Double($1) } / Double(row.count) }
    let clean = clean.map(average)
    return (
      zip(mean, clean).map { 1000 * (average($0) - $1) },
      zip(worstOfGroups, clean).map { 1000 * (Double($0[$0.count - 1]) - $1) }
    )
  }

  /// Every joint.
  public var joints: [Entry] {
    skeleton.joints.enumerated().map { joint, name in entry(name, [joint], worst.map { $0[joint] }) }
  }

  /// The groups of the skeleton, such as the published bar chart's: left and right together.
  public var groups: [Entry] {
    skeleton.groups.enumerated().map { index, group in
      entry(group.name, joints(of: group), worstOfGroups.map { $0[index] })
    }
  }

  /// All joints together.
  public var all: Entry { entry("all", Array(0..<skeleton.count), worstOfGroups.map { $0[$0.count - 1] }) }

  private func entry(_ name: String, _ joints: [Int], _ maxima: [Float]) -> Entry {
    func perPicture(_ errors: [[Float]]) -> [Double] {
      errors.map { row in 1000 * joints.reduce(0.0) { $0 + Double(row[$1]) } / Double(joints.count) }
    }
    // A picture in which nobody was found anywhere has no numbers.
    func mean(_ values: [Double]) -> Double {
      let known = values.filter { !$0.isNaN }
      return known.isEmpty && !values.isEmpty ? .nan : known.reduce(0, +) / Double(max(known.count, 1))
    }
    let worst = maxima.map { 1000 * Double($0) }
    let middle = mean(worst)
    return Entry(
      joint: name, cleanMillimetres: Float(mean(perPicture(clean))),
      meanMillimetres: Float(mean(perPicture(self.mean))), worstMillimetres: Float(middle),
      worstDeviationMillimetres: Float(mean(worst.map { ($0 - middle) * ($0 - middle) }).squareRoot()))
  }

  /// Everything as arrays for `numpy`: per picture, and the mean map where there is one.
  public var arrays: [(String, Tensor)] {
    func table(_ rows: [[Float]]) -> Tensor { Tensor([rows.count, skeleton.count], rows.flatMap(\.self)) }
    let aligned = [
      ("pa_clean", table(alignedClean)), ("pa_mean", table(alignedMean)), ("pa_worst", table(alignedWorst)),
      ("pa_worst_mpjpe", Tensor([alignedWorstOfAll.count], alignedWorstOfAll)),
    ]
    let maps = [
      ("mean_map", meanMap), ("miss_map", missMap),
      ("row_centres_px", Tensor([positions.rows.count], rowCentres)),
      ("column_centres_px", Tensor([positions.columns.count], columnCentres)),
    ]
    return [("clean", table(clean)), ("mean", table(mean)), ("worst", table(worst))]
      + [("worst_mpjpe", Tensor([count], worstOfGroups.map { $0[$0.count - 1] }))]
      + (alignedClean.isEmpty ? [] : aligned) + (hasMaps ? maps : [])
  }
}

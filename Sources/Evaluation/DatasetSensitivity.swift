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
  /// The network's label, and the joints.
  public let network: String, skeleton: Skeleton
  /// How pictures are swept; picture and truth are those of the first record.
  public let settings: RecordSettings
  private let positions: PositionGrid
  private var sum: Tensor

  /// The sensitivity over no picture yet, of records like this one.
  public init(like record: SweepRecord) {
    (network, skeleton) = (record.settings.model.label, record.measured)
    (settings, positions) = (record.settings, record.positions)
    sum = Tensor(record.results.error.shape)
  }

  /// Adds one picture's record, which was made alike.
  public mutating func add(_ record: SweepRecord) {
    let (errors, cleanErrors) = (record.results.error, record.clean.error)
    precondition(errors.shape == sum.shape, "records of different sweeps")
    sum = sum.plus(errors)
    let reduced = Self.reduced(errors)
    clean.append(cleanErrors.elements)
    mean.append(reduced.mean)
    worst.append(reduced.worst)
    guard let aligned = record.results.alignedError, let alignedClean = record.clean.alignedError else {
      return
    }
    let reducedAligned = Self.reduced(aligned)
    self.alignedClean.append(alignedClean.elements)
    alignedMean.append(reducedAligned.mean)
    alignedWorst.append(reducedAligned.worst)
  }

  /// Per joint the mean and the maximum over positions of errors `[positions, joints]`.
  private static func reduced(_ errors: Tensor) -> (mean: [Float], worst: [Float]) {
    let (positions, joints) = (errors.shape[0], errors.shape[1])
    var (mean, worst) = ([Double](repeating: 0, count: joints), [Float](repeating: 0, count: joints))
    errors.withElements { errors in
      for position in 0..<positions {
        for j in 0..<joints {
          mean[j] += Double(errors[position * joints + j])
          worst[j] = max(worst[j], errors[position * joints + j])
        }
      }
    }
    return (mean.map { Float($0 / Double(positions)) }, worst)
  }

  /// The number of pictures.
  public var count: Int { clean.count }

  /// The patch's centres down the crop, in pixels.
  public var rowCentres: [Float] { positions.rows.map(\.centre) }
  /// The patch's centres across the crop, in pixels.
  public var columnCentres: [Float] { positions.columns.map(\.centre) }

  /// The mean error at each position, `[rows, columns, joints]`, metres.
  public var meanMap: Tensor {
    let share = 1 / Float(max(count, 1))
    return sum.map { $0 * share }.reshaped([positions.rows.count, positions.columns.count, skeleton.count])
  }

  /// A joint or some joints, over all pictures.
  public struct Entry: Codable, Sendable, Equatable {
    /// The joint's name, or that of a group.
    public let joint: String
    /// The mean over pictures of the clean error, and of the mean over positions.
    public let cleanMillimetres: Float, meanMillimetres: Float
    /// The mean over pictures of the maximum over positions, and its standard deviation.
    public let worstMillimetres: Float, worstDeviationMillimetres: Float

    enum CodingKeys: String, CodingKey {
      case joint
      case cleanMillimetres = "clean_mm"
      case meanMillimetres = "mean_mm"
      case worstMillimetres = "worst_mm"
      case worstDeviationMillimetres = "worst_sd_mm"
    }
  }

  /// Every joint.
  public var joints: [Entry] { skeleton.joints.enumerated().map { entry($1, [$0]) } }

  /// The groups of the skeleton, such as the published bar chart's: left and right together.
  public var groups: [Entry] {
    skeleton.groups.map { group in
      entry(group.name, group.joints.map { name in skeleton.joints.firstIndex(of: name)! })
    }
  }

  /// All joints together.
  public var all: Entry { entry("all", Array(0..<skeleton.count)) }

  private func entry(_ name: String, _ joints: [Int]) -> Entry {
    func perPicture(_ errors: [[Float]]) -> [Double] {
      errors.map { row in 1000 * joints.reduce(0.0) { $0 + Double(row[$1]) } / Double(joints.count) }
    }
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(values.count, 1)) }
    let worst = perPicture(worst)
    let middle = mean(worst)
    return Entry(
      joint: name, cleanMillimetres: Float(mean(perPicture(clean))),
      meanMillimetres: Float(mean(perPicture(self.mean))), worstMillimetres: Float(middle),
      worstDeviationMillimetres: Float(mean(worst.map { ($0 - middle) * ($0 - middle) }).squareRoot()))
  }

  /// Everything as arrays for `numpy`: per picture, and the mean map.
  public var arrays: [(String, Tensor)] {
    func table(_ rows: [[Float]]) -> Tensor { Tensor([rows.count, skeleton.count], rows.flatMap(\.self)) }
    let aligned = [
      ("pa_clean", table(alignedClean)), ("pa_mean", table(alignedMean)), ("pa_worst", table(alignedWorst)),
    ]
    return [("clean", table(clean)), ("mean", table(mean)), ("worst", table(worst))]
      + (alignedClean.isEmpty ? [] : aligned) + [
        ("mean_map", meanMap), ("row_centres_px", Tensor([positions.rows.count], rowCentres)),
        ("column_centres_px", Tensor([positions.columns.count], columnCentres)),
      ]
  }
}

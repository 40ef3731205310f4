public import Bodies
import Networks
public import Sweeps
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
  /// The network's label, the joints, and the patch on the network's crop.
  public let network: String, jointSet: JointSet, sizes: String
  /// The side of the network's crop in pixels.
  public let side: Int
  private let places: Places
  private var sum: Tensor

  /// The sensitivity over no picture yet, of records like this one.
  public init(like record: SweepRecord) {
    (network, jointSet, sizes) = (record.info.label, record.info.jointSet, record.info.sizes)
    side = record.info.side
    places = record.places
    sum = Tensor(record.measurements.error.shape)
  }

  /// Adds one picture's record, which was made alike.
  public mutating func add(_ record: SweepRecord) {
    precondition(record.measurements.error.shape == sum.shape, "records of different sweeps")
    func reduced(_ errors: Tensor) -> (mean: [Float], worst: [Float]) {
      let (places, joints) = (errors.shape[0], errors.shape[1])
      var (mean, worst) = ([Double](repeating: 0, count: joints), [Float](repeating: 0, count: joints))
      errors.withElements { errors in
        for place in 0..<places {
          for j in 0..<joints {
            mean[j] += Double(errors[place * joints + j])
            worst[j] = max(worst[j], errors[place * joints + j])
          }
        }
      }
      return (mean.map { Float($0 / Double(places)) }, worst)
    }
    sum = sum.plus(record.measurements.error)
    let (errors, aligned) = (reduced(record.measurements.error), reduced(record.measurements.alignedError))
    clean.append(record.clean.error.elements)
    alignedClean.append(record.clean.alignedError.elements)
    mean.append(errors.mean)
    worst.append(errors.worst)
    alignedMean.append(aligned.mean)
    alignedWorst.append(aligned.worst)
  }

  /// The number of pictures.
  public var count: Int { clean.count }

  /// The patch's centres down the crop, in pixels.
  public var rowCentres: [Float] { places.rows.map(\.centre) }
  /// The patch's centres across the crop, in pixels.
  public var columnCentres: [Float] { places.columns.map(\.centre) }

  /// The mean error at each position, `[rows, columns, joints]`, metres.
  public var meanMap: Tensor {
    let share = 1 / Float(max(count, 1))
    return sum.map { $0 * share }.reshaped([places.rows.count, places.columns.count, jointSet.count])
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
  public var joints: [Entry] { jointSet.jointNames.enumerated().map { entry($1, [$0]) } }

  /// The groups of the published bar chart, left and right together; only of the evaluation joints.
  public var groups: [Entry] {
    guard jointSet == .h36m14 else { return [] }
    return [
      ("ankle", [0, 5]), ("knee", [1, 4]), ("hip", [2, 3]), ("wrist", [6, 11]), ("elbow", [7, 10]),
      ("shoulder", [8, 9]), ("head", [12, 13]),
    ].map { entry($0, $1) }
  }

  /// All joints together.
  public var all: Entry { entry("all", Array(0..<jointSet.count)) }

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
    func table(_ rows: [[Float]]) -> Tensor { Tensor([rows.count, jointSet.count], rows.flatMap(\.self)) }
    return [
      ("clean", table(clean)), ("mean", table(mean)), ("worst", table(worst)),
      ("pa_clean", table(alignedClean)), ("pa_mean", table(alignedMean)), ("pa_worst", table(alignedWorst)),
      ("mean_map", meanMap), ("row_centres_px", Tensor([places.rows.count], rowCentres)),
      ("column_centres_px", Tensor([places.columns.count], columnCentres)),
    ]
  }
}

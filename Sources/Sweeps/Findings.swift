public import Bodies
import Tensors

/// What a sweep has shown, in millimetres: the numbers behind tables and headlines.
///
/// A rise is the error with the patch less the error without it.
public struct Findings: Codable, Sendable, Equatable {
  /// One joint under all places of the patch.
  public struct JointFinding: Codable, Sendable, Equatable {
    /// The name, "left_hip".
    public let joint: String
    /// What can be seen of it in the whole picture, when known.
    public let visibility: Visibility?
    /// The error in the whole picture; zero without truth.
    public let cleanMillimetres: Float
    /// The mean over places.
    public let meanMillimetres: Float
    /// The greatest error.
    public let worstMillimetres: Float
    /// The same three after the best similarity transform.
    public let alignedCleanMillimetres: Float, alignedMeanMillimetres: Float, alignedWorstMillimetres: Float
    /// The place of the greatest error.
    public let worstPlace: Place

    enum CodingKeys: String, CodingKey {
      case joint, visibility
      case cleanMillimetres = "clean_mm"
      case meanMillimetres = "mean_mm"
      case worstMillimetres = "worst_mm"
      case alignedCleanMillimetres = "pa_clean_mm"
      case alignedMeanMillimetres = "pa_mean_mm"
      case alignedWorstMillimetres = "pa_worst_mm"
      case worstPlace = "worst_place"
    }
  }

  /// A place of the patch.
  public struct Place: Codable, Sendable, Equatable {
    /// Position in the map.
    public let row: Int, column: Int
    /// The patch's centre in pixels of the network's crop.
    public let x: Float, y: Float

    enum CodingKeys: String, CodingKey {
      case row, column
      case x = "x_px"
      case y = "y_px"
    }
  }

  /// A place and the mean over joints there.
  public struct WorstPlace: Codable, Sendable, Equatable {
    /// The place.
    public let place: Place
    /// The mean over joints.
    public let distance: Distance
  }

  /// Places that have something in common.
  public struct Region: Codable, Sendable, Equatable {
    /// How many they are.
    public let places: Int
    /// How much the mean over joints rises with the patch there; nil when there are none.
    public let rise: Distance?
  }

  /// Joints that have something in common.
  public struct JointGroup: Codable, Sendable, Equatable {
    /// Their names.
    public let joints: [String]
    /// Their mean error in the whole picture; nil when there are none.
    public let clean: Distance?
    /// Their mean error over places.
    public let mean: Distance?
    /// The mean of their greatest errors.
    public let worst: Distance?
  }

  /// The network's label.
  public let network: String
  /// The picture's name.
  public let picture: String
  /// What the distances are: "error" or "displacement from the clean prediction".
  public let quantity: String
  /// The joints that are compared.
  public let jointSet: JointSet
  /// The number of places.
  public let places: Int
  /// The mean over joints in the whole picture; zero without truth.
  public let clean: Distance
  /// The mean over joints and places.
  public let mean: Distance
  /// The mean over joints at the worst place.
  public let worst: Distance
  /// The rise with the patch's centre on the body.
  public let onBody: Region
  /// The rise with the patch's centre off the body.
  public let offBody: Region
  /// The joints that can be seen in the whole picture; nil when that is not known.
  public let visible: JointGroup?
  /// The joints that cannot; nil when that is not known.
  public let hidden: JointGroup?
  /// Every joint.
  public let joints: [JointFinding]
  /// The worst places, the worst first; their patches do not overlap.
  public let worstPlaces: [WorstPlace]

  enum CodingKeys: String, CodingKey {
    case network, picture, quantity, places, clean, mean, worst, visible, hidden, joints
    case jointSet = "joint_set"
    case onBody = "on_body"
    case offBody = "off_body"
    case worstPlaces = "worst_places"
  }

  /// The findings of a complete record.
  public init(_ record: SweepRecord) {
    let info = record.info
    let kind: Distance.Kind = info.truth == nil ? .displacement : .error
    let places = record.places
    let plain = Table(record.measurements.error, clean: record.clean.error)
    let aligned = Table(record.measurements.alignedError, clean: record.clean.alignedError)
    func distance(_ value: (Table) -> Float) -> Distance {
      Distance(value(plain) * 1000, aligned: value(aligned) * 1000, kind)
    }
    func place(_ index: Int) -> Place {
      let place = places[index]
      return Place(row: place.row, column: place.column, x: place.x.centre, y: place.y.centre)
    }

    network = info.label
    picture = info.picture.name
    quantity = info.quantity
    jointSet = info.jointSet
    self.places = places.count
    clean = distance { $0.clean() }
    mean = distance { $0.mean() }
    let worstIndex = plain.worstPlace()
    worst = distance { $0.mean(at: worstIndex) }

    let all = Array(0..<places.count)
    func region(_ indices: [Int]) -> Region {
      Region(
        places: indices.count,
        rise: indices.isEmpty ? nil : distance { $0.mean(over: indices) - $0.clean() })
    }
    let isOnBody = all.map { index in
      let (y, x) = (Int(places[index].y.centre), Int(places[index].x.centre))
      return record.bodyMask[min(y, info.side - 1), min(x, info.side - 1)] > 0.5
    }
    onBody = region(all.filter { isOnBody[$0] })
    offBody = region(all.filter { !isOnBody[$0] })

    let names = info.jointSet.jointNames
    let visibility = info.visibility.map { seen in info.jointSet.smplJoints.map { seen[$0.rawValue] } }
    func group(_ isIn: (Visibility) -> Bool) -> JointGroup? {
      visibility.map { visibility in
        let joints = visibility.indices.filter { isIn(visibility[$0]) }
        func distanceOf(_ value: (Table, Int) -> Float) -> Distance? {
          joints.isEmpty
            ? nil
            : distance { table in
              joints.reduce(Float(0)) { $0 + value(table, $1) } / Float(joints.count)
            }
        }
        return JointGroup(
          joints: joints.map { names[$0] }, clean: distanceOf { $0.clean(of: $1) },
          mean: distanceOf { $0.mean(of: $1) }, worst: distanceOf { $0.worst(of: $1).value })
      }
    }
    visible = group { $0 == .visible }
    hidden = group { $0 != .visible }

    joints = names.indices.map { joint in
      let worst = plain.worst(of: joint)
      return JointFinding(
        joint: names[joint], visibility: visibility?[joint], cleanMillimetres: plain.clean(of: joint) * 1000,
        meanMillimetres: plain.mean(of: joint) * 1000, worstMillimetres: worst.value * 1000,
        alignedCleanMillimetres: aligned.clean(of: joint) * 1000,
        alignedMeanMillimetres: aligned.mean(of: joint) * 1000,
        alignedWorstMillimetres: aligned.worst(of: joint).value * 1000, worstPlace: place(worst.place))
    }
    worstPlaces = record.worstPlaces().map { index in
      WorstPlace(place: place(index), distance: distance { $0.mean(at: index) })
    }
  }
}

extension JointSet {
  /// For every joint of the set, the joint of SMPL that tells whether it can be seen.
  public var smplJoints: [Joint] { jointNames.map { Joint(name: $0) ?? .head } }
}

/// Errors of places and joints, and their means.
private struct Table {
  let errors: [Float]
  let cleanErrors: [Float]
  let joints: Int
  var places: Int { errors.count / joints }

  init(_ errors: Tensor, clean: Tensor) {
    self.errors = errors.elements
    cleanErrors = clean.elements
    joints = clean.count
  }

  func clean() -> Float { cleanErrors.reduce(0, +) / Float(joints) }
  func clean(of joint: Int) -> Float { cleanErrors[joint] }
  func mean(at place: Int) -> Float {
    errors[place * joints..<(place + 1) * joints].reduce(0, +) / Float(joints)
  }
  func mean(over indices: [Int]) -> Float {
    Float(indices.reduce(0) { $0 + Double(mean(at: $1)) } / Double(indices.count))
  }
  func mean() -> Float { mean(over: Array(0..<places)) }
  func mean(of joint: Int) -> Float {
    Float((0..<places).reduce(0) { $0 + Double(errors[$1 * joints + joint]) } / Double(places))
  }
  func worstPlace() -> Int { (0..<places).max { mean(at: $0) < mean(at: $1) } ?? 0 }
  func worst(of joint: Int) -> (value: Float, place: Int) {
    let place = (0..<places).max { errors[$0 * joints + joint] < errors[$1 * joints + joint] } ?? 0
    return (errors[place * joints + joint], place)
  }
}

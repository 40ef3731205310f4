public import Records
import Tensors

/// What the numbers of a report's maps are.
public enum MapQuantity: String, CaseIterable, Sendable {
  /// The distance from the ground truth with the occluder there: the absolute error.
  case error
  /// That distance minus the clean error of the same network: what the occluder does.
  case increase
  /// The distance from the network's own clean prediction.
  case displacement
  /// The error after Procrustes alignment.
  case alignedError = "pa-error"
  /// The error increase after Procrustes alignment.
  case alignedIncrease = "pa-increase"
  /// The displacement after Procrustes alignment.
  case alignedDisplacement = "pa-displacement"

  /// What is shown where nothing was asked for: what the occluder does.
  public static func standard(hasTruth: Bool) -> MapQuantity { hasTruth ? .increase : .displacement }

  /// Whether numbers below 0 mean that the occluder helps.
  public var isSigned: Bool { self == .increase || self == .alignedIncrease }
  /// Whether numbers are distances from the ground truth, with the clean error among them.
  public var isAbsolute: Bool { self == .error || self == .alignedError }
  /// Whether poses are aligned by Procrustes before they are compared.
  public var isAligned: Bool {
    self == .alignedError || self == .alignedIncrease || self == .alignedDisplacement
  }
  /// Whether numbers are distances from the network's own clean prediction.
  public var isDisplacement: Bool { self == .displacement || self == .alignedDisplacement }

  /// A word for titles, "error increase".
  public var name: String {
    switch self {
    case .error: "error"
    case .increase: "error increase"
    case .displacement: "displacement"
    case .alignedError: "PA error"
    case .alignedIncrease: "PA error increase"
    case .alignedDisplacement: "PA displacement"
    }
  }

  /// What the name leaves out, for legends.
  var reference: String {
    switch self {
    case .error: ""
    case .increase: ", with the occluder minus clean"
    case .displacement: " from the clean prediction"
    case .alignedError: ", after Procrustes alignment"
    case .alignedIncrease: " after Procrustes alignment, with the occluder minus clean"
    case .alignedDisplacement: " from the clean prediction, after Procrustes alignment"
    }
  }

  /// Why a record has no such numbers, as the end of a sentence about it; nil where it has.
  public func obstacle(in record: SweepRecord) -> String? {
    switch self {
    case .error, .increase, .alignedError, .alignedIncrease:
      guard record.settings.truth != nil else {
        return "has no ground truth; show displacement, or measure it against one"
      }
      guard !isAligned || (record.results.alignedError != nil && record.clean.alignedError != nil) else {
        return
          "has no errors after Procrustes alignment; show \(self == .alignedError ? "error" : "increase")"
      }
      return nil
    case .displacement:
      return record.displacements == nil
        ? "has no joints to measure displacements of; show error or increase" : nil
    case .alignedDisplacement:
      return record.alignedDisplacements == nil
        ? "has no displacements after Procrustes alignment; show another quantity" : nil
    }
  }

  /// The numbers of a record, `[positions, joints]`, millimetres; nil where it has none.
  func values(of record: SweepRecord) -> [Double]? {
    guard obstacle(in: record) == nil else { return nil }
    func millimetres(_ tensor: Tensor?) -> [Double]? { tensor.map { $0.elements.map { Double($0) * 1000 } } }
    switch self {
    case .error: return millimetres(record.results.error)
    case .alignedError: return millimetres(record.results.alignedError)
    case .displacement: return millimetres(record.displacements)
    case .alignedDisplacement: return millimetres(record.alignedDisplacements)
    case .increase, .alignedIncrease:
      let clean = clean(of: record)!
      return (isAligned ? MapQuantity.alignedError : .error).values(of: record)!
        .enumerated().map { $1 - clean[$0 % clean.count] }
    }
  }

  /// The clean error of every joint that the numbers compare with, millimetres; nil where there is none.
  func clean(of record: SweepRecord) -> [Double]? {
    guard !isDisplacement else { return nil }
    return (isAligned ? record.clean.alignedError : record.clean.error)?.elements.map { Double($0) * 1000 }
  }
}

/// Which maps have one scale.
public enum ScaleRule: Sendable, Equatable {
  /// Every map has its own, from its minimum to its maximum.
  case joint
  /// The joints of a network have one, and its mean map has one.
  case network
  /// The networks of a picture have one for joints and one for mean maps.
  case picture
  /// All pictures of the report have one for joints and one for mean maps.
  case report
  /// All maps have this one, millimetres.
  case range(low: Double, high: Double)
}

/// How maps are drawn.
public struct MapStyle: Sendable, Equatable {
  /// What the numbers are; nil for the error increase where there is ground truth, else the displacement.
  public var quantity: MapQuantity?
  /// The colours of numbers that are not signed.
  public var colours = Colormap.inferno
  /// How much of the picture shows through a map, 0…1: colours are those of the bar only at 0.
  public var overlay = 0.0
  /// Which maps have one scale.
  public var scale = ScaleRule.picture
  /// Whether joint maps are arranged as in the published figures: 14 joints in two rows of seven.
  public var isPublished = false
  /// The largest share of the joints' numbers that a shared scale may leave out.
  static let cappedShare = 0.99

  /// Opaque maps of what the occluder does, a scale for each picture.
  public init() {}

  /// The look of the published figures, so that a result can stand beside them.
  ///
  /// As in PARE (Kocabas et al. 2021): absolute errors in jet, half of the picture showing through, every joint on its
  /// own scale.
  public static var pare: MapStyle {
    var style = MapStyle()
    (style.quantity, style.colours, style.overlay, style.scale) = (.error, .jet, 0.5, .joint)
    style.isPublished = true
    return style
  }

  /// How many joints are beside one another; nil for as many as fit.
  var columns: Int? { isPublished ? 7 : nil }
  /// The joints of the published figures, in their order.
  static let publishedJoints = [
    "right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle", "right_wrist",
    "right_elbow",
    "right_shoulder", "left_shoulder", "left_elbow", "left_wrist", "neck", "head",
  ]
}

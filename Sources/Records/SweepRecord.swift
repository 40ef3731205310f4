public import Bodies
public import Models
public import Tensors

/// All that one sweep of one network over one picture has found.
///
/// A record is one model, one picture and one occlusion. Errors of all positions and of the unoccluded image are always
/// there; all else may be missing. Lengths are metres in the camera's axes (x right, y down, z away), pixels those of the
/// network's crop.
public struct SweepRecord: Sendable {
  /// What was swept, and how.
  public var settings: RecordSettings
  /// What is known besides.
  public var notes: RecordNotes
  /// The positions of the occluder.
  public let positions: PositionGrid
  /// The joints that the network predicts; none where a record has errors alone.
  public let skeleton: Skeleton?
  /// The joints that errors are measured over.
  public let measured: Skeleton
  /// What the network predicts at every position, in row-major order.
  public var results: PositionResults
  /// What it predicts on the unoccluded image: results of one position.
  public var clean: PositionResults
  /// What is known of picture and ground truth.
  public var context: RecordContext
  /// The attention at the ``worstPositions``, `[3, rows, columns, joints]`; none until the sweep is finished.
  public let worstAttention: Tensor?
  /// The skin in UV space at the ``worstPositions``, `[3, rows, columns, 7]`, as ``RecordContext/cleanSurface``.
  public let worstSurface: Tensor?
  /// How many positions have no results yet; theirs are not numbers.
  public let missingPositions: Int
  /// For every position of an adaptive sweep 1 where the network predicted, 0 where values are interpolated, `[rows,
  /// columns]`; none where all are computed, or the sweep is not finished.
  public let computed: Tensor?

  /// A record of its parts.
  public init(
    settings: RecordSettings, notes: RecordNotes, positions: PositionGrid, skeleton: Skeleton?,
    measured: Skeleton, results: PositionResults, clean: PositionResults, context: RecordContext,
    worstAttention: Tensor? = nil, worstSurface: Tensor? = nil, missingPositions: Int = 0,
    computed: Tensor? = nil
  ) {
    (self.settings, self.notes, self.positions) = (settings, notes, positions)
    (self.skeleton, self.measured) = (skeleton, measured)
    (self.results, self.clean, self.context) = (results, clean, context)
    (self.worstAttention, self.worstSurface) = (worstAttention, worstSurface)
    self.missingPositions = missingPositions
    self.computed = computed
  }

  /// Where the joints are measured from, `[joints, 3]`; nil where a record has errors alone.
  public var reference: Tensor? {
    if let truth = context.truthJoints { return truth }
    guard settings.truth == nil, let skeleton, let joints = clean.joints else { return nil }
    let conversion = SkeletonConversion(from: skeleton, to: measured)
    guard skeleton == measured || conversion.isComplete else { return nil }
    return (skeleton == measured ? joints : conversion(joints)).reshaped([measured.count, 3])
  }

  /// The number of positions that have been computed or interpolated.
  public var measuredPositions: Int { positions.count - missingPositions }

  /// Whether every position has been measured.
  public var isComplete: Bool { missingPositions == 0 }

  /// Whether maxima over positions are lower limits: an adaptive sweep interpolated some of the positions.
  public var hasLowerLimits: Bool {
    settings.tolerance != nil && notes.interpolation?.computed != positions.count
  }

  /// The mean over joints of the error at every position, `[rows, columns]`, metres.
  public var meanError: Tensor { Self.meanOverJoints(results.error).reshaped(positions.shape) }

  /// Whether nobody was found at a position, in row-major order: its mean error is not a number.
  public var misses: [Bool] { Self.meanOverJoints(results.error).elements.map(\.isNaN) }

  /// The error of one joint at every position, `[rows, columns]`, metres.
  public func error(of joint: Int) -> Tensor {
    let joints = measured.count
    return results.error.withElements { error in
      Tensor(positions.shape, (0..<positions.count).map { error[$0 * joints + joint] })
    }
  }

  /// The indices of the positions where the mean error is greatest, the worst first.
  ///
  /// Their windows do not overlap, so that they are about different parts of the picture, and somebody was found there;
  /// there are fewer than `count` when there are no more of these.
  public func worstPositions(_ count: Int = 3) -> [Int] {
    Self.worstPositions(count, of: results.error, positions, settings)
  }

  /// As ``worstPositions(_:)``, from errors `[positions, joints]`.
  package static func worstPositions(
    _ count: Int, of error: Tensor, _ positions: PositionGrid, _ settings: RecordSettings
  ) -> [Int] {
    let error = meanOverJoints(error).elements
    let extent = settings.occlusion.extent(in: settings.frame)
    let (height, width) = (Float(extent.height), Float(extent.width))
    var chosen: [Int] = []
    // Where nobody is found the error is not a number, which has no order.
    let found = error.indices.filter { !error[$0].isNaN }
    for index in found.sorted(by: { (error[$0], $1) > (error[$1], $0) }) where chosen.count < count {
      let (y, x) = (positions[index].y.centre, positions[index].x.centre)
      let isApart = chosen.allSatisfy {
        abs(positions[$0].y.centre - y) >= height || abs(positions[$0].x.centre - x) >= width
      }
      if isApart { chosen.append(index) }
    }
    return chosen
  }

  private static func meanOverJoints(_ error: Tensor) -> Tensor {
    let (count, joints) = (error.shape[0], error.shape[1])
    return error.withElements { error in
      Tensor(
        [count], (0..<count).map { error[$0 * joints..<($0 + 1) * joints].reduce(0, +) / Float(joints) })
    }
  }
}

/// What is known of the picture and of the person before the occluder comes.
public struct RecordContext: Sendable {
  /// The ground-truth joints, `[measured joints, 3]`, metres; none without ground truth.
  public var truthJoints: Tensor?
  /// The body of the ground truth, where that is given as one: rotations `[24, 3, 3]`, betas `[10]`.
  public var truthBody: (rotations: Tensor, betas: Tensor)?
  /// The camera of the ground truth in this crop, `[3]`, when known.
  public var truthCamera: Tensor?
  /// Where the crop shows the body, `[side, side]`, 1 on it and 0 off it.
  public var bodyMask: Tensor?
  /// The crop for looking at, finer than what the network sees where the picture allows.
  public var picture: Pixels?
  /// What the occluder shows wherever it is in that crop, for looking at; none where it is a colour of its own.
  public var fillPicture: Pixels?
  /// How much of its pixels the occluder covers, `[height, width]`, 0…1, where a file draws its outline.
  public var occluderCoverage: Tensor?
  /// The network's attention on the unoccluded image, `[rows, columns, joints]`, if it has any.
  public var cleanAttention: Tensor?
  /// The skin that the network lays out in UV space on the unoccluded image, `[rows, columns, 7]`, if it does: a position
  /// times the share that is seen, that share, and the position with what is hidden filled in; metres about the pelvis.
  public var cleanSurface: Tensor?

  /// What is known, of the given parts.
  public init(
    truthJoints: Tensor? = nil, truthBody: (rotations: Tensor, betas: Tensor)? = nil,
    truthCamera: Tensor? = nil, bodyMask: Tensor? = nil, picture: Pixels? = nil,
    cleanAttention: Tensor? = nil, cleanSurface: Tensor? = nil
  ) {
    (self.truthJoints, self.truthBody, self.truthCamera) = (truthJoints, truthBody, truthCamera)
    (self.bodyMask, self.picture, self.cleanAttention) = (bodyMask, picture, cleanAttention)
    self.cleanSurface = cleanSurface
  }

  /// A square picture of red, green and blue bytes.
  public struct Pixels: Sendable, Equatable {
    /// Width and height.
    public let side: Int
    /// `side · side · 3` bytes.
    public let bytes: [UInt8]

    /// A picture of `side · side · 3` bytes.
    public init(side: Int, bytes: [UInt8]) {
      precondition(bytes.count == side * side * 3, "\(bytes.count) bytes for a side of \(side)")
      (self.side, self.bytes) = (side, bytes)
    }
  }
}

import Bodies
public import Models
public import Tensors

/// Statistics of one network's errors on one picture over all positions of a patch.
///
/// Their means over pictures are the observations of PARE (Kocabas et al. 2021, section 3). An error is a joint's
/// distance from the ground truth in metres after pelvis alignment; an error increase is the error with the patch
/// minus the clean error. The pelvis, whose error is 0 by definition, is included in means over all joints, but
/// not among visible or hidden joints. NaN marks what a picture lacks.
public struct OcclusionStatistics: Sendable {
  /// One of the statistics; raw values are the names of arrays on disk.
  public enum Key: String, CaseIterable, Sendable {
    /// Per joint: the mean error over positions, the same aligned, and the maximum error.
    case meanError = "mean_error"
    case meanAligned = "mean_error_pa"
    case worstError = "worst_error"
    /// The mean over joints at its worst position, and the same aligned at its own worst position.
    case worst, worstAligned = "worst_pa"
    /// The same over the coarse positions only, those of textured patches.
    case coarseMeanError = "coarse_mean_error"
    case coarseMeanAligned = "coarse_mean_error_pa"
    case coarseWorstError = "coarse_worst_error"
    case coarseWorst = "coarse_worst", coarseWorstAligned = "coarse_worst_pa"
    /// The error increase of the mean over joints with the patch in each ``Region``, and the number of positions.
    case regionIncrease = "region_rise"
    case regionPositions = "region_places"
    /// The error increase of joints in each ``Group``, over the joints and positions of the group.
    case groupIncrease = "group_rise"
    /// `[parts, joints]`: the error increase of a joint (second) over the positions where a part (first) is covered.
    case influence
    /// Per part, the number of positions where it is covered.
    case partPositions = "part_places"
    /// Per joint, 1 where it is visible and 0 where it is hidden.
    case isVisible = "is_visible"
    /// Per joint, the share of its attention on the patch, over positions on the body: before occlusion, and with the
    /// patch.
    case attentionBefore = "attention_before"
    case attentionAfter = "attention_after"
    /// Per joint, the correlation over all positions of the attention at the patch's position before occlusion with
    /// the error increase of the joint: of the numbers, and of their ranks.
    case pearson, spearman

    /// Whether only networks with attention have it.
    var isOfAttention: Bool { [.attentionBefore, .attentionAfter, .pearson, .spearman].contains(self) }

    /// Whether it is a statistic of the coarse positions.
    var isOfCoarse: Bool {
      [.coarseMeanError, .coarseMeanAligned, .coarseWorstError, .coarseWorst, .coarseWorstAligned]
        .contains(self)
    }

    /// Its shape for one picture.
    public var shape: [Int] {
      switch self {
      case .worst, .worstAligned, .coarseWorst, .coarseWorstAligned: []
      case .regionIncrease, .regionPositions: [Region.allCases.count]
      case .groupIncrease: [Group.allCases.count]
      case .influence: [Joint.count, Joint.count]
      default: [Joint.count]
      }
    }
  }

  /// Where the patch is.
  public enum Region: Int, CaseIterable, Sendable {
    /// Its centre is on the body.
    case body
    /// It covers part of the body with its centre beside it.
    case edge
    /// It covers no pixel of the body.
    case background
  }

  /// Joints by whether the unoccluded image shows them, and whether the patch is on their position in the crop:
  /// covered, or elsewhere, or elsewhere with its centre on the body.
  public enum Group: Int, CaseIterable, Sendable {
    case visibleCovered, visibleElsewhere, visibleElsewhereOnBody
    case hiddenCovered, hiddenElsewhere, hiddenElsewhereOnBody
  }

  /// The statistics, each in the shape of its key; those of attention are missing where there is none.
  public let values: [Key: Tensor]

  /// The share of a part's pixels that the patch must cover for the part to count as covered.
  public static let coveredShare = 0.5
  /// A part of which less than this share of the crop is visible is never covered.
  public static let minPart = 0.0005

  /// Measures the occluder at each position; works on the calling thread.
  ///
  /// - Parameters:
  ///   - model: a model of SMPL's joints that sees the subject's crop.
  ///   - positions: where the occluder goes in the crop.
  ///   - every: one in so many positions, down and across, is a coarse one.
  ///   - batch: how many windows are computed together at most.
  /// - Throws: what the model throws.
  public init(
    of model: any PreparedPicture, on subject: AnnotatedCrop, positions: PositionGrid, every: Int,
    batch: Int = 16
  ) throws {
    let cover = Cover(positions, subject.person)
    let clean = try model.predict(at: [nil], attention: true)
    let cleanErrors = JointErrors(of: clean.joints.points, from: subject.joints, in: .smpl24)
    var sums = ErrorSums(positions, every: every)
    var attention = clean.attention.map { AttentionOnPatch($0, positions, side: subject.side) }
    let planned = try model.planned(for: positions, batch: batch, attention: true)
    for start in stride(from: 0, to: positions.count, by: Self.chunk) {
      let range = start..<min(start + Self.chunk, positions.count)
      let prediction = try planned.predict(at: range.map { positions[$0].window }, attention: true)
      for index in range {
        let points = prediction.joints.points(index - start)
        sums.add(JointErrors(of: points, from: subject.joints, in: .smpl24), at: index)
        if let maps = prediction.attention { attention?.add(maps, at: index - start, position: index) }
      }
    }
    var values = sums.values.merging(sums.coarseValues) { a, _ in a }
    let increases = sums.increases(over: cleanErrors.perJoint)
    values.merge(cover.values(increases)) { a, _ in a }
    if let attention { values.merge(attention.values(increases, on: cover)) { a, _ in a } }
    self.values = values
  }

  /// Measures the occluder at the coarse positions alone, by whole passes of the network.
  ///
  /// - Throws: what the model throws.
  public init(
    coarselyOf model: any PreparedPicture, on subject: AnnotatedCrop, positions: PositionGrid, every: Int,
    batch: Int = 16
  ) throws {
    var sums = ErrorSums(positions, every: every)
    for start in stride(from: 0, to: sums.coarse.count, by: batch) {
      let indices = sums.coarse[start..<min(start + batch, sums.coarse.count)]
      let prediction = try model.predict(at: indices.map { positions[$0].window })
      for (offset, index) in indices.enumerated() {
        sums.add(
          JointErrors(of: prediction.joints.points(offset), from: subject.joints, in: .smpl24), at: index)
      }
    }
    values = sums.coarseValues
  }

  /// The number of positions whose predictions are held at once.
  private static let chunk = 256
}

extension Tensor {
  /// The points of one of several bodies, `[N, points, 3]`.
  fileprivate func points(_ index: Int) -> [Point] { rows(index..<index + 1).points }
}

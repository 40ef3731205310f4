import Bodies
public import Sweeps
public import Tensors

/// Statistics of one network's errors on one picture over all positions of a patch.
///
/// Their means over pictures are the observations of PARE (Kocabas et al. 2021, section 3). An error is a joint's
/// distance from the ground truth in metres after pelvis alignment; an error increase is the error with the patch
/// minus the clean error. The pelvis, whose error is 0 by definition, is included in means over all 24 joints, but
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
    /// `[24, 24]`: the error increase of a joint (second) over the positions where a part (first) is covered.
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
      case .influence: [24, 24]
      default: [24]
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

  /// Measures a patch of one value at each position; works on the calling thread.
  ///
  /// - Parameters:
  ///   - stride: the distance between positions of the centred grid, in pixels of a 224-pixel crop.
  ///   - every: one in so many positions, down and across, is a coarse one.
  public init(
    of network: ObservedNetwork, on subject: AnnotatedCrop, occluder: Occluder, stride step: Int, every: Int
  ) {
    let places = Grid(stride: step).places(of: occluder, on: network.side)
    let cover = Cover(places, subject)
    let clean = network.estimate(subject.crop.reshaped([1] + subject.crop.shape))
    let cleanErrors = JointErrors(of: clean.joints.points, from: subject.joints, in: .smpl24)
    var sums = ErrorSums(places, every: every)
    var attention = clean.attention.map { AttentionOnPatch($0, places, side: network.side) }
    let predictions = Self.predictions(of: network, on: subject.crop, places, value: occluder.value)
    for start in stride(from: 0, to: places.count, by: Self.chunk) {
      let range = start..<min(start + Self.chunk, places.count)
      let prediction = predictions(range)
      for index in range {
        let points = prediction.joints.points(index - start)
        sums.add(JointErrors(of: points, from: subject.joints, in: .smpl24), at: index)
        if let maps = prediction.attention { attention?.add(maps, at: index - start, place: index) }
      }
    }
    var values = sums.values.merging(sums.coarseValues) { a, _ in a }
    let increases = sums.increases(over: cleanErrors.perJoint)
    values.merge(cover.values(increases)) { a, _ in a }
    if let attention { values.merge(attention.values(increases, on: cover)) { a, _ in a } }
    self.values = values
  }

  /// Measures a textured patch at the coarse positions, by whole passes of the network.
  ///
  /// - Parameter texture: the patch, `[size, size, 3]` for the network's crop, normalised.
  public init(
    of network: ObservedNetwork, on subject: AnnotatedCrop, texture: Tensor, occluder: Occluder,
    stride step: Int,
    every: Int
  ) {
    let size = occluder.size(on: network.side)
    precondition(texture.shape == [size, size, 3], "a texture of shape \(texture.shape) for \(size) pixels")
    let places = Grid(stride: step).places(of: occluder, on: network.side)
    var sums = ErrorSums(places, every: every)
    for start in stride(from: 0, to: sums.coarse.count, by: network.batch) {
      let indices = sums.coarse[start..<min(start + network.batch, sums.coarse.count)]
      let crops = Self.covered(subject.crop, at: indices.map { places[$0] }, with: texture)
      let prediction = network.estimate(crops)
      for (offset, index) in indices.enumerated() {
        sums.add(
          JointErrors(of: prediction.joints.points(offset), from: subject.joints, in: .smpl24), at: index)
      }
    }
    values = sums.coarseValues
  }

  /// The number of positions whose predictions are held at once.
  private static let chunk = 256

  private static func predictions(
    of network: ObservedNetwork, on crop: Tensor, _ places: Places, value: Float
  ) -> (Range<Int>) -> ObservedNetwork.Output {
    if let rerun = network.rerunning?(crop, places, value) {
      return { range in rerun(range.map { (places[$0].row, places[$0].column) }) }
    }
    return { range in network.estimate(Places.covered(crop, at: range.map { places[$0] }, with: value)) }
  }

  /// The crop with a patch that shows a texture `[size, size, 3]` at each position.
  private static func covered(_ crop: Tensor, at places: [Places.Place], with texture: Tensor) -> Tensor {
    let (side, size) = (crop.shape[0], texture.shape[0])
    var crops = Tensor(stacking: places.map { _ in crop.reshaped([1] + crop.shape) })
    crops.withMutableElements { pixels in
      for (offset, place) in places.enumerated() {
        // A patch that the border clips shows the remaining part of its texture.
        let top = Int((place.y.centre - Float(size) / 2).rounded())
        let left = Int((place.x.centre - Float(size) / 2).rounded())
        for row in place.y.pixels {
          for column in place.x.pixels {
            let at = ((offset * side + row) * side + column) * 3
            for c in 0..<3 { pixels[at + c] = texture[row - top, column - left, c] }
          }
        }
      }
    }
    return crops
  }
}

extension Tensor {
  /// The points of one of several bodies, `[N, points, 3]`.
  fileprivate func points(_ index: Int) -> [Point] { Points.all(of: rows(index..<index + 1)) }
  fileprivate var points: [Point] { Points.all(of: self) }
}

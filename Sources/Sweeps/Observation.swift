import Bodies
public import Tensors

/// What a patch at every place of a grid does to one network's answer about one picture, in numbers whose means
/// over pictures are the paper's observations (`spec/occlusion-analysis.md` §5).
///
/// An error is a joint's distance from the truth in metres with the pelvises laid on each other; a rise is the
/// error with the patch less that without. The pelvis, whose error is 0 by definition, counts in means over
/// all 24 joints, as everywhere, but not among visible or hidden joints. NaN stands for what a picture lacks.
public struct Observation: Sendable {
  /// One of the numbers.
  public enum Key: String, CaseIterable, Sendable {
    /// Per joint: the mean error over places, the same aligned, and the greatest error.
    case meanError = "mean_error"
    case meanAligned = "mean_error_pa"
    case worstError = "worst_error"
    /// The mean over joints at its worst place, and the same aligned at its own worst place.
    case worst, worstAligned = "worst_pa"
    /// The same numbers over the coarse places alone, which a textured patch is put on.
    case coarseMeanError = "coarse_mean_error"
    case coarseMeanAligned = "coarse_mean_error_pa"
    case coarseWorstError = "coarse_worst_error"
    case coarseWorst = "coarse_worst", coarseWorstAligned = "coarse_worst_pa"
    /// The rise of the mean over joints with the patch in each ``Region``, and how many places there are.
    case regionRise = "region_rise"
    case regionPlaces = "region_places"
    /// The rise of joints in each ``Group``, over the joints and places of the group.
    case groupRise = "group_rise"
    /// `[24, 24]`: the rise of a joint (second) over the places where a part (first) is covered.
    case influence
    /// Per part, at how many places it is covered.
    case partPlaces = "part_places"
    /// Per joint, 1 where it is visible and 0 where it is hidden.
    case isVisible = "is_visible"
    /// Per joint, the share of its attention on the patch, over places on the body: before the patch comes, and
    /// with the patch.
    case attentionBefore = "attention_before"
    case attentionAfter = "attention_after"
    /// Per joint, the correlation over all places of the attention that lies on the place of the patch before it
    /// comes with the rise of the joint: of the numbers, and of their ranks.
    case pearson, spearman

    /// Whether only networks with attention have the number.
    var isOfAttention: Bool { [.attentionBefore, .attentionAfter, .pearson, .spearman].contains(self) }

    /// The shape of the number for one picture.
    public var shape: [Int] {
      switch self {
      case .worst, .worstAligned, .coarseWorst, .coarseWorstAligned: []
      case .regionRise, .regionPlaces: [Region.allCases.count]
      case .groupRise: [Group.allCases.count]
      case .influence: [24, 24]
      default: [24]
      }
    }
  }

  /// Where the patch lies.
  public enum Region: Int, CaseIterable, Sendable {
    /// Its centre is on the body.
    case body
    /// It covers part of the body with its centre beside it.
    case edge
    /// It covers no pixel of the body.
    case background
  }

  /// Joints by whether the picture shows them, and whether the patch lies on their place in the crop: covered,
  /// or elsewhere, or elsewhere with its centre on the body.
  public enum Group: Int, CaseIterable, Sendable {
    case visibleCovered, visibleElsewhere, visibleElsewhereOnBody
    case hiddenCovered, hiddenElsewhere, hiddenElsewhereOnBody
  }

  /// The numbers, each in the shape of its key; those of attention are missing where there is none.
  public let values: [Key: Tensor]

  /// The share of a part's pixels that the patch must cover for the part to count as covered.
  public static let coveredShare = 0.5
  /// A part of which less than this share of the crop is seen is never counted.
  public static let leastPart = 0.0005

  /// Puts a patch of one value on every place, and sums up all observations; works on the calling thread.
  ///
  /// - Parameters:
  ///   - stride: the distance between places of the centred grid, in pixels of a 224-pixel crop.
  ///   - every: every so many places down and across are the coarse ones.
  public init(
    of network: ObservedNetwork, on subject: Subject, occluder: Occluder, stride step: Int, every: Int
  ) {
    let places = Grid(stride: step).places(of: occluder, on: network.side)
    let cover = Cover(places, subject)
    let clean = network.estimate(subject.crop.reshaped([1] + subject.crop.shape))
    let cleanErrors = JointErrors(of: clean.joints.points, from: subject.joints, in: .smpl24)
    var sums = ErrorSums(places, every: every)
    var attention = clean.attention.map { AttentionOnPatch($0, places, side: network.side) }
    let answers = Self.answers(of: network, to: subject.crop, places, value: occluder.value)
    for start in stride(from: 0, to: places.count, by: Self.chunk) {
      let range = start..<min(start + Self.chunk, places.count)
      let said = answers(range)
      for index in range {
        let points = said.joints.points(index - start)
        sums.add(JointErrors(of: points, from: subject.joints, in: .smpl24), at: index)
        if let maps = said.attention { attention?.add(maps, at: index - start, place: index) }
      }
    }
    var values = sums.values.merging(sums.coarseValues) { a, _ in a }
    let rises = sums.rises(over: cleanErrors.perJoint)
    values.merge(cover.values(rises)) { a, _ in a }
    if let attention { values.merge(attention.values(rises, on: cover)) { a, _ in a } }
    self.values = values
  }

  /// Puts a patch with a picture of its own on the coarse places, in whole passes.
  ///
  /// - Parameter texture: the patch, `[size, size, 3]` for the network's crop, normalised.
  public init(
    of network: ObservedNetwork, on subject: Subject, texture: Tensor, occluder: Occluder, stride step: Int,
    every: Int
  ) {
    let size = occluder.size(on: network.side)
    precondition(texture.shape == [size, size, 3], "a texture of shape \(texture.shape) for \(size) pixels")
    let places = Grid(stride: step).places(of: occluder, on: network.side)
    var sums = ErrorSums(places, every: every)
    for start in stride(from: 0, to: sums.coarse.count, by: network.batch) {
      let indices = sums.coarse[start..<min(start + network.batch, sums.coarse.count)]
      let crops = Self.covered(subject.crop, at: indices.map { places[$0] }, with: texture)
      let said = network.estimate(crops)
      for (offset, index) in indices.enumerated() {
        sums.add(
          JointErrors(of: said.joints.points(offset), from: subject.joints, in: .smpl24), at: index)
      }
    }
    values = sums.coarseValues
  }

  /// Places whose answers are held at once.
  private static let chunk = 256

  private static func answers(
    of network: ObservedNetwork, to crop: Tensor, _ places: Places, value: Float
  ) -> (Range<Int>) -> ObservedNetwork.Answer {
    if let rerun = network.rerunning?(crop, places, value) {
      return { range in rerun(range.map { (places[$0].row, places[$0].column) }) }
    }
    return { range in network.estimate(Places.covered(crop, at: range.map { places[$0] }, with: value)) }
  }

  /// The crop with a patch that shows a picture `[size, size, 3]` at each place.
  private static func covered(_ crop: Tensor, at places: [Places.Place], with texture: Tensor) -> Tensor {
    let (side, size) = (crop.shape[0], texture.shape[0])
    var crops = Tensor(stacking: places.map { _ in crop.reshaped([1] + crop.shape) })
    crops.withMutableElements { pixels in
      for (offset, place) in places.enumerated() {
        // A patch that the border clips shows the part of its picture that is left.
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
  fileprivate func points(_ index: Int) -> [Point] { rows(index..<index + 1).points }
}

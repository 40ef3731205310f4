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
      let crops = Self.crops(subject.crop, indices.map { places[$0] }, fill: .texture(texture))
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

  private enum Fill { case value(Float), texture(Tensor) }

  private static func answers(
    of network: ObservedNetwork, to crop: Tensor, _ places: Places, value: Float
  ) -> (Range<Int>) -> ObservedNetwork.Answer {
    if let rerun = network.rerunning?(crop, places, value) {
      return { range in rerun(range.map { (places[$0].row, places[$0].column) }) }
    }
    return { range in network.estimate(crops(crop, range.map { places[$0] }, fill: .value(value))) }
  }

  /// The crop with the patch at each place.
  private static func crops(_ crop: Tensor, _ places: [Places.Place], fill: Fill) -> Tensor {
    let side = crop.shape[0]
    var crops = Tensor(stacking: places.map { _ in crop.reshaped([1] + crop.shape) })
    crops.withMutableElements { pixels in
      for (offset, place) in places.enumerated() {
        for row in place.y.pixels {
          for column in place.x.pixels {
            let at = ((offset * side + row) * side + column) * 3
            switch fill {
            case .value(let value): for c in 0..<3 { pixels[at + c] = value }
            case .texture(let texture):
              // A patch that the border clips shows the part of its picture that is left.
              let size = texture.shape[0]
              let top = row - Int((place.y.centre - Float(size) / 2).rounded())
              let left = column - Int((place.x.centre - Float(size) / 2).rounded())
              for c in 0..<3 { pixels[at + c] = texture[top, left, c] }
            }
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

/// Errors at places, and what they come to.
private struct ErrorSums {
  let joints = 24
  /// Every place, `[place][joint]`; empty where nothing was measured.
  var errors: [[Float]], aligned: [[Float]]
  let coarse: [Int]

  init(_ places: Places, every: Int) {
    precondition(every > 0, "every \(every) places")
    errors = Array(repeating: [], count: places.count)
    aligned = errors
    coarse = (0..<places.count).filter { places[$0].row % every == 0 && places[$0].column % every == 0 }
  }

  mutating func add(_ found: JointErrors, at place: Int) {
    (errors[place], aligned[place]) = (found.perJoint, found.perJointAligned)
  }

  func rises(over clean: [Float]) -> [[Float]] { errors.map { zip($0, clean).map { $0 - $1 } } }

  var values: [Observation.Key: Tensor] {
    let all = Array(errors.indices)
    return [
      .meanError: mean(errors, all), .meanAligned: mean(aligned, all), .worstError: worst(errors, all),
      .worst: worstMean(errors, all), .worstAligned: worstMean(aligned, all),
    ]
  }

  var coarseValues: [Observation.Key: Tensor] {
    [
      .coarseMeanError: mean(errors, coarse), .coarseMeanAligned: mean(aligned, coarse),
      .coarseWorstError: worst(errors, coarse), .coarseWorst: worstMean(errors, coarse),
      .coarseWorstAligned: worstMean(aligned, coarse),
    ]
  }

  private func mean(_ errors: [[Float]], _ places: [Int]) -> Tensor {
    Tensor(
      [joints],
      (0..<joints).map { j in
        Float(places.reduce(0.0) { $0 + Double(errors[$1][j]) } / Double(places.count))
      })
  }

  private func worst(_ errors: [[Float]], _ places: [Int]) -> Tensor {
    Tensor([joints], (0..<joints).map { j in places.reduce(0) { max($0, errors[$1][j]) } })
  }

  private func worstMean(_ errors: [[Float]], _ places: [Int]) -> Tensor {
    Tensor([], [places.reduce(0) { max($0, errors[$1].reduce(0, +)) } / Float(joints)])
  }
}

/// What of a person the patch covers at every place.
private struct Cover {
  let subject: Subject
  let regions: [Observation.Region]
  /// Per place and joint, whether the patch lies on it.
  let coversJoint: [[Bool]]
  /// Per part, the places where it is covered.
  let placesOfPart: [[Int]]

  init(_ places: Places, _ subject: Subject) {
    self.subject = subject
    let side = subject.side
    // Sums of pixels above and to the left, for the body (0) and for every part.
    let width = side + 1
    var sums = [Int32](repeating: 0, count: 25 * width * width)
    for y in 0..<side {
      for x in 0..<side {
        let label = Int(subject.parts[y * side + x])
        for part in 0..<25 {
          let base = part * width * width
          let isOn = part == 0 ? label > 0 : label == part
          sums[base + (y + 1) * width + x + 1] =
            sums[base + y * width + x + 1] + sums[base + (y + 1) * width + x] - sums[base + y * width + x]
            + (isOn ? 1 : 0)
        }
      }
    }
    func count(_ part: Int, _ y: Range<Int>, _ x: Range<Int>) -> Int {
      let base = part * width * width
      func at(_ y: Int, _ x: Int) -> Int32 { sums[base + y * width + x] }
      return Int(
        at(y.upperBound, x.upperBound) - at(y.lowerBound, x.upperBound) - at(y.upperBound, x.lowerBound)
          + at(y.lowerBound, x.lowerBound))
    }
    let all = (0..<places.count).map { places[$0] }
    regions = all.map { place in
      let (row, column) = (min(Int(place.y.centre), side - 1), min(Int(place.x.centre), side - 1))
      if subject.parts[row * side + column] > 0 { return .body }
      return count(0, place.y.pixels, place.x.pixels) > 0 ? .edge : .background
    }
    coversJoint = all.map { place in
      subject.places.map { at in
        at.x >= Float(place.x.pixels.lowerBound) && at.x < Float(place.x.pixels.upperBound)
          && at.y >= Float(place.y.pixels.lowerBound) && at.y < Float(place.y.pixels.upperBound)
      }
    }
    let least = max(1, Int((Observation.leastPart * Double(side * side)).rounded(.up)))
    placesOfPart = (1...24).map { part in
      let whole = count(part, 0..<side, 0..<side)
      guard whole >= least else { return [] }
      return all.indices.filter {
        Double(count(part, all[$0].y.pixels, all[$0].x.pixels)) >= Observation.coveredShare * Double(whole)
      }
    }
  }

  func values(_ rises: [[Float]]) -> [Observation.Key: Tensor] {
    var (regionSums, regionCounts) = ([Double](repeating: 0, count: 3), [Double](repeating: 0, count: 3))
    var (groupSums, groupCounts) = ([Double](repeating: 0, count: 6), [Double](repeating: 0, count: 6))
    for (place, rise) in rises.enumerated() {
      let region = regions[place].rawValue
      regionSums[region] += Double(rise.reduce(0, +)) / Double(rise.count)
      regionCounts[region] += 1
      for j in 1..<24 where subject.visibility[j] != .outsidePicture {
        let first = subject.visibility[j] == .visible ? 0 : Observation.Group.hiddenCovered.rawValue
        let groups = coversJoint[place][j] ? 0...0 : regions[place] == .body ? 1...2 : 1...1
        for group in groups {
          groupSums[first + group] += Double(rise[j])
          groupCounts[first + group] += 1
        }
      }
    }
    var influence: [Float] = []
    for covered in placesOfPart {
      for j in 0..<24 {
        influence.append(
          covered.isEmpty
            ? .nan : Float(covered.reduce(0.0) { $0 + Double(rises[$1][j]) } / Double(covered.count)))
      }
    }
    func means(_ sums: [Double], _ counts: [Double]) -> Tensor {
      Tensor([sums.count], zip(sums, counts).map { $1 > 0 ? Float($0 / $1) : .nan })
    }
    return [
      .regionRise: means(regionSums, regionCounts),
      .regionPlaces: Tensor([3], regionCounts.map { Float($0) }),
      .groupRise: means(groupSums, groupCounts), .influence: Tensor([24, 24], influence),
      .partPlaces: Tensor([24], placesOfPart.map { Float($0.count) }),
      .isVisible: Tensor(
        [24],
        subject.visibility.map { $0 == .visible ? 1 : $0 == .outsidePicture ? Float.nan : 0 }),
    ]
  }
}

/// How much of each joint's attention lies where the patch is.
private struct AttentionOnPatch {
  private let rows: [[Float]], columns: [[Float]]
  private let places: Places
  private let shape: (rows: Int, columns: Int)
  /// `[place][joint]`: before the patch comes, and with it.
  private var before: [[Float]] = [], after: [[Float]]

  init(_ clean: Tensor, _ places: Places, side: Int) {
    self.places = places
    shape = (clean.shape[1], clean.shape[2])
    // The share of every cell's height or width that a window covers.
    func overlaps(_ windows: [Places.Window], _ cells: Int) -> [[Float]] {
      let length = Float(side) / Float(cells)
      return windows.map { window in
        (0..<cells).map { cell in
          let from = max(Float(cell) * length, Float(window.pixels.lowerBound))
          let to = min(Float(cell + 1) * length, Float(window.pixels.upperBound))
          return max(0, to - from) / length
        }
      }
    }
    rows = overlaps(places.rows, shape.rows)
    columns = overlaps(places.columns, shape.columns)
    after = Array(repeating: [], count: places.count)
    before = (0..<places.count).map { share(of: clean, at: 0, place: $0) }
  }

  mutating func add(_ maps: Tensor, at index: Int, place: Int) {
    after[place] = share(of: maps, at: index, place: place)
  }

  private func share(of maps: Tensor, at index: Int, place: Int) -> [Float] {
    let (row, column) = (rows[places[place].row], columns[places[place].column])
    var sums = [Float](repeating: 0, count: 24)
    maps.withElements { maps in
      for r in 0..<shape.rows where row[r] > 0 {
        for c in 0..<shape.columns where column[c] > 0 {
          let at = ((index * shape.rows + r) * shape.columns + c) * 24
          let weight = row[r] * column[c]
          for j in 0..<24 { sums[j] += weight * maps[at + j] }
        }
      }
    }
    return sums
  }

  func values(_ rises: [[Float]], on cover: Cover) -> [Observation.Key: Tensor] {
    let onBody = rises.indices.filter { cover.regions[$0] == .body }
    func mean(_ shares: [[Float]]) -> Tensor {
      Tensor(
        [24],
        (0..<24).map { j in
          onBody.isEmpty
            ? .nan : Float(onBody.reduce(0.0) { $0 + Double(shares[$1][j]) } / Double(onBody.count))
        })
    }
    let pairs = (0..<24).map { j in (before.map { Double($0[j]) }, rises.map { Double($0[j]) }) }
    return [
      .attentionBefore: mean(before), .attentionAfter: mean(after),
      .pearson: Tensor([24], pairs.map { Float(Correlation.pearson($0.0, $0.1)) }),
      .spearman: Tensor([24], pairs.map { Float(Correlation.spearman($0.0, $0.1)) }),
    ]
  }
}

/// Correlations of paired numbers; NaN where one of the two does not vary.
public enum Correlation {
  /// Pearson's: of the numbers themselves.
  public static func pearson(_ x: [Double], _ y: [Double]) -> Double {
    precondition(x.count == y.count, "\(x.count) and \(y.count) numbers are not pairs")
    let n = Double(x.count)
    let (meanX, meanY) = (x.reduce(0, +) / n, y.reduce(0, +) / n)
    var (xx, yy, xy) = (0.0, 0.0, 0.0)
    for (a, b) in zip(x, y) {
      xx += (a - meanX) * (a - meanX)
      yy += (b - meanY) * (b - meanY)
      xy += (a - meanX) * (b - meanY)
    }
    return xx > 0 && yy > 0 ? xy / (xx * yy).squareRoot() : .nan
  }

  /// Spearman's: of the ranks; equal numbers share their mean rank.
  public static func spearman(_ x: [Double], _ y: [Double]) -> Double { pearson(ranks(x), ranks(y)) }

  private static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start
      while end + 1 < order.count, values[order[end + 1]] == values[order[start]] { end += 1 }
      for i in start...end { ranks[order[i]] = Double(start + end) / 2 }
      start = end + 1
    }
    return ranks
  }
}

import Bodies
import Sweeps
import Tensors

/// Errors by position, and their statistics.
struct ErrorSums {
  let joints = 24
  /// `[position][joint]`; empty where nothing was measured.
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

  func increases(over clean: [Float]) -> [[Float]] { errors.map { zip($0, clean).map { $0 - $1 } } }

  var values: [OcclusionStatistics.Key: Tensor] {
    let all = Array(errors.indices)
    return [
      .meanError: mean(errors, all), .meanAligned: mean(aligned, all), .worstError: worst(errors, all),
      .worst: worstMean(errors, all), .worstAligned: worstMean(aligned, all),
    ]
  }

  var coarseValues: [OcclusionStatistics.Key: Tensor] {
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

/// What the patch covers of a person at each position.
struct Cover {
  let subject: AnnotatedCrop
  let regions: [OcclusionStatistics.Region]
  /// Per position and joint, whether the patch is on it.
  let coversJoint: [[Bool]]
  /// Per part, the positions where it is covered.
  let positionsOfPart: [[Int]]

  init(_ places: Places, _ subject: AnnotatedCrop) {
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
      subject.positions.map { at in
        at.x >= Float(place.x.pixels.lowerBound) && at.x < Float(place.x.pixels.upperBound)
          && at.y >= Float(place.y.pixels.lowerBound) && at.y < Float(place.y.pixels.upperBound)
      }
    }
    let least = max(1, Int((OcclusionStatistics.minPart * Double(side * side)).rounded(.up)))
    positionsOfPart = (1...24).map { part in
      let whole = count(part, 0..<side, 0..<side)
      guard whole >= least else { return [] }
      return all.indices.filter {
        Double(count(part, all[$0].y.pixels, all[$0].x.pixels)) >= OcclusionStatistics.coveredShare
          * Double(whole)
      }
    }
  }

  func values(_ increases: [[Float]]) -> [OcclusionStatistics.Key: Tensor] {
    var (regionSums, regionCounts) = ([Double](repeating: 0, count: 3), [Double](repeating: 0, count: 3))
    var (groupSums, groupCounts) = ([Double](repeating: 0, count: 6), [Double](repeating: 0, count: 6))
    for (place, increase) in increases.enumerated() {
      let region = regions[place].rawValue
      regionSums[region] += Double(increase.reduce(0, +)) / Double(increase.count)
      regionCounts[region] += 1
      for j in 1..<24 where subject.visibility[j] != .outsidePicture {
        let first = subject.visibility[j] == .visible ? 0 : OcclusionStatistics.Group.hiddenCovered.rawValue
        let groups = coversJoint[place][j] ? 0...0 : regions[place] == .body ? 1...2 : 1...1
        for group in groups {
          groupSums[first + group] += Double(increase[j])
          groupCounts[first + group] += 1
        }
      }
    }
    var influence: [Float] = []
    for covered in positionsOfPart {
      for j in 0..<24 {
        influence.append(
          covered.isEmpty
            ? .nan : Float(covered.reduce(0.0) { $0 + Double(increases[$1][j]) } / Double(covered.count)))
      }
    }
    func means(_ sums: [Double], _ counts: [Double]) -> Tensor {
      Tensor([sums.count], zip(sums, counts).map { $1 > 0 ? Float($0 / $1) : .nan })
    }
    return [
      .regionIncrease: means(regionSums, regionCounts),
      .regionPositions: Tensor([3], regionCounts.map { Float($0) }),
      .groupIncrease: means(groupSums, groupCounts), .influence: Tensor([24, 24], influence),
      .partPositions: Tensor([24], positionsOfPart.map { Float($0.count) }),
      .isVisible: Tensor(
        [24],
        subject.visibility.map { $0 == .visible ? 1 : $0 == .outsidePicture ? Float.nan : 0 }),
    ]
  }
}

/// The share of each joint's attention at the patch's position.
struct AttentionOnPatch {
  private let rows: [[Float]], columns: [[Float]]
  private let places: Places
  private let shape: (rows: Int, columns: Int)
  /// `[position][joint]`: before occlusion, and with the patch.
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

  func values(_ increases: [[Float]], on cover: Cover) -> [OcclusionStatistics.Key: Tensor] {
    let onBody = increases.indices.filter { cover.regions[$0] == .body }
    func mean(_ shares: [[Float]]) -> Tensor {
      Tensor(
        [24],
        (0..<24).map { j in
          onBody.isEmpty
            ? .nan : Float(onBody.reduce(0.0) { $0 + Double(shares[$1][j]) } / Double(onBody.count))
        })
    }
    let pairs = (0..<24).map { j in (before.map { Double($0[j]) }, increases.map { Double($0[j]) }) }
    return [
      .attentionBefore: mean(before), .attentionAfter: mean(after),
      .pearson: Tensor([24], pairs.map { Float(Correlation.pearson($0.0, $0.1)) }),
      .spearman: Tensor([24], pairs.map { Float(Correlation.spearman($0.0, $0.1)) }),
    ]
  }
}

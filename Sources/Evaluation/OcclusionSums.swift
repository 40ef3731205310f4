import Bodies
import Models
import Records
import Tensors

/// Errors by position, and their statistics.
struct ErrorSums {
  let joints = Joint.count
  /// `[position][joint]`; empty where nothing was measured.
  var errors: [[Float]], aligned: [[Float]]
  let coarse: [Int]

  init(_ positions: PositionGrid, every: Int) {
    precondition(every > 0, "every \(every) positions")
    errors = Array(repeating: [], count: positions.count)
    aligned = errors
    coarse = (0..<positions.count).filter {
      positions[$0].row % every == 0 && positions[$0].column % every == 0
    }
  }

  mutating func add(_ found: JointErrors, at position: Int) {
    (errors[position], aligned[position]) = (found.perJoint, found.perJointAligned)
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

  private func mean(_ errors: [[Float]], _ positions: [Int]) -> Tensor {
    Tensor(
      [joints],
      (0..<joints).map { j in
        Float(positions.reduce(0.0) { $0 + Double(errors[$1][j]) } / Double(positions.count))
      })
  }

  private func worst(_ errors: [[Float]], _ positions: [Int]) -> Tensor {
    Tensor([joints], (0..<joints).map { j in positions.reduce(0) { max($0, errors[$1][j]) } })
  }

  private func worstMean(_ errors: [[Float]], _ positions: [Int]) -> Tensor {
    Tensor([], [positions.reduce(0) { max($0, errors[$1].reduce(0, +)) } / Float(joints)])
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

  init(_ positions: PositionGrid, _ subject: AnnotatedCrop) {
    self.subject = subject
    let side = subject.side
    // Sums of pixels above and to the left, for the body (0) and for every part.
    let width = side + 1
    let layers = Joint.count + 1
    var sums = [Int32](repeating: 0, count: layers * width * width)
    for y in 0..<side {
      for x in 0..<side {
        let label = Int(subject.parts[y * side + x])
        for part in 0..<layers {
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
    let all = (0..<positions.count).map { positions[$0] }
    regions = all.map { position in
      let (row, column) = (min(Int(position.y.centre), side - 1), min(Int(position.x.centre), side - 1))
      if subject.parts[row * side + column] > 0 { return .body }
      return count(0, position.y.pixels, position.x.pixels) > 0 ? .edge : .background
    }
    coversJoint = all.map { position in
      subject.positions.map { at in
        at.x >= Float(position.x.pixels.lowerBound) && at.x < Float(position.x.pixels.upperBound)
          && at.y >= Float(position.y.pixels.lowerBound) && at.y < Float(position.y.pixels.upperBound)
      }
    }
    let least = max(1, Int((OcclusionStatistics.minPart * Double(side * side)).rounded(.up)))
    positionsOfPart = (1...Joint.count).map { part in
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
    for (position, increase) in increases.enumerated() {
      let region = regions[position].rawValue
      regionSums[region] += Double(increase.reduce(0, +)) / Double(increase.count)
      regionCounts[region] += 1
      for j in 1..<Joint.count where subject.visibility[j] != .outsidePicture {
        let first = subject.visibility[j] == .visible ? 0 : OcclusionStatistics.Group.hiddenCovered.rawValue
        let groups = coversJoint[position][j] ? 0...0 : regions[position] == .body ? 1...2 : 1...1
        for group in groups {
          groupSums[first + group] += Double(increase[j])
          groupCounts[first + group] += 1
        }
      }
    }
    var influence: [Float] = []
    for covered in positionsOfPart {
      for j in 0..<Joint.count {
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
      .groupIncrease: means(groupSums, groupCounts),
      .influence: Tensor([Joint.count, Joint.count], influence),
      .partPositions: Tensor([Joint.count], positionsOfPart.map { Float($0.count) }),
      .isVisible: Tensor(
        [Joint.count],
        subject.visibility.map { $0 == .visible ? 1 : $0 == .outsidePicture ? Float.nan : 0 }),
    ]
  }
}

/// The share of each joint's attention at the patch's position.
struct AttentionOnPatch {
  private let rows: [[Float]], columns: [[Float]]
  private let positions: PositionGrid
  private let shape: (rows: Int, columns: Int)
  /// `[position][joint]`: before occlusion, and with the patch.
  private var before: [[Float]] = [], after: [[Float]]

  init(_ clean: Tensor, _ positions: PositionGrid, side: Int) {
    self.positions = positions
    shape = (clean.shape[1], clean.shape[2])
    // The share of every cell's height or width that a span covers.
    func overlaps(_ spans: [Span], _ cells: Int) -> [[Float]] {
      let length = Float(side) / Float(cells)
      return spans.map { span in
        (0..<cells).map { cell in
          let from = max(Float(cell) * length, Float(span.pixels.lowerBound))
          let to = min(Float(cell + 1) * length, Float(span.pixels.upperBound))
          return max(0, to - from) / length
        }
      }
    }
    rows = overlaps(positions.rows, shape.rows)
    columns = overlaps(positions.columns, shape.columns)
    after = Array(repeating: [], count: positions.count)
    before = (0..<positions.count).map { share(of: clean, at: 0, position: $0) }
  }

  mutating func add(_ maps: Tensor, at index: Int, position: Int) {
    after[position] = share(of: maps, at: index, position: position)
  }

  private func share(of maps: Tensor, at index: Int, position: Int) -> [Float] {
    let (row, column) = (rows[positions[position].row], columns[positions[position].column])
    var sums = [Float](repeating: 0, count: Joint.count)
    maps.withElements { maps in
      for r in 0..<shape.rows where row[r] > 0 {
        for c in 0..<shape.columns where column[c] > 0 {
          let at = ((index * shape.rows + r) * shape.columns + c) * Joint.count
          let weight = row[r] * column[c]
          for j in 0..<Joint.count { sums[j] += weight * maps[at + j] }
        }
      }
    }
    return sums
  }

  func values(_ increases: [[Float]], on cover: Cover) -> [OcclusionStatistics.Key: Tensor] {
    let onBody = increases.indices.filter { cover.regions[$0] == .body }
    func mean(_ shares: [[Float]]) -> Tensor {
      Tensor(
        [Joint.count],
        (0..<Joint.count).map { j in
          onBody.isEmpty
            ? .nan : Float(onBody.reduce(0.0) { $0 + Double(shares[$1][j]) } / Double(onBody.count))
        })
    }
    let pairs = (0..<Joint.count).map { j in (before.map { Double($0[j]) }, increases.map { Double($0[j]) }) }
    return [
      .attentionBefore: mean(before), .attentionAfter: mean(after),
      .pearson: Tensor([Joint.count], pairs.map { Float(Correlation.pearson($0.0, $0.1)) }),
      .spearman: Tensor([Joint.count], pairs.map { Float(Correlation.spearman($0.0, $0.1)) }),
    ]
  }
}

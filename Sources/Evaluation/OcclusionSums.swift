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

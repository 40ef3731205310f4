package import Tensors

/// Which positions of a grid to compute, so that the others can be interpolated between them.
///
/// Where nobody is found errors are not numbers; the borders of such places are refined as edges of a map are. A coarse grid
/// is refined cell by cell. The first cells to be split are those where interpolation between the corners
/// was furthest from the computed values. Positions drawn at random beforehand are computed too: the mean difference
/// there between interpolated and computed values is the estimated interpolation error, which decides when to stop. At
/// the end come the positions around the maxima, until no neighbour of a maximum is larger.
package struct AdaptiveSampling: Sendable {
  /// The estimated interpolation error, metres: the mean over joints and over all positions, the computed ones included.
  package struct InterpolationError: Sendable {
    /// Not finite before anything is known.
    package var mean: Float = .infinity
    /// The standard error of the mean, from the random positions.
    package var standardError: Float = 0
    /// The number of random positions.
    package var positions = 0
  }

  /// The positions between two rows and two columns; those at its corners are computed.
  private struct Cell: Sendable {
    let rows: ClosedRange<Int>, columns: ClosedRange<Int>
    /// The interpolation error that is expected at a position between the corners.
    var estimate: Float = .infinity

    var positions: Int { rows.count * columns.count }
    var isSplittable: Bool { rows.count > 2 || columns.count > 2 }

    /// The ends of a range, and its middle where there is one.
    static func lines(_ range: ClosedRange<Int>) -> [Int] {
      let middle = (range.lowerBound + range.upperBound) / 2
      return range.count > 2
        ? [range.lowerBound, middle, range.upperBound]
        : Array(Set([range.lowerBound, range.upperBound])).sorted()
    }
  }

  /// Rows or columns from one line of the first grid to the next.
  private static let coarsest = 8
  /// The number of random positions.
  private static let samples = 256
  /// How many standard errors the estimate must stay below the tolerance: one estimate in twenty is worse than that.
  private static let standardErrors: Float = 1.64
  /// At half the distance between corners the interpolation error is half as large, as measured on the built-in
  /// networks' maps.
  private static let shrinking: Float = 0.5

  private let rows: Int, columns: Int
  private let tolerance: Float
  private let drawn: [Int]
  private var leaves: [Cell] = []
  private var pending: [Cell]
  /// Errors at positions, `[rows · columns][joints]`; empty where they are not computed.
  private var errors: [[Float]]
  /// Whether a position is a corner of a cell.
  private var isCorner: [Bool]
  /// Whether nobody was found at a computed position.
  private var isMissed: [Bool]
  /// The mean errors at the positions where somebody was found, summed, and how many these are.
  private var found: (sum: Float, count: Int) = (0, 0)

  /// The maxima of the mean error and of every joint's, and of the same after Procrustes alignment.
  private var maxima: MaximumSearch
  /// Whether the interpolation error is within the tolerance, so that only positions around maxima are left.
  private var isWithinTolerance = false

  /// The interpolation error as estimated so far.
  package private(set) var interpolationError = InterpolationError()
  /// The positions to compute next, ascending; empty when the interpolation error is within the tolerance and no position
  /// beside a maximum is left.
  package private(set) var wanted: [Int] = []

  /// A sampling of a grid of positions, none of which is computed yet.
  ///
  /// - Parameters:
  ///   - tolerance: the interpolation error to stay below, with the estimate's uncertainty, metres.
  ///   - seed: draws the positions that the interpolation error is estimated at.
  package init(rows: Int, columns: Int, tolerance: Float, seed: UInt64) {
    (self.rows, self.columns, self.tolerance) = (rows, columns, tolerance)
    maxima = MaximumSearch(rows: rows, columns: columns)
    let count = rows * columns
    var generator = SeededGenerator(seed: seed, stream: 0x7265_6669)
    var all = Array(0..<count)
    let samples = min(Self.samples, count)
    for i in 0..<samples { all.swapAt(i, i + generator.integer(below: count - i)) }
    drawn = all.prefix(samples).sorted()
    errors = Array(repeating: [], count: count)
    isCorner = Array(repeating: false, count: count)
    isMissed = isCorner
    func ranges(_ length: Int) -> [ClosedRange<Int>] {
      let lines = Array(stride(from: 0, to: length - 1, by: Self.coarsest)) + [length - 1]
      return lines.count == 1 ? [0...0] : zip(lines, lines.dropFirst()).map { $0...$1 }
    }
    let across = ranges(columns)
    pending = ranges(rows).flatMap { row in across.map { Cell(rows: row, columns: $0) } }
    wanted = unknown(Set(pending.flatMap(lattice) + drawn))
  }

  /// Takes the errors at the positions that were wanted, metres, one array over joints for each position, in their order.
  ///
  /// - Parameter aligned: the same after Procrustes alignment, where they are measured: their maxima are looked for too.
  package mutating func take(_ found: [[Float]], aligned: [[Float]]? = nil) {
    precondition(found.count == wanted.count, "\(found.count) errors for \(wanted.count) positions")
    for (index, position) in wanted.enumerated() {
      errors[position] = found[index]
      let mean = found[index].reduce(0, +) / Float(max(found[index].count, 1))
      isMissed[position] = mean.isNaN
      if !mean.isNaN { self.found = (self.found.sum + mean, self.found.count + 1) }
      let both = [found[index], aligned?[index]].compactMap(\.self)
      maxima.take(both.map { $0.reduce(0, +) / Float($0.count) } + both.joined(), at: position)
    }
    if !isWithinTolerance { refine() }
    if isWithinTolerance { wanted = unknown(maxima.surroundings) }
  }

  /// Chooses what to compute until the interpolation error is within the tolerance.
  private mutating func refine() {
    repeat {
      for cell in pending { split(cell) }
      pending = []
      interpolationError = estimated
      wanted = []
      let uncertainty = Self.standardErrors * interpolationError.standardError
      isWithinTolerance = interpolationError.mean + uncertainty <= tolerance
      guard !isWithinTolerance else { return }
      choose()
      wanted = unknown(Set(pending.flatMap(lattice)))
      // Corners among the random positions are known already: a choice may want nothing new and still change the estimate.
    } while wanted.isEmpty && !pending.isEmpty
  }

  /// Whether a position was computed.
  package func isKnown(_ position: Int) -> Bool { !errors[position].isEmpty }

  /// The number of positions that were computed.
  package var known: Int { errors.count { !$0.isEmpty } }

  /// Values over positions, `[rows · columns, …]`, with those that were not computed interpolated between corners.
  package func filled(_ values: Tensor) -> Tensor {
    var result = values
    let width = values.count / (rows * columns)
    var isFilled = errors.map { !$0.isEmpty }
    result.withMutableElements { result in
      for cell in leaves {
        for row in cell.rows {
          for column in cell.columns where !isFilled[row * columns + column] {
            isFilled[row * columns + column] = true
            let corners = sources(of: cell, row, column)
            for i in 0..<width {
              guard !corners.isEmpty else {
                result[(row * columns + column) * width + i] = .nan
                continue
              }
              result[(row * columns + column) * width + i] = corners.reduce(0) {
                $0 + $1.weight * result[$1.position * width + i]
              }
            }
          }
        }
      }
    }
    return result
  }

  // MARK: Cells

  /// The corners of a cell and the positions between them that a split adds.
  private func lattice(_ cell: Cell) -> [Int] {
    Cell.lines(cell.rows).flatMap { row in Cell.lines(cell.columns).map { row * columns + $0 } }
  }

  private func unknown(_ positions: Set<Int>) -> [Int] { positions.filter { errors[$0].isEmpty }.sorted() }

  /// The corners of a cell with their weights at a position in it, those without weight left out.
  private func corners(of cell: Cell, _ row: Int, _ column: Int) -> [(position: Int, weight: Float)] {
    func ends(_ range: ClosedRange<Int>, _ at: Int) -> [(Int, Float)] {
      let share =
        range.count > 1 ? Float(at - range.lowerBound) / Float(range.upperBound - range.lowerBound) : 0
      return [(range.lowerBound, 1 - share), (range.upperBound, share)].filter { $0.1 > 0 }
    }
    let across = ends(cell.columns, column)
    return ends(cell.rows, row).flatMap { row in
      across.map { (row.0 * columns + $0.0, row.1 * $0.1) }
    }
  }

  /// The corners that a position is interpolated between: those where somebody was found; none where that is less than half
  /// of the weight, so that the position is taken for one where nobody is found.
  private func sources(of cell: Cell, _ row: Int, _ column: Int) -> [(position: Int, weight: Float)] {
    let corners = corners(of: cell, row, column)
    let found = corners.filter { !isMissed[$0.position] }
    guard found.count < corners.count else { return corners }
    let weight = found.reduce(0) { $0 + $1.weight }
    return weight > 0.5 ? found.map { ($0.position, $0.weight / weight) } : []
  }

  /// What it counts to take a position where somebody is found for one where nobody is, or the other way round: as much as
  /// the whole error, and enough to matter where errors are small.
  private var costOfMistake: Float {
    max(found.count > 0 ? found.sum / Float(found.count) : 0, 10 * tolerance)
  }

  /// The mean over joints of the difference at a position between the computed error and the one interpolated between the
  /// corners of a cell.
  private func discrepancy(_ position: Int, in cell: Cell) -> Float {
    let corners = sources(of: cell, position / columns, position % columns)
    if isMissed[position] || corners.isEmpty {
      return isMissed[position] == corners.isEmpty ? 0 : costOfMistake
    }
    let computed = errors[position]
    let sum = computed.indices.reduce(Float(0)) { sum, joint in
      sum + abs(computed[joint] - corners.reduce(0) { $0 + $1.weight * errors[$1.position][joint] })
    }
    return computed.isEmpty ? 0 : sum / Float(computed.count)
  }

  private mutating func split(_ cell: Cell) {
    let lattice = lattice(cell)
    for position in lattice { isCorner[position] = true }
    let ends = [cell.rows.lowerBound, cell.rows.upperBound].flatMap { row in
      [cell.columns.lowerBound, cell.columns.upperBound].map { row * columns + $0 }
    }
    let new = lattice.filter { !ends.contains($0) }
    let off = new.reduce(0) { $0 + discrepancy($1, in: cell) } / Float(max(1, new.count))
    func halves(_ range: ClosedRange<Int>) -> [ClosedRange<Int>] {
      let lines = Cell.lines(range)
      return lines.count == 1 ? [range] : zip(lines, lines.dropFirst()).map { $0...$1 }
    }
    let across = halves(cell.columns)
    for row in halves(cell.rows) {
      leaves += across.map { columns in
        let half = Cell(rows: row, columns: columns)
        let ends = self.lattice(half)
        // Where the border of a place without anybody runs through a cell, some of it is mistaken, whatever its corners say.
        let isMixed = ends.contains { isMissed[$0] } && ends.contains { !errors[$0].isEmpty && !isMissed[$0] }
        let estimate = Self.shrinking * off
        return Cell(
          rows: row, columns: columns, estimate: isMixed ? max(estimate, costOfMistake / 8) : estimate)
      }
    }
  }

  /// Chooses cells to split: the fewer, the nearer the tolerance is.
  private mutating func choose() {
    let growth = interpolationError.mean > 2 * tolerance ? 2 : 8
    var left = max(64, known / growth)
    func gain(_ cell: Cell) -> Float { cell.estimate.isFinite ? cell.estimate * Float(cell.positions) : 0 }
    let order = leaves.indices.filter { leaves[$0].isSplittable }
      .sorted { (gain(leaves[$0]), $1) > (gain(leaves[$1]), $0) }
    // Cells that are right but for rounding wait until no others are left.
    let least = 1e-3 * (order.first.map { gain(leaves[$0]) } ?? 0)
    let promising = order.filter { gain(leaves[$0]) > least }
    var chosen: Set<Int> = []
    for index in promising.isEmpty ? order : promising where left > 0 {
      chosen.insert(index)
      left -= lattice(leaves[index]).count { errors[$0].isEmpty }
    }
    pending = order.filter(chosen.contains).map { leaves[$0] }
    leaves = leaves.indices.filter { !chosen.contains($0) }.map { leaves[$0] }
  }

  private var estimated: InterpolationError {
    let off = drawn.map { position -> Float in
      guard !isCorner[position] else { return 0 }
      let (row, column) = (position / columns, position % columns)
      guard let cell = leaves.first(where: { $0.rows.contains(row) && $0.columns.contains(column) }) else {
        return 0
      }
      return discrepancy(position, in: cell)
    }
    let n = Float(off.count)
    let mean = off.reduce(0, +) / n
    let variance = off.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / max(1, n - 1)
    // The random positions are computed: maps are off only at the other positions.
    let share = 1 - n / Float(errors.count)
    return InterpolationError(
      mean: share * mean, standardError: share * (variance / n).squareRoot(), positions: off.count)
  }
}

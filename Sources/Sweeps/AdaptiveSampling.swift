package import Tensors

/// Which places of a grid to work out so that interpolation between them serves for the others.
///
/// A coarse grid is refined cell by cell, those first whose middles lay furthest from what their corners said. Places
/// drawn at random beforehand are worked out too: what interpolation makes of them, against what they are, is the
/// estimate of the deviation that decides when to stop. At the end come the places around the maxima, until no neighbour
/// of a maximum is larger.
package struct AdaptiveSampling: Sendable {
  /// How far interpolation is off, metres: the mean over joints and over all places, those worked out among them.
  package struct Deviation: Sendable {
    /// Not finite before anything is known.
    package var mean: Float = .infinity
    /// Of the mean, for the places that were drawn.
    package var standardError: Float = 0
    /// How many were drawn.
    package var places = 0
  }

  /// Places between two rows and two columns that are worked out at its corners.
  private struct Cell: Sendable {
    let rows: ClosedRange<Int>, columns: ClosedRange<Int>
    /// The deviation that is expected of a place between the corners.
    var estimate: Float = .infinity

    var places: Int { rows.count * columns.count }
    var isSplittable: Bool { rows.count > 2 || columns.count > 2 }

    /// The ends of a range, and its middle where there is one.
    static func lines(_ range: ClosedRange<Int>) -> [Int] {
      let middle = (range.lowerBound + range.upperBound) / 2
      return range.count > 2
        ? [range.lowerBound, middle, range.upperBound]
        : Array(Set([range.lowerBound, range.upperBound])).sorted()
    }
  }

  private static let coarsest = 8
  private static let samples = 256
  /// How many standard errors the estimate must stay below the tolerance: one estimate in twenty is worse than that.
  private static let standardErrors: Float = 1.64
  /// Half as far between two places, interpolation is off by half as much; measured on the built-in networks' maps.
  private static let shrinking: Float = 0.5

  private let rows: Int, columns: Int
  private let tolerance: Float
  private let drawn: [Int]
  private var leaves: [Cell] = []
  private var pending: [Cell]
  /// Errors at places, `[rows · columns][joints]`; empty where they are not known.
  private var errors: [[Float]]
  /// Whether a place is a corner of a cell.
  private var isCorner: [Bool]

  /// The maxima of the mean error and of every joint's, and of the same after Procrustes alignment.
  private var maxima: MaximumSearch
  /// Whether the deviation is within the tolerance, so that only places around maxima are left.
  private var isWithinTolerance = false

  /// What is known of the deviation so far.
  package private(set) var deviation = Deviation()
  /// The places to work out next, ascending; empty when the deviation is within the tolerance and no place beside a
  /// maximum is left.
  package private(set) var wanted: [Int] = []

  /// - Parameters:
  ///   - tolerance: the deviation to stay below, with the estimate's uncertainty, metres.
  ///   - seed: draws the places that the deviation is estimated at.
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
    func ranges(_ length: Int) -> [ClosedRange<Int>] {
      let lines = Array(stride(from: 0, to: length - 1, by: Self.coarsest)) + [length - 1]
      return lines.count == 1 ? [0...0] : zip(lines, lines.dropFirst()).map { $0...$1 }
    }
    let across = ranges(columns)
    pending = ranges(rows).flatMap { row in across.map { Cell(rows: row, columns: $0) } }
    wanted = unknown(Set(pending.flatMap(lattice) + drawn))
  }

  /// Takes the errors at the places that were wanted, metres, one array a place over joints, in their order.
  ///
  /// - Parameter aligned: the same after Procrustes alignment, where they are measured: their maxima are looked for too.
  package mutating func take(_ found: [[Float]], aligned: [[Float]]? = nil) {
    precondition(found.count == wanted.count, "\(found.count) errors for \(wanted.count) positions")
    for (index, place) in wanted.enumerated() {
      errors[place] = found[index]
      let both = [found[index], aligned?[index]].compactMap(\.self)
      maxima.take(both.map { $0.reduce(0, +) / Float($0.count) } + both.joined(), at: place)
    }
    if !isWithinTolerance { refine() }
    if isWithinTolerance { wanted = unknown(maxima.surroundings) }
  }

  /// Chooses what to work out until the deviation is within the tolerance.
  private mutating func refine() {
    repeat {
      for cell in pending { split(cell) }
      pending = []
      deviation = estimated
      wanted = []
      isWithinTolerance = deviation.mean + Self.standardErrors * deviation.standardError <= tolerance
      guard !isWithinTolerance else { return }
      choose()
      wanted = unknown(Set(pending.flatMap(lattice)))
      // Corners that were drawn are known already: a choice may ask for nothing new and still tell more.
    } while wanted.isEmpty && !pending.isEmpty
  }

  /// Whether a place was worked out.
  package func isKnown(_ place: Int) -> Bool { !errors[place].isEmpty }

  /// How many places were worked out.
  package var known: Int { errors.count { !$0.isEmpty } }

  /// Values over places, `[rows · columns, …]`, with those that were not worked out interpolated between corners.
  package func filled(_ values: Tensor) -> Tensor {
    var result = values
    let width = values.count / (rows * columns)
    var isFilled = errors.map { !$0.isEmpty }
    result.withMutableElements { result in
      for cell in leaves {
        for row in cell.rows {
          for column in cell.columns where !isFilled[row * columns + column] {
            isFilled[row * columns + column] = true
            let corners = corners(of: cell, row, column)
            for i in 0..<width {
              result[(row * columns + column) * width + i] = corners.reduce(0) {
                $0 + $1.weight * result[$1.place * width + i]
              }
            }
          }
        }
      }
    }
    return result
  }

  // MARK: Cells

  private func lattice(_ cell: Cell) -> [Int] {
    Cell.lines(cell.rows).flatMap { row in Cell.lines(cell.columns).map { row * columns + $0 } }
  }

  private func unknown(_ places: Set<Int>) -> [Int] { places.filter { errors[$0].isEmpty }.sorted() }

  /// The corners of a cell with their weights at a place in it, those without weight left out.
  private func corners(of cell: Cell, _ row: Int, _ column: Int) -> [(place: Int, weight: Float)] {
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

  /// The mean over joints of how far a place lies from what the corners of a cell say.
  private func discrepancy(_ place: Int, in cell: Cell) -> Float {
    let corners = corners(of: cell, place / columns, place % columns)
    let truth = errors[place]
    let sum = truth.indices.reduce(Float(0)) { sum, joint in
      sum + abs(truth[joint] - corners.reduce(0) { $0 + $1.weight * errors[$1.place][joint] })
    }
    return truth.isEmpty ? 0 : sum / Float(truth.count)
  }

  private mutating func split(_ cell: Cell) {
    let lattice = lattice(cell)
    for place in lattice { isCorner[place] = true }
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
      leaves += across.map { Cell(rows: row, columns: $0, estimate: Self.shrinking * off) }
    }
  }

  /// Chooses cells to split: the fewer, the nearer the tolerance is.
  private mutating func choose() {
    let growth = deviation.mean > 2 * tolerance ? 2 : 8
    var left = max(64, known / growth)
    func gain(_ cell: Cell) -> Float { cell.estimate.isFinite ? cell.estimate * Float(cell.places) : 0 }
    let order = leaves.indices.filter { leaves[$0].isSplittable }
      .sorted { (gain(leaves[$0]), $1) > (gain(leaves[$1]), $0) }
    var chosen: Set<Int> = []
    for index in order where left > 0 {
      chosen.insert(index)
      left -= lattice(leaves[index]).count { errors[$0].isEmpty }
    }
    pending = order.filter(chosen.contains).map { leaves[$0] }
    leaves = leaves.indices.filter { !chosen.contains($0) }.map { leaves[$0] }
  }

  private var estimated: Deviation {
    let off = drawn.map { place -> Float in
      guard !isCorner[place] else { return 0 }
      let (row, column) = (place / columns, place % columns)
      guard let cell = leaves.first(where: { $0.rows.contains(row) && $0.columns.contains(column) }) else {
        return 0
      }
      return discrepancy(place, in: cell)
    }
    let n = Float(off.count)
    let mean = off.reduce(0, +) / n
    let variance = off.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / max(1, n - 1)
    // What was drawn was worked out: only at the other places are maps off by as much.
    let share = 1 - n / Float(errors.count)
    return Deviation(
      mean: share * mean, standardError: share * (variance / n).squareRoot(), places: off.count)
  }
}

/// The largest values found so far on a grid of positions, and the positions around them.
///
/// An adaptive sweep ends where interpolation serves for the rest, which may leave out the very tops of its maps: the
/// positions around a maximum are computed too, until none of them is larger. What remains a lower limit is a maximum on
/// another hill.
struct MaximumSearch: Sendable {
  private let rows: Int, columns: Int
  /// The largest value of every quantity, and its position; none where no number was found.
  private var best: [(value: Float, position: Int)?] = []

  init(rows: Int, columns: Int) { (self.rows, self.columns) = (rows, columns) }

  /// Takes the values of all quantities at a position; of equal ones the first position counts.
  mutating func take(_ values: [Float], at position: Int) {
    if best.isEmpty { best = Array(repeating: nil, count: values.count) }
    for (quantity, value) in values.enumerated() where !value.isNaN {
      guard let found = best[quantity] else {
        best[quantity] = (value, position)
        continue
      }
      if (value, -position) > (found.value, -found.position) { best[quantity] = (value, position) }
    }
  }

  /// The positions beside the maxima, at most eight each; none beside the maximum of what is 0 everywhere.
  var surroundings: Set<Int> {
    var found: Set<Int> = []
    for case let (value, position)? in best where value > 0 {
      let (row, column) = (position / columns, position % columns)
      for y in max(row - 1, 0)...min(row + 1, rows - 1) {
        for x in max(column - 1, 0)...min(column + 1, columns - 1) { found.insert(y * columns + x) }
      }
    }
    return found
  }
}

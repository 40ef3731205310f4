package import Tensors

/// The outline of what a mask covers by half or more, as closed lines along the edges of its pixels.
package enum MaskOutline {
  /// The corners of every line in order, in pixels of the mask; what is covered lies to the right of the line.
  ///
  /// - Parameter coverage: `[rows, columns]`, 0…1.
  package static func lines(of coverage: Tensor) -> [[SIMD2<Int>]] {
    let (rows, columns) = (coverage.shape[0], coverage.shape[1])
    let isCovered = coverage.elements.map { $0 >= 0.5 }
    func covers(_ x: Int, _ y: Int) -> Bool {
      (0..<columns).contains(x) && (0..<rows).contains(y) && isCovered[y * columns + x]
    }
    // From every corner the directions, right, down, left and up, in which an edge leaves it.
    let steps = [SIMD2(1, 0), SIMD2(0, 1), SIMD2(-1, 0), SIMD2(0, -1)]
    var leaving: [SIMD2<Int>: [Int]] = [:]
    for y in 0..<rows {
      for x in 0..<columns where covers(x, y) {
        if !covers(x, y - 1) { leaving[SIMD2(x, y), default: []].append(0) }
        if !covers(x + 1, y) { leaving[SIMD2(x + 1, y), default: []].append(1) }
        if !covers(x, y + 1) { leaving[SIMD2(x + 1, y + 1), default: []].append(2) }
        if !covers(x - 1, y) { leaving[SIMD2(x, y + 1), default: []].append(3) }
      }
    }
    var lines: [[SIMD2<Int>]] = []
    let starts = leaving.keys.sorted { ($0.y, $0.x) < ($1.y, $1.x) }
    for start in starts {
      while let first = leaving[start]?.first {
        var (line, place, direction): ([SIMD2<Int>], SIMD2<Int>, Int) = ([], start, first)
        var last = -1
        repeat {
          leaving[place]?.removeAll { $0 == direction }
          if direction != last { line.append(place) }
          last = direction
          place = place &+ steps[direction]
          // Where two pixels meet at a corner the line keeps to its own.
          let next = leaving[place] ?? []
          direction = next.first { $0 == (last + 1) % 4 } ?? next.first ?? direction
        } while place != start
        lines.append(line)
      }
    }
    return lines
  }

  /// The lines as shares of the mask's width and height.
  static func shares(of coverage: Tensor) -> [[SIMD2<Double>]] {
    let extent = SIMD2(Double(coverage.shape[1]), Double(coverage.shape[0]))
    return lines(of: coverage).map { $0.map { SIMD2(Double($0.x), Double($0.y)) / extent } }
  }
}

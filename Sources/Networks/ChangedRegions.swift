/// How far each of many changes of a crop reaches along one axis, layer by layer.
///
/// Changes are put into a few classes. In a class all areas are as long as the longest, moved inwards at the
/// borders, so that many of them make one batch.
struct ChangedRegions: Sendable {
  /// What there is to know of a layer along this axis.
  struct LayerExtent {
    /// Nil for a layer that looks at whole maps.
    let receptiveField: ReceptiveField?
    /// Indices of the results that it reads, 0 the crop; the first through windows, others pixel by pixel.
    let inputs: [Int]
    /// The result's length.
    let length: Int
    /// Areas begin at its multiples and are as long as some; the last may end beyond the map.
    let alignment: Int
    /// Work for every pixel of the length.
    let cost: Double
  }

  /// The class of every change.
  let classes: [Int]
  /// The length of a class's areas, `[class][result]`; nil where the whole map is needed.
  let lengths: [[Int?]]
  /// Where the area of every change begins, `[change][result]`.
  let starts: [[Int]]

  /// Follows changes of the crop, which is `side` pixels long, through the steps.
  init(_ changes: [Range<Int>], side: Int, through steps: [LayerExtent], maxClasses: Int) {
    let spans = changes.map { change in
      steps.reduce(into: [Range<Int>?.some(change)]) { spans, step in
        let inputs = step.inputs.map { spans[$0] }
        guard let field = step.receptiveField, inputs.allSatisfy({ $0 != nil }) else {
          return spans.append(nil)
        }
        var span = field.result(of: inputs[0]!, length: step.length)
        for other in inputs.dropFirst() {
          span = min(span.lowerBound, other!.lowerBound)..<max(span.upperBound, other!.upperBound)
        }
        spans.append(span)
      }
    }
    let costs = [0] + steps.map(\.cost)
    let alignments = [1] + steps.map(\.alignment)
    func outer(_ span: Range<Int>, _ alignment: Int) -> Range<Int> {
      span.lowerBound / alignment * alignment..<(span.upperBound + alignment - 1) / alignment * alignment
    }
    // What is computed is wider than what changes where areas are cut by tiles.
    let areas = spans.map { zip($0, alignments).map { span, alignment in span.map { outer($0, alignment) } } }
    let widths = areas.map { $0.map { $0?.count ?? 0 } }
    classes = Self.classes(widths, costs, atMost: maxClasses)
    let all = [side] + steps.map(\.length)
    var longest = [[Int?]](
      repeating: spans.first.map { $0.map { $0.map { _ in 0 } } } ?? [], count: (classes.max() ?? -1) + 1)
    for (change, group) in classes.enumerated() {
      for result in all.indices {
        longest[group][result] = longest[group][result].map { max($0, widths[change][result]) }
      }
    }
    let (classes, lengths) = (classes, longest)
    self.lengths = lengths
    starts = spans.indices.map { change in
      all.indices.map { result in
        guard let length = lengths[classes[change]][result] else { return 0 }
        let end = outer(0..<all[result], alignments[result]).upperBound
        return min(areas[change][result]!.lowerBound, end - length)
      }
    }
  }

  /// Shares out changes so that little is done in vain: in order of their cost, cut where that is cheapest.
  private static func classes(_ widths: [[Int]], _ costs: [Double], atMost count: Int) -> [Int] {
    func cost(_ widths: [Int]) -> Double { zip(widths, costs).reduce(0) { $0 + Double($1.0) * $1.1 } }
    let order = widths.indices.sorted { (cost(widths[$0]), $0) < (cost(widths[$1]), $1) }
    let n = order.count
    guard n > 0, count > 1 else { return order.map { _ in 0 } }
    // together[i][j]: the cost of a class of the changes i...j of the order.
    var together = [[Double]](repeating: [Double](repeating: 0, count: n), count: n)
    for i in 0..<n {
      var longest = widths[order[i]]
      for j in i..<n {
        if j > i { longest = zip(longest, widths[order[j]]).map(max) }
        together[i][j] = cost(longest) * Double(j - i + 1)
      }
    }
    // best[k][j]: the minimum cost of the changes up to j in k + 1 classes, and where the last class begins.
    var best = [together[0].map { (cost: $0, start: 0) }]
    for k in 1..<max(1, min(count, n)) {
      best.append(
        (0..<n).map { j in
          (0...j).map { start in
            (
              cost: start == 0 ? together[0][j] : best[k - 1][start - 1].cost + together[start][j],
              start: start
            )
          }.min { $0.cost < $1.cost }!
        })
    }
    var (classes, end) = ([Int](repeating: 0, count: n), n - 1)
    for k in best.indices.reversed() where end >= 0 {
      let start = best[k][end].start
      for i in start...end { classes[order[i]] = k }
      end = start - 1
    }
    // Classes that stayed empty are left out.
    let used = Set(classes).sorted()
    return classes.map { used.firstIndex(of: $0)! }
  }
}

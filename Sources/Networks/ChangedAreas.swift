/// What patches on a crop can change of every map, by classes of rows and of columns.
struct ChangedAreas: Sendable {
  /// An area that covers more than this share of its map is not worth cutting out.
  private static let maxCovered = 0.9

  let rows: ChangedRegions, columns: ChangedRegions
  /// The size of every result's areas, `[row class][column class][result]`; nil where whole maps are computed.
  private let extents: [[[(rows: Int, columns: Int)?]]]
  /// The share of an ordinary pass's multiplications, `[row class][column class]`.
  let shares: [[Double]]

  /// Follows the windows of patches through the layers.
  init(of windows: PatchWindows, through steps: [Graph.Stage], shapes: [[Int]], maxClasses: Int) {
    func regions(_ changes: [Range<Int>], axis: Int) -> ChangedRegions {
      // A class pays for its own kernels only where enough positions share it.
      ChangedRegions(
        changes, side: shapes[0][axis], through: Self.layers(steps, shapes, axis: axis),
        maxClasses: min(maxClasses, max(1, changes.count / 4)))
    }
    let (rows, columns) = (regions(windows.rows, axis: 1), regions(windows.columns, axis: 2))
    (self.rows, self.columns) = (rows, columns)
    let extents = rows.lengths.map { down in
      columns.lengths.map { across in Self.extents(steps, shapes, down, across) }
    }
    self.extents = extents
    let work = zip(steps, shapes.dropFirst()).map { step, shape in
      Double(shape.reduce(1, *)) * step.layer.multiplications(for: step.inputs.map { shapes[$0] })
    }
    let all = work.reduce(0, +)
    shares = extents.map { row in
      row.map { extents in
        var done = 0.0
        for (index, work) in work.enumerated() {
          let shape = shapes[index + 1]
          done +=
            work
            * (extents[index + 1].map { Double($0.rows * $0.columns) / Double(shape[1] * shape[2]) } ?? 1)
        }
        return all > 0 ? done / all : 1
      }
    }
  }

  /// The layers along one axis of the map: 1 is that of the rows, 2 that of the columns.
  private static func layers(
    _ steps: [Graph.Stage], _ shapes: [[Int]], axis: Int
  ) -> [ChangedRegions.LayerExtent] {
    zip(steps, shapes.dropFirst()).map { step, result in
      let locality = step.layer.locality
      let across = locality == nil ? 0 : Double(result.reduce(1, *) / max(1, result[axis]))
      return ChangedRegions.LayerExtent(
        receptiveField: locality?.receptiveField, inputs: step.inputs,
        length: result.count == 4 ? result[axis] : 0, alignment: locality?.alignment ?? 1,
        cost: across * step.layer.multiplications(for: step.inputs.map { shapes[$0] }))
    }
  }

  private static func extents(
    _ steps: [Graph.Stage], _ shapes: [[Int]], _ down: [Int?], _ across: [Int?]
  ) -> [(rows: Int, columns: Int)?] {
    var extents: [(rows: Int, columns: Int)?] = []
    for result in shapes.indices {
      let inputs = result == 0 ? [] : steps[result - 1].inputs
      guard let height = down[result], let width = across[result],
        inputs.allSatisfy({ extents[$0] != nil }),
        Double(height * width) <= Self.maxCovered * Double(shapes[result][1] * shapes[result][2])
      else {
        extents.append(nil)
        continue
      }
      extents.append((height, width))
    }
    return extents
  }

  /// The size of every result's areas at a position; nil where whole maps are computed.
  func extents(row: Int, column: Int) -> [(rows: Int, columns: Int)?] {
    extents[rows.classes[row]][columns.classes[column]]
  }

  /// The mean share over all positions of the windows.
  func meanShare(_ windows: PatchWindows) -> Double {
    let sum = windows.positions.reduce(0) { sum, position in
      sum + shares[rows.classes[position.row]][columns.classes[position.column]]
    }
    return sum / Double(max(1, windows.positions.count))
  }
}

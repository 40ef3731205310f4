internal import CKernels
package import Tensors

/// A network that has seen a crop, and sees it again with patches on it.
///
/// A layer with windows works out what a patch can change and reads the rest from the first pass; places whose
/// areas are about as large make one batch. From where areas cover the map, and for layers that look at whole maps,
/// it is an ordinary pass. Every number is that of an ordinary pass, up to the rounding of matrix products, whose
/// last digits depend on how many rows they have (see Krypton, Nakandala and others 2019, for the idea).
package struct Rerunner: Sendable {
  /// An area that covers more than this share of its map is not worth cutting out.
  fileprivate static let mostCovered = 0.9
  /// How much more work one class may be than many before many are made.
  private static let leastGain = 1.1

  private let weights: [String: Tensor]
  private let wanted: [Graph.Node]
  private let batch: Int
  private let value: Float
  private let patches: (rows: [Range<Int>], columns: [Range<Int>])
  private let areas: Areas
  private let steps: [Graph.Stage]
  /// What every layer made of the bare crop, `[1, …]`, where it is still needed.
  private let clean: [Tensor?]
  private let shapes: [[Int]]
  private let lastReader: [Int]

  /// Looks at a crop `[side, side, 3]`, whose patches of `value` lie in any of the rows and any of the columns.
  ///
  /// - Parameters:
  ///   - wanted: the results to give.
  ///   - batch: the most places to see at once.
  ///   - mostClasses: how many lengths of areas to tell apart along an axis.
  package init(
    _ graph: Graph, _ weights: [String: Tensor], on crop: Tensor,
    patches: (rows: [Range<Int>], columns: [Range<Int>]),
    value: Float, returning wanted: [Graph.Node], batch: Int = 16, mostClasses: Int = 8
  ) {
    (self.weights, self.wanted) = (weights, wanted)
    (self.batch, self.value, self.patches) = (batch, value, patches)
    let picture = crop.reshaped([1] + crop.shape)
    let shapes = graph.shapes(of: picture.shape, upTo: wanted)
    self.shapes = shapes
    let steps = Array(graph.steps.prefix(shapes.count - 1))
    self.steps = steps
    func reaching(_ changes: [Range<Int>], axis: Int, _ mostClasses: Int) -> Reaching {
      let steps = steps.enumerated().map { index, step in
        let local = (step.layer as? any LocalLayer).flatMap { $0.isLocal ? $0 : nil }
        let result = shapes[index + 1]
        let across = local == nil ? 0 : Double(result.reduce(1, *) / max(1, result[axis]))
        return Reaching.Step(
          reach: local?.reach, inputs: step.inputs, length: result.count == 4 ? result[axis] : 0,
          grain: local?.grain ?? 1,
          cost: across * step.layer.multiplications(for: step.inputs.map { shapes[$0] }))
      }
      // A class pays for its own kernels only where enough places share it.
      return Reaching(
        changes, side: picture.shape[axis], through: steps,
        mostClasses: min(mostClasses, max(1, changes.count / 4)))
    }
    func areasTold(apart mostClasses: Int) -> Areas {
      Areas(
        steps: steps, shapes: shapes, rows: reaching(patches.rows, axis: 1, mostClasses),
        columns: reaching(patches.columns, axis: 2, mostClasses))
    }
    let (one, many) = (areasTold(apart: 1), areasTold(apart: mostClasses))
    // Small classes make small batches; they must be worth it.
    areas = one.meanShare < Self.leastGain * many.meanShare ? one : many
    let (rows, columns) = (areas.rows, areas.columns)
    lastReader = graph.lastReaders(keeping: wanted)
    // What areas are cut out of: results of which some class needs but a part.
    let isPart = shapes.indices.map { result in
      rows.lengths.contains { $0[result] != nil } && columns.lengths.contains { $0[result] != nil }
    }
    clean = graph.results(of: picture, weights, upTo: shapes.count - 1, keeping: isPart)
  }

  /// What the layers that were wanted make of the crop with a patch at places, in their order.
  package func run(_ places: [(row: Int, column: Int)]) -> [Tensor] {
    let groups = Dictionary(grouping: places.indices) {
      [areas.rows.classes[places[$0].row], areas.columns.classes[places[$0].column]]
    }
    var results: [Tensor] = wanted.map {
      Tensor(uninitialized: [places.count] + shapes[$0.position].dropFirst())
    }
    for (_, members) in groups.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      var rest = members[...]
      while !rest.isEmpty {
        // Few sizes of batches, since each asks for kernels of its own.
        let size = rest.count >= batch ? batch : 1 << (Int.bitWidth - 1 - rest.count.leadingZeroBitCount)
        let chosen = Array(rest.prefix(size))
        rest = rest.dropFirst(size)
        for (index, part) in run(batchOf: chosen.map { places[$0] }).enumerated() {
          let width = part.count / size
          results[index].withMutableElements { result in
            for (from, to) in chosen.enumerated() {
              for i in 0..<width { result[to * width + i] = part.address[from * width + i] }
            }
          }
          withExtendedLifetime(part) {}
        }
      }
    }
    return results
  }

  /// How many sizes of areas there are, each with kernels of its own.
  package var kinds: Int { areas.rows.lengths.count * areas.columns.lengths.count }

  /// The kind of a place, from 0.
  package func kind(row: Int, column: Int) -> Int {
    areas.rows.classes[row] * areas.columns.lengths.count + areas.columns.classes[column]
  }

  /// The share of an ordinary pass's multiplications that a place takes.
  package func share(row: Int, column: Int) -> Double {
    areas.shares[areas.rows.classes[row]][areas.columns.classes[column]]
  }

  /// What a layer made of a batch: whole maps, or areas of them that begin at a pixel of each place's own.
  private enum State {
    case whole(Tensor)
    case areas(Tensor)
  }

  private func run(batchOf places: [(row: Int, column: Int)]) -> [Tensor] {
    let (rows, columns) = (areas.rows, areas.columns)
    let extents = areas.extents[rows.classes[places[0].row]][columns.classes[places[0].column]]
    var states = [State?](repeating: nil, count: shapes.count)
    states[0] = picture(places, extents[0])
    func start(_ place: Int, _ result: Int) -> (top: Int, left: Int) {
      (rows.starts[places[place].row][result], columns.starts[places[place].column][result])
    }
    /// Areas of equal size cut out of a result, what lies outside of it filled with `border`.
    func cut(
      _ result: Int, _ height: Int, _ width: Int, border: Float = 0, at origin: (Int) -> (top: Int, left: Int)
    ) -> Tensor {
      let shape = shapes[result]
      let areas = Tensor(uninitialized: [places.count, height, width, shape[3]])
      let size = height * width * shape[3]
      for place in places.indices {
        let (map, window): (UnsafePointer<Float>, UnsafePointer<Float>?)
        var windowArea = kernel_area()
        switch states[result]! {
        case .whole(let tensor):
          (map, window) = (UnsafePointer(tensor.address + place * shape.reduce(1, *)), nil)
        case .areas(let tensor):
          let (top, left) = start(place, result)
          windowArea = kernel_area(top: top, left: left, rows: tensor.shape[1], columns: tensor.shape[2])
          map = UnsafePointer(clean[result]!.address)
          window = UnsafePointer(tensor.address + place * tensor.shape.dropFirst().reduce(1, *))
        }
        let (top, left) = origin(place)
        kernel_cut(
          map, shape[1], shape[2], shape[3], window, windowArea,
          kernel_area(top: top, left: left, rows: height, columns: width), border,
          areas.address + place * size)
      }
      withExtendedLifetime((states, clean)) {}
      return areas
    }
    func whole(_ result: Int) -> Tensor {
      if case .whole(let tensor)? = states[result] { return tensor }
      let tensor = cut(result, shapes[result][1], shapes[result][2]) { _ in (0, 0) }
      states[result] = .whole(tensor)
      return tensor
    }

    for (index, step) in steps.enumerated() {
      let result = index + 1
      let tensors = step.layer.parameters.map { weights[$0.name]! }
      if let extent = extents[result], let layer = step.layer as? any LocalLayer {
        let reach = layer.reach
        let source = step.inputs[0]
        let (height, width) = (
          reach.input(of: 0..<extent.rows).count, reach.input(of: 0..<extent.columns).count
        )
        func origin(_ place: Int) -> (top: Int, left: Int) {
          let (top, left) = start(place, result)
          return (top * reach.stride - reach.padding, left * reach.stride - reach.padding)
        }
        let surroundings: Tensor
        if case .areas(let tensor)? = states[source], tensor.shape[1] == height, tensor.shape[2] == width,
          places.indices.allSatisfy({ origin($0) == start($0, source) })
        {
          surroundings = tensor
        } else {
          surroundings = cut(source, height, width, border: layer.border, at: origin)
        }
        let added = step.inputs.dropFirst().first.map {
          cut($0, extent.rows, extent.columns) { start($0, result) }
        }
        states[result] = .areas(layer.run(over: surroundings, adding: added, tensors))
      } else {
        states[result] = .whole(step.layer.run(step.inputs.map(whole), tensors).result)
      }
      for input in step.inputs where lastReader[input] == index { states[input] = nil }
    }
    return wanted.map { whole($0.position) }
  }

  /// The crops, or what is around their patches.
  private func picture(_ places: [(row: Int, column: Int)], _ extent: (rows: Int, columns: Int)?) -> State {
    let shape = shapes[0]
    let (height, width) = extent ?? (shape[1], shape[2])
    let crops = Tensor(uninitialized: [places.count, height, width, shape[3]])
    for (index, place) in places.enumerated() {
      let (top, left) =
        extent == nil
        ? (0, 0) : (areas.rows.starts[place.row][0], areas.columns.starts[place.column][0])
      let to = crops.address + index * height * width * shape[3]
      kernel_cut(
        clean[0]!.address, shape[1], shape[2], shape[3], nil, kernel_area(),
        kernel_area(top: top, left: left, rows: height, columns: width), 0, to)
      let columns = patches.columns[place.column]
      for row in patches.rows[place.row] {
        (to + ((row - top) * width + columns.lowerBound - left) * shape[3])
          .update(repeating: value, count: columns.count * shape[3])
      }
    }
    withExtendedLifetime(clean) {}
    return extent == nil ? .whole(crops) : .areas(crops)
  }
}

/// What patches on a picture can change of every map, by classes of rows and of columns.
private struct Areas: Sendable {
  let rows: Reaching, columns: Reaching
  /// The size of every result's areas, `[row class][column class][result]`; nil where whole maps are worked out.
  let extents: [[[(rows: Int, columns: Int)?]]]
  /// The share of an ordinary pass's multiplications, `[row class][column class]`.
  let shares: [[Double]]

  init(steps: [Graph.Stage], shapes: [[Int]], rows: Reaching, columns: Reaching) {
    (self.rows, self.columns) = (rows, columns)
    extents = rows.lengths.map { down in
      columns.lengths.map { across in Self.extents(steps, shapes, down, across) }
    }
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

  private static func extents(
    _ steps: [Graph.Stage], _ shapes: [[Int]], _ down: [Int?], _ across: [Int?]
  ) -> [(rows: Int, columns: Int)?] {
    var extents: [(rows: Int, columns: Int)?] = []
    for result in shapes.indices {
      let inputs = result == 0 ? [] : steps[result - 1].inputs
      guard let height = down[result], let width = across[result],
        inputs.allSatisfy({ extents[$0] != nil }),
        Double(height * width) <= Rerunner.mostCovered * Double(shapes[result][1] * shapes[result][2])
      else {
        extents.append(nil)
        continue
      }
      extents.append((height, width))
    }
    return extents
  }

  /// The mean share over all rows and columns.
  var meanShare: Double {
    let sum = rows.classes.reduce(0.0) { sum, row in
      sum + columns.classes.reduce(0.0) { $0 + shares[row][$1] }
    }
    return sum / Double(max(1, rows.classes.count * columns.classes.count))
  }
}

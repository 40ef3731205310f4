internal import CKernels
internal import Tensors

/// One batch of positions of one shape class on its way through the layers.
struct IncrementalPass {
  /// What a layer made: whole maps, or areas of them that begin at a pixel of each position's own.
  private enum State {
    case whole(Tensor)
    case areas(Tensor)
  }

  private let inference: IncrementalInference
  private let positions: [(row: Int, column: Int)]
  /// The size of every result's areas; nil where whole maps are computed.
  private let extents: [(rows: Int, columns: Int)?]
  private var states: [State?]
  /// How far the measured results of every position are from the unoccluded ones; known after ``run(patches:)``.
  private(set) var changes: Tensor

  init(_ inference: IncrementalInference, at positions: [(row: Int, column: Int)]) {
    (self.inference, self.positions) = (inference, positions)
    extents = inference.areas.extents(row: positions[0].row, column: positions[0].column)
    states = [State?](repeating: nil, count: inference.shapes.count)
    changes = Tensor([positions.count, inference.measured.count])
  }

  /// The results that were wanted, with a patch at each of the positions.
  mutating func run(patches: [Patch]) throws(NetworkError) -> [Tensor] {
    states[0] = crops(with: patches)
    for (index, step) in inference.steps.enumerated() {
      let result = index + 1
      let weights = step.layer.parameters.map { inference.weights[$0.name]! }
      if let extent = extents[result], let locality = step.layer.locality {
        let surroundings = surroundings(of: result, extent, reading: step.inputs[0], through: locality)
        let residual = step.inputs.dropFirst().first.map { input in
          cut(input, extent.rows, extent.columns) { start($0, result) }
        }
        states[result] = .areas(try locality.run(surroundings, residual, weights))
      } else {
        var inputs: [Tensor] = []
        for input in step.inputs { inputs.append(whole(input)) }
        states[result] = .whole(try step.layer.run(inputs, weights).result)
      }
      for (place, node) in inference.measured.enumerated() where node.position == result {
        measure(result, place)
      }
      for input in step.inputs where inference.lastReader[input] == index { states[input] = nil }
    }
    var results: [Tensor] = []
    for node in inference.wanted { results.append(whole(node.position)) }
    return results
  }

  /// Notes how far a result is from the unoccluded one.
  private mutating func measure(_ result: Int, _ place: Int) {
    let (clean, squares) = (inference.clean[result]!, inference.squares[place])
    let shares =
      switch states[result]! {
      case .whole(let tensor): LayerChange.shares(of: tensor, from: clean, squares: squares)
      case .areas(let tensor):
        LayerChange.shares(
          of: tensor,
          from: cut(clean, result, tensor.shape[1], tensor.shape[2]) { start($0, result) }, squares: squares)
      }
    let count = inference.measured.count
    changes.withMutableElements { changes in
      for (index, share) in shares.enumerated() { changes[index * count + place] = share }
    }
  }

  /// Where a position's area of a result begins.
  private func start(_ index: Int, _ result: Int) -> (top: Int, left: Int) {
    let areas = inference.areas
    return (
      areas.rows.starts[positions[index].row][result], areas.columns.starts[positions[index].column][result]
    )
  }

  /// The crops with their patches, or what is around these.
  private func crops(with patches: [Patch]) -> State {
    let shape = inference.shapes[0]
    let extent = extents[0]
    let (height, width) = extent ?? (shape[1], shape[2])
    let size = height * width * shape[3]
    var crops = Tensor(uninitialized: [patches.count, height, width, shape[3]])
    crops.withMutableElements { crops in
      for (index, patch) in patches.enumerated() {
        precondition(
          patch.isWithin(inference.windows, positions[index]),
          "a patch on rows \(patch.rows), columns \(patch.columns) is outside of its position's window")
        let (top, left) = extent == nil ? (0, 0) : start(index, 0)
        let area = UnsafeMutableBufferPointer(rebasing: crops[index * size..<(index + 1) * size])
        withPointers(to: inference.clean[0]!) { clean in
          kernel_cut(
            clean, shape[1], shape[2], shape[3], nil, kernel_area(),
            kernel_area(top: top, left: left, rows: height, columns: width), 0, area.baseAddress!)
        }
        patch.paste(into: area, width: width, top: top, left: left)
      }
    }
    return extent == nil ? .whole(crops) : .areas(crops)
  }

  /// What a layer reads to compute its areas of a size.
  private func surroundings(
    of result: Int, _ extent: (rows: Int, columns: Int), reading source: Int, through locality: Locality
  ) -> Tensor {
    let field = locality.receptiveField
    let (height, width) = (field.input(of: 0..<extent.rows).count, field.input(of: 0..<extent.columns).count)
    func origin(_ index: Int) -> (top: Int, left: Int) {
      let (top, left) = start(index, result)
      return (top * field.stride - field.padding, left * field.stride - field.padding)
    }
    if case .areas(let tensor)? = states[source], tensor.shape[1] == height, tensor.shape[2] == width,
      positions.indices.allSatisfy({ origin($0) == start($0, source) })
    {
      return tensor
    }
    return cut(source, height, width, border: locality.border, at: origin)
  }

  /// Areas of equal size cut out of a result, what is outside of it filled with `border`.
  private func cut(
    _ result: Int, _ height: Int, _ width: Int, border: Float = 0, at origin: (Int) -> (top: Int, left: Int)
  ) -> Tensor {
    let (map, window): (Tensor, Tensor?) =
      switch states[result]! {
      case .whole(let tensor): (tensor, nil)
      case .areas(let tensor): (inference.clean[result]!, tensor)
      }
    return cut(map, changedIn: window, result, height, width, border: border, at: origin)
  }

  /// Areas cut out of maps of a result, each position's own or one that all share, with the positions' own areas in it.
  private func cut(
    _ map: Tensor, changedIn window: Tensor? = nil, _ result: Int, _ height: Int, _ width: Int,
    border: Float = 0, at origin: (Int) -> (top: Int, left: Int)
  ) -> Tensor {
    let shape = inference.shapes[result]
    let size = height * width * shape[3]
    let mapSize = map.shape[0] == 1 ? 0 : shape.reduce(1, *)
    let windowSize = window?.shape.dropFirst().reduce(1, *) ?? 0
    return Tensor([positions.count, height, width, shape[3]]) { areas in
      withPointers(to: map, window) { map, changed in
        for index in positions.indices {
          var windowArea = kernel_area()
          if let window {
            let (top, left) = start(index, result)
            windowArea = kernel_area(top: top, left: left, rows: window.shape[1], columns: window.shape[2])
          }
          let (top, left) = origin(index)
          kernel_cut(
            map + index * mapSize, shape[1], shape[2], shape[3], changed.map { $0 + index * windowSize },
            windowArea, kernel_area(top: top, left: left, rows: height, columns: width), border,
            areas + index * size)
        }
      }
    }
  }

  private mutating func whole(_ result: Int) -> Tensor {
    if case .whole(let tensor)? = states[result] { return tensor }
    let shape = inference.shapes[result]
    let tensor = cut(result, shape[1], shape[2]) { _ in (0, 0) }
    states[result] = .whole(tensor)
    return tensor
  }
}

extension Patch {
  /// Whether the patch keeps to the window of a position.
  fileprivate func isWithin(_ windows: PatchWindows, _ position: (row: Int, column: Int)) -> Bool {
    rows.clamped(to: windows.rows[position.row]) == rows
      && columns.clamped(to: windows.columns[position.column]) == columns
  }
}

package import Tensors

/// A network that has seen a crop, and is asked again with patches on it.
///
///     let inference = regressor.incrementalInference(on: crop, rows: rows, columns: columns, value: 0)
///     let predictions = inference.estimate([(row: 0, column: 3), (row: 0, column: 4)])
///
/// A layer with windows computes what a patch can change and reads the rest from the first pass; positions whose
/// areas are about as large make one batch. From where areas cover the map, and for layers that look at whole maps,
/// it is an ordinary pass (see Krypton, Nakandala et al. 2019, for the idea).
///
/// Every number is that of an ordinary pass up to rounding. The last digits of a matrix product depend on how many rows
/// it has; those of a tile of Winograd's filtering on the whole tile, of which a patch may change pixels beyond the
/// area; and oneDNN may choose another kernel for an area than for a map.
public struct IncrementalInference: Sendable {
  /// How much more work one class may be than many before many are made.
  private static let minGain = 1.1

  let weights: [String: Tensor]
  let wanted: [Graph.Node]
  /// The results whose change is measured, and the squared lengths of the unoccluded ones.
  let measured: [Graph.Node], squares: [Double]
  private let batch: Int
  private let value: Float
  private(set) var windows: PatchWindows
  private(set) var areas: ChangedAreas
  let steps: [Graph.Stage]
  /// What every layer made of the unoccluded crop, `[1, …]`, where it is still needed.
  let clean: [Tensor?]
  let shapes: [[Int]]
  /// For every result, the index of the last layer that reads it.
  let lastReader: [Int]
  private let keepsAll: Bool
  /// Which head the results are of, where they make a ``Prediction``.
  private let head: Architecture.Head.Kind

  /// Looks at a crop `[side, side, 3]`, whose patches are in any of the windows.
  ///
  /// - Parameters:
  ///   - value: what patches show that are not given.
  ///   - wanted: the results to give.
  ///   - measured: the results to tell the change of.
  ///   - batch: how many positions are computed at once at most.
  ///   - maxClasses: how many lengths of areas to distinguish along an axis.
  ///   - keepsAll: whether all results are kept, for windows that are not known yet; see ``replanned(for:)``.
  /// - Throws: `NetworkError` when there is no memory.
  package init(
    _ graph: Graph, _ weights: [String: Tensor], on crop: Tensor, windows: PatchWindows, value: Float,
    returning wanted: [Graph.Node], measuring measured: [Graph.Node] = [], batch: Int = 16,
    maxClasses: Int = 8, keepsAll: Bool = false, head: Architecture.Head.Kind = .pooled
  ) throws(NetworkError) {
    self.head = head
    (self.weights, self.wanted, self.measured, self.keepsAll) = (weights, wanted, measured, keepsAll)
    (self.batch, self.value, self.windows) = (batch, value, windows)
    let picture = crop.reshaped([1] + crop.shape)
    let shapes = graph.shapes(of: picture.shape, upTo: wanted)
    self.shapes = shapes
    let steps = Array(graph.steps.prefix(shapes.count - 1))
    self.steps = steps
    self.areas = Self.areas(of: windows, through: steps, shapes: shapes, maxClasses: maxClasses)
    let (rows, columns) = (self.areas.rows, self.areas.columns)
    lastReader = graph.lastReaders(keeping: wanted)
    // What areas are cut out of: results of which some class needs but a part.
    let isPart = shapes.indices.map { result in
      keepsAll || measured.contains { $0.position == result }
        || rows.lengths.contains { $0[result] != nil } && columns.lengths.contains { $0[result] != nil }
    }
    let clean = try graph.results(of: picture, weights, upTo: shapes.count - 1, keeping: isPart)
    self.clean = clean
    squares = measured.map { LayerChange.squares(of: clean[$0.position]!) }
  }

  private static func areas(
    of windows: PatchWindows, through steps: [Graph.Stage], shapes: [[Int]], maxClasses: Int
  ) -> ChangedAreas {
    func areas(_ maxClasses: Int) -> ChangedAreas {
      ChangedAreas(of: windows, through: steps, shapes: shapes, maxClasses: maxClasses)
    }
    let one = areas(1)
    guard maxClasses > 1 else { return one }
    let many = areas(maxClasses)
    // Small classes make small batches; they must be worth it.
    return one.meanShare(windows) < minGain * many.meanShare(windows) ? one : many
  }

  /// The network after the same look at the crop, to be asked with patches in other windows, all of one class.
  package func replanned(for windows: PatchWindows) -> IncrementalInference {
    precondition(keepsAll, "of the first pass only what the first windows need was kept")
    var other = self
    other.windows = windows
    other.areas = Self.areas(of: windows, through: steps, shapes: shapes, maxClasses: 1)
    return other
  }

  /// Predictions with a patch of the one value at positions, by the numbers of their rows and columns.
  ///
  /// Runs on the calling thread alone and may be called from several threads at once.
  ///
  /// - Throws: `NetworkError` when there is no memory.
  public func estimate(_ positions: [(row: Int, column: Int)]) throws(NetworkError) -> Prediction {
    prediction(try run(positions).results)
  }

  /// Predictions with a patch of any content and shape in the window of each position.
  ///
  /// - Parameter patch: the patch of a position, by its index in `positions`; it keeps to the position's window.
  /// - Throws: `NetworkError` when there is no memory.
  public func estimate(
    _ positions: [(row: Int, column: Int)], patch: (_ index: Int) -> Patch
  ) throws(NetworkError) -> Prediction {
    prediction(try run(positions, patch: patch).results)
  }

  private func prediction(_ results: [Tensor]) -> Prediction { Prediction(results, of: head) }

  /// What the layers that were wanted make of the crop with a patch of the one value at positions, in their order.
  package func run(_ positions: [(row: Int, column: Int)]) throws(NetworkError) -> Outcome {
    try run(positions) { windows.patch(positions[$0], value: value) }
  }

  /// What came out at some positions.
  package struct Outcome: Sendable {
    /// What the layers that were wanted made, `[positions, …]`, in their order.
    package internal(set) var results: [Tensor]
    /// How far the measured results are from the unoccluded ones, as shares of their lengths, `[positions, results]`; nil
    /// where none are measured.
    package internal(set) var changes: Tensor?
  }

  /// What the layers that were wanted make of the crop with the patch of each position, in their order.
  package func run(
    _ positions: [(row: Int, column: Int)], patch: (_ index: Int) -> Patch
  ) throws(NetworkError) -> Outcome {
    let groups = Dictionary(grouping: positions.indices) {
      shapeClass(row: positions[$0].row, column: positions[$0].column)
    }
    var results: [Tensor] = wanted.map {
      Tensor(uninitialized: [positions.count] + shapes[$0.position].dropFirst())
    }
    var changes = measured.isEmpty ? nil : Tensor([positions.count, measured.count])
    for (_, members) in groups.sorted(by: { $0.key < $1.key }) {
      var rest = members[...]
      while !rest.isEmpty {
        // Few sizes of batches, since each asks for kernels of its own.
        let size = rest.count >= batch ? batch : 1 << (Int.bitWidth - 1 - rest.count.leadingZeroBitCount)
        let chosen = Array(rest.prefix(size))
        rest = rest.dropFirst(size)
        var pass = IncrementalPass(self, at: chosen.map { positions[$0] })
        for (index, part) in try pass.run(patches: chosen.map(patch)).enumerated() {
          results[index].copyRows(of: part, to: chosen)
        }
        changes?.copyRows(of: pass.changes, to: chosen)
      }
    }
    return Outcome(results: results, changes: changes)
  }

  /// The number of shape classes: areas of one class are equally large and share kernels, which are made when the
  /// first position of a class comes.
  public var shapeClasses: Int { areas.rows.lengths.count * areas.columns.lengths.count }

  /// The shape class of a position, from 0; positions of one class are computed in one batch.
  public func shapeClass(row: Int, column: Int) -> Int {
    areas.rows.classes[row] * areas.columns.lengths.count + areas.columns.classes[column]
  }

  /// The share of a whole pass's multiplications that a position takes.
  public func share(row: Int, column: Int) -> Double {
    areas.shares[areas.rows.classes[row]][areas.columns.classes[column]]
  }
}

extension Tensor {
  /// Copies the entries of the first dimension of another tensor to the given ones of this.
  fileprivate mutating func copyRows(of part: Tensor, to indices: [Int]) {
    let width = part.count / indices.count
    withMutablePointer { result in
      withPointers(to: part) { part in
        for (from, to) in indices.enumerated() {
          (result + to * width).update(from: part + from * width, count: width)
        }
      }
    }
  }
}

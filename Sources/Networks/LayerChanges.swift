internal import Tensors

/// A result of a network that is compared with what it is on the unoccluded crop.
package struct MeasuredLayer: Sendable {
  /// The name: `stage2`, `pooled_features`.
  package let name: String
  let node: Graph.Node
}

extension Network {
  /// The results along the network whose change can be measured: those of the backbone's stages, of the head, and the pose.
  package var measuredLayers: [MeasuredLayer] {
    var layers = stageNames.enumerated().map { MeasuredLayer(name: $1, node: stages[$0]) }
    func add(_ name: String, _ node: Graph.Node?) {
      guard let node, !layers.contains(where: { $0.node == node }) else { return }
      layers.append(MeasuredLayer(name: name, node: node))
    }
    add("features", features)
    add("pooled_features", pooled)
    if let attention, let gathered = attended.first {
      add("attention", attention)
      add("attended_features", gathered)
    }
    add("partial_skin", surfaceMaps?.partial)
    add("filled_skin", surfaceMaps?.filled)
    add("pose", pose6D)
    return layers
  }

  private var stageNames: [String] {
    switch architecture.backbone {
    case .resNet: ["stem"] + (1..<stages.count).map { "stage\($0)" }
    case .hrNet: stages.indices.map { "branch\($0 + 1)" }
    case .blazePose: stages.indices.map { "stage\($0 + 1)" }
    }
  }
}

extension Graph {
  /// How far whole passes over crops take results from those of one crop `[1, …]`, `[batch, results]`.
  func changes(
    _ crops: Tensor, from clean: Tensor, _ weights: [String: Tensor], of layers: [MeasuredLayer]
  ) throws(NetworkError) -> Tensor {
    let nodes = layers.map(\.node)
    let before = try run(clean, weights, returning: nodes), after = try run(crops, weights, returning: nodes)
    let columns = zip(after, before).map { LayerChange.shares(of: $0, from: $1) }
    let batch = crops.shape[0]
    return Tensor([batch, layers.count], (0..<batch).flatMap { row in columns.map { $0[row] } })
  }
}

/// How far results are from those of the unoccluded crop, as a share of the length of the latter: ‖x − y‖ / ‖y‖.
///
/// After the change of features under an occluder in Zeiler and Fergus 2014 (section 4.3).
enum LayerChange {
  /// The change of every row of results from that of `clean`, or from the only one there.
  ///
  /// - Parameter squares: the squared length of the unoccluded result where `clean` is but an area of it.
  static func shares(of results: Tensor, from clean: Tensor, squares: Double? = nil) -> [Float] {
    let rows = results.shape[0]
    let count = results.count / rows
    let step = clean.shape[0] == 1 ? 0 : count
    return withPointers(to: results, clean) { results, clean in
      (0..<rows).map { row in
        let length = squares ?? self.squares(clean + row * step, count: count)
        let change = self.squares(results + row * count, minus: clean + row * step, count: count)
        return Float((change / max(length, .leastNormalMagnitude)).squareRoot())
      }
    }
  }

  /// The squared length of a result.
  static func squares(of result: Tensor) -> Double {
    withPointers(to: result) { squares($0, count: result.count) }
  }

  /// The squared length of so many numbers, or of their differences from others.
  private static func squares(
    _ values: UnsafePointer<Float>, minus others: UnsafePointer<Float>? = nil, count: Int
  ) -> Double {
    var sum = 0.0
    // Blocks are added in 64 bits: a map has up to a million numbers.
    for start in stride(from: 0, to: count, by: 1024) {
      let end = min(start + 1024, count)
      var (partial, index) = (SIMD8<Float>.zero, start)
      while index + 8 <= end {
        var difference = UnsafeRawPointer(values + index).loadUnaligned(as: SIMD8<Float>.self)
        if let others {
          difference -= UnsafeRawPointer(others + index).loadUnaligned(as: SIMD8<Float>.self)
        }
        partial += difference * difference
        index += 8
      }
      var rest = partial.sum()
      for index in index..<end {
        let difference = values[index] - (others?[index] ?? 0)
        rest += difference * difference
      }
      sum += Double(rest)
    }
    return sum
  }
}

package import Tensors

/// A network: layers in order, each reading the results of earlier ones.
package struct Graph: Sendable {
  /// The result of a layer, or the picture.
  package struct Node: Hashable, Sendable {
    fileprivate let index: Int
    /// Its index among all results; the picture is 0.
    var position: Int { index }
  }

  /// The picture that the network is given, `[batch, rows, columns, channels]`.
  package static let input = Node(index: 0)

  private struct Entry: Sendable {
    let layer: any Layer
    let inputs: [Node]
  }
  private var entries: [Entry] = []

  package init() {}

  /// Adds a layer that reads the given results.
  package mutating func append(_ layer: some Layer, reading inputs: Node...) -> Node {
    append(layer, reading: inputs)
  }

  /// Adds a layer that reads the given results.
  package mutating func append(_ layer: some Layer, reading inputs: [Node]) -> Node {
    entries.append(Entry(layer: layer, inputs: inputs))
    return Node(index: entries.count)
  }

  /// The graph with some of its layers replaced.
  package func replacing(_ replacement: (_ index: Int, any Layer) -> any Layer) -> Graph {
    var graph = self
    graph.entries = entries.enumerated().map { Entry(layer: replacement($0, $1.layer), inputs: $1.inputs) }
    return graph
  }

  /// The layers in order.
  package var layers: [any Layer] { entries.map(\.layer) }

  /// The running statistics that layers keep in training besides their weights: their names and channels.
  package var statistics: [(layer: Int, mean: String, variance: String, channels: Int)] {
    layers.enumerated().compactMap { index, layer in
      layer.statistics.map { (index, $0.mean, $0.variance, $0.channels) }
    }
  }

  /// The weights and running statistics that training starts from.
  package func initialWeights(seed: UInt64) -> [String: Tensor] {
    var random = SeededGenerator(seed: seed)
    var tensors: [String: Tensor] = [:]
    for parameter in parameters { tensors[parameter.name] = parameter.initial(&random) }
    for entry in statistics {
      tensors[entry.mean] = Tensor([entry.channels])
      tensors[entry.variance] = Tensor([entry.channels], repeating: 1)
    }
    return tensors
  }

  /// The weights of all layers.
  package var parameters: [Parameter] { entries.flatMap(\.layer.parameters) }

  /// Runs the network and returns the results asked for; others are dropped as soon as nobody reads them.
  ///
  /// - Throws: `NetworkError` when there is no memory.
  package func run(
    _ input: Tensor, _ weights: [String: Tensor], returning wanted: [Node]
  ) throws(NetworkError) -> [Tensor] {
    var kept = [Bool](repeating: false, count: entries.count + 1)
    for node in wanted { kept[node.index] = true }
    let results = try results(of: input, weights, upTo: wanted.map(\.index).max() ?? 0, keeping: kept)
    return wanted.map { results[$0.index]! }
  }

  // MARK: For incremental inference

  /// A layer and the positions of the results that it reads.
  struct Stage: Sendable {
    let layer: any Layer
    let inputs: [Int]
  }

  /// The layers in order; made anew each time.
  var steps: [Stage] { entries.map { Stage(layer: $0.layer, inputs: $0.inputs.map(\.index)) } }

  /// The shapes of the picture and of all results as far as the last of `wanted`.
  func shapes(of input: [Int], upTo wanted: [Node]) -> [[Int]] {
    entries.prefix(wanted.map(\.index).max() ?? 0).reduce(into: [input]) { shapes, entry in
      shapes.append(entry.layer.shape(of: entry.inputs.map { shapes[$0.index] }))
    }
  }

  /// For every result, the index of the last layer that reads it; none comes after one that is wanted.
  func lastReaders(keeping wanted: [Node]) -> [Int] {
    var last = [Int](repeating: 0, count: entries.count + 1)
    for (i, entry) in entries.enumerated() {
      for node in entry.inputs { last[node.index] = i }
    }
    for node in wanted { last[node.index] = .max }
    return last
  }

  /// Runs `count` layers; results that are not kept are dropped as soon as nobody reads them.
  func results(
    of input: Tensor, _ weights: [String: Tensor], upTo count: Int, keeping kept: [Bool]
  ) throws(NetworkError) -> [Tensor?] {
    let last = lastReaders(keeping: [])
    var results = [Tensor?](repeating: nil, count: count + 1)
    results[0] = input
    for (i, entry) in entries.prefix(count).enumerated() {
      let inputs = entry.inputs.map { results[$0.index]! }
      for node in entry.inputs where last[node.index] == i && !kept[node.index] { results[node.index] = nil }
      results[i + 1] = try entry.layer.run(inputs, entry.layer.parameters.map { weights[$0.name]! }).result
    }
    return results
  }

  /// One way forward, remembered for the way back.
  package struct Pass: Sendable {
    fileprivate let steps: [Step]
    fileprivate let input: Tensor
    /// How many layers nothing is remembered of.
    fileprivate let frozen: Int

    /// What a layer made.
    package func result(_ node: Node) -> Tensor { node.index == 0 ? input : steps[node.index - 1].result }

    /// Whether the pass went as far as a layer.
    package func reaches(_ index: Int) -> Bool { index < steps.count }

    /// What a layer saved, such as the statistics of a batch.
    package func saved(_ index: Int) -> [Tensor] { steps[index].saved }
  }

  /// Runs as far as the last of `wanted`, remembering everything but what the first `frozen` layers do.
  ///
  /// - Throws: `NetworkError` when there is no memory.
  package func learn(
    _ input: Tensor, _ weights: [String: Tensor], upTo wanted: [Node], frozen: Int = 0
  ) throws(NetworkError) -> Pass {
    let count = wanted.map(\.index).max() ?? 0
    let frozen = min(frozen, count)
    let isReadLater = (0...frozen).map { node in
      wanted.contains { $0.index == node }
        || entries.prefix(count).dropFirst(frozen).contains { $0.inputs.contains { $0.index == node } }
    }
    let known = try results(of: input, weights, upTo: frozen, keeping: isReadLater)
    let none = Tensor([0])
    var steps = known.dropFirst().map { Step(inputs: [], weights: [], result: $0 ?? none, saved: []) }
    for entry in entries.prefix(count).dropFirst(frozen) {
      let inputs = entry.inputs.map { $0.index == 0 ? input : steps[$0.index - 1].result }
      let tensors = entry.layer.parameters.map { weights[$0.name]! }
      let (result, saved) = try entry.layer.run(inputs, tensors)
      steps.append(
        Step(
          inputs: inputs, weights: tensors, result: result, saved: saved,
          needsInputGradient: entry.inputs.contains { $0.index > frozen }))
    }
    return Pass(steps: steps, input: input, frozen: frozen)
  }

  /// The gradients of all weights that had a part in the results whose gradients are given.
  ///
  /// - Throws: `NetworkError` when there is no memory.
  package func backward(
    _ gradients: [(Node, Tensor)], through pass: Pass
  ) throws(NetworkError) -> [String: Tensor] {
    var open = [Tensor?](repeating: nil, count: pass.steps.count + 1)
    func add(_ gradient: Tensor, to node: Node) {
      guard node.index > pass.frozen else { return }
      open[node.index] = open[node.index].map { $0.plus(gradient) } ?? gradient
    }
    for (node, gradient) in gradients { add(gradient, to: node) }
    var changes: [String: Tensor] = [:]
    for (i, step) in pass.steps.enumerated().reversed() {
      guard let gradient = open[i + 1] else { continue }
      open[i + 1] = nil
      let (inputs, weights) = try entries[i].layer.backward(gradient, step)
      for (node, part) in zip(entries[i].inputs, inputs) { add(part, to: node) }
      for (parameter, change) in zip(entries[i].layer.parameters, weights) {
        changes[parameter.name] = changes[parameter.name].map { $0.plus(change) } ?? change
      }
    }
    return changes
  }
}

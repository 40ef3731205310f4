internal import Tensors

/// What a sweep takes of memory, from the sizes of maps.
enum InferenceMemory {
  /// How many crops to work on at once: 16, or fewer that take no more than so many bytes; nil when even one takes more.
  static func batch(within bytes: Double, memory: (_ batch: Int) -> Double) -> Int? {
    [16, 12, 8, 4, 2, 1].first { memory($0) <= bytes }
  }

  /// The bytes that a sweep takes besides the weights, as far as can be told.
  ///
  /// `isDirect` where convolutions are computed as they are defined, and no others.
  static func bytes(
    _ graph: Graph, _ weights: [String: Tensor], side: Int, returning wanted: [Graph.Node], isDirect: Bool,
    batch: Int, workers: Int
  ) -> Double {
    let shapes = graph.shapes(of: [1, side, side, 3], upTo: wanted)
    let sizes = shapes.map { 4 * Double($0.reduce(1, *)) }
    let last = graph.lastReaders(keeping: wanted)
    var (alive, most) = (sizes[0], 0.0)
    for (index, step) in graph.steps.prefix(shapes.count - 1).enumerated() {
      alive += sizes[index + 1]
      // What a layer works in is about as large as what it reads and makes.
      most = max(most, alive + sizes[index + 1] + (step.inputs.map { sizes[$0] }.max() ?? 0))
      for input in Set(step.inputs) where last[input] == index { alive -= sizes[input] }
    }
    let packed = graph.layers.reduce(0.0) { $0 + 4 * Double($1.packedCount) }
    // What is checked against direct convolutions packs its weights for those too.
    let direct = weights.values.reduce(0.0) { $0 + 4 * Double($1.count) }
    // Blocks of other sizes are kept for reuse. The first pass keeps its maps.
    return 1.5 * Double(batch * workers) * most + sizes.reduce(0, +) + packed + (isDirect ? 0 : direct)
  }
}

extension Graph {
  /// The layers with the fastest kernels once weights no longer change, for a crop of a side.
  func forInference(side: Int, upTo wanted: [Node], isFused: Bool) -> Graph {
    let shapes = shapes(of: [1, side, side, 3], upTo: wanted)
    let steps = steps
    return replacing { index, layer in
      shapes.indices.contains(index + 1)
        ? layer.forInference(over: shapes[steps[index].inputs[0]], isFused: isFused) : layer
    }
  }

  /// The multiplications of a whole pass over one crop of a side.
  func multiplications(side: Int, upTo wanted: [Node]) -> Double {
    let shapes = shapes(of: [1, side, side, 3], upTo: wanted)
    return zip(steps, shapes.dropFirst()).reduce(0) { sum, next in
      let (step, shape) = next
      return sum + Double(shape.reduce(1, *))
        * step.layer.multiplications(for: step.inputs.map { shapes[$0] })
    }
  }
}

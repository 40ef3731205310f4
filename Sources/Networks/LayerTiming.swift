internal import Tensors

/// How fast one convolution of a network is by each way to compute it, on one thread.
public struct LayerTiming: Encodable, Sendable {
  /// What is computed, such as `3×3, 64 → 64, 56 × 56`, and how many such layers the network has.
  public let layer: String, count: Int
  /// GFLOP/s of the convolution as defined, by way: oneDNN, OpenBLAS, own, winograd 2, 4, 6.
  public let rates: [String: Double]
  /// The way that sweeps take.
  public let chosen: String

  enum CodingKeys: String, CodingKey {
    case layer, count, chosen
    case rates = "gflops"
  }

  /// The ways, in the order in which tables have them.
  public static let ways = ["oneDNN", "OpenBLAS", "own", "winograd 2", "winograd 4", "winograd 6"]
}

/// A layer by every way to compute it.
package struct LayerAlternatives: Sendable {
  /// What is computed, such as `3×3, 64 → 64, 56 × 56`.
  let title: String
  /// The layer by each of ``LayerTiming/ways`` that is possible, but for OpenBLAS.
  let ways: [String: any Layer]
  /// Whether it is the product of the map's pixels and the weights, which OpenBLAS computes too.
  let isMatrixProduct: Bool
}

extension Regressor {
  /// Times every convolution of the network over whole maps of a batch; the best of a few runs of each way.
  ///
  /// - Throws: `NetworkError` when there is no memory.
  public func layerTimings(batch: Int) throws(NetworkError) -> [LayerTiming] {
    try network.graph.layerTimings(
      side: side, batch: batch, upTo: [network.rotations, network.camera], isFused: architecture.isHRNet)
  }
}

extension LandmarkNetwork {
  /// Times every convolution of the network over whole maps of a batch; the best of a few runs of each way.
  ///
  /// - Throws: `NetworkError` when there is no memory.
  public func layerTimings(batch: Int) throws(NetworkError) -> [LayerTiming] {
    try graph.layerTimings(side: Self.side, batch: batch, upTo: wanted, isFused: false)
  }
}

extension Graph {
  /// Times every convolution of a network over whole maps of a batch.
  fileprivate func layerTimings(
    side: Int, batch: Int, upTo wanted: [Node], isFused: Bool
  ) throws(NetworkError) -> [LayerTiming] {
    // The libraries keep to one thread from when one is chosen.
    _ = MatrixProduct.library
    let shapes = shapes(of: [batch, side, side, 3], upTo: wanted)
    let steps = steps.prefix(shapes.count - 1)
    let chosen = forInference(side: side, upTo: wanted, isFused: isFused).layers
    var order: [String] = []
    var found: [String: (alternatives: LayerAlternatives, map: [Int], chosen: String, count: Int)] = [:]
    for (index, step) in steps.enumerated() {
      let map = shapes[step.inputs[0]]
      guard let alternatives = step.layer.alternatives(over: map), let way = chosen[index].way else {
        continue
      }
      if found[alternatives.title] == nil { order.append(alternatives.title) }
      found[alternatives.title] = (alternatives, map, way, (found[alternatives.title]?.count ?? 0) + 1)
    }
    var timings: [LayerTiming] = []
    for title in order {
      let (alternatives, map, way, count) = found[title]!
      timings.append(
        LayerTiming(
          layer: title, count: count, rates: try Self.rates(of: alternatives, over: map), chosen: way))
    }
    return timings
  }

  private static func rates(
    of alternatives: LayerAlternatives, over shape: [Int]
  ) throws(NetworkError) -> [String: Double] {
    let layer = alternatives.ways["oneDNN"]!
    var random = SeededGenerator(seed: 1)
    let map = Tensor(shape, (0..<shape.reduce(1, *)).map { _ in random.uniform(-1...1) })
    let weights = layer.parameters.map { Tensor($0.shape, repeating: 0.01) }
    let operations = 2 * Double(layer.shape(of: [shape]).reduce(1, *)) * layer.multiplications(for: [shape])
    func rate(_ body: () throws(NetworkError) -> Void) throws(NetworkError) -> Double {
      try body()
      var best = Double.infinity
      for _ in 0..<5 {
        let start = ContinuousClock.now
        try body()
        best = min(best, (ContinuousClock.now - start).seconds)
      }
      return operations / best / 1e9
    }
    var rates: [String: Double] = [:]
    for (name, way) in alternatives.ways {
      rates[name] = try rate { () throws(NetworkError) in _ = try way.run([map], weights) }
    }
    if alternatives.isMatrixProduct {
      let (inputs, outputs) = (shape[3], weights[0].shape[0])
      let pixels = map.count / inputs
      rates["OpenBLAS"] = try rate {
        var result = Tensor(uninitialized: [pixels, outputs])
        result.withMutablePointer {
          MatrixProduct.multiplyWithOpenBLAS(
            Matrix(map, rows: pixels, columns: inputs),
            Matrix(weights[0], rows: outputs, columns: inputs, transposed: true), into: $0, keeping: 0,
            rowStride: outputs)
        }
      }
    }
    return rates
  }
}

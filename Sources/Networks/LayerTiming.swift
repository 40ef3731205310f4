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

extension Regressor {
  /// Times every convolution of the network over whole maps of a batch; the best of a few runs of each way.
  public func layerTimings(batch: Int) -> [LayerTiming] {
    // The libraries keep to one thread from when one is chosen.
    _ = MatrixProduct.library
    let shapes = network.graph.shapes(of: [batch, side, side, 3], upTo: [network.rotations, network.camera])
    let steps = network.graph.steps
    let fast = network.usingWinograd.graph.steps
    var order: [String] = []
    var found: [String: (convolution: Convolution, fast: Convolution, map: [Int], count: Int)] = [:]
    for index in 0..<shapes.count - 1 {
      guard var convolution = steps[index].layer as? Convolution,
        let other = fast[index].layer as? Convolution
      else { continue }
      let map = shapes[steps[index].inputs[0]]
      let form =
        convolution.stride > 1 ? "\(convolution.isTransposed ? "up" : "down") \(convolution.stride)" : ""
      let name =
        "\(convolution.side)×\(convolution.side) \(form), \(convolution.inputs) → \(convolution.outputs), "
        + "\(shapes[index + 1][1]) × \(shapes[index + 1][2])"
      let label = name.replacing(" ,", with: ",")
      if found[label] == nil { order.append(label) }
      // What a layer adds and cuts off is the same by every way.
      (convolution.hasResidual, convolution.hasReLU) = (false, false)
      found[label] = (convolution, other, map, (found[label]?.count ?? 0) + 1)
    }
    return order.map { label in
      let (convolution, fast, map, count) = found[label]!
      return LayerTiming(
        layer: label, count: count, rates: Self.rates(of: convolution, over: map), chosen: fast.way)
    }
  }

  private static func rates(of convolution: Convolution, over shape: [Int]) -> [String: Double] {
    var random = SeededGenerator(seed: 1)
    let map = Tensor(shape, (0..<shape.reduce(1, *)).map { _ in random.uniform(-1...1) })
    let weights = convolution.parameters.map { Tensor($0.shape, repeating: 0.01) }
    let operations =
      2 * Double(convolution.shape(of: [shape]).reduce(1, *)) * convolution.multiplications(for: [shape])
    func rate(_ body: () -> Void) -> Double {
      body()
      let clock = ContinuousClock()
      return operations / (0..<5).map { _ in clock.measure(body).seconds }.min()! / 1e9
    }
    var ways: [String: Convolution] = ["oneDNN": convolution]
    ways["own"] = convolution.byOwnKernels(height: shape[1])
    for tile in [2, 4, 6] { ways["winograd \(tile)"] = convolution.usingWinograd(tile: tile) }
    var rates = ways.mapValues { way in rate { _ = way.run([map], weights) } }
    if convolution.side == 1, convolution.stride == 1 {
      let pixels = map.count / convolution.inputs
      rates["OpenBLAS"] = rate {
        let result = Tensor(uninitialized: [pixels, convolution.outputs])
        MatrixProduct.multiplyWithOpenBLAS(
          Matrix(map.address, pixels, convolution.inputs),
          Matrix(weights[0].address, convolution.outputs, convolution.inputs, transposed: true),
          into: result.address, keeping: 0, rowStride: convolution.outputs)
        withExtendedLifetime((map, weights, result)) {}
      }
    }
    return rates
  }
}

extension Convolution {
  /// What computes it, by the names of ``LayerTiming/ways``.
  var way: String {
    if let winograd { return "winograd \(winograd.tile)" }
    return product != nil || subpixel != nil ? "own" : "oneDNN"
  }
}

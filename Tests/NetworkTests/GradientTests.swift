import Networks
import Tensors
import TestSupport
import Testing

/// A layer, the inputs that it is tried on, and its name.
struct GradientCase: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let layer: any Layer
  let inputs: [[Int]]

  init(_ name: String, _ layer: any Layer, _ inputs: [Int]...) {
    (testDescription, self.layer, self.inputs) = (name, layer, inputs)
  }

  static let all: [GradientCase] = [
    .init(
      "convolution 3×3",
      Convolution(name: "c", inputs: 3, outputs: 4, side: 3, stride: 2, padding: 1, hasBias: true),
      [2, 6, 7, 3]),
    .init(
      "convolution 1×1", Convolution(name: "c", inputs: 8, outputs: 5, side: 1, stride: 1, padding: 0),
      [2, 4, 4, 8]),
    .init(
      "transposed convolution",
      Convolution(name: "c", inputs: 6, outputs: 4, side: 4, stride: 2, padding: 1, isTransposed: true),
      [2, 3, 3, 6]),
    .init("batch normalisation", BatchNormalization(name: "n", channels: 4), [3, 4, 4, 4]),
    .init("… with a ReLU", BatchNormalization(name: "n", channels: 4, hasReLU: true), [3, 4, 4, 4]),
    .init(
      "… with a map added", BatchNormalization(name: "n", channels: 4, hasResidual: true, hasReLU: true),
      [3, 4, 4, 4],
      [3, 4, 4, 4]),
    .init(
      "… with a map added, no ReLU", BatchNormalization(name: "n", channels: 4, hasResidual: true),
      [3, 4, 4, 4],
      [3, 4, 4, 4]),
    .init("max pooling", MaxPooling(), [2, 7, 6, 3]),
    .init("max pooling of 2×2", MaxPooling(side: 2, padding: 0), [2, 6, 4, 3]),
    .init("… of odd maps", MaxPooling(side: 2, padding: 0), [2, 7, 5, 3]),
    .init(
      "channel by channel",
      DepthwiseConvolution(name: "d", channels: 3, side: 3, stride: 1, padding: 1, ceiling: nil),
      [2, 4, 5, 3]),
    .init(
      "… 5×5, cut off",
      DepthwiseConvolution(name: "d", channels: 24, side: 5, stride: 2, padding: 2, ceiling: 1),
      [2, 6, 7, 24]),
    .init(
      "… with zeros on one side",
      DepthwiseConvolution(
        name: "d", channels: 8, side: 3, stride: 2, padding: 0, paddingAfter: 1, ceiling: 6), [2, 6, 4, 8]),
    .init(
      "… of maps smaller than the window",
      DepthwiseConvolution(name: "d", channels: 16, side: 5, stride: 1, padding: 2, ceiling: nil),
      [3, 2, 1, 16]),
    .init("clipped ReLU", ClippedReLU(ceiling: 0.7), [2, 3, 4, 5]),
    .init("sum", Sum(), [2, 3, 2, 4], [2, 3, 2, 4]),
    .init("shares of colours", ColourShares(), [2, 4, 4, 3]),
    .init("average pooling", AveragePooling(), [2, 3, 4, 5]),
    .init("upsampling", Upsampling(factor: 2), [2, 3, 4, 3]),
    .init("upsampling of one cell", Upsampling(factor: 3), [2, 1, 1, 5]),
    .init("upsampling, middles on middles", Upsampling(factor: 2, alignsCorners: false), [2, 3, 4, 3]),
    .init("… of one cell", Upsampling(factor: 3, alignsCorners: false), [2, 1, 1, 5]),
    .init("channels as pixels", DepthToSpace(), [2, 3, 2, 12]),
    .init("fused sum", FusedSum(), [2, 4, 8, 3], [2, 2, 4, 3], [2, 1, 2, 3]),
    .init("concatenation", Concat(), [2, 3, 2, 3], [2, 3, 2, 1], [2, 3, 2, 2]),
    .init("linear", Linear(name: "l", inputs: 6, outputs: 4), [3, 6]),
    .init("iterative regressor", IterativeRegressor(prefix: "", features: 9, hidden: 12), [2, 9]),
    .init("spatial softmax", SpatialSoftmax(), [2, 3, 4, 5]),
    .init(
      "… with hidden maps",
      SpatialSoftmax(hidden: [true, false, false, true, false, false, false, false]), [2, 3, 4, 5]),
    .init("attended features", AttentionPooling(), [2, 3, 4, 5], [2, 3, 4, 6]),
    .init("locally connected", LocallyConnected(name: "p", channels: 5, joints: 4, outputs: 6), [2, 5, 4]),
    .init("flattening", Flatten(), [2, 5, 4]),
    .init("slicing", Slice(columns: 2..<5), [2, 8]),
    .init("offsetting", AddMean(name: "o", columns: 12, jointsLast: true), [2, 12]),
    .init("six-number rotations", Rotation6D(), [2, 18]),
    .init("a map weighed by logits", Gate(), [2, 3, 2, 5], [2, 3, 2, 1]),
    .init("holes in a map of the skin", SurfaceHoles(name: "h", side: 3), [2, 3, 3, 4], [2, 3, 3, 4]),
    .init("joints of a map of the skin", SurfaceJoints(name: "j", side: 3, joints: 4), [2, 3, 3, 3]),
    .init("another shape", Reshape([3, 2, 4]), [2, 24]),
    .init("channels of a map", Slice(columns: 1..<3), [2, 3, 2, 4]),
    .init("places of attention", AttentionPlaces(), [2, 3, 4, 5], [2, 15]),
  ]
}

@Suite("Gradients") struct GradientTests {
  @Test("pass through a frozen normalisation as finite differences say", arguments: [false, true])
  func frozen(_ relu: Bool) {
    let layer = FrozenNormalization(name: "n", channels: 4, hasReLU: relu)
    var random = SeededGenerator(seed: 5)
    func draw(_ shape: [Int]) -> Tensor {
      Tensor(shape, (0..<shape.reduce(1, *)).map { _ in random.normal() })
    }
    var map = draw([2, 3, 3, 4])
    let weights = [draw([4]), draw([4]), draw([4]), Tensor([4], [0.5, 1, 2, 4])]
    let direction = draw([2, 3, 3, 4])
    func loss() -> Double {
      zip(layer.run([map], weights).result.elements, direction.elements).reduce(0) {
        $0 + Double($1.0 * $1.1)
      }
    }
    let result = layer.run([map], weights).result
    #expect(
      abs(
        result[1, 2, 0, 3]
          - max((map[1, 2, 0, 3] - weights[2][3]) / 2 * weights[0][3] + weights[1][3], relu ? 0 : -.infinity))
        < 1e-4)
    let gradient = layer.backward(
      direction, Step(inputs: [map], weights: weights, result: result, saved: [])
    ).inputs[0]
    for index in 0..<map.count
    where !relu || abs(result.elements[index]) > 0.02 || result.elements[index] == 0 {
      map.withMutableElements { $0[index] += 4e-3 }
      let above = loss()
      map.withMutableElements { $0[index] -= 8e-3 }
      let below = loss()
      map.withMutableElements { $0[index] += 4e-3 }
      let slope = Float((above - below) / 8e-3)
      // Just below the ReLU's kink half of the step is above it.
      let isKink = relu && result.elements[index] == 0 && slope != 0
      #expect(isKink || abs(slope - gradient.elements[index]) < 0.01 * abs(slope) + 0.005)
    }
  }

  @Test("of every layer are the slopes of finite differences", arguments: GradientCase.all)
  func agree(_ example: GradientCase) throws {
    let layer = example.layer
    var random = SeededGenerator(seed: 11)
    func draw(_ shape: [Int]) -> Tensor {
      Tensor(shape, (0..<shape.reduce(1, *)).map { _ in random.normal() })
    }
    var inputs = example.inputs.map { draw($0) }
    var weights = layer.parameters.map { draw($0.shape).map { $0 * 0.3 } }
    let direction = draw(layer.shape(of: inputs.map(\.shape)))

    func loss() throws -> Double {
      zip(try layer.run(inputs, weights).result.elements, direction.elements).reduce(0) {
        $0 + Double($1.0 * $1.1)
      }
    }
    let (result, saved) = try layer.run(inputs, weights)
    let gradients = try layer.backward(
      direction, Step(inputs: inputs, weights: weights, result: result, saved: saved))
    #expect(gradients.inputs.map(\.shape) == inputs.map(\.shape))
    #expect(gradients.weights.map(\.shape) == weights.map(\.shape))

    func check(_ gradient: Tensor, _ label: String, _ nudge: (Int, Float) -> Void) throws {
      let largest = gradient.elements.map(abs).max() ?? 0
      var (compared, tried) = (0, 0)
      while compared < 8, tried < 48 {
        tried += 1
        let index = random.integer(below: gradient.count)
        let step: Float = 4e-3
        let here = try loss()
        nudge(index, step)
        let above = try loss()
        nudge(index, -2 * step)
        let below = try loss()
        nudge(index, step)
        let slope = Float((above - below) / Double(2 * step))
        // At the kink of a ReLU or of a maximum there is no slope to compare with.
        let bend = Float((above + below - 2 * here) / Double(step))
        guard abs(bend) < 0.02 * largest + 0.02 else { continue }
        compared += 1
        #expect(
          abs(gradient.elements[index] - slope) < 0.01 * largest + 0.01,
          "\(label)[\(index)]: \(gradient.elements[index]), finite difference \(slope)")
      }
      #expect(compared >= 8, "\(label): too few places without a kink")
    }
    for i in inputs.indices {
      try check(gradients.inputs[i], "input \(i)") { at, by in inputs[i].withMutableElements { $0[at] += by }
      }
    }
    for (i, parameter) in layer.parameters.enumerated() {
      // What the estimate starts from is not trained, nor are means that are added.
      if !parameter.isTrainable {
        #expect(gradients.weights[i].elements.allSatisfy { $0 == 0 })
        continue
      }
      try check(gradients.weights[i], parameter.name) { at, by in
        weights[i].withMutableElements { $0[at] += by }
      }
    }
  }

  @Test("a last stride of 1 leaves the map twice as fine, and files that do not speak of it have 2")
  func lastStride() throws {
    func made(lastStride: Int?) -> Architecture {
      Architecture(
        side: 64, backbone: .resNet(block: .basic, blocks: [2, 2, 2, 2], width: 4, lastStride: lastStride),
        head: .partAttention(.init(branch: .init(depth: 2))))
    }
    var architecture = made(lastStride: nil)
    #expect(!architecture.json.contains("last_stride"))
    let coarse = Weights([:], metadata: [Architecture.metadataKey: architecture.json])
    #expect(try Architecture(of: coarse) == architecture)
    architecture = made(lastStride: 1)
    let fine = Weights([:], metadata: [Architecture.metadataKey: architecture.json])
    #expect(try Architecture(of: fine) == architecture)
    let network = Network(learning: architecture)
    let pass = try network.graph.learn(
      Tensor([1, 64, 64, 3]), network.initialWeights(seed: 1), upTo: [network.features, network.partLogits!])
    #expect(pass.result(network.features).shape == [1, 4, 4, 32])
    #expect(pass.result(network.partLogits!).shape == [1, 16, 16, 25])
  }

  static let networks: [Architecture] = {
    var hrNet = Architecture.hrNetW32()
    (hrNet.side, hrNet.backbone) = (64, .hrNet(modules: [1, 1, 1, 1], width: 8))
    return [Architecture.Head.Kind.pooled, .partAttention].map { .resNet18($0, side: 64, width: 8) } + [
      hrNet, Architecture(side: 256, backbone: .blazePose, head: .uv(hidden: 16, width: 8)),
    ]
  }()

  @Test("of a whole network are the slopes of finite differences", arguments: networks)
  func network(_ architecture: Architecture) throws {
    var architecture = architecture
    let head = architecture.head.kind
    switch architecture.head {
    case .pooled(_, var parts):
      parts.width = 8
      architecture.head = .pooled(hidden: 16, parts: parts)
    case .partAttention(var attention):
      (attention.branch.width, attention.shapeWidth, attention.addsMean) = (8, 4, true)
      architecture.head = .partAttention(attention)
    case .uv: break
    }
    let network = Network(learning: architecture)
    // Where a gradient is stopped on purpose, it would be no slope.
    let graph = network.graph.replacing { $1 is StopGradient ? Reshape([64, 64, 4]) : $1 }
    var weights = network.initialWeights(seed: 3)
    var random = SeededGenerator(seed: 4)
    // A pose of all zeros has no rotation: start from the identity.
    for name in ["init_pose", "head.init_pose"] where weights[name] != nil {
      weights[name] = Tensor([1, 144], (0..<144).map { _ in random.normal() })
    }
    let side = architecture.side
    let batch = 8
    let input = Tensor([batch, side, side, 3], (0..<batch * side * side * 3).map { _ in random.normal() })
    var ends = [network.rotations, network.betas, network.camera]
    if let maps = network.surfaceMaps {
      ends += [maps.saliency, maps.seen, maps.filled, maps.joints]
      weights[Network.surfaceInside] = Tensor([64, 64], repeating: 1)
      weights[Network.surfaceRegressor] = Tensor(
        [24, 64 * 64], (0..<24 * 64 * 64).map { _ in random.chance(0.01) ? random.uniform(0...0.1) : 0 })
    }
    func pass() throws -> Graph.Pass { try graph.learn(input, weights, upTo: ends) }
    let first = try pass()
    let directions = ends.map { node in
      Tensor(first.result(node).shape, first.result(node).elements.map { _ in random.normal() })
    }
    func loss() throws -> Double {
      let now = try pass()
      return zip(ends, directions).reduce(0) { sum, pair in
        zip(now.result(pair.0).elements, pair.1.elements).reduce(sum) { $0 + Double($1.0) * Double($1.1) }
      }
    }
    let gradients = try graph.backward(Array(zip(ends, directions)), through: first)
    // Along its own gradient the loss must rise by the gradient's square: a check of all weights at once.
    let parts =
      head == .uv
      ? ["lateral", "saliency", "encoder", "decoder", "inpainting", "body", "mlp"]
      : [
        "conv1", !architecture.isHRNet ? "layer4" : "fuse", "bn", head == .pooled ? "fc" : "keypoint",
        head == .pooled ? "dec" : "mlp",
      ]
    for part in parts {
      let chosen = gradients.filter {
        $0.key.contains(part) && !$0.key.contains("init") && $0.key != Network.surfaceRegressor
      }
      let square = chosen.values.reduce(0.0) { $0 + $1.elements.reduce(0) { $0 + Double($1) * Double($1) } }
      #expect(square > 0, "\(part) has no gradient")
      // The deeper a network, the sooner a step meets another slope.
      let size = Float((head == .uv ? 6e-5 : 1e-3) / square.squareRoot())
      let kept = weights
      func moved(_ by: Float) throws -> Double {
        weights = kept
        for (name, gradient) in chosen { weights[name] = kept[name]!.plus(gradient.map { $0 * by }) }
        defer { weights = kept }
        return try loss()
      }
      let slope = (try moved(size) - moved(-size)) / Double(2 * size)
      #expect(abs(slope / square - 1) < 0.05, "\(part): slope \(slope), gradient squared \(square)")
    }
  }
}

import Networks
import Tensors
import TestSupport
import Testing

/// Layers that stay as they are while those after them learn.
@Suite("Frozen layers") struct FrozenLayersTests {
  /// Four layers that stay, two of which are read later, and four that learn.
  struct Small {
    var graph = Graph()
    let read: [Graph.Node], dropped: Graph.Node, last: Graph.Node
    static let frozen = 4
    static let frozenNames = ["a.weight", "a.bias", "b.weight", "b.bias"]

    init() {
      func convolution(_ name: String, _ inputs: Int, _ outputs: Int) -> Convolution {
        Convolution(
          name: name, inputs: inputs, outputs: outputs, side: 1, stride: 1, padding: 0, hasBias: true)
      }
      let first = graph.append(convolution("a", 3, 8), reading: Graph.input)
      dropped = graph.append(ClippedReLU(ceiling: 1), reading: first)
      let second = graph.append(
        DepthwiseConvolution(name: "b", channels: 8, side: 3, stride: 1, padding: 1, ceiling: 6),
        reading: dropped)
      let third = graph.append(Sum(), reading: second, first)
      let fourth = graph.append(convolution("c", 8, 8), reading: third)
      let fifth = graph.append(Sum(), reading: fourth, second)
      let sixth = graph.append(ClippedReLU(ceiling: 2), reading: fifth)
      // Reads what is frozen and what learns.
      last = graph.append(convolution("d", 8, 4), reading: sixth)
      read = [second, third]
    }
  }

  @Test("the results and the other gradients are those of a pass that freezes nothing") func same() throws {
    let small = Small()
    var random = SeededGenerator(seed: 2)
    func draw(_ shape: [Int]) -> Tensor {
      Tensor(shape, (0..<shape.reduce(1, *)).map { _ in random.normal() })
    }
    let weights = Dictionary(uniqueKeysWithValues: small.graph.parameters.map { ($0.name, draw($0.shape)) })
    let input = draw([2, 5, 6, 3])
    let ends = [small.last, small.read[1]]
    let plain = try small.graph.learn(input, weights, upTo: ends)
    let frozen = try small.graph.learn(input, weights, upTo: ends, frozen: Small.frozen)
    for node in [small.last] + small.read + [Graph.input] {
      #expect(frozen.result(node) == plain.result(node))
    }
    // What nobody reads later is not kept.
    #expect(frozen.result(small.dropped).count == 0 && plain.result(small.dropped).count > 0)

    let gradient = draw(plain.result(small.last).shape)
    let expected = try small.graph.backward([(small.last, gradient)], through: plain)
    let found = try small.graph.backward(
      [(small.last, gradient), (small.read[1], draw([2, 5, 6, 8]))], through: frozen)
    #expect(Set(expected.keys) == Set(weights.keys))
    #expect(Set(found.keys) == Set(weights.keys).subtracting(Small.frozenNames))
    for (name, tensor) in found { #expect(tensor == expected[name], "\(name)") }
    #expect(found["c.weight"]!.elements.contains { $0 != 0 })
  }

  @Test("what is wanted of frozen layers alone is given, and no gradient comes of it") func frozenAlone()
    throws
  {
    let small = Small()
    var random = SeededGenerator(seed: 4)
    let weights = Dictionary(
      uniqueKeysWithValues: small.graph.parameters.map { ($0.name, $0.initial(&random)) })
    let input = Tensor([1, 4, 4, 3], repeating: 0.5)
    let whole = try small.graph.learn(input, weights, upTo: [small.last])
    for wanted in [small.dropped, small.read[1]] {
      let pass = try small.graph.learn(input, weights, upTo: [wanted], frozen: Small.frozen)
      #expect(pass.result(wanted) == whole.result(wanted))
      let gradients = try small.graph.backward([(wanted, whole.result(wanted))], through: pass)
      #expect(gradients.isEmpty)
    }
  }

  static func architecture(_ head: Architecture.Head.Kind) -> Architecture {
    let branch = Architecture.Branch(.convolution, depth: 1, width: 8)
    let ready: Architecture.Head =
      switch head {
      case .pooled: .pooled(hidden: 16, parts: branch)
      case .partAttention: .partAttention(.init(branch: branch, shapeWidth: 8, addsMean: true))
      case .uv: .uv(hidden: 16, width: 8)
      }
    return Architecture(side: 256, backbone: .blazePose, head: ready)
  }

  @Test(
    "BlazePose's encoder: frozen it has the names, results and gradients beyond it of one that learns",
    arguments: Architecture.Head.Kind.allCases)
  func encoder(_ head: Architecture.Head.Kind) throws {
    let architecture = Self.architecture(head)
    let free = Network(learning: architecture)
    let frozen = Network(learning: architecture, frozenBackbone: .all)
    #expect(free.frozenLayers == 0 && frozen.frozenLayers > 45)
    #expect(frozen.frozenLayers < free.graph.layers.count)
    let names = Set(frozen.graph.layers.prefix(frozen.frozenLayers).flatMap(\.parameters).map(\.name))
    var weights = free.initialWeights(seed: 4)
    #expect(weights == frozen.initialWeights(seed: 4))
    if head == .uv { weights[Network.surfaceInside] = Tensor([64, 64], repeating: 1) }
    // Convolutions and biases: the stem, 15 blocks, the first of which expands nothing, and the last two.
    #expect(names.count == 2 * (1 + 15 * 3 - 1 + 2))
    let prefix = head == .pooled ? "" : "backbone."
    #expect(names.allSatisfy { $0.hasPrefix(prefix) } && names.contains(prefix + "blocks.14.project.bias"))

    var random = SeededGenerator(seed: 6)
    let input = Tensor([2, 256, 256, 3], (0..<2 * 256 * 256 * 3).map { _ in random.normal() })
    let ends = [free.features, free.betas, free.camera]
    let frozenEnds = [frozen.features, frozen.betas, frozen.camera]
    let (a, b) = (
      try free.graph.learn(input, weights, upTo: ends),
      try frozen.graph.learn(input, weights, upTo: frozenEnds, frozen: frozen.frozenLayers)
    )
    // Biases, sums and cuts are in other layers, and sums of products in another order.
    func near(_ found: Tensor, _ expected: Tensor, _ tolerance: Float, _ label: String) {
      let largest = expected.elements.map(abs).max()!
      #expect(largest > 0, "\(label)")
      expectClose(found, expected, absolute: tolerance * largest, relative: 0, label)
    }
    for (end, other) in zip(ends, frozenEnds) {
      near(b.result(other), a.result(end), 1e-4, "result \(end.hashValue)")
    }
    let slopes = Tensor(a.result(free.camera).shape, [0.3, -1, 2, 0.7, 0.1, -0.4])
    let all = try free.graph.backward([(free.camera, slopes)], through: a)
    let rest = try frozen.graph.backward([(frozen.camera, slopes)], through: b)
    #expect(Set(rest.keys) == Set(all.keys).subtracting(names) && Set(all.keys).isSuperset(of: names))
    for (name, gradient) in rest where all[name]!.elements.contains(where: { $0 != 0 }) {
      near(gradient, all[name]!, 1e-3, name)
    }
    #expect(names.allSatisfy { all[$0]!.isFinite })
    #expect(all[prefix + "stem.weight"]!.elements.contains { $0 != 0 })
  }

  @Test("no layer of BlazePose's encoder looks at whole maps") func localities() {
    let network = Network(learning: Self.architecture(.pooled), frozenBackbone: .all)
    for layer in network.graph.layers.prefix(network.frozenLayers) {
      #expect(layer.locality != nil, "\(layer)")
    }
  }
}

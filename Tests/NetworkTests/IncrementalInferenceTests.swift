import Networks
import Tensors
import TestSupport
import Testing

/// A network that computes again only what a patch changes, against the same network on the whole crop.
@Suite("Incremental inference") struct IncrementalInferenceTests {
  static let architectures: [(String, Architecture)] = [
    (
      "pooled, bottlenecks",
      Architecture(
        side: 64, backbone: .resNet(block: .bottleneck, blocks: [1, 2, 1, 1], width: 32), head: .pooled())
    ),
    ("pooled, basic", Architecture.resNet18(.pooled, side: 96, width: 32)),
    ("part attention, basic", Architecture.resNet18(.partAttention, side: 96, width: 32)),
    ("part attention on HRNet", Architecture.hrNetW32()),
  ]

  static func network(
    _ name: String, _ architecture: Architecture, _ convolutions: Regressor.Convolutions
  ) throws -> Network {
    let plain = try Network(
      estimating: architecture, Weights(Network(learning: architecture).initialWeights(seed: 5), source: name)
    )
    return switch convolutions {
    case .direct: plain
    case .winograd: plain.usingWinograd
    case .bfloat16: plain.usingWinograd.inBFloat16
    }
  }

  static func random(_ shape: [Int], _ range: ClosedRange<Float>, seed: UInt64) -> Tensor {
    var random = SeededGenerator(seed: seed)
    return Tensor(shape, (0..<shape.reduce(1, *)).map { _ in random.uniform(range) })
  }

  /// Squares and rectangles, at borders and corners, and one pixel.
  static func spans(_ side: Int) -> [Range<Int>] {
    [0..<1, 0..<9, 3..<20, side / 2..<side / 2 + 17, side - 9..<side, side / 3..<side / 3 + 2]
  }

  /// Compares features and predictions with those of whole passes.
  ///
  /// oneDNN takes other kernels for areas than for the maps of an HRNet, and in a tile of Winograd's filtering every
  /// number depends on the whole tile by rounding: there, features are the same up to rounding, else to the last bit.
  static func compare(
    _ found: [Tensor], with network: Network, _ crops: Tensor, returning wanted: [Graph.Node],
    _ convolutions: Regressor.Convolutions, _ label: String
  ) throws {
    // A last digit of a sum may tip a number's rounding to bfloat16, which moves it by 0.4 %. Logits of random
    // weights on an HRNet are so large that this decides where it looks: there, only features can be compared.
    let tolerance: Float = convolutions == .bfloat16 ? 1e-2 : 2e-5
    let isChaotic = convolutions == .bfloat16 && network.architecture.isHRNet
    for i in 0..<crops.shape[0] {
      let whole = try network.graph.run(crops.rows(i..<i + 1), network.folded, returning: wanted)
      for (k, (found, whole)) in zip(found, whole).enumerated() where k == 0 || !isChaotic {
        if k == 0, convolutions == .direct, !network.architecture.isHRNet {
          #expect(found.rows(i..<i + 1) == whole, "\(label), \(i)")
        } else {
          expectClose(
            found.rows(i..<i + 1), whole, absolute: tolerance * whole.elements.map(abs).max()!,
            relative: 0, "\(label), \(i), result \(k)")
        }
      }
    }
  }

  static func wanted(_ network: Network) -> [Graph.Node] {
    [network.features, network.pose6D, network.betas, network.camera]
  }

  @Test(
    "gives the maps and predictions of a whole pass, wherever the windows of a grid are",
    arguments: 0..<architectures.count, Regressor.Convolutions.allCases.filter(\.isSupported))
  func exactness(index: Int, convolutions: Regressor.Convolutions) throws {
    let (name, architecture) = Self.architectures[index]
    let side = architecture.side
    let crop = Self.random([side, side, 3], -2...2, seed: UInt64(index))
    let network = try Self.network(name, architecture, convolutions)
    let isLarge = architecture.isHRNet
    // Some windows twice, since only then they make classes; and the whole crop, which leaves no area to cut out.
    for (spans, batch, classes) in [
      (Self.spans(side), 3, 1), (Self.spans(side) + Self.spans(side), 16, 16),
      (Self.spans(side) + [0..<side], 4, 4),
    ] {
      let windows = PatchWindows(rows: spans, columns: spans.reversed())
      let inference = try IncrementalInference(
        network.graph, network.folded, on: crop, windows: windows, value: 0.25,
        returning: Self.wanted(network), batch: batch, maxClasses: classes)
      let positions = windows.positions.enumerated().filter { $0.offset % (isLarge ? 17 : 2) == 0 }
        .map(\.element)
      let crops = positions.map { windows.patch($0, value: 0.25) }.pasted(on: crop)
      try Self.compare(
        try inference.run(positions).results, with: network, crops, returning: Self.wanted(network),
        convolutions,
        "\(name), batches of \(batch)")
      for position in positions {
        let share = inference.share(row: position.row, column: position.column)
        #expect(share > 0 && share <= 1)
        #expect((share == 1) == spans.contains(0..<side) || isLarge)
      }
    }
  }

  @Test(
    "gives those of a whole pass for patches of any content and shape, clipped ones and lists among them",
    arguments: 0..<architectures.count, [Regressor.Convolutions.direct, .winograd])
  func patches(index: Int, convolutions: Regressor.Convolutions) throws {
    let (name, architecture) = Self.architectures[index]
    let side = architecture.side
    let crop = Self.random([side, side, 3], -2...2, seed: 7)
    let network = try Self.network(name, architecture, convolutions)
    let (height, width) = (21, 14)
    let pixels = Self.random([height, width, 3], -2...2, seed: 8)
    // A disc with a soft edge, and a rectangle of any coverage.
    let coverage = [
      nil, Self.random([height, width], 0...1, seed: 9),
      Tensor([height, width]) { disc in
        for i in 0..<height * width {
          let (y, x) = (Float(i / width) - 10, Float(i % width) - 6.5)
          disc[i] = min(1, max(0, 7 - (x * x + y * y).squareRoot()))
        }
      },
    ]
    let corners = [
      (0, 0), (-5, -9), (side - 3, side / 2), (side / 3, side - 10), (-20, -13), (17, 33), (17, 5),
    ]
    let windows = PatchWindows(
      corners.map { top, left in
        (max(0, top)..<min(side, top + height), max(0, left)..<min(side, left + width))
      })
    let patches = corners.enumerated().map { index, corner in
      let (row, column) = windows.positions[index]
      return Patch(
        rows: windows.rows[row], columns: windows.columns[column],
        content: index == 5 ? .value(1) : .pixels(pixels, coverage: coverage[index % 3]), top: corner.0,
        left: corner.1)
    }
    let inference = try IncrementalInference(
      network.graph, network.folded, on: crop, windows: windows, value: 0, returning: Self.wanted(network),
      batch: 3)
    let found = try inference.run(windows.positions) { patches[$0] }.results
    try Self.compare(
      found, with: network, patches.pasted(on: crop), returning: Self.wanted(network), convolutions, name)

    // The same of windows that were not known when the network looked at the crop, one at a time and together.
    let seen = try IncrementalInference(
      network.graph, network.folded, on: crop, windows: PatchWindows([]), value: 0,
      returning: Self.wanted(network), batch: 3, keepsAll: true)
    for chosen in [[2], [4], [5, 6, 0]] {
      let own = PatchWindows(chosen.map { (patches[$0].rows, patches[$0].columns) })
      try Self.compare(
        seen.replanned(for: own).run(own.positions) { patches[chosen[$0]] }.results, with: network,
        chosen.map { patches[$0] }.pasted(on: crop), returning: Self.wanted(network), convolutions,
        "\(name), windows \(chosen)")
    }
    #expect(found[0].rows(0..<1) != found[0].rows(1..<2))
  }

  /// The definition, in 64 bits.
  private static func change(of result: Tensor, from clean: Tensor) -> Float {
    var (change, length) = (0.0, 0.0)
    for (a, b) in zip(result.elements, clean.elements) {
      let (x, y) = (Double(a), Double(b))
      change += (x - y) * (x - y)
      length += y * y
    }
    return Float((change / length).squareRoot())
  }

  @Test(
    "tells how far each layer moves, as the definition has it on whole passes",
    arguments: 0..<architectures.count, [Regressor.Convolutions.direct, .winograd])
  func layerChanges(index: Int, convolutions: Regressor.Convolutions) throws {
    let (name, architecture) = Self.architectures[index]
    let side = architecture.side
    let crop = Self.random([side, side, 3], -2...2, seed: 11)
    let network = try Self.network(name, architecture, convolutions)
    let names = network.measuredLayers.map(\.name)
    let nodes =
      network.stages + (network.stages.contains(network.features) ? [] : [network.features])
      + [network.pooled, network.attention, network.attended.first].compactMap(\.self) + [network.pose6D]
    #expect(Set(names).count == names.count && names.count == nodes.count)
    let direct = try Self.network(name, architecture, .direct)
    let windows = PatchWindows(rows: Self.spans(side), columns: Self.spans(side).reversed())
    let inference = try IncrementalInference(
      network.graph, network.folded, on: crop, windows: windows, value: 0.25,
      returning: Self.wanted(network), measuring: nodes, batch: 3)
    let positions = windows.positions.enumerated().filter { $0.offset % 5 == 0 }.map(\.element)
    let found = try #require(try inference.run(positions).changes)
    #expect(found.shape == [positions.count, nodes.count])
    let clean = try direct.graph.run(crop.reshaped([1, side, side, 3]), direct.folded, returning: nodes)
    for (row, position) in positions.enumerated() {
      let covered = windows.patch(position, value: 0.25).pasted(on: crop).reshaped([1, side, side, 3])
      let results = try direct.graph.run(covered, direct.folded, returning: nodes)
      for (column, layer) in names.enumerated() {
        let expected = Self.change(of: results[column], from: clean[column])
        let value = found[row, column]
        #expect(
          abs(value - expected) <= 2e-5 + 1e-4 * expected,
          "\(name), \(layer) at \(position): \(value), not \(expected)")
      }
    }
    // Attention of random weights may be all on one pixel, and stay there.
    #expect(found.elements.allSatisfy { $0 >= 0 } && (0..<positions.count).allSatisfy { found[$0, 0] > 0 })
  }

  @Test("predicts where a part-attention network looks, as a whole pass does; a pooled one looks nowhere")
  func attention() throws {
    let crop = Self.random([96, 96, 3], -2...2, seed: 3)
    for head in [Architecture.Head.Kind.pooled, .partAttention] {
      let regressor = try Regressor.random(.resNet18(head, side: 96, width: 16), seed: 2)
      let spans = [0..<17, 40..<57, 79..<96]
      let found = try regressor.incrementalInference(
        on: crop, rows: spans, columns: spans, value: 0, withAttention: true
      ).estimate([(1, 2), (0, 0)])
      let covered = Patch(rows: spans[1], columns: spans[2], content: .value(0)).pasted(on: crop)
      let whole = try regressor.estimate(covered.reshaped([1, 96, 96, 3]), withAttention: true)
      guard let attention = whole.attention else {
        #expect(head == .pooled && found.attention == nil)
        continue
      }
      let incremental = try #require(found.attention)
      #expect(incremental.shape[0] == 2)
      expectClose(incremental.rows(0..<1), attention, absolute: 1e-6, relative: 1e-4)
      let quiet = try regressor.incrementalInference(on: crop, rows: spans, columns: spans, value: 0)
        .estimate([(1, 2), (0, 0)]) {
          Patch(rows: spans[1 - $0], columns: spans[2 - 2 * $0], content: .value(0))
        }
      #expect(quiet.attention == nil && quiet.camera == found.camera)
    }
  }

  @Test(
    "lays out the skin, and takes joints from it, as a whole pass does",
    arguments: [Regressor.Convolutions.direct, .winograd])
  func skin(_ convolutions: Regressor.Convolutions) throws {
    let crop = Self.random([256, 256, 3], -2...2, seed: 3)
    let architecture = Architecture(side: 256, backbone: .blazePose, head: .uv(hidden: 16, width: 8))
    var weights = Network(learning: architecture).initialWeights(seed: 5)
    var random = SeededGenerator(seed: 6)
    weights[Network.surfaceInside] = Tensor([64, 64], (0..<64 * 64).map { $0 % 3 == 0 ? 0 : 1 })
    weights[Network.surfaceRegressor] = Tensor(
      [24, 64 * 64], (0..<24 * 64 * 64).map { _ in random.chance(0.01) ? random.uniform(0...1) : 0 })
    let regressor = try Regressor(architecture, Weights(weights, source: "uv")).with(convolutions)
    let spans = [0..<17, 120..<160, 230..<256]
    let inference = try regressor.incrementalInference(
      on: crop, rows: spans, columns: spans, value: 0, withAttention: true)
    let positions = [(row: 1, column: 1), (row: 0, column: 2), (row: 1, column: 0)]
    let found = try inference.estimate(positions)
    let skin = try #require(found.surface), joints = try #require(found.joints)
    #expect(found.attention == nil)
    for (index, position) in positions.enumerated() {
      let covered = Patch(rows: spans[position.row], columns: spans[position.column], content: .value(0))
        .pasted(on: crop)
      let whole = try regressor.estimate(covered.reshaped([1, 256, 256, 3]), withAttention: true)
      for (a, b) in [
        (skin.joined, whole.surface!.joined), (joints, whole.joints!), (found.rotations, whole.rotations),
        (found.camera, whole.camera),
      ] {
        expectClose(
          a.rows(index..<index + 1), b, absolute: 2e-5 * b.elements.map(abs).max()!, relative: 0,
          "\(position)")
      }
    }
    let quiet = try regressor.incrementalInference(on: crop, rows: spans, columns: spans, value: 0)
      .estimate([positions[0]])
    #expect(quiet.surface == nil && quiet.joints == joints.rows(0..<1))
    // To the bit, alone or together.
    for (index, position) in positions.enumerated() {
      let alone = try inference.estimate([position])
      #expect(alone.joints == joints.rows(index..<index + 1))
      #expect(alone.surface?.joined == skin.joined.rows(index..<index + 1))
    }
  }
}

internal import Tensors

extension Network {
  /// BlazePose's encoder; a pooled head reads its map of 8 × 8, the others one of 16 × 16 that has both.
  mutating func appendBlazePose(_ prefix: String) throws(WeightError) {
    var layers = BlazePoseLayers(
      graph: graph, prefix: prefix, isLearning: isLearning && frozenBackbone == nil)
    let fine = layers.earlyEncoder()
    if frozenBackbone == .early { (frozenLayers, layers.isLearning) = (layers.graph.layers.count, true) }
    let coarse = layers.lateEncoder(fine)
    graph = layers.graph
    if frozenBackbone == .all { frozenLayers = graph.layers.count }
    stages = layers.measuredStages.map(\.node)
    guard architecture.head.kind != .pooled else {
      // Channels differ by orders of magnitude, which a regressor would have to unlearn first.
      let name = "\(prefix)norm", channels = BlazePoseLayers.features
      features =
        isLearning
        ? graph.append(BatchNormalization(name: name, channels: channels), reading: coarse)
        : graph.append(FrozenNormalization(name: name, channels: channels), reading: coarse)
      return
    }
    let width = architecture.features
    func lateral(_ name: String, _ inputs: Int) -> Convolution {
      Convolution(name: name, inputs: inputs, outputs: width, side: 1, stride: 1, padding: 0)
    }
    let seen = try normalised(
      coarse, lateral("head.lateral.coarse.0", BlazePoseLayers.features), "head.lateral.coarse.1", relu: false
    )
    let enlarged = graph.append(Upsampling(factor: 2, alignsCorners: false), reading: seen)
    features = try normalised(
      fine, lateral("head.lateral.fine.0", BlazePoseLayers.fineFeatures), "head.lateral.fine.1",
      adding: enlarged)
  }
}

/// BlazePose GHUM full: the layers that Google's MediaPipe has it in, batch normalisation folded into them.
///
/// Bazarevsky et al. 2020; the encoder is of MobileNet's inverted residuals (Sandler et al. 2018).
struct BlazePoseLayers {
  /// What the layers are appended to.
  var graph: Graph
  /// What the names of weights begin with.
  let prefix: String
  /// Whether the layers are apart, so that gradients pass through them; folded otherwise.
  var isLearning: Bool

  /// The last map of every size, from the finest on.
  private(set) var measuredStages: [MeasuredLayer] = []

  /// The side of the crop in pixels, and the channels of the encoder's maps of 8 × 8 and of 16 × 16.
  static let side = 256, features = 864, fineFeatures = 528
  /// Where a ReLU6 cuts off.
  private static let ceiling: Float = 6

  /// A block of an encoder: expanded, filtered channel by channel, projected.
  struct Block {
    let inputs: Int, width: Int, outputs: Int, side: Int
    var stride = 1
    /// A map of the same size as its input is added to the input.
    var isResidual: Bool { inputs == outputs && stride == 1 }
  }

  /// The channels of the stem.
  static let stem = 3 * 8

  private static let blocks: [Block] = [
    .init(inputs: stem, width: stem, outputs: 16, side: 3),
    .init(inputs: 16, width: 64, outputs: stem, side: 3, stride: 2),
    .init(inputs: stem, width: 144, outputs: stem, side: 3),
    .init(inputs: stem, width: 144, outputs: 32, side: 5, stride: 2),
    .init(inputs: 32, width: 192, outputs: 32, side: 5),
    .init(inputs: 32, width: 192, outputs: 64, side: 3, stride: 2),
    .init(inputs: 64, width: 384, outputs: 64, side: 3),
    .init(inputs: 64, width: 384, outputs: 64, side: 3),
    .init(inputs: 64, width: 384, outputs: 88, side: 5),
    .init(inputs: 88, width: 528, outputs: 88, side: 5),
    .init(inputs: 88, width: 528, outputs: 88, side: 5),
    .init(inputs: 88, width: 528, outputs: 144, side: 5, stride: 2),
    .init(inputs: 144, width: 864, outputs: 144, side: 5),
    .init(inputs: 144, width: 864, outputs: 144, side: 5),
    .init(inputs: 144, width: 864, outputs: 144, side: 5),
  ]

  /// The block that steps down to the last maps.
  private static let lastStep = blocks.lastIndex { $0.stride == 2 }!

  /// From the normalised crop to the map before the last step down, 16 × 16 × 528.
  mutating func earlyEncoder() -> Graph.Node {
    var node = graph.append(ColourShares(), reading: Graph.input)
    node = convolution("stem", node, 3, Self.stem, side: 3, stride: 2)
    for index in 0..<Self.lastStep {
      if Self.blocks[index].stride == 2 { endStage(node) }
      node = block(index, Self.blocks[index], node)
    }
    let fine = widened(Self.lastStep, Self.blocks[Self.lastStep], node)
    endStage(fine)
    return fine
  }

  /// From there to the encoder's last map, 8 × 8 × 864.
  mutating func lateEncoder(_ fine: Graph.Node) -> Graph.Node {
    var node = narrowed(Self.lastStep, Self.blocks[Self.lastStep], fine, beside: fine)
    for index in Self.blocks.indices.dropFirst(Self.lastStep + 1) {
      node = block(index, Self.blocks[index], node)
    }
    node = convolution("last.expand", node, Self.blocks.last!.outputs, Self.features)
    let coarse = depthwise("last.depthwise", node, Self.features, side: 3)
    endStage(coarse)
    return coarse
  }

  private mutating func endStage(_ node: Graph.Node) {
    measuredStages.append(MeasuredLayer(name: "stage\(measuredStages.count + 1)", node: node))
  }

  /// A whole block.
  mutating func block(_ index: Int, _ block: Block, _ node: Graph.Node) -> Graph.Node {
    narrowed(index, block, widened(index, block, node), beside: node)
  }

  /// A block's map with all its channels.
  mutating func widened(_ index: Int, _ block: Block, _ node: Graph.Node) -> Graph.Node {
    guard block.width != block.inputs else { return node }
    return convolution("blocks.\(index).expand", node, block.inputs, block.width)
  }

  /// What a block makes of its widened map.
  mutating func narrowed(
    _ index: Int, _ block: Block, _ wide: Graph.Node, beside node: Graph.Node
  ) -> Graph.Node {
    let name = "blocks.\(index)."
    let filtered = depthwise(name + "depthwise", wide, block.width, side: block.side, stride: block.stride)
    return convolution(
      name + "project", filtered, block.width, block.outputs, adding: block.isResidual ? node : nil,
      isClipped: false)
  }

  /// From the encoder's map to the landmarks: 39 × (x, y, depth in pixels of the crop, visibility, presence), `[…, 195]`,
  /// 39 × 3 metres about the middle of the hips, `[…, 117]`, and whether a person is there, `[…, 1]`, before a logistic.
  mutating func landmarks(_ coarse: Graph.Node) -> [Graph.Node] {
    let width = 288
    var node = depthwise("landmarks.depthwise", coarse, Self.features, side: 3)
    node = convolution("landmarks.project", node, Self.features, width)
    for index in 0..<11 {
      let name = "landmarks.blocks.\(index)."
      let halves = index == 0 || index == 5
      let shortcut = halves ? graph.append(MaxPooling(side: 2, padding: 0), reading: node) : node
      let inner = depthwise(
        name + "depthwise", node, width, side: 3, stride: halves ? 2 : 1, padding: halves ? 0 : 1,
        paddingAfter: 1)
      node = convolution(name + "project", inner, width, width, adding: shortcut)
    }
    return [("screen", 195), ("world", 117), ("presence", 1)].map { part, count in
      let last = convolution("landmarks.\(part)", node, width, count, side: 2, padding: 0, isClipped: false)
      return graph.append(Flatten(), reading: last)
    }
  }

  /// A convolution with its bias, what is added, and a ReLU6.
  mutating func convolution(
    _ name: String, _ node: Graph.Node, _ inputs: Int, _ outputs: Int, side: Int = 1, stride: Int = 1,
    padding: Int? = nil, adding map: Graph.Node? = nil, isClipped: Bool = true
  ) -> Graph.Node {
    var layer = Convolution(
      name: prefix + name, inputs: inputs, outputs: outputs, side: side, stride: stride,
      padding: padding ?? side / 2, hasBias: true)
    guard isLearning else {
      (layer.hasResidual, layer.hasReLU, layer.ceiling) = (map != nil, isClipped, Self.ceiling)
      layer.packing = PackedWeights()
      return graph.append(layer, reading: [node] + (map.map { [$0] } ?? []))
    }
    var node = graph.append(layer, reading: node)
    if let map { node = graph.append(Sum(), reading: node, map) }
    return isClipped ? graph.append(ClippedReLU(ceiling: Self.ceiling), reading: node) : node
  }

  /// A convolution channel by channel with its bias and a ReLU6.
  mutating func depthwise(
    _ name: String, _ node: Graph.Node, _ channels: Int, side: Int, stride: Int = 1, padding: Int? = nil,
    paddingAfter: Int? = nil, isClipped: Bool = true
  ) -> Graph.Node {
    graph.append(
      DepthwiseConvolution(
        name: prefix + name, channels: channels, side: side, stride: stride, padding: padding ?? side / 2,
        paddingAfter: paddingAfter, ceiling: isClipped ? Self.ceiling : nil), reading: node)
  }
}

package import Tensors

/// An architecture laid out as a graph, for training or inference, and the nodes that matter outside.
package struct Network: Sendable {
  package let architecture: Architecture
  package internal(set) var graph = Graph()
  /// Weights folded for inference, by the names that the graph's layers use; empty for a network in training.
  package private(set) var folded: [String: Tensor] = [:]
  /// What the layers are filled from, while the network is built.
  private var weights: Weights?
  /// What of BlazePose's encoder stays as it is, its layers folded as in inference.
  let frozenBackbone: Architecture.FrozenBackbone?
  /// How many layers, from the first on, stay as they are and let no gradient through.
  package internal(set) var frozenLayers = 0
  /// Whether gradients are to pass through the layers.
  var isLearning: Bool { weights == nil }
  /// Whether the layers that are being appended stay as they are.
  private var isFrozen = false

  /// The backbone's map, `[batch, side / 32, side / 32, features]`; twice as fine with a last stride of 1, and
  /// `side / 4` with HRNet.
  package internal(set) var features = Graph.input
  /// The results of the stem and the four stages of a ResNet, of the four branches of an HRNet, or the last map of every
  /// size in BlazePose's encoder.
  package internal(set) var stages: [Graph.Node] = []
  /// `[batch, features]`; only with a pooled head.
  package private(set) var pooled: Graph.Node?
  /// `[batch, map, map, 25]`, background first; only with part attention or an auxiliary part head.
  package private(set) var partLogits: Graph.Node?
  /// What learning asks of the part branch besides: the point of the skin, `[batch, map, map, 4]`.
  package private(set) var surface: Graph.Node?
  private var partFeatures = Graph.input
  /// `[batch, map, map, 24]`; only with part attention.
  package private(set) var attention: Graph.Node?
  /// The gathered features of pose and of shape; only with part attention.
  package private(set) var attended: [Graph.Node] = []
  /// What is made of the skin in UV space; only with a head of that kind.
  package internal(set) var surfaceMaps: SurfaceNodes?
  /// Where in the crop the joints are, and whether they are seen, `[batch, 24, 3]`; only with part attention, on request.
  package internal(set) var keypoints: Graph.Node?
  /// `[batch, 144]`, six numbers a joint.
  package internal(set) var pose6D = Graph.input
  /// Rotations, `[batch, 24, 3, 3]`.
  package private(set) var rotations = Graph.input
  /// Shape coefficients, `[batch, 10]`.
  package internal(set) var betas = Graph.input
  /// Camera s, tx, ty, `[batch, 3]`.
  package internal(set) var camera = Graph.input

  /// What the names of the part branch begin with: from the backbone's map to the part logits.
  package static let partBranch = "head.keypoint_"

  /// The network in training, its batch normalisation not folded.
  ///
  /// - Parameters:
  ///   - auxiliaryParts: gives a pooled network the part branch of part attention, which only training asks for.
  ///   - freezesParts: leaves the part branch as it is, statistics and all; gradients pass through it.
  ///   - frozenBackbone: what of BlazePose's encoder is left as it is; no gradient passes through it.
  ///   - findsSurface: adds to the part branch, where there is one, what predicts which point of the skin is seen.
  ///   - findsKeypoints: adds to part attention what reads 2D joints off it.
  package init(
    learning architecture: Architecture, auxiliaryParts: Bool = false, freezesParts: Bool = false,
    frozenBackbone: Architecture.FrozenBackbone? = nil, findsSurface: Bool = false,
    findsKeypoints: Bool = false
  ) {
    precondition(frozenBackbone == nil || architecture.isBlazePose, "only BlazePose's encoder can be frozen")
    (self.architecture, weights, self.frozenBackbone) = (architecture, nil, frozenBackbone)
    try! build(auxiliaryParts: auxiliaryParts, freezesParts: freezesParts)
    if findsSurface, partLogits != nil {
      var layer = pointwise("head.surface_layer", architecture.partBranch.width, 4)
      layer.start = Linear.small(inputs: architecture.partBranch.width, outputs: 4)
      surface = graph.append(layer, reading: partFeatures)
    }
    if findsKeypoints { appendKeypoints() }
    let frozen = frozenLayers
    let fixed =
      frozen > 0 ? graph.forInference(side: architecture.side, upTo: [features], isFused: false).layers : []
    graph = graph.replacing { index, layer in index < frozen ? fixed[index] : layer.forTraining }
  }

  /// The network in training, with some part maps of a batch hidden: their attention is the same everywhere.
  ///
  /// - Parameter hidden: for every picture, 24 values.
  package func hidingPartMaps(_ hidden: [Bool]) -> Network {
    var network = self
    network.graph = graph.replacing { _, layer in layer.hidingMaps(hidden) }
    return network
  }

  /// The network in inference, batch normalisation and ReLU folded into the convolutions.
  ///
  /// - Parameter findsKeypoints: adds to part attention what reads 2D joints off it.
  /// - Throws: `WeightError` when a weight is missing, misshapen or not finite.
  package init(
    estimating architecture: Architecture, _ weights: Weights, findsKeypoints: Bool = false
  ) throws(WeightError) {
    (self.architecture, self.weights, frozenBackbone) = (architecture, weights, nil)
    try build()
    if findsKeypoints { appendKeypoints() }
    for parameter in graph.parameters where folded[parameter.name] == nil {
      folded[parameter.name] = try weights.tensor(parameter.name, parameter.shape)
    }
    self.weights = nil
  }

  /// The network in inference, its packed weights no longer shared: they go when it goes.
  package var withOwnCache: Network {
    var network = self
    network.graph = graph.replacing { _, layer in layer.withOwnCache }
    return network
  }

  /// The network in inference, with fewer multiplications in its 3×3 convolutions where this processor can.
  package var usingWinograd: Network {
    var network = self
    network.graph = graph.forInference(
      side: architecture.side,
      upTo: [rotations, betas, camera] + [surfaceMaps?.joints, keypoints].compactMap(\.self),
      isFused: architecture.isHRNet)
    return network
  }

  /// The network in inference, its convolutions over bfloat16, those of the picture's colours and those that save
  /// multiplications aside.
  package var inBFloat16: Network {
    var network = self
    network.graph = graph.replacing { _, layer in layer.inBFloat16 }
    return network
  }

  /// The running statistics that a network in training keeps besides its parameters: their names and channels.
  package var statistics: [(layer: Int, mean: String, variance: String, channels: Int)] { graph.statistics }

  private mutating func build(
    auxiliaryParts: Bool = false, freezesParts: Bool = false
  ) throws(WeightError) {
    let isPooled = architecture.head.kind == .pooled
    let prefix = isPooled ? "" : "backbone."
    switch architecture.backbone {
    case .resNet(let block, let blocks, let width, let lastStride):
      try appendResNet(prefix, block: block, blocks: blocks, width: width, lastStride: lastStride ?? 2)
    case .hrNet(let modules, let width, let fusion):
      try appendHRNet(prefix, modules: modules, width: width, fusion)
    case .blazePose: try appendBlazePose(prefix)
    }
    switch architecture.head {
    case .pooled(let hidden, _): appendPooledHead(hidden: hidden)
    case .partAttention(let head): try appendPartAttentionHead(head, "head.", freezesParts: freezesParts)
    case .uv(let hidden, _): try appendSurfaceHead(hidden: hidden)
    }
    rotations = graph.append(Rotation6D(), reading: pose6D)
    // Last, so that the plain network's layers and first weights are those that it has without.
    if isPooled, auxiliaryParts { partLogits = try appendPartBranch("head.", isFrozen: freezesParts) }
  }

  /// Convolution, batch normalisation, and what follows: an added map, a ReLU.
  mutating func normalised(
    _ node: Graph.Node, _ convolution: Convolution, _ normalisation: String, adding map: Graph.Node? = nil,
    relu: Bool = true
  ) throws(WeightError) -> Graph.Node {
    guard let weights else {
      let made = graph.append(convolution, reading: node)
      if isFrozen, map == nil {
        return graph.append(
          FrozenNormalization(name: normalisation, channels: convolution.outputs, hasReLU: relu),
          reading: made)
      }
      let layer = BatchNormalization(
        name: normalisation, channels: convolution.outputs, hasResidual: map != nil, hasReLU: relu)
      return map.map { graph.append(layer, reading: made, $0) } ?? graph.append(layer, reading: made)
    }
    var fused = convolution
    (fused.hasBias, fused.hasReLU, fused.hasResidual, fused.packing) = (
      true, relu, map != nil, PackedWeights()
    )
    let parameter = convolution.parameters[0]
    let normal = [fused.outputs]
    let scale = try weights.tensor("\(normalisation).weight", normal).elements
    let offset = try weights.tensor("\(normalisation).bias", normal).elements
    let mean = try weights.tensor("\(normalisation).running_mean", normal).elements
    let variance = try weights.tensor("\(normalisation).running_var", normal).elements
    var kernel = try weights.tensor(parameter.name, parameter.shape)
    let factors = zip(scale, variance).map {
      Double($0) / (Double($1) + Double(BatchNormalization.epsilon)).squareRoot()
    }
    let area = parameter.shape[2] * parameter.shape[3]
    let (second, isTransposed) = (parameter.shape[1], convolution.isTransposed)
    kernel.withMutableElements { values in
      for i in values.indices {
        values[i] = Float(Double(values[i]) * factors[isTransposed ? i / area % second : i / (area * second)])
      }
    }
    folded[parameter.name] = kernel
    folded["\(convolution.name).bias"] = Tensor(
      normal, (0..<fused.outputs).map { Float(Double(offset[$0]) - Double(mean[$0]) * factors[$0]) })
    return map.map { graph.append(fused, reading: node, $0) } ?? graph.append(fused, reading: node)
  }

  // MARK: ResNet (He et al. 2016)

  private mutating func appendResNet(
    _ prefix: String, block: Architecture.Block, blocks: [Int], width: Int, lastStride: Int
  ) throws(WeightError) {
    let stem = Convolution(
      name: "\(prefix)conv1", inputs: 3, outputs: width, side: 7, stride: 2, padding: 3)
    var node = try normalised(Graph.input, stem, "\(prefix)bn1")
    node = graph.append(MaxPooling(), reading: node)
    stages.append(node)
    var channels = width
    for (stage, count) in blocks.enumerated() {
      for index in 0..<count {
        let name = "\(prefix)layer\(stage + 1).\(index)."
        let first = stage == 0 ? 1 : stage == 3 ? lastStride : 2
        let stride = index == 0 ? first : 1
        (node, channels) = try appendBlock(
          block, node, name, channels, width << stage, stride)
      }
      stages.append(node)
    }
    features = node
  }

  mutating func appendBlock(
    _ block: Architecture.Block, _ node: Graph.Node, _ name: String, _ inputs: Int, _ width: Int,
    _ stride: Int
  ) throws(WeightError) -> (Graph.Node, channels: Int) {
    let isBasic = block == .basic
    let outputs = isBasic ? width : 4 * width
    func convolution(_ part: String, _ from: Int, _ to: Int, side: Int, stride: Int = 1) -> Convolution {
      Convolution(name: name + part, inputs: from, outputs: to, side: side, stride: stride, padding: side / 2)
    }
    var shortcut = node
    if stride != 1 || inputs != outputs {
      shortcut = try normalised(
        node, convolution("downsample.0", inputs, outputs, side: 1, stride: stride), "\(name)downsample.1",
        relu: false)
    }
    var inner = node
    if isBasic {
      inner = try normalised(
        inner, convolution("conv1", inputs, width, side: 3, stride: stride), "\(name)bn1")
      inner = try normalised(
        inner, convolution("conv2", width, outputs, side: 3), "\(name)bn2", adding: shortcut)
    } else {
      inner = try normalised(inner, convolution("conv1", inputs, width, side: 1), "\(name)bn1")
      inner = try normalised(inner, convolution("conv2", width, width, side: 3, stride: stride), "\(name)bn2")
      inner = try normalised(
        inner, convolution("conv3", width, outputs, side: 1), "\(name)bn3", adding: shortcut)
    }
    return (inner, outputs)
  }

  // MARK: Pooled head (SPIN, Kolotouros et al. 2019)

  private mutating func appendPooledHead(hidden: Int) {
    let pooled = graph.append(AveragePooling(), reading: features)
    let regressor = IterativeRegressor(prefix: "", features: architecture.features, hidden: hidden)
    let estimate = graph.append(weights == nil ? regressor : regressor.fixed, reading: pooled)
    self.pooled = pooled
    let (pose, shape) = (SMPLParameters.pose, SMPLParameters.betas)
    pose6D = graph.append(Slice(columns: 0..<pose), reading: estimate)
    betas = graph.append(
      Slice(columns: pose..<pose + shape), reading: estimate)
    camera = graph.append(Slice(columns: pose + shape..<pose + shape + 3), reading: estimate)
  }

  // MARK: Part-attention head (PARE, Kocabas et al. 2021)

  /// From the backbone's map to the logits of background and parts.
  private mutating func appendPartBranch(_ prefix: String, isFrozen: Bool) throws(WeightError) -> Graph.Node {
    self.isFrozen = isFrozen
    defer { self.isFrozen = false }
    partFeatures = try appendBranch("\(prefix)keypoint_deconv_layers")
    return graph.append(
      pointwise("\(prefix)keypoint_final_layer", architecture.partBranch.width, 25), reading: partFeatures)
  }

  private mutating func appendPartAttentionHead(
    _ head: Architecture.PartAttention, _ prefix: String, freezesParts: Bool
  ) throws(WeightError) {
    let (width, shapeWidth) = (head.branch.width, head.shapeWidth)
    let logits = try appendPartBranch(prefix, isFrozen: freezesParts)
    let attention = graph.append(SpatialSoftmax(), reading: logits)
    let body = try appendBranch("\(prefix)smpl_deconv_layers")
    let shape = graph.append(pointwise("\(prefix)smpl_final_layer", width, shapeWidth), reading: body)
    let poseFeatures = graph.append(AttentionPooling(), reading: body, attention)
    let shapeFeatures = graph.append(AttentionPooling(), reading: shape, attention)
    (partLogits, self.attention, attended) = (logits, attention, [poseFeatures, shapeFeatures])

    pose6D = graph.append(
      LocallyConnected(name: "\(prefix)pose_mlp", channels: width, joints: SMPLParameters.joints, outputs: 6),
      reading: poseFeatures)
    let flat = graph.append(Flatten(), reading: shapeFeatures)
    let count = shapeWidth * SMPLParameters.joints
    betas = graph.append(
      linear("\(prefix)shape_mlp", count, SMPLParameters.betas), reading: flat)
    camera = graph.append(linear("\(prefix)cam_mlp", count, 3), reading: flat)
    if head.addsMeanPose ?? head.addsMean {
      pose6D = graph.append(
        AddMean(name: "\(prefix)init_pose", columns: SMPLParameters.pose, jointsLast: true), reading: pose6D)
    }
    if head.addsMeanCameraAndShape ?? head.addsMean {
      betas = graph.append(
        AddMean(name: "\(prefix)init_shape", columns: SMPLParameters.betas), reading: betas)
      camera = graph.append(AddMean(name: "\(prefix)init_cam", columns: 3), reading: camera)
    }
  }

  func linear(_ name: String, _ inputs: Int, _ outputs: Int) -> Linear {
    var linear = Linear(
      name: name, inputs: inputs, outputs: outputs, start: Linear.small(inputs: inputs, outputs: outputs))
    if weights != nil { linear.product = WindowProduct() }
    return linear
  }

  func pointwise(_ name: String, _ inputs: Int, _ outputs: Int) -> Convolution {
    var convolution = Convolution(
      name: name, inputs: inputs, outputs: outputs, side: 1, stride: 1, padding: 0, hasBias: true)
    if weights != nil { convolution.packing = PackedWeights() }
    return convolution
  }

  private mutating func appendBranch(_ name: String) throws(WeightError) -> Graph.Node {
    var node = features
    var inputs = architecture.features
    let (branch, width) = (architecture.partBranch, architecture.partBranch.width)
    for depth in 0..<branch.depth {
      switch branch.enlargement {
      case .deconvolution:
        let enlarging = Convolution(
          name: "\(name).\(3 * depth)", inputs: inputs, outputs: width, side: 4, stride: 2, padding: 1,
          isTransposed: true, start: .bilinear((1 / Float(inputs)).squareRoot()))
        node = try normalised(node, enlarging, "\(name).\(3 * depth + 1)")
      case .upsampling:
        node = graph.append(Upsampling(factor: 2), reading: node)
        let smoothing = Convolution(
          name: "\(name).\(4 * depth + 1)", inputs: inputs, outputs: width, side: 3, stride: 1, padding: 1)
        node = try normalised(node, smoothing, "\(name).\(4 * depth + 2)")
      case .convolution:
        let mixing = Convolution(
          name: "\(name).\(3 * depth)", inputs: inputs, outputs: width, side: 3, stride: 1, padding: 1)
        node = try normalised(node, mixing, "\(name).\(3 * depth + 1)")
      }
      inputs = width
    }
    return node
  }
}

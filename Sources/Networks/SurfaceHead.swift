import Tensors

/// What a network makes of the skin, laid out in UV space (Zhang, Huang and Wang 2020).
package struct SurfaceNodes: Sendable {
  /// Logits of what of the crop shows the visible person, `[batch, map, map, 1]`.
  package let saliency: Graph.Node
  /// Of every pixel of the layout a position about the pelvis, metres in the camera's axes, and the logit of being seen,
  /// `[batch, side, side, 4]`.
  package let seen: Graph.Node
  /// The same with holes where nothing is seen, and the share that is, `[batch, side, side, 4]`.
  package let partial: Graph.Node
  /// The positions with the holes filled, `[batch, side, side, 3]`.
  package let filled: Graph.Node
  /// The joints that the filled map gives, about the pelvis, `[batch, 24, 3]`.
  package let joints: Graph.Node
}

extension Network {
  /// The side of the layout.
  package static let surfaceSide = 64
  /// The weights that are facts about the layout: what is inside of its charts, and the joints' shares of its pixels.
  package static let surfaceInside = "head.inside", surfaceRegressor = "head.joint_regressor"
  /// The channels and the side of the smallest maps, which become one vector.
  private static let bottom = (channels: 128, side: 4)

  /// From the backbone's map to the skin that is seen, from there to all of it, and on to joints and body.
  mutating func appendSurfaceHead(hidden: Int) throws(WeightError) {
    let width = architecture.features
    let saliency = graph.append(small("head.saliency_layer", width, 1), reading: features)
    var node = graph.append(Gate(), reading: features, saliency)

    node = try halved("head.encoder.0", node, width, 128)
    node = try halved("head.encoder.1", node, 128, Self.bottom.channels)
    let vector: Graph.Node
    (vector, node) = try appendBottleneck("head.encoder.2", node, hidden: hidden)
    for (index, step) in [(128, 96), (96, 64), (64, 32), (32, 16)].enumerated() {
      node = try doubled("head.decoder.\(index)", node, step.0, step.1)
    }
    let seen = graph.append(small("head.decoder.4", 16, 4), reading: node)
    // What fills holes would rather have none, and teach the network that nothing is ever hidden.
    let fixed = graph.append(StopGradient(), reading: seen)
    let partial = graph.append(
      SurfaceHoles(name: Self.surfaceInside, side: Self.surfaceSide), reading: seen, fixed)
    let filled = try appendInpainting(partial, hidden: hidden)
    let joints = graph.append(
      SurfaceJoints(name: Self.surfaceRegressor, side: Self.surfaceSide, joints: SMPLParameters.joints),
      reading: filled)
    surfaceMaps = SurfaceNodes(
      saliency: saliency, seen: seen, partial: partial, filled: filled, joints: joints)

    var reduced = filled
    for (index, step) in [(3, 8), (8, 16), (16, 32)].enumerated() {
      reduced = try halved("head.body.\(index)", reduced, step.0, step.1)
    }
    let inner = graph.append(
      Flatten(),
      reading: try normalised(
        reduced,
        Convolution(
          name: "head.body.3.0", inputs: 32, outputs: hidden, side: Self.surfaceSide / 8, stride: 1,
          padding: 0),
        "head.body.3.1"))
    pose6D = corrected("pose", inner, hidden, SMPLParameters.pose, jointsLast: true)
    betas = corrected("shape", inner, hidden, SMPLParameters.betas)
    camera = corrected("cam", vector, hidden, 3)
  }

  /// Fills the holes: down to a vector that knows the whole body, and up again beside the maps that were passed.
  private mutating func appendInpainting(
    _ partial: Graph.Node, hidden: Int
  ) throws(WeightError) -> Graph.Node {
    let widths = [4, 16, 32, 64, Self.bottom.channels]
    var maps = [partial]
    for index in 1..<widths.count {
      maps.append(
        try halved("head.inpainting.down.\(index)", maps[index - 1], widths[index - 1], widths[index]))
    }
    var (_, node) = try appendBottleneck("head.inpainting.bottom", maps[widths.count - 1], hidden: hidden)
    var channels = Self.bottom.channels
    for index in (0..<widths.count - 1).reversed() {
      let enlarged = graph.append(Upsampling(factor: 2, alignsCorners: false), reading: node)
      let both = graph.append(Concat(), reading: enlarged, maps[index])
      let outputs = max(widths[index], 16)
      node = try block("head.inpainting.up.\(index)", both, channels + widths[index], outputs)
      channels = outputs
    }
    return graph.append(small("head.inpainting.last", channels, 3), reading: node)
  }

  /// A map of the smallest size as a vector, and the map that is made of it again.
  private mutating func appendBottleneck(
    _ name: String, _ node: Graph.Node, hidden: Int
  ) throws(WeightError) -> (vector: Graph.Node, map: Graph.Node) {
    let (channels, side) = Self.bottom
    // Linear maps as convolutions, whose results are normalised: without that they learn slowly.
    let inner = try normalised(
      node,
      Convolution(name: "\(name).in.0", inputs: channels, outputs: hidden, side: side, stride: 1, padding: 0),
      "\(name).in.1")
    let outer = try normalised(
      inner,
      Convolution(
        name: "\(name).out.0", inputs: hidden, outputs: channels * side * side, side: 1, stride: 1, padding: 0
      ),
      "\(name).out.1")
    return (
      graph.append(Flatten(), reading: inner), graph.append(Reshape([side, side, channels]), reading: outer)
    )
  }

  private mutating func corrected(
    _ name: String, _ node: Graph.Node, _ inputs: Int, _ columns: Int, jointsLast: Bool = false
  ) -> Graph.Node {
    let correction = graph.append(linear("head.\(name)_mlp", inputs, columns), reading: node)
    return graph.append(
      AddMean(name: "head.init_\(name)", columns: columns, jointsLast: jointsLast), reading: correction)
  }

  /// A last layer, whose first predictions are near zero.
  private func small(_ name: String, _ inputs: Int, _ outputs: Int) -> Convolution {
    var layer = pointwise(name, inputs, outputs)
    layer.start = Linear.small(inputs: inputs, outputs: outputs)
    return layer
  }

  private mutating func block(
    _ name: String, _ node: Graph.Node, _ inputs: Int, _ outputs: Int, stride: Int = 1
  ) throws(WeightError) -> Graph.Node {
    try normalised(
      node,
      Convolution(name: "\(name).0", inputs: inputs, outputs: outputs, side: 3, stride: stride, padding: 1),
      "\(name).1")
  }

  private mutating func halved(
    _ name: String, _ node: Graph.Node, _ inputs: Int, _ outputs: Int
  ) throws(WeightError) -> Graph.Node {
    try block(name, node, inputs, outputs, stride: 2)
  }

  private mutating func doubled(
    _ name: String, _ node: Graph.Node, _ inputs: Int, _ outputs: Int
  ) throws(WeightError) -> Graph.Node {
    let enlarged = graph.append(Upsampling(factor: 2, alignsCorners: false), reading: node)
    return try block(name, enlarged, inputs, outputs)
  }
}

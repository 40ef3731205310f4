public import Models
public import Networks
import Tensors

/// Temporal networks of random weights.
public enum SmallTemporal {
  /// The side of the networks' crop, pixels.
  public static let side = SmallNetworks.side

  /// The weights of a network of keypoints.
  public static func keypoints(seed: UInt64 = 9) -> Weights {
    let branch = Architecture.Branch(depth: 1, width: 8)
    let architecture = Architecture(
      side: side, backbone: .resNet(block: .basic, blocks: [1, 1, 1, 1], width: 8, lastStride: nil),
      head: .partAttention(.init(branch: branch, shapeWidth: 8)))
    return Weights(
      Network(learning: architecture, findsKeypoints: true).initialWeights(seed: seed),
      metadata: [Architecture.metadataKey: architecture.json])
  }

  /// All weights.
  public static func weights(_ settings: TemporalNetwork.Settings, seed: UInt64 = 9) -> Weights {
    var weights = keypoints(seed: seed)
    let layers = TemporalLayers(frames: settings.frames, width: settings.width, isLearning: true)
    for (name, tensor) in layers.graph.initialWeights(seed: seed) { weights.tensors[name] = tensor }
    // As small as training starts, the last layer would tell nothing apart.
    weights.tensors["temporal.joints.weight"] = weights.tensors["temporal.joints.weight"]!.plus(
      Tensor([72, settings.width, 1, 1], (0..<72 * settings.width).map { Float($0 % 7 - 3) / 20 }))
    weights.metadata[TemporalNetwork.metadata.key] = TemporalNetwork.metadata.value
    weights.metadata[TemporalNetwork.settingsKey] = settings.json
    return weights
  }

  /// Settings of a narrow network.
  public static func settings(frames: Int, usesLabels: Bool = false) -> TemporalNetwork.Settings {
    var settings = TemporalNetwork.Settings()
    (settings.frames, settings.width, settings.usesLabels) = (frames, 16, usesLabels)
    return settings
  }

  /// A network.
  ///
  /// - Throws: nothing: a random network has all of its weights.
  public static func network(frames: Int, usesLabels: Bool = false, seed: UInt64 = 9) throws
    -> TemporalNetwork
  {
    try TemporalNetwork(weights(settings(frames: frames, usesLabels: usesLabels), seed: seed))
  }

  /// The same as a model.
  ///
  /// - Throws: nothing, as above.
  public static func model(
    frames: Int, usesLabels: Bool = false, _ convolutions: Regressor.Convolutions = .direct
  ) throws -> TemporalModel {
    TemporalModel(
      try network(frames: frames, usesLabels: usesLabels), label: "temporal", file: "temporal.safetensors",
      convolutions: convolutions)
  }
}

public import Tensors

/// A network that says of 24 joints where in the crop they are, and whether they are seen.
///
/// Part attention (PARE, Kocabas et al. 2021) whose maps give places instead of a body: their mean place, corrected by the
/// features that they gather.
public struct KeypointNetwork: Sendable {
  /// What it is made of; its head is part attention.
  public let architecture: Architecture
  /// A digest of the weights.
  public let fingerprint: String
  /// How convolutions are computed: as defined, unless asked otherwise.
  public private(set) var convolutions = Regressor.Convolutions.direct
  private var network: Network
  private let wanted: [Graph.Node]

  /// The network of the given weights, whose file states the architecture.
  ///
  /// - Throws: `WeightError` when it is of another kind, or a weight is missing, misshapen or not finite.
  public init(_ weights: Weights) throws(WeightError) {
    architecture = try Architecture(of: weights)
    guard architecture.head.kind == .partAttention else {
      throw WeightError(weights.source, "finds no keypoints; give a network made by train --head keypoints")
    }
    network = try Network(estimating: architecture, weights, findsKeypoints: true)
    wanted = [network.keypoints!]
    fingerprint = network.fingerprint
  }

  /// The side of the crop in pixels.
  public var side: Int { architecture.side }

  /// The same network with its convolutions computed in another way.
  public func with(_ convolutions: Regressor.Convolutions) -> KeypointNetwork {
    precondition(
      convolutions.isSupported, "\(convolutions) convolutions on a processor without the instructions")
    guard convolutions != self.convolutions else { return self }
    precondition(self.convolutions == .direct, "a network's convolutions cannot be changed back")
    var other = self
    other.network = network.usingWinograd
    if convolutions == .bfloat16 { other.network = other.network.inBFloat16 }
    other.convolutions = convolutions
    return other
  }

  /// The same network for a short while: what it makes of its weights to work faster goes when it goes.
  public var withTemporaryCache: KeypointNetwork {
    var other = self
    other.network = network.withOwnCache
    return other
  }

  /// Keypoints of crops `[batch, side, side, 3]`, normalised by ImageNet's mean and deviation: `[batch, 24, 3]`, x and y from −1
  /// to 1 over the crop, and how sure it is that the joint is seen, before a logistic function.
  ///
  /// - Throws: `NetworkError` when there is no memory.
  public func estimate(_ crops: Tensor) throws(NetworkError) -> Tensor {
    precondition(
      crops.shape.count == 4 && Array(crops.shape.dropFirst()) == [side, side, 3],
      "crops of shape \(crops.shape) for a network of side \(side)")
    return try network.graph.run(crops, network.folded, returning: wanted)[0]
  }

  /// The network after a look at a crop `[side, side, 3]`, to be asked with patches in any of the windows.
  ///
  /// - Throws: `NetworkError` when there is no memory.
  public func incrementalInference(
    on crop: Tensor, windows: PatchWindows, batch: Int = 16, keepsAll: Bool = false
  ) throws(NetworkError) -> IncrementalInference {
    try IncrementalInference(
      network.graph, network.folded, on: crop, windows: windows, value: 0, returning: wanted, batch: batch,
      keepsAll: keepsAll)
  }

  /// The bytes that a sweep takes besides the weights, as far as can be told from the sizes of maps.
  ///
  /// - Parameter crops: how many crops it has looked at.
  public func memory(batch: Int, workers: Int, crops: Int = 1) -> Double {
    let shapes = network.graph.shapes(of: [1, side, side, 3], upTo: wanted)
    let kept = shapes.reduce(0.0) { $0 + 4 * Double($1.reduce(1, *)) }
    return Double(crops - 1) * kept
      + InferenceMemory.bytes(
        network.graph, network.folded, side: side, returning: wanted, isDirect: convolutions == .direct,
        batch: batch, workers: workers)
  }

  /// How many crops to work on at once so that a sweep takes no more than so many bytes; nil when even one takes more.
  public func batch(within bytes: Double, workers: Int, crops: Int = 1) -> Int? {
    InferenceMemory.batch(within: bytes) { memory(batch: $0, workers: workers, crops: crops) }
  }
}

extension Network {
  /// From attention and the features that it gathers to places in the crop.
  mutating func appendKeypoints() {
    guard let attention, let features = attended.first else {
      preconditionFailure("keypoints without part attention")
    }
    let corrections = graph.append(
      LocallyConnected(
        name: "head.keypoints_mlp", channels: architecture.partBranch.width, joints: SMPLParameters.joints,
        outputs: 3), reading: features)
    keypoints = graph.append(AttentionPlaces(), reading: attention, corrections)
  }
}

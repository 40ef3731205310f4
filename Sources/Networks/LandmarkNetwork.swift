import Foundation
public import Tensors

/// What a landmark network says of a batch of crops.
public struct Landmarks: Sendable {
  /// x and y in pixels of the crop, depth in pixels, and how sure it is that the landmark is seen and that it is there,
  /// before a logistic function, `[batch, 39, 5]`; the last six landmarks serve tracking.
  public let screen: Tensor
  /// The landmarks about the middle of the hips, metres, x right, y down, z away, `[batch, 39, 3]`.
  public let world: Tensor
  /// How sure it is that there is a person, before a logistic function, `[batch]`.
  public let presence: Tensor

  /// What the network's last layers made.
  package init(_ results: [Tensor]) {
    let batch = results[0].shape[0]
    screen = results[0].reshaped([batch, LandmarkNetwork.count, 5])
    world = results[1].reshaped([batch, LandmarkNetwork.count, 3])
    presence = results[2].reshaped([batch])
  }
}

/// BlazePose GHUM full, which reads 33 landmarks of a person off a crop of 256 pixels.
///
/// Bazarevsky et al. 2020; the weights are those of Google's MediaPipe.
public struct LandmarkNetwork: Sendable {
  /// The name under which weight files say that they are of this network, and what they say.
  public static let metadata = (key: "penumbra.network", value: "blazepose")
  /// The side of the crop in pixels.
  public static let side = BlazePoseLayers.side
  /// The landmarks, six that serve tracking among them.
  public static let count = 39

  /// A digest of the weights, to distinguish the results of networks.
  public let fingerprint: String
  /// How convolutions are computed: as defined, unless asked otherwise.
  public private(set) var convolutions = Regressor.Convolutions.direct
  var graph: Graph
  private let weights: [String: Tensor]
  let wanted: [Graph.Node]
  private let measuredLayers: [MeasuredLayer]

  /// The network of the given weights.
  ///
  /// - Throws: `WeightError` when a weight is missing, misshapen or not finite.
  public init(_ weights: Weights) throws(WeightError) {
    var layers = BlazePoseLayers(graph: Graph(), prefix: "", isLearning: false)
    wanted = layers.landmarks(layers.lateEncoder(layers.earlyEncoder()))
    measuredLayers =
      layers.measuredStages + [MeasuredLayer(name: "landmarks", node: wanted[1])]
    graph = layers.graph
    let tensors = try weights.tensors(of: graph.parameters)
    var hash = Fingerprint()
    hash.add(tensors)
    (self.weights, fingerprint) = (tensors, hash.text)
  }

  /// The parameters of the network: names and shapes of its weights.
  package var parameters: [Parameter] { graph.parameters }

  /// The same network with its convolutions computed in another way.
  public func with(_ convolutions: Regressor.Convolutions) -> LandmarkNetwork {
    precondition(
      convolutions.isSupported, "\(convolutions) convolutions on a processor without the instructions")
    guard convolutions != self.convolutions else { return self }
    precondition(self.convolutions == .direct, "a network's convolutions cannot be changed back")
    var other = self
    other.graph = graph.forInference(side: Self.side, upTo: wanted, isFused: false)
    if convolutions == .bfloat16 { other.graph = other.graph.replacing { $1.inBFloat16 } }
    other.convolutions = convolutions
    return other
  }

  /// The same network for a short while: what it makes of its weights to work faster goes when it goes.
  public var withTemporaryCache: LandmarkNetwork {
    var other = self
    other.graph = graph.replacing { $1.withOwnCache }
    return other
  }

  /// Landmarks for crops `[batch, 256, 256, 3]`, normalised by ImageNet's mean and deviation as for every network here.
  ///
  /// - Throws: `NetworkError` when there is no memory.
  public func estimate(_ crops: Tensor) throws(NetworkError) -> Landmarks {
    precondition(
      crops.shape.count == 4 && Array(crops.shape.dropFirst()) == [Self.side, Self.side, 3],
      "crops of shape \(crops.shape) for a network of side \(Self.side)")
    return Landmarks(try graph.run(crops, weights, returning: wanted))
  }

  /// The layers whose change under a patch can be measured, from the picture to the landmarks.
  public var layers: [String] { measuredLayers.map(\.name) }

  /// How far whole passes over crops take the results of ``layers`` from those of one crop; see
  /// ``Regressor/layerChanges(_:from:)``.
  public func layerChanges(_ crops: Tensor, from clean: Tensor) throws(NetworkError) -> Tensor {
    try graph.changes(crops, from: clean, weights, of: measuredLayers)
  }

  /// The network after a look at a crop `[256, 256, 3]`, to be asked with patches in any of the windows.
  ///
  /// - Parameters:
  ///   - measuresLayers: whether the change of ``layers`` is measured.
  ///   - keepsAll: whether it can be planned for other windows later, at the price of memory.
  /// - Throws: `NetworkError` when there is no memory.
  public func incrementalInference(
    on crop: Tensor, windows: PatchWindows, batch: Int = 16, measuresLayers: Bool = false,
    keepsAll: Bool = false
  ) throws(NetworkError) -> IncrementalInference {
    try IncrementalInference(
      graph, weights, on: crop, windows: windows, value: 0, returning: wanted,
      measuring: measuresLayers ? measuredLayers.map(\.node) : [], batch: batch, keepsAll: keepsAll)
  }

  /// How many crops to work on at once so that a sweep takes no more than so many bytes; nil when even one takes more.
  public func batch(within bytes: Double, workers: Int) -> Int? {
    InferenceMemory.batch(within: bytes) { memory(batch: $0, workers: workers) }
  }

  /// The bytes that a sweep takes besides the weights, as far as can be told from the sizes of maps.
  public func memory(batch: Int, workers: Int) -> Double {
    InferenceMemory.bytes(
      graph, weights, side: Self.side, returning: wanted, isDirect: convolutions == .direct, batch: batch,
      workers: workers)
  }

  /// The multiplications of a whole pass over one crop.
  public var multiplications: Double { graph.multiplications(side: Self.side, upTo: wanted) }
}

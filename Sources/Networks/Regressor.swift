internal import CKernels
import Foundation
public import Tensors

/// What a network predicts for a batch of crops.
public struct Prediction: Sendable {
  /// `[batch, 24, 3, 3]`; the first is the global orientation in the camera's frame (x right, y down, z away).
  public let rotations: Tensor
  /// SMPL's shape coefficients, `[batch, 10]`.
  public let betas: Tensor
  /// The weak-perspective camera s, tx, ty in the crop, `[batch, 3]`.
  ///
  /// Kanazawa et al. 2018.
  public let camera: Tensor
  /// Where each part looked, `[batch, rows, columns, 24]`, adding up to 1 over the map; nil with a pooled head.
  public let attention: Tensor?
  /// The joints about the pelvis that the head gives by itself, `[batch, 24, 3]`, metres in the camera's axes; nil where
  /// they follow from rotations and betas.
  public let joints: Tensor?
  /// The skin in UV space, where the head lays it out and it was asked for.
  public let surface: Surface?

  /// The skin of a body in UV space, `[batch, side, side, …]`.
  public struct Surface: Sendable {
    /// A position about the pelvis times the share that is seen, and that share.
    public let partial: Tensor
    /// The positions with what is hidden filled in.
    public let filled: Tensor

    /// Both side by side, `[batch, side, side, 7]`.
    public var joined: Tensor { Concat().run([partial, filled], []).result }
  }

  /// A prediction of the given parts.
  public init(
    rotations: Tensor, betas: Tensor, camera: Tensor, attention: Tensor? = nil, joints: Tensor? = nil,
    surface: Surface? = nil
  ) {
    (self.rotations, self.betas, self.camera, self.attention) = (rotations, betas, camera, attention)
    (self.joints, self.surface) = (joints, surface)
  }

  /// A prediction of results in the order of ``Network/predicted(withMaps:)``.
  init(_ results: [Tensor], of head: Architecture.Head.Kind) {
    let rest = results.dropFirst(3)
    self.init(
      rotations: results[0], betas: results[1], camera: results[2],
      attention: head == .partAttention ? rest.first : nil, joints: head == .uv ? rest.first : nil,
      surface: head == .uv && rest.count > 1 ? Surface(partial: results[4], filled: results[5]) : nil)
  }
}

/// A network that reads pose, betas and camera off a crop of one person.
public struct Regressor: Sendable {
  /// What the network is made of.
  public let architecture: Architecture
  /// A digest of architecture and weights, to distinguish the results of networks.
  public let fingerprint: String
  package private(set) var network: Network

  /// How convolutions are computed.
  public enum Convolutions: String, Codable, CaseIterable, Sendable {
    /// As they are defined, by oneDNN.
    case direct
    /// By kernels of our own: those of 3×3 with fewer multiplications, by Winograd's minimal filtering, others as products
    /// of windows and weights; rounding differs.
    case winograd
    /// Those of 3×3 as in `winograd`, all others of maps and weights rounded to 8 bits of precision; sums in 32 bits.
    /// Needs a processor that multiplies bfloat16, and is fast where that has AMX.
    case bfloat16

    /// Whether this processor has what it needs.
    public var isSupported: Bool {
      switch self {
      case .direct: true
      case .winograd: true
      case .bfloat16: kernel_has_bfloat16() != 0
      }
    }
    /// The fastest on every processor.
    public static var fastest: Convolutions { .winograd }
  }

  /// How convolutions are computed: as defined, unless asked otherwise.
  public private(set) var convolutions = Convolutions.direct

  /// The same network for a short while: what it makes of its weights to work faster goes when it goes.
  public var withTemporaryCache: Regressor {
    var other = self
    other.network = network.withOwnCache
    return other
  }

  /// How many crops to work on at once: 16, or fewer so that a sweep takes no more than so many bytes as far as can be
  /// told; nil when even one takes more.
  public func batch(within bytes: Double, workers: Int) -> Int? {
    InferenceMemory.batch(within: bytes) { memory(batch: $0, workers: workers) }
  }

  /// The bytes that a sweep takes besides the weights, as far as can be told from the sizes of maps.
  public func memory(batch: Int, workers: Int) -> Double {
    InferenceMemory.bytes(
      network.graph, network.folded, side: side, returning: network.predicted(withMaps: false),
      isDirect: convolutions == .direct, batch: batch, workers: workers)
  }

  /// The same network with its convolutions computed in another way.
  public func with(_ convolutions: Convolutions) -> Regressor {
    precondition(
      convolutions.isSupported, "\(convolutions) convolutions on a processor without the instructions")
    guard convolutions != self.convolutions else { return self }
    precondition(self.convolutions == .direct, "a network's convolutions cannot be changed back")
    var other = self
    // In 32 bits Winograd's filtering keeps pace with direct convolutions in bfloat16, AMX or not.
    let saving = network.usingWinograd
    other.network = convolutions == .winograd ? saving : saving.inBFloat16
    other.convolutions = convolutions
    return other
  }

  /// The side of the crop in pixels.
  public var side: Int { architecture.side }
  /// Whether the network pools its features or looks part by part.
  public var head: Architecture.Head.Kind { architecture.head.kind }

  /// The network of the given weights, whose file states the architecture.
  ///
  /// - Throws: `WeightError` when the architecture is not stated, or a weight is missing, misshapen or not finite.
  public init(_ weights: Weights) throws(WeightError) {
    try self.init(Architecture(of: weights), weights)
  }

  /// The network of the given architecture and weights.
  ///
  /// - Throws: `WeightError` when a weight is missing, misshapen or not finite.
  public init(_ architecture: Architecture, _ weights: Weights) throws(WeightError) {
    self.architecture = architecture
    network = try Network(estimating: architecture, weights)
    fingerprint = network.fingerprint
  }

  /// Pose, betas and camera for crops `[batch, side, side, 3]`, normalised by ImageNet's mean and deviation.
  ///
  /// Runs on the calling thread alone and may be called from several threads at once. How crops are shared out
  /// among batches changes no bit.
  ///
  /// - Throws: `NetworkError` when there is no memory.
  public func estimate(
    _ crops: Tensor, withAttention: Bool = false
  ) throws(NetworkError) -> Prediction {
    precondition(
      crops.shape.count == 4 && Array(crops.shape.dropFirst()) == [side, side, 3],
      "crops of shape \(crops.shape) for a network of side \(side)")
    return prediction(
      of: try network.graph.run(crops, network.folded, returning: network.predicted(withMaps: withAttention)))
  }

  /// The prediction that results of ``incrementalInference(on:windows:value:batch:withAttention:measuresLayers:keepsAll:)`` make.
  package func prediction(of results: [Tensor]) -> Prediction { Prediction(results, of: head) }

  /// The layers whose change under a patch can be measured, from the picture to the pose.
  public var layers: [String] { network.measuredLayers.map(\.name) }

  /// How far whole passes over crops `[batch, side, side, 3]` take the results of ``layers`` from those of one crop, as
  /// shares of their lengths, `[batch, layers]`.
  ///
  /// - Throws: `NetworkError` when there is no memory.
  public func layerChanges(_ crops: Tensor, from clean: Tensor) throws(NetworkError) -> Tensor {
    try network.graph.changes(crops, from: clean, network.folded, of: network.measuredLayers)
  }

  /// The network after a look at a crop `[side, side, 3]`, to be asked with patches in any of the rows and columns.
  ///
  /// Only what a patch can change is computed for each position. Results are those of
  /// ``estimate(_:withAttention:)`` up to rounding in the last layers' matrix products.
  ///
  /// - Parameters:
  ///   - value: what patches show that are not given one by one, in normalised space.
  ///   - batch: how many positions are computed at once at most.
  /// - Throws: `NetworkError` when there is no memory.
  public func incrementalInference(
    on crop: Tensor, rows: [Range<Int>], columns: [Range<Int>], value: Float, batch: Int = 16,
    withAttention: Bool = false
  ) throws(NetworkError) -> IncrementalInference {
    try incrementalInference(
      on: crop, windows: PatchWindows(rows: rows, columns: columns), value: value, batch: batch,
      withAttention: withAttention)
  }

  /// The same for any list of windows.
  ///
  /// - Parameters:
  ///   - measuresLayers: whether the change of ``layers`` is measured.
  ///   - keepsAll: whether it can be planned for other windows later, at the price of memory.
  /// - Throws: `NetworkError` when there is no memory.
  public func incrementalInference(
    on crop: Tensor, windows: PatchWindows, value: Float = 0, batch: Int = 16, withAttention: Bool = false,
    measuresLayers: Bool = false, keepsAll: Bool = false
  ) throws(NetworkError) -> IncrementalInference {
    precondition(
      crop.shape == [side, side, 3], "a crop of shape \(crop.shape) for a network of side \(side)")
    return try IncrementalInference(
      network.graph, network.folded, on: crop, windows: windows, value: value,
      returning: network.predicted(withMaps: withAttention),
      measuring: measuresLayers ? network.measuredLayers.map(\.node) : [], batch: batch, keepsAll: keepsAll,
      head: head)
  }

  /// The multiplications of a whole pass over one crop, those of the last small layers aside.
  public var multiplications: Double {
    network.graph.multiplications(side: side, upTo: [network.rotations])
  }

  /// A network of random weights, for tests and timings.
  public static func random(_ architecture: Architecture, seed: UInt64) throws(WeightError) -> Regressor {
    try Regressor(architecture, Weights(Network(learning: architecture).initialWeights(seed: seed)))
  }
}

extension Network {
  /// A digest of the architecture and of the weights of a network in inference.
  var fingerprint: String {
    var hash = Fingerprint()
    hash.add(Data(architecture.json.utf8))
    hash.add(folded)
    return hash.text
  }

  /// What makes a prediction, in the order in which ``Prediction`` takes it.
  ///
  /// - Parameter withMaps: with where it looks, or with the skin in UV space.
  func predicted(withMaps: Bool) -> [Graph.Node] {
    [rotations, betas, camera] + (surfaceMaps.map { [$0.joints] } ?? [])
      + (withMaps ? [attention, surfaceMaps?.partial, surfaceMaps?.filled].compactMap(\.self) : [])
  }

  /// The weights and running statistics that training starts from.
  package func initialWeights(seed: UInt64) -> [String: Tensor] { graph.initialWeights(seed: seed) }
}

import Foundation
public import Tensors

/// The layers that lift the keypoints of several frames to the joints of the middle one.
///
/// Convolutions over time of three frames each, dilated by 1, 3 and 9 (Pavllo et al. 2019). For one frame of results that is the
/// same as joining three neighbours at a time, which is how it is computed. A single frame is lifted by layers of the same
/// number and width.
package struct TemporalLayers: Sendable {
  package let graph: Graph
  /// The joints of the middle frame about its pelvis, metres in the camera's axes, `[batch, 24, 3]`.
  package let joints: Graph.Node
  /// The numbers that a frame has: x, y and whether it is given for each joint.
  package static let inputs = 3 * SMPLParameters.joints

  /// Layers over so many frames, 1, 3, 9 or 27, of so many channels.
  package init(frames: Int, width: Int, isLearning: Bool) {
    precondition(TemporalNetwork.possibleFrames.contains(frames), "layers over \(frames) frames")
    var graph = Graph()
    var rows = frames
    /// Every three frames as one with three times the channels, as long as there are three.
    func joined(_ node: Graph.Node, _ channels: Int) -> (node: Graph.Node, channels: Int) {
      guard rows > 1 else { return (node, channels) }
      rows /= 3
      return (graph.append(Reshape([rows, 1, 3 * channels]), reading: node), 3 * channels)
    }
    func layer(_ name: String, _ node: Graph.Node, _ inputs: Int) -> Graph.Node {
      let mixed = graph.append(
        Convolution(name: "\(name).0", inputs: inputs, outputs: width, side: 1, stride: 1, padding: 0),
        reading: node)
      return isLearning
        ? graph.append(
          BatchNormalization(name: "\(name).1", channels: width, hasReLU: true), reading: mixed)
        : graph.append(
          FrozenNormalization(name: "\(name).1", channels: width, hasReLU: true), reading: mixed)
    }
    let first = joined(Graph.input, Self.inputs)
    var node = layer("temporal.expand", first.node, first.channels)
    for level in 0..<2 {
      let wide = joined(node, width)
      let middle =
        wide.channels == width
        ? node : graph.append(Slice(columns: width..<2 * width), reading: wide.node)
      let inner = layer("temporal.levels.\(level).0", wide.node, wide.channels)
      let outer = layer("temporal.levels.\(level).1", inner, width)
      node = graph.append(Sum(), reading: middle, outer)
    }
    let last = graph.append(
      Convolution(
        name: "temporal.joints", inputs: width, outputs: Self.inputs, side: 1, stride: 1, padding: 0,
        hasBias: true, start: Linear.small(inputs: width, outputs: Self.inputs)),
      reading: node)
    joints = graph.append(Reshape([SMPLParameters.joints, 3]), reading: last)
    self.graph = isLearning ? graph.replacing { $1.forTraining } : graph
  }
}

/// A network that lifts the keypoints of a clip's frames to the 3D joints of its middle frame.
///
/// After Cheng et al. 2019: keypoints that are said to be hidden are left out, set to zero, and the others tell of them over time.
public struct TemporalNetwork: Sendable {
  /// The name under which weight files say that they are of this network, and what they say.
  public static let metadata = (key: "penumbra.network", value: "temporal")
  /// The name under which they tell ``Settings``.
  public static let settingsKey = "penumbra.temporal"
  /// The lengths that there are.
  public static let possibleFrames = [1, 3, 9, 27]

  /// What distinguishes temporal networks besides their weights.
  public struct Settings: Codable, Hashable, Sendable {
    /// How many frames it looks at: 1, 3, 9 or 27.
    public var frames = 27
    /// The channels of its layers.
    public var width = 256
    /// Whether keypoints that are said to be hidden are set to zero.
    public var usesLabels = true

    enum CodingKeys: String, CodingKey {
      case frames, width
      case usesLabels = "labels"
    }

    /// 27 frames, with labels.
    public init() {}

    /// The settings as JSON, keys sorted.
    public var json: String {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys]
      return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// Whether such a network can be built.
    public var isPlausible: Bool {
      TemporalNetwork.possibleFrames.contains(frames) && (4...4096).contains(width)
    }
  }

  /// What it is made of.
  public let settings: Settings
  /// What finds the keypoints of a frame.
  public private(set) var keypoints: KeypointNetwork
  /// A digest of all weights.
  public let fingerprint: String
  private let layers: TemporalLayers
  private let weights: [String: Tensor]

  /// The network of the given weights, those of its keypoints among them.
  ///
  /// - Throws: `WeightError` when the file does not say what it is of, or a weight is missing, misshapen or not finite.
  public init(_ weights: Weights) throws(WeightError) {
    keypoints = try KeypointNetwork(weights)
    guard let text = weights.metadata[Self.settingsKey],
      let settings = try? JSONDecoder().decode(Settings.self, from: Data(text.utf8)), settings.isPlausible
    else {
      throw WeightError(weights.source, "states no temporal network that can be built")
    }
    self.settings = settings
    layers = TemporalLayers(frames: settings.frames, width: settings.width, isLearning: false)
    let tensors = try weights.tensors(of: layers.graph.parameters)
    var hash = Fingerprint()
    hash.add(Data((settings.json + keypoints.fingerprint).utf8))
    hash.add(tensors)
    (self.weights, fingerprint) = (tensors, hash.text)
  }

  /// A network of random weights, for tests and timings.
  ///
  /// - Throws: nothing: a random network has all of its weights.
  public static func random(
    over keypoints: Architecture, _ settings: Settings, seed: UInt64
  ) throws(WeightError) -> TemporalNetwork {
    let layers = TemporalLayers(frames: settings.frames, width: settings.width, isLearning: true)
    let tensors = Network(learning: keypoints, findsKeypoints: true).initialWeights(seed: seed)
    return try TemporalNetwork(
      Weights(
        tensors.merging(layers.graph.initialWeights(seed: seed)) { first, _ in first },
        metadata: [
          Architecture.metadataKey: keypoints.json, metadata.key: metadata.value, settingsKey: settings.json,
        ]))
  }

  /// The same network with the convolutions of its keypoints computed in another way.
  public func with(_ convolutions: Regressor.Convolutions) -> TemporalNetwork {
    var other = self
    other.keypoints = keypoints.with(convolutions)
    return other
  }

  /// The same network for a short while: what it makes of its weights to work faster goes when it goes.
  public var withTemporaryCache: TemporalNetwork {
    var other = self
    other.keypoints = keypoints.withTemporaryCache
    return other
  }

  /// The joints of the middle frame about its pelvis, metres in the camera's axes, `[24, 3]`.
  ///
  /// - Parameter keypoints: of every frame in order, `[frames, 24, 3]`, as ``KeypointNetwork/estimate(_:)`` gives them.
  /// - Throws: `NetworkError` when there is no memory.
  public func joints(_ keypoints: Tensor) throws(NetworkError) -> Tensor {
    precondition(
      keypoints.shape == [settings.frames, SMPLParameters.joints, 3],
      "keypoints \(keypoints.shape) for \(settings.frames) frames")
    // One clip at a time: the last digits of a matrix product depend on how many rows it has.
    let given = Self.given(keypoints, usesLabels: settings.usesLabels)
    return try layers.graph.run(
      given.reshaped([1, settings.frames, 1, TemporalLayers.inputs]), weights, returning: [layers.joints])[0]
      .reshaped([SMPLParameters.joints, 3])
  }

  /// Keypoints `[…, 24, 3]` as the layers take them: a 1 in place of the logit, and zeros for one that is said to be hidden.
  package static func given(_ keypoints: Tensor, usesLabels: Bool) -> Tensor {
    var given = keypoints
    given.withMutableElements { values in
      for at in stride(from: 0, to: values.count, by: 3) {
        if usesLabels, !(values[at + 2] > 0) {
          (values[at], values[at + 1], values[at + 2]) = (0, 0, 0)
        } else {
          values[at + 2] = 1
        }
      }
    }
    return given
  }
}

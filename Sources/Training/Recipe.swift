import Bodies
public import Archives
import Foundation
public import Networks
public import Rendering
internal import Tensors

/// Everything that determines a training run: two runs of one recipe give the same weights.
public struct Recipe: Codable, Hashable, Sendable {
  /// What the network is trained for.
  public enum Goal: String, Codable, Sendable {
    /// Part segmentation alone: the common start of both networks.
    case parts
    /// The body: pose, betas and camera.
    case body
    /// Where in the crop the joints are, and whether they are seen, by part attention.
    case keypoints
    /// The joints in space, from the keypoints of a clip's frames.
    case temporal
  }

  /// When body parts are supervised, where the network has a part branch.
  ///
  /// As in PARE (Kocabas et al. 2021, section 3).
  public enum Strategy: String, Codable, Sendable, CaseIterable {
    /// Never: attention is trained by the body's losses alone.
    case unsup
    /// Throughout: attention stays a part segmentation.
    case parts
    /// Throughout, by a part branch that comes from a start and is frozen: only the layers before it are trained.
    case partsFrozen = "parts-frozen"
    /// During the first part of the run; then attention is free. PARE's method.
    case partsUnsup = "parts-unsup"
  }

  /// The clips that a temporal network learns from, and what it is made of.
  public struct Clips: Codable, Hashable, Sendable {
    /// How many clips are rendered.
    public var count = 1000
    /// The network besides the one that finds keypoints.
    public var network = TemporalNetwork.Settings()
    /// Frames of a clip beyond those that the network looks at, so that it sees other moments of it.
    public var spareFrames = 9

    enum CodingKeys: String, CodingKey {
      case count, network
      case spareFrames = "spare_frames"
    }

    /// A thousand clips for the built-in network.
    public init() {}

    /// The frames of a clip.
    public var frames: Int { Self.seenFrames + spareFrames }
    /// As many as the longest network looks at.
    static let seenFrames = TemporalNetwork.possibleFrames.max()!
  }

  /// The pictures that are rendered, which is nearly all of the work: of clips, every frame.
  package var renderedPictures: Int { clips.map { $0.count * $0.frames } ?? pictures }

  /// The network; of a temporal one, that which finds the keypoints.
  public var architecture: Architecture
  /// What the network is trained for.
  public var goal: Goal
  /// The number of training pictures; each is rendered and used once.
  public var pictures: Int
  /// Pictures a step.
  public var batch = 64
  /// A batch is split into this many shards, each with batch statistics of its own; they may run in parallel.
  public var shards = 2
  /// The maximum step size; it increases over the first `warmup` steps and falls to zero along a cosine.
  public var learningRate: Float = 1e-3
  /// Steps until the maximum step size.
  public var warmup = 200
  /// Weight decay, as a share of the step size.
  public var weightDecay: Float = 0.01
  /// The norm that all gradients together are clipped to.
  public var clip: Float = 100
  /// When body parts are supervised; without a part branch, never.
  public var strategy = Strategy.partsUnsup
  /// With `partsUnsup`, the share of the run during which the part loss is on.
  public var partShare: Float = 0.5
  /// Gives a pooled network the part branch of part attention during training; estimates never use it.
  public var auxiliaryParts = false
  /// The weights of the loss's terms.
  public var losses = Losses()
  /// How pictures are augmented.
  public var augmentation = Augmentation()
  /// For a part-attention network, the chance that some part maps of a picture are hidden from attention.
  public var hidePartMaps: Float = 0
  /// What of BlazePose's encoder stays as it starts; nil for nothing, as with other backbones.
  public var frozenBackbone: Architecture.FrozenBackbone?
  /// How people are rendered.
  public var renderer = Renderer.Settings.training
  /// The clips that a temporal network learns from; nil for every other.
  public var clips: Clips?
  /// Determines the initial weights and the pictures.
  public var seed: UInt64 = 1

  enum CodingKeys: String, CodingKey {
    case architecture, goal, pictures, batch, shards, warmup, clip, strategy, losses, augmentation, renderer,
      clips, seed
    case learningRate = "learning_rate"
    case weightDecay = "weight_decay"
    case partShare = "part_share"
    case auxiliaryParts = "auxiliary_parts"
    case hidePartMaps = "hide_part_maps"
    case frozenBackbone = "freeze_backbone"
  }

  /// A run over `pictures` pictures; the rest as for the built-in networks.
  public init(_ architecture: Architecture, goal: Goal, pictures: Int) {
    (self.architecture, self.goal, self.pictures) = (architecture, goal, pictures)
  }

  /// The number of steps.
  public var steps: Int { max(1, pictures / batch) }

  /// The step size of a step, counted from 0.
  func rate(at step: Int) -> Float {
    let warmth = min(1, Float(step + 1) / Float(max(warmup, 1)))
    return learningRate * warmth * 0.5 * (1 + cosf(.pi * Float(step) / Float(steps)))
  }

  /// Whether the part loss is on in a step.
  func segments(at step: Int) -> Bool {
    switch goal {
    case .parts: true
    case .keypoints, .temporal: false
    case .body:
      switch strategy {
      case .unsup: false
      case .parts, .partsFrozen: hasPartBranch
      case .partsUnsup: hasPartBranch && Float(step) < partShare * Float(steps)
      }
    }
  }

  /// Whether the network learns from the skin in UV space, whose layout the renderer must then have.
  public var needsSkin: Bool { architecture.head.kind == .uv }

  /// Whether the network has a part branch to supervise.
  var hasPartBranch: Bool { architecture.head.kind == .partAttention || auxiliaryParts }

  /// The network as this recipe trains it.
  var network: Network {
    Network(
      learning: architecture, auxiliaryParts: auxiliaryParts,
      freezesParts: goal == .body && strategy == .partsFrozen, frozenBackbone: frozenBackbone,
      findsSurface: losses.surface != nil,
      findsKeypoints: goal == .keypoints)
  }

  /// Reads a recipe from its JSON, today's or that of version 0.1.0.
  ///
  /// - Throws: `DecodingError` when a value is missing or has another type.
  public init(json: JSONValue) throws { self = try Self.modernised(json).decoded() }

  /// The recipe as JSON, keys sorted.
  public var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}

extension Recipe {
  /// Which part maps are hidden from attention in the given pictures, 24 values each; empty when none ever is.
  ///
  /// A picture is chosen with the recipe's probability, then one to eight of its 24 maps: the idea of hiding
  /// keypoint maps (Cheng et al. 2020) for attention, which must sum to 1 and so becomes uniform.
  package func hiddenPartMaps(of pictures: Range<Int>) -> [Bool] {
    guard hidePartMaps > 0, goal == .body, architecture.head.kind == .partAttention else { return [] }
    return pictures.flatMap { picture in
      var generator = SeededGenerator(seed: seed ^ Self.hidingStream, stream: UInt64(picture))
      var hidden = [Bool](repeating: false, count: Self.maps)
      guard generator.chance(hidePartMaps) else { return hidden }
      let count = 1 + generator.integer(below: 8)
      for map in Array(0..<Self.maps).shuffled(using: &generator).prefix(count) { hidden[map] = true }
      return hidden
    }
  }

  private static let maps = Joint.count
  /// A random stream that neither the renderer nor augmentation uses.
  private static let hidingStream: UInt64 = 0x6869_6465_6D61_7073
}

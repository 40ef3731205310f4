import Foundation
public import Networks
internal import Tensors

/// All that decides a training run: two runs of one recipe give the same weights.
public struct Recipe: Codable, Hashable, Sendable {
  /// What is learned.
  public enum Goal: String, Codable, Sendable {
    /// Part segmentation alone: the start that both networks share.
    case parts
    /// The body: pose, betas and camera.
    case body
  }

  /// When body parts are supervised, where the network has a part branch (`spec/losses-and-training.md` §4).
  public enum Strategy: String, Codable, Sendable, CaseIterable {
    /// Never: attention is learned from the body's losses alone.
    case unsup
    /// Throughout: attention stays a part segmentation.
    case parts
    /// Throughout, by a part branch that is taken from a start and stays as it is: only what lies before it learns.
    case partsFrozen = "parts-frozen"
    /// During the first part of the run; then attention is free. The published method.
    case partsUnsup = "parts-unsup"
  }

  /// The network.
  public var architecture: Architecture
  /// What is learned.
  public var goal: Goal
  /// The number of pictures that are rendered and learned from, each once.
  public var pictures: Int
  /// Pictures a step.
  public var batch = 64
  /// A batch is worked in so many parts, each with batch statistics of its own; they may run side by side.
  public var shards = 2
  /// The largest step size; it rises over the first `warmup` steps and falls to nothing along a cosine.
  public var learningRate: Float = 1e-3
  /// Steps until the largest step size.
  public var warmup = 200
  /// Shrinks weights by this share of the step size.
  public var weightDecay: Float = 0.01
  /// The length that all gradients together are cut to.
  public var clip: Float = 100
  /// When body parts are supervised; without a part branch, never.
  public var strategy = Strategy.partsUnsup
  /// With `partsUnsup`, the share of the run during which the part loss is on.
  public var partShare: Float = 0.5
  /// Gives a pooled network the part branch of part attention while it learns; estimates never ask for it.
  public var auxiliaryParts = false
  /// The weights of the loss's terms.
  public var losses = Losses()
  /// What is done to the pictures before they are learned from.
  public var augmentation = Augmentation()
  /// For a part-attention network, the chance that some part maps of a picture are hidden from attention.
  public var hidePartMaps: Float = 0
  /// How people are rendered.
  public var studio = Studio.Settings.training
  /// Decides weights and pictures.
  public var seed: UInt64 = 1

  enum CodingKeys: String, CodingKey {
    case architecture, goal, pictures, batch, shards, warmup, clip, strategy, losses, augmentation, studio,
      seed
    case learningRate = "learning_rate"
    case weightDecay = "weight_decay"
    case partShare = "part_share"
    case auxiliaryParts = "auxiliary_parts"
    case hidePartMaps = "hide_part_maps"
  }

  /// A run over `pictures` pictures; the rest as the built-in networks were made.
  public init(_ architecture: Architecture, goal: Goal, pictures: Int) {
    (self.architecture, self.goal, self.pictures) = (architecture, goal, pictures)
  }

  /// The number of steps.
  public var steps: Int { max(1, pictures / batch) }

  /// The step size of a step, counted from 0.
  func rate(at step: Int) -> Float {
    let rise = min(1, Float(step + 1) / Float(max(warmup, 1)))
    return learningRate * rise * 0.5 * (1 + cosf(.pi * Float(step) / Float(steps)))
  }

  /// Whether the part loss has a say in a step.
  func segments(at step: Int) -> Bool {
    switch goal {
    case .parts: true
    case .body:
      switch strategy {
      case .unsup: false
      case .parts, .partsFrozen: hasPartBranch
      case .partsUnsup: hasPartBranch && Float(step) < partShare * Float(steps)
      }
    }
  }

  /// Whether there is anything that part labels could teach.
  var hasPartBranch: Bool { architecture.head.kind == .partAttention || auxiliaryParts }

  /// The network as this recipe teaches it.
  var network: Network {
    Network(
      learning: architecture, auxiliaryParts: auxiliaryParts,
      freezesParts: goal == .body && strategy == .partsFrozen, findsSurface: losses.surface != nil)
  }

  /// As JSON, keys sorted.
  public var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}

extension Recipe {
  /// Which part maps are hidden from attention in the given pictures, 24 values each; empty when none ever is.
  ///
  /// A picture is chosen with the recipe's chance, then one to eight of its 24 maps: the idea of hiding keypoint
  /// maps (Cheng et al. 2020) for attention, which must add up to 1 and so falls back to looking everywhere.
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

  private static let maps = 24
  /// A stream of random numbers that neither the studio nor augmentation uses.
  private static let hidingStream: UInt64 = 0x6869_6465_6D61_7073
}

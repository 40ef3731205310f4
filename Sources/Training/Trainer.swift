internal import Bodies
import Foundation
public import Networks
internal import Pictures
public import Rendering
public import Tensors

/// Trains a network on people that are rendered on the fly.
///
/// The state after a step follows from the recipe alone: neither the number of workers nor an interruption changes
/// a bit of it.
public struct Trainer: Sendable {
  /// Everything that determines the run.
  public let recipe: Recipe
  /// Steps taken so far.
  public private(set) var step = 0
  package private(set) var weights: [String: Tensor]
  /// Processor time of the steps since the run began or was resumed.
  public private(set) var times = Times()
  private var adam = Adam()
  private let lesson: any Lesson
  /// The prefix of the names of frozen weights.
  private let frozen: String?
  /// The names of the weights that came from a start.
  public private(set) var usedNames: [String] = []
  /// A digest of what is pasted over people, and of whatever else besides the recipe decides what is learned from.
  var material: String { lesson.material }

  /// Seconds of processor time by kind of work, summed over all threads; not part of the state.
  public struct Times: Sendable {
    /// Rendering with augmentation, the forward pass, the backward pass with the losses, the update of the weights.
    public var rendering = 0.0, forward = 0.0, backward = 0.0, updating = 0.0
    /// The names of the values, in their order.
    public static let names = ["rendering", "forward", "backward", "updating"]
    /// The seconds in the order of ``names``.
    public var values: [Double] { [rendering, forward, backward, updating] }

    /// Adds the time since `start` to one kind, and returns the present time.
    mutating func add(
      _ kind: WritableKeyPath<Times, Double>, since start: ContinuousClock.Instant
    )
      -> ContinuousClock.Instant
    {
      let now = ContinuousClock.now
      self[keyPath: kind] += (now - start) / .seconds(1)
      return now
    }

    fileprivate mutating func add(_ other: Times) {
      rendering += other.rendering
      forward += other.forward
      backward += other.backward
      updating += other.updating
    }
  }

  /// Begins a run.
  ///
  /// - Parameters:
  ///   - recipe: what to train.
  ///   - renderer: renders the people; its settings should be the recipe's.
  ///   - start: weights to start from; those of the same name and shape are used, others ignored.
  /// - Throws: `TrainingError` when `start` has no weight of this network, or lacks the part branch or the encoder that
  ///   the recipe freezes; `PictureError` when the recipe's folder of occluders cannot be used.
  public init(_ recipe: Recipe, renderer: Renderer, start: [String: Tensor] = [:]) throws {
    self.recipe = recipe
    let network = recipe.network
    lesson = PictureLesson(
      recipe: recipe, network: network, renderer: renderer,
      occluders: try OccluderLibrary(recipe.augmentation.occluders))
    weights = network.initialWeights(seed: recipe.seed)
    let mean = MeanParameters(
      of: renderer.people(0..<256, seed: recipe.seed ^ 0x6D65_616E, side: 8))
    for (name, tensor) in mean.tensors(hasPrefix: recipe.architecture.head.kind != .pooled)
    where weights[name] != nil { weights[name] = tensor }
    var given: Set<String> = []
    if network.surfaceMaps != nil {
      guard let layout = renderer.surfaceLayout else {
        throw TrainingError(
          "the head 'uv' needs the built-in body, whose skin the project has a layout of; leave out --body")
      }
      weights[Network.surfaceInside] = Tensor(
        [layout.side, layout.side], layout.charts.map { $0 > 0 ? 1 : 0 })
      weights[Network.surfaceRegressor] = layout.jointRegressor
      given = [Network.surfaceInside, Network.surfaceRegressor]
    }
    // The pooled network's backbone has no prefix, as SPIN's; part attention's has one, as PARE's.
    for (name, tensor) in weights where !name.contains("init_") && !given.contains(name) {
      let others = [name, "backbone.\(name)", String(name.trimmingPrefix("backbone."))]
      if let known = others.compactMap({ start[$0] }).first, known.shape == tensor.shape {
        weights[name] = known
        usedNames.append(name)
      }
    }
    guard start.isEmpty || !usedNames.isEmpty else {
      throw TrainingError(
        "contains no tensor with this network's names and shapes; start from a similar network")
    }
    frozen = recipe.goal == .body && recipe.strategy == .partsFrozen ? Network.partBranch : nil
    let encoder = network.graph.layers.prefix(network.frozenLayers).flatMap(\.parameters)
    if let missing = encoder.first(where: { !usedNames.contains($0.name) }) {
      throw TrainingError(
        "contains no encoder of BlazePose's to freeze (no tensor \(missing.name) of shape \(missing.shape)); "
          + "start from the built-in network blazepose")
    }
    if let frozen {
      let names = weights.keys.filter { $0.hasPrefix(frozen) }.sorted()
      if let name = names.first(where: { start[$0]?.shape != weights[$0]!.shape }) {
        throw TrainingError(
          "contains no part branch like this network's to freeze (no tensor \(name) of shape "
            + "\(weights[name]!.shape)); start from a network made by --head parts or --head attention")
      }
    }
  }

  /// Begins a run of a temporal network over a network of keypoints, whose architecture becomes the recipe's.
  ///
  /// - Parameters:
  ///   - keypoints: the weights of the network of keypoints.
  ///   - renderer: makes the recipe's renderer.
  ///   - folder: where clips are kept.
  ///   - shouldContinue: called with the number of clips that are there.
  /// - Returns: nil if it was told to stop before all clips were there.
  /// - Throws: `WeightError` when the weights are of no network of keypoints; what `renderer` and ``ClipKeypoints`` throw.
  public init?(
    lifting keypoints: Weights, by recipe: Recipe, renderer: () throws -> Renderer, motions: Motions,
    in folder: String, workers: Int = Workers.available, shouldContinue: (_ clips: Int) -> Bool
  ) throws {
    let network = try KeypointNetwork(keypoints).with(.fastest)
    var recipe = recipe
    recipe.architecture = network.architecture
    let clips = try ClipKeypoints(
      for: recipe, seenBy: network, renderer: renderer(), motions: motions, in: folder, workers: workers,
      shouldContinue: shouldContinue)
    guard let clips else { return nil }
    self.init(recipe, clips: clips, keypoints: keypoints)
  }

  /// Begins a run on the keypoints of clips.
  ///
  /// - Parameters:
  ///   - recipe: what to train; it has clips.
  ///   - clips: as many as the recipe wants.
  ///   - keypoints: the weights of the network that found the keypoints, which become part of the result.
  public init(_ recipe: Recipe, clips: ClipKeypoints, keypoints: Weights) {
    let lesson = ClipLesson(recipe: recipe, clips: clips, keypoints: keypoints)
    (self.recipe, self.lesson, frozen) = (recipe, lesson, nil)
    weights = lesson.graph.initialWeights(seed: recipe.seed)
  }

  /// Whether all steps have been taken.
  public var isFinished: Bool { step >= recipe.steps }

  /// Takes one step and returns its loss.
  ///
  /// - Throws: `NetworkError` when there is no memory; then nothing has changed.
  public mutating func advance(workers: Int = Workers.available) throws(NetworkError) -> Losses.Terms {
    let shards = try shards(workers: workers)
    let start = ContinuousClock.now
    var gradients = Self.sums(shards.map(\.gradients))
    var terms = Losses.Terms()
    for shard in shards {
      terms.add(shard.terms, dividedBy: recipe.shards)
      times.add(shard.times)
    }
    for parameter in lesson.graph.parameters
    where !parameter.isTrainable || frozen.map(parameter.name.hasPrefix) ?? false {
      gradients[parameter.name] = nil
    }
    let share = 1 / Float(recipe.shards)
    // In the order of names: that of a dictionary differs from process to process, and with it the last bit.
    let square = gradients.keys.sorted().reduce(Double(0)) { $0 + gradients[$1]!.squaredNorm }
    let norm = Float(square.squareRoot()) * share
    // One picture whose camera is close to zero would otherwise ruin all weights.
    let factor = share * min(1, recipe.clip / max(norm, 1e-12))
    adam.step(&weights, gradients, scale: factor, rate: recipe.rate(at: step), decay: recipe.weightDecay)
    for (name, sum) in Self.sums(shards.map(\.statistics)) {
      weights[name] = Tensor(
        sum.shape,
        zip(weights[name]!.elements, sum.elements)
          .map { $0 + BatchNormalization.momentum * ($1 * share - $0) })
    }
    self.step += 1
    _ = times.add(\.updating, since: start)
    return terms
  }

  /// What part of a batch came to.
  struct Shard: Sendable {
    let gradients: [String: Tensor]
    let statistics: [String: Tensor]
    let terms: Losses.Terms
    let times: Times
  }

  /// The shards of the next batch.
  ///
  /// A function of its own, so that nothing else holds the weights when they change.
  private func shards(workers: Int) throws(NetworkError) -> [Shard] {
    let (step, recipe, lesson, weights) = (step, recipe, lesson, weights)
    let size = recipe.batch / recipe.shards
    return try Workers.map(recipe.shards, workers: workers) { (index) throws(NetworkError) in
      let first = step * recipe.batch + index * size
      return try lesson.shard(first..<first + size, step: step, weights)
    }
  }

  /// The shards' tensors summed by name, in the order of the shards.
  private static func sums(_ shards: [[String: Tensor]]) -> [String: Tensor] {
    shards.dropFirst().reduce(shards[0]) { $0.merging($1) { $0.plus($1) } }
  }

  // MARK: State

  /// The weights by name, with the metadata of a weight file.
  public var result: Weights {
    let known = lesson.known
    var metadata = known.metadata.merging([
      Architecture.metadataKey: recipe.architecture.json, "penumbra.recipe": recipe.withoutFolders.json,
    ]) { $1 }
    // A folder is known by what is in it.
    if lesson is PictureLesson, material != recipe.augmentation.occluders {
      metadata[TrainingRun.occludersKey] = material
    }
    return Weights(weights.merging(known.tensors) { learned, _ in learned }, metadata: metadata)
  }

  /// All tensors that resuming needs, by name.
  public var state: [(String, Tensor)] {
    weights.map { ("weights.\($0)", $1) } + adam.first.map { ("first.\($0)", $1) }
      + adam.second.map { ("second.\($0)", $1) }
  }

  /// A digest of all weights.
  var weightsFingerprint: String {
    var digest = Fingerprint()
    for name in weights.keys.sorted() {
      weights[name]!.withElements { digest.add(UnsafeRawBufferPointer($0)) }
    }
    return digest.text
  }

  /// Resumes from a state that was saved after `step` steps of the same recipe.
  ///
  /// Returns false, and changes nothing, if the tensors are not those of this network: weights of other shapes, or the running
  /// means of a weight without its squares or of another shape. A weight that had no part in a loss yet has neither.
  public mutating func resume(from state: [String: Tensor], step: Int) -> Bool {
    var (weights, adam) = (self.weights, Adam())
    for (name, tensor) in weights {
      guard let saved = state["weights.\(name)"], saved.shape == tensor.shape else { return false }
      let (first, second) = (state["first.\(name)"], state["second.\(name)"])
      guard first?.shape == second?.shape, (first?.shape ?? tensor.shape) == tensor.shape else {
        return false
      }
      weights[name] = saved
      (adam.first[name], adam.second[name]) = (first, second)
    }
    guard step == 0 || !adam.first.isEmpty else { return false }
    adam.steps = step
    (self.weights, self.adam, self.step) = (weights, adam, step)
    return true
  }
}

extension Tensor {
  /// The sum of the squares of all elements.
  fileprivate var squaredNorm: Double {
    withElements { elements in
      var sums = SIMD8<Double>.zero
      for start in stride(from: 0, to: elements.count & ~7, by: 8) {
        for k in 0..<8 { sums[k] += Double(elements[start + k] * elements[start + k]) }
      }
      for rest in elements[(elements.count & ~7)...] { sums[0] += Double(rest * rest) }
      return sums.sum()
    }
  }
}

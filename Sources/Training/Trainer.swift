import Foundation
public import Networks
internal import Pictures
import Synchronization
public import Tensors

/// Teaches a network on people that a studio renders as it goes.
///
/// The state after a step follows from the recipe alone: neither the number of workers nor an interruption
/// changes a bit of it.
public struct Trainer: Sendable {
  /// All that decides the run.
  public let recipe: Recipe
  /// Steps taken so far.
  public private(set) var step = 0
  package private(set) var weights: [String: Tensor]
  /// What the steps since the beginning, or since it went on, took.
  public private(set) var times = Times()
  private var adam = Adam()
  private let network: Network
  /// What the names of weights that stay as they are begin with.
  private let frozen: String?
  private let studio: Studio
  /// How many of the weights a start gave.
  public private(set) var taken = 0
  /// What is pasted over people.
  let occluders: Occluders

  /// Seconds of processor time by kind of work, added up over all threads; no part of the state.
  public struct Times: Sendable {
    /// Seconds: `rendering` (with augmentation), `forward`, `backward` (with the losses), `updating` the weights.
    public var values = [Double](repeating: 0, count: Times.names.count)
    /// The names of the values, in their order.
    public static let names = ["rendering", "forward", "backward", "updating"]

    /// Adds what has passed since `start` to one kind, and gives the time that it is now.
    fileprivate mutating func add(_ kind: Int, since start: ContinuousClock.Instant)
      -> ContinuousClock.Instant
    {
      let now = ContinuousClock.now
      values[kind] += (now - start) / .seconds(1)
      return now
    }
  }

  /// A run at its beginning.
  ///
  /// - Parameters:
  ///   - recipe: what to learn.
  ///   - studio: where people are rendered; its settings should be the recipe's.
  ///   - start: weights to start from; those of the same name and shape are taken up, others ignored.
  /// - Throws: `TrainingError` when `start` holds nothing of use, or not the part branch that the recipe freezes,
  ///   `PictureError` when the recipe names a folder of occluders that is of no use.
  public init(_ recipe: Recipe, studio: Studio, start: [String: Tensor] = [:]) throws {
    (self.recipe, self.studio) = (recipe, studio)
    occluders = try Occluders(recipe.augmentation.occluders)
    network = recipe.network
    weights = network.initialWeights(seed: recipe.seed)
    let mean = MeanParameters(
      of: studio.people(0..<256, seed: recipe.seed ^ 0x6D65_616E, side: 8))
    for (name, tensor) in mean.tensors(partAttention: recipe.architecture.head.kind == .partAttention)
    where weights[name] != nil { weights[name] = tensor }
    // The pooled network's backbone has no prefix, as SPIN's; part attention's has one, as PARE's.
    for (name, tensor) in weights where !name.contains("init_") {
      let others = [name, "backbone.\(name)", String(name.trimmingPrefix("backbone."))]
      if let known = others.compactMap({ start[$0] }).first, known.shape == tensor.shape {
        weights[name] = known
        taken += 1
      }
    }
    guard start.isEmpty || taken > 0 else {
      throw TrainingError("holds no tensor of this network's names and shapes; start from a network like it")
    }
    frozen = recipe.goal == .body && recipe.strategy == .partsFrozen ? Network.partBranch : nil
    if let frozen {
      let names = weights.keys.filter { $0.hasPrefix(frozen) }.sorted()
      if let name = names.first(where: { start[$0]?.shape != weights[$0]!.shape }) {
        throw TrainingError(
          "holds no part branch like this network's to freeze (no tensor \(name) of shape "
            + "\(weights[name]!.shape)); start from a network made by --head parts or --head attention")
      }
    }
  }

  /// Whether every step has been taken.
  public var isFinished: Bool { step >= recipe.steps }

  /// Takes one step and tells its loss.
  ///
  /// - Throws: `NetworkError` when there is no memory; then nothing has changed.
  public mutating func advance(workers: Int = Workers.available) throws(NetworkError) -> Losses.Terms {
    let shards = try shards(workers: workers)
    let start = ContinuousClock.now
    var gradients = Self.sums(shards.map(\.gradients))
    var terms = Losses.Terms()
    for shard in shards {
      for i in terms.values.indices { terms.values[i] += shard.terms.values[i] / Float(recipe.shards) }
      for i in times.values.indices { times.values[i] += shard.times.values[i] }
    }
    for parameter in network.graph.parameters
    where !parameter.isTrainable || frozen.map(parameter.name.hasPrefix) ?? false {
      gradients[parameter.name] = nil
    }
    let share = 1 / Float(recipe.shards)
    // In the order of names: that of a dictionary differs from process to process, and with it the last bit.
    let square = gradients.keys.sorted().reduce(Double(0)) { $0 + gradients[$1]!.squaredNorm }
    let norm = Float(square.squareRoot()) * share
    // One picture whose camera comes near zero would otherwise throw all weights out.
    let factor = share * min(1, recipe.clip / max(norm, 1e-12))
    adam.step(&weights, gradients, scale: factor, rate: recipe.rate(at: step), decay: recipe.weightDecay)
    for (name, sum) in Self.sums(shards.map(\.statistics)) {
      weights[name] = Tensor(
        sum.shape,
        zip(weights[name]!.elements, sum.elements)
          .map { $0 + BatchNormalization.momentum * ($1 * share - $0) })
    }
    self.step += 1
    _ = times.add(3, since: start)
    return terms
  }

  private struct Shard: Sendable {
    let gradients: [String: Tensor]
    let statistics: [String: Tensor]
    let terms: Losses.Terms
    let times: Times
  }

  /// What the parts of the next batch say.
  ///
  /// A function of its own, so that nobody else holds the weights when they change.
  private func shards(workers: Int) throws(NetworkError) -> [Shard] {
    let (step, recipe) = (step, recipe)
    let size = recipe.batch / recipe.shards
    let made = Mutex([Result<Shard, NetworkError>?](repeating: nil, count: recipe.shards))
    Workers.run(recipe.shards, workers: workers) { index, _ in
      let first = step * recipe.batch + index * size
      let shard = Result { () throws(NetworkError) in try work(first..<first + size, step: step) }
      made.withLock { $0[index] = shard }
    }
    var shards: [Shard] = []
    for shard in made.withLock(\.self) { shards.append(try shard!.get()) }
    return shards
  }

  /// Renders part of a batch and works out what it says about the weights.
  private func work(_ indices: Range<Int>, step: Int) throws(NetworkError) -> Shard {
    var (times, time) = (Times(), ContinuousClock.now)
    let side = recipe.architecture.side
    let augmentation = recipe.augmentation
    let segments = recipe.segments(at: step)
    let (logits, surface) = segments ? (network.partLogits, network.surface) : (nil, nil)
    let people = augmentation.apply(
      to: studio.people(
        indices, seed: recipe.seed, side: side, margin: augmentation.margin(side: side),
        with: surface != nil ? .surface : []),
      numbers: indices, seed: recipe.seed, side: side, occluders: occluders, studio: studio)
    time = times.add(0, since: time)
    let crops = Tensor(stacking: people.map { $0.picture.normalised().reshaped([1, side, side, 3]) })
    var ends: [Graph.Node] = recipe.goal == .body ? [network.rotations, network.betas, network.camera] : []
    ends += [logits, surface].compactMap(\.self)
    let hidden = recipe.hiddenPartMaps(of: indices)
    let network = hidden.isEmpty ? self.network : self.network.hidingPartMaps(hidden)
    let pass = try network.graph.learn(crops, weights, upTo: ends)
    time = times.add(1, since: time)
    var terms = Losses.Terms()
    var gradients: [(Graph.Node, Tensor)] = []
    if recipe.goal == .body {
      let loss = recipe.losses.body(
        rotations: pass.result(network.rotations), betas: pass.result(network.betas),
        camera: pass.result(network.camera), people: people, model: studio.body, side: side,
        cylinders: studio.cylinders)
      terms = loss.terms
      gradients = [
        (network.rotations, loss.rotations), (network.betas, loss.betas), (network.camera, loss.camera),
      ]
    }
    if let logits {
      let loss = recipe.losses.segmentation(pass.result(logits), people: people, side: side)
      terms.values[0] = loss.value
      gradients.append((logits, loss.gradient))
    }
    if let surface {
      let loss = recipe.losses.surface(pass.result(surface), people: people, side: side)
      terms.values[6] = loss.value
      gradients.append((surface, loss.gradient))
    }
    var statistics: [String: Tensor] = [:]
    for entry in network.statistics where pass.reaches(entry.layer) {
      let saved = pass.saved(entry.layer)
      (statistics[entry.mean], statistics[entry.variance]) = (saved[0], saved[1])
    }
    let changes = try network.graph.backward(gradients, through: pass)
    _ = times.add(2, since: time)
    return Shard(gradients: changes, statistics: statistics, terms: terms, times: times)
  }

  /// The shards' tensors added up by name, in the order of the shards.
  private static func sums(_ shards: [[String: Tensor]]) -> [String: Tensor] {
    shards.dropFirst().reduce(shards[0]) { $0.merging($1) { $0.plus($1) } }
  }

  // MARK: State

  /// The weights by name, and what a weight file should say of them.
  public var result: Weights {
    Weights(
      weights, metadata: [Architecture.metadataKey: recipe.architecture.json, "penumbra.recipe": recipe.json])
  }

  /// All that is needed to go on, by name.
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

  /// Goes on from a state that was saved after `step` steps of the same recipe.
  ///
  /// Returns false, and changes nothing, when the tensors are not those of this network.
  public mutating func resume(from state: [String: Tensor], step: Int) -> Bool {
    var (weights, adam) = (self.weights, Adam())
    for (name, tensor) in weights {
      guard let saved = state["weights.\(name)"], saved.shape == tensor.shape else { return false }
      weights[name] = saved
      adam.first[name] = state["first.\(name)"]
      adam.second[name] = state["second.\(name)"]
    }
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

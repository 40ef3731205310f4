internal import Bodies
import Foundation
internal import Networks
internal import Pictures
internal import Rendering
internal import Tensors

/// What a network learns from, and how wrong it is about it.
protocol Lesson: Sendable {
  /// The network in training.
  var graph: Graph { get }
  /// A digest of what besides the recipe decides what is learned from.
  var material: String { get }
  /// Weights and texts that are part of the result and are not learned.
  var known: Weights { get }
  /// Makes part of a batch, and computes its loss and gradients.
  func shard(
    _ indices: Range<Int>, step: Int, _ weights: [String: Tensor]
  ) throws(NetworkError) -> Trainer.Shard
}

extension Lesson {
  var known: Weights { Weights([:]) }
}

extension Graph {
  /// The mean and the variance that every normalisation saw in a pass, by the names of its running statistics.
  func moments(of pass: Pass) -> [String: Tensor] {
    var moments: [String: Tensor] = [:]
    for entry in statistics where pass.reaches(entry.layer) {
      let saved = pass.saved(entry.layer)
      (moments[entry.mean], moments[entry.variance]) = (saved[0], saved[1])
    }
    return moments
  }
}

/// Learning from rendered people.
struct PictureLesson: Lesson {
  let recipe: Recipe
  let network: Network
  let renderer: Renderer
  /// What is pasted over people.
  let occluders: OccluderLibrary

  var graph: Graph { network.graph }
  var material: String { occluders.fingerprint }

  /// Renders part of a batch and computes its loss and gradients.
  func shard(
    _ indices: Range<Int>, step: Int, _ weights: [String: Tensor]
  ) throws(NetworkError) -> Trainer.Shard {
    var (times, time) = (Trainer.Times(), ContinuousClock.now)
    let side = recipe.architecture.side
    let augmentation = recipe.augmentation
    let segments = recipe.segments(at: step)
    let (logits, surface) = segments ? (network.partLogits, network.surface) : (nil, nil)
    let maps = network.surfaceMaps
    var extras: Renderer.Extras = []
    if surface != nil { extras.insert(.denseCorrespondence) }
    if maps != nil { extras.formUnion([.surface, .covered]) }
    let people = augmentation.apply(
      to: renderer.people(
        indices, seed: recipe.seed, side: side, margin: augmentation.margin(side: side),
        with: extras),
      numbers: indices, seed: recipe.seed, side: side, occluders: occluders, renderer: renderer)
    time = times.add(\.rendering, since: time)
    let crops = Tensor(stacking: people.map { $0.picture.normalised().reshaped([1, side, side, 3]) })
    var ends: [Graph.Node] = recipe.goal == .body ? [network.rotations, network.betas, network.camera] : []
    ends += [
      logits, surface, maps?.saliency, maps?.seen, maps?.filled, maps?.joints, network.keypoints,
    ].compactMap(\.self)
    let hidden = recipe.hiddenPartMaps(of: indices)
    let network = hidden.isEmpty ? self.network : self.network.hidingPartMaps(hidden)
    let pass = try network.graph.learn(crops, weights, upTo: ends, frozen: network.frozenLayers)
    time = times.add(\.forward, since: time)
    var terms = Losses.Terms()
    var gradients: [(Graph.Node, Tensor)] = []
    if recipe.goal == .body {
      let loss = recipe.losses.body(
        rotations: pass.result(network.rotations), betas: pass.result(network.betas),
        camera: pass.result(network.camera), people: people, model: renderer.body, side: side,
        cylinders: renderer.cylinders)
      terms = loss.terms
      gradients = [
        (network.rotations, loss.rotations), (network.betas, loss.betas), (network.camera, loss.camera),
      ]
    }
    if let maps {
      let loss = recipe.losses.surface(
        Losses.SurfaceMaps(
          saliency: pass.result(maps.saliency), seen: pass.result(maps.seen),
          filled: pass.result(maps.filled),
          joints: pass.result(maps.joints)),
        people: people, layout: renderer.surfaceLayout!, side: side)
      terms.add(loss.terms)
      gradients += [
        (maps.saliency, loss.gradients.saliency), (maps.seen, loss.gradients.seen),
        (maps.filled, loss.gradients.filled), (maps.joints, loss.gradients.joints),
      ]
    }
    if let keypoints = network.keypoints {
      let loss = recipe.losses.keypoints(pass.result(keypoints), people: people)
      terms.add(loss.terms)
      gradients.append((keypoints, loss.gradient))
    }
    if let logits {
      let loss = recipe.losses.segmentation(pass.result(logits), people: people, side: side)
      terms.parts = loss.value
      gradients.append((logits, loss.gradient))
    }
    if let surface {
      let loss = recipe.losses.denseCorrespondence(pass.result(surface), people: people, side: side)
      terms.surface = loss.value
      gradients.append((surface, loss.gradient))
    }
    let changes = try network.graph.backward(gradients, through: pass)
    _ = times.add(\.backward, since: time)
    return Trainer.Shard(
      gradients: changes, statistics: network.graph.moments(of: pass), terms: terms, times: times)
  }
}

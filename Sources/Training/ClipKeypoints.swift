internal import Archives
package import Bodies
import Foundation
public import Networks
internal import Pictures
public import Rendering
public import Tensors

/// What a network of keypoints sees in rendered clips, and where the joints are: what a temporal network learns from.
///
/// It is kept in a file, since rendering takes far longer than learning from it, and other runs of the same clips read it.
public struct ClipKeypoints: Sendable {
  /// Keypoints of every frame, `[clips, frames, 24, 3]`.
  let keypoints: Tensor
  /// The joints about the pelvis, metres in the camera's axes, `[clips, frames, 24, 3]`.
  let joints: Tensor
  /// What decides the numbers, however many clips there are.
  let identity: String

  /// The number of clips.
  public var count: Int { keypoints.shape[0] }
  /// The frames of a clip.
  var frames: Int { keypoints.shape[1] }

  private static let identityKey = "penumbra.clips"
  /// So many clips are rendered between two writes of the file.
  private static let block = 32

  /// Renders clips as a recipe wants them, and asks the network of keypoints about all their frames.
  ///
  /// - Parameters:
  ///   - folder: where the file is kept: clips of an earlier run are read, those that are missing rendered.
  ///   - shouldContinue: called with the number of clips that are there, also while another process renders them.
  /// - Returns: the clips; nil if it was told to stop, and the file has what there is.
  /// - Throws: `ArchiveError` when the file cannot be read or written; `NetworkError` when there is no memory.
  public init?(
    for recipe: Recipe, seenBy network: KeypointNetwork, renderer: Renderer, motions: Motions,
    in folder: String,
    workers: Int = Workers.available, shouldContinue: (_ done: Int) -> Bool = { _ in true }
  ) throws {
    let clips = recipe.clips ?? Recipe.Clips()
    let (frames, seed) = (clips.frames, recipe.seed)
    identity = Digest.sha256(
      "\(network.fingerprint) \(seed) \(frames) \(try JSONValue(encoding: recipe.renderer).canonicalText)"
        .utf8)
    let file = "\(folder)/clips-\(identity.prefix(8)).safetensors"
    var found = try Self.known(in: file, identity: identity, frames: frames)
    let perClip = frames * Joint.count * 3
    func shape(_ count: Int) -> [Int] { [count, frames, Joint.count, 3] }
    var count = found.keypoints.count / perClip
    var lock: FolderLock?
    defer { withExtendedLifetime(lock) {} }
    if count < clips.count {
      // Who renders the same clips, for a training of its own, is waited for, until there are enough.
      var size = try fileSize(file)
      while count < clips.count {
        do throws(ArchiveError) { lock = try FolderLock(on: file) } catch {
          guard error.systemError == EWOULDBLOCK else { throw error }
        }
        let now = try fileSize(file)
        if lock != nil || now != size {
          size = now
          found = try Self.known(in: file, identity: identity, frames: frames)
          count = found.keypoints.count / perClip
        }
        guard lock == nil else { break }
        guard shouldContinue(count) else { return nil }
        usleep(50_000)
      }
    } else {
      FolderLock.removeLeftovers(of: file)
    }
    while count < clips.count {
      guard shouldContinue(count) else { return nil }
      let first = count
      let made = try Workers.map(min(Self.block, clips.count - first), workers: workers) {
        (index) throws(NetworkError) in
        try Self.clip(
          first + index, frames: frames, seed: seed, seenBy: network, renderer: renderer, motions: motions)
      }
      for clip in made {
        found.keypoints += clip.keypoints
        found.joints += clip.joints
      }
      count = found.keypoints.count / perClip
      try Safetensors.write(
        [
          "keypoints": Tensor(shape(count), found.keypoints), "joints": Tensor(shape(count), found.joints),
        ], metadata: [Self.identityKey: identity], to: file)
    }
    let wanted = clips.count * perClip
    keypoints = Tensor(shape(clips.count), Array(found.keypoints.prefix(wanted)))
    joints = Tensor(shape(clips.count), Array(found.joints.prefix(wanted)))
  }

  /// The clips in a file; none where it is not there.
  private static func known(
    in file: String, identity: String, frames: Int
  ) throws -> (keypoints: [Float], joints: [Float]) {
    guard try isThere(file) else { return ([], []) }
    let archive = try Archive(contentsOf: file)
    guard archive.metadata[identityKey] == identity else {
      throw ArchiveError(.damaged, file: file, "contains other clips; move it away")
    }
    let known = (try archive.tensor("keypoints"), try archive.tensor("joints"))
    guard known.0.shape == known.1.shape, Array(known.0.shape.dropFirst()) == [frames, Joint.count, 3]
    else {
      throw ArchiveError(.damaged, file: file, "contains clips of another shape; remove it")
    }
    return (known.0.elements, known.1.elements)
  }

  /// Renders one clip, and asks the network of keypoints about its frames.
  ///
  /// - Throws: `NetworkError` when there is no memory.
  package static func clip(
    _ index: Int, frames: Int, seed: UInt64, seenBy network: KeypointNetwork, renderer: Renderer,
    motions: Motions
  ) throws(NetworkError) -> (keypoints: [Float], joints: [Float]) {
    let side = network.side
    let clip = renderer.clip(index, frames: frames, motions: motions, seed: seed, side: side)
    var keypoints: [Float] = []
    for start in stride(from: 0, to: frames, by: 9) {
      let crops = clip[start..<min(start + 9, frames)].map {
        $0.picture.normalised().reshaped([1, side, side, 3])
      }
      keypoints += try network.estimate(Tensor(stacking: crops)).elements
    }
    let joints = clip.flatMap { sample in
      sample.joints.flatMap { joint in
        let away = joint - sample.joints[0]
        return [away.x, away.y, away.z]
      }
    }
    return (keypoints, joints)
  }
}

/// Learning from the keypoints of clips.
package struct ClipLesson: Lesson {
  let recipe: Recipe
  let clips: ClipKeypoints
  /// The network that found the keypoints.
  let keypoints: Weights
  private let layers: TemporalLayers
  private let settings: TemporalNetwork.Settings

  package init(recipe: Recipe, clips: ClipKeypoints, keypoints: Weights) {
    (self.recipe, self.clips, self.keypoints) = (recipe, clips, keypoints)
    settings = recipe.clips!.network
    layers = TemporalLayers(frames: settings.frames, width: settings.width, isLearning: true)
  }

  var graph: Graph { layers.graph }
  var material: String { "\(clips.identity) \(clips.count)" }
  var known: Weights {
    Weights(
      keypoints.tensors,
      metadata: [
        TemporalNetwork.metadata.key: TemporalNetwork.metadata.value,
        TemporalNetwork.settingsKey: settings.json,
      ])
  }

  func shard(
    _ indices: Range<Int>, step: Int, _ weights: [String: Tensor]
  ) throws(NetworkError) -> Trainer.Shard {
    var (times, time) = (Trainer.Times(), ContinuousClock.now)
    let windows = indices.map(window)
    let input = Tensor(
      [windows.count, settings.frames, 1, TemporalLayers.inputs], windows.flatMap(\.keypoints))
    time = times.add(\.rendering, since: time)
    let pass = try layers.graph.learn(input, weights, upTo: [layers.joints])
    time = times.add(\.forward, since: time)
    let loss = Losses.lifted(pass.result(layers.joints), from: windows.map(\.joints))
    let changes = try layers.graph.backward([(layers.joints, loss.gradient)], through: pass)
    _ = times.add(\.backward, since: time)
    return Trainer.Shard(
      gradients: changes, statistics: layers.graph.moments(of: pass), terms: loss.terms, times: times)
  }

  /// Draws some frames of a clip, mirrored or not, as a camera a little nearer or beside would see them.
  package func window(_ index: Int) -> (keypoints: [Float], joints: [Point]) {
    var random = SeededGenerator(seed: recipe.seed ^ Self.stream, stream: UInt64(index))
    let clip = random.integer(below: clips.count)
    // The middle is a moment that the longest network can look at as well, so that all learn the same ones.
    let longest = Recipe.Clips.seenFrames
    let middle = longest / 2 + random.integer(below: clips.frames - longest + 1)
    let isMirrored = random.chance(0.5)
    let scale = random.uniform(0.85...1.15)
    let shift = (random.uniform(-0.1...0.1), random.uniform(-0.1...0.1))
    let row = Joint.count * 3
    let first = (clip * clips.frames + middle - settings.frames / 2) * row
    let seen = TemporalNetwork.given(
      Tensor(
        [settings.frames, Joint.count, 3],
        clips.keypoints.withElements { Array($0[first..<first + settings.frames * row]) }),
      usesLabels: settings.usesLabels
    ).elements
    var keypoints = seen
    for frame in 0..<settings.frames {
      for joint in 0..<Joint.count {
        let from = 3 * (frame * Joint.count + (isMirrored ? Joint.mirror[joint] : joint))
        let to = 3 * (frame * Joint.count + joint)
        let noise = (random.normal(deviation: Self.noise), random.normal(deviation: Self.noise))
        keypoints[to + 2] = seen[from + 2]
        // What is left out stays at zero.
        guard seen[from + 2] > 0 else {
          (keypoints[to], keypoints[to + 1]) = (0, 0)
          continue
        }
        keypoints[to] = (isMirrored ? -seen[from] : seen[from]) * scale + shift.0 + noise.0
        keypoints[to + 1] = seen[from + 1] * scale + shift.1 + noise.1
      }
    }
    let joints = clips.joints.withElements { joints in
      (0..<Joint.count).map { joint -> Point in
        let at = (clip * clips.frames + middle) * row + 3 * (isMirrored ? Joint.mirror[joint] : joint)
        return Point(isMirrored ? -joints[at] : joints[at], joints[at + 1], joints[at + 2])
      }
    }
    return (keypoints, joints)
  }

  /// A random stream that neither the renderer nor augmentation uses.
  private static let stream: UInt64 = 0x6C69_6674_696E_6700
  /// The deviation of what is added to places, as a share of half the crop.
  private static let noise: Float = 0.01
}

extension Losses {
  /// The mean distance of joints from where they are, multiplied by 60, and its gradient.
  ///
  /// Joints are `[N, 24, 3]`, metres; the loss is that of Pavllo et al. 2019.
  static func lifted(_ joints: Tensor, from truths: [[Point]]) -> (terms: Terms, gradient: Tensor) {
    let share = overall / Float(truths.count * Joint.count)
    var terms = Terms()
    var gradient = Tensor(joints.shape)
    joints.withElements { joints in
      gradient.withMutableElements { gradient in
        for (n, truth) in truths.enumerated() {
          for (joint, place) in truth.enumerated() {
            let at = 3 * (n * Joint.count + joint)
            let off = Point(joints[at], joints[at + 1], joints[at + 2]) - place
            let distance = (off * off).sum().squareRoot()
            terms.joints3D += share * distance
            guard distance > 0 else { continue }
            for axis in 0..<3 { gradient[at + axis] = share * off[axis] / distance }
          }
        }
      }
    }
    return (terms, gradient)
  }
}

import Archives
import Bodies
import Foundation
import Networks
import Rendering
import Tensors
import TestSupport
import Testing
import Training

@Suite("Keypoints and temporal networks, in training") struct TemporalTests {
  private static let side = SmallTemporal.side

  @Test(
    "gradients of the keypoints' loss are the slopes of finite differences, and the truth has none of places")
  func keypointLoss() throws {
    let people = try SmallRenderer.make().people(0..<4, seed: 3, side: Self.side)
    var random = SeededGenerator(seed: 4)
    let truth = people.flatMap { person in
      (0..<24).flatMap { joint -> [Float] in
        [person.joints2D[joint].x, person.joints2D[joint].y, person.visibility[joint].isSeen ? 15 : -15]
      }
    }
    let right = Losses().keypoints(Tensor([4, 24, 3], truth), people: people)
    #expect(right.terms.joints2D == 0 && right.terms.visibility < 1e-3)
    var keypoints = Tensor([4, 24, 3], truth.map { $0 / 10 + 0.3 * random.normal() })
    let gradient = Losses().keypoints(keypoints, people: people).gradient
    var agreeing = 0
    for _ in 0..<60 {
      let at = random.integer(below: keypoints.count)
      func moved(_ by: Float) -> Double {
        keypoints.withMutableElements { $0[at] += by }
        let terms = Losses().keypoints(keypoints, people: people).terms
        return Double(terms.joints2D) + Double(terms.visibility)
      }
      let step: Float = 0.01
      let slope = Float((moved(step) - moved(-2 * step)) / Double(2 * step))
      _ = moved(step)
      if abs(slope - gradient.elements[at]) < 0.03 * abs(gradient.elements[at]) + 0.01 { agreeing += 1 }
    }
    // An absolute difference has a kink at the truth, which a step may pass.
    #expect(agreeing >= 54, "\(agreeing) of 60")
  }

  @Test("gradients of the whole temporal network are the slopes of finite differences", arguments: [1, 9])
  func gradients(_ frames: Int) throws {
    let layers = TemporalLayers(frames: frames, width: 8, isLearning: true)
    var weights = layers.graph.initialWeights(seed: 5)
    var random = SeededGenerator(seed: 6)
    for (name, tensor) in weights where name.hasSuffix("joints.weight") {
      weights[name] = Tensor(tensor.shape, (0..<tensor.count).map { _ in 0.3 * random.normal() })
    }
    let input = Tensor([6, frames, 1, 72], (0..<6 * frames * 72).map { _ in random.normal() })
    let direction = Tensor([6, 24, 3], (0..<6 * 72).map { _ in random.normal() })
    func value() throws -> Double {
      let pass = try layers.graph.learn(input, weights, upTo: [layers.joints])
      return zip(pass.result(layers.joints).elements, direction.elements).reduce(0) {
        $0 + Double($1.0) * Double($1.1)
      }
    }
    let pass = try layers.graph.learn(input, weights, upTo: [layers.joints])
    let changes = try layers.graph.backward([(layers.joints, direction)], through: pass)
    var (agreeing, tried) = (0, 0)
    for parameter in layers.graph.parameters where parameter.isTrainable {
      let gradient = try #require(changes[parameter.name])
      let largest = gradient.elements.map(abs).max()!
      for _ in 0..<6 {
        let at = random.integer(below: gradient.count)
        func moved(_ by: Float) throws -> Double {
          weights[parameter.name]!.withMutableElements { $0[at] += by }
          return try value()
        }
        let step: Float = 2e-3
        let slope = Float((try moved(step) - moved(-2 * step)) / Double(2 * step))
        _ = try moved(step)
        tried += 1
        if abs(slope - gradient.elements[at]) < 0.03 * largest + 1e-2 { agreeing += 1 }
      }
    }
    // A ReLU has a kink, which a step may pass.
    #expect(agreeing >= tried * 9 / 10, "\(agreeing) of \(tried)")
  }

  @Test("hidden keypoints are zero with labels and stay without") func labels() {
    let keypoints = Tensor([2, 3], [0.5, -0.5, 3, 0.25, 0.75, -0.1])
    #expect(TemporalNetwork.given(keypoints, usesLabels: true).elements == [0.5, -0.5, 1, 0, 0, 0])
    #expect(TemporalNetwork.given(keypoints, usesLabels: false).elements == [0.5, -0.5, 1, 0.25, 0.75, 1])
  }

  private static func recipe(frames: Int = 9, labels: Bool = true) -> Recipe {
    var clips = Recipe.Clips()
    (clips.count, clips.spareFrames) = (3, 2)
    clips.network = SmallTemporal.settings(frames: frames, usesLabels: labels)
    let keypoints = try! KeypointNetwork(SmallTemporal.keypoints()).architecture
    var recipe = Recipe.temporal(over: keypoints, clips: clips)
    (recipe.pictures, recipe.batch, recipe.warmup, recipe.seed) = (32, 8, 1, 5)
    return recipe
  }

  private static func clips(_ recipe: Recipe, in folder: String, until: Int = .max) throws -> ClipKeypoints? {
    try ClipKeypoints(
      for: recipe, seenBy: KeypointNetwork(SmallTemporal.keypoints()), renderer: SmallRenderer.make(),
      motions: BuiltInRenderer.motions(from: fixture("")), in: folder, workers: 2
    ) { $0 < until }
  }

  @Test("clips are rendered once, kept beside the network, and more of them are the same and others")
  func kept() throws {
    try withTemporaryFolder { folder in
      var recipe = Self.recipe()
      #expect(try Self.clips(recipe, in: folder, until: 0) == nil)
      let first = try #require(try Self.clips(recipe, in: folder))
      let files = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(files.count == 1 && files[0].hasPrefix("clips-"))
      // Nothing is rendered again: it would stop at once.
      let again = try #require(try Self.clips(recipe, in: folder, until: 0))
      #expect(again.count == 3)
      recipe.clips!.count = 4
      let more = try #require(try Self.clips(recipe, in: folder))
      #expect(more.count == 4)
      for index in 0..<20 {
        let lessons = [first, again].map {
          ClipLesson(recipe: Self.recipe(), clips: $0, keypoints: SmallTemporal.keypoints()).window(index)
        }
        #expect(lessons[0].keypoints == lessons[1].keypoints && lessons[0].joints == lessons[1].joints)
      }
      try Data("damaged".utf8).write(to: URL(filePath: "\(folder)/\(files[0])"))
      #expect(throws: ArchiveError.self) { try Self.clips(recipe, in: folder) }
    }
  }

  @Test("clips that another process renders are waited for, and fewer never take the place of more")
  func shared() throws {
    try withTemporaryFolder { folder in
      var recipe = Self.recipe()
      recipe.clips!.count = 4
      let more = folder + "/more"
      try makeFolder(more)
      _ = try #require(try Self.clips(recipe, in: more))
      let name = try #require(try FileManager.default.contentsOfDirectory(atPath: more).first)
      recipe.clips!.count = 3
      let file = "\(folder)/\(name)"
      var lock: FolderLock? = try FolderLock(on: file)
      var asked = 0
      let clips = try ClipKeypoints(
        for: recipe, seenBy: KeypointNetwork(SmallTemporal.keypoints()), renderer: SmallRenderer.make(),
        motions: BuiltInRenderer.motions(from: fixture("")), in: folder, workers: 2
      ) { done in
        asked += 1
        if asked == 2 {
          // The other process is done, with more clips than are wanted here.
          try? FileManager.default.copyItem(atPath: "\(more)/\(name)", toPath: file)
          withExtendedLifetime(lock) {}
          lock = nil
        }
        return done == 0
      }
      #expect(clips?.count == 3 && asked == 2)
      #expect(
        try Data(contentsOf: URL(filePath: file)) == Data(contentsOf: URL(filePath: "\(more)/\(name)")))

      let held = try FolderLock(on: file)
      recipe.clips!.count = 5
      #expect(try Self.clips(recipe, in: folder, until: 4) == nil)
      withExtendedLifetime(held) {}
    }
  }

  @Test("a run learns, is resumed with the same bits, and makes a network that is swept") func run() throws {
    try withTemporaryFolder { folder in
      let recipe = Self.recipe()
      let clips = try #require(try Self.clips(recipe, in: folder))
      func start(_ name: String) throws -> TrainingRun {
        try TrainingRun(
          Trainer(recipe, clips: clips, keypoints: SmallTemporal.keypoints()),
          path: "\(folder)/\(name).safetensors")
      }
      var whole = try start("whole")
      let before = whole.trainer.result.tensors
      #expect(try whole.run(workers: 1) { _, loss in loss.isFinite })
      var first = try start("parted")
      #expect(try first.run(workers: 2) { pictures, _ in pictures < 16 } == false)
      var second = try start("parted")
      #expect(second.trainer.step == 2)
      #expect(try second.run(workers: 2) { _, _ in true })
      let after = second.trainer.result.tensors
      #expect(after == whole.trainer.result.tensors)
      for name in ["temporal.expand.0.weight", "temporal.levels.1.1.1.running_mean", "temporal.joints.bias"] {
        #expect(after[name] != before[name], "\(name)")
      }
      #expect(
        after["head.keypoints_mlp.weight"] == SmallTemporal.keypoints().tensors["head.keypoints_mlp.weight"])
      try second.writeNetwork()
      let archive = try Archive(contentsOf: "\(folder)/parted.safetensors")
      let network = try TemporalNetwork(
        Weights(archive.tensors(), metadata: archive.metadata, source: "parted"))
      #expect(network.settings == recipe.clips?.network)
      // Another network of keypoints saw other clips.
      var other = recipe
      other.seed = 6
      let others = try #require(try Self.clips(other, in: folder))
      #expect(throws: TrainingError.self) {
        try TrainingRun(
          Trainer(recipe, clips: others, keypoints: SmallTemporal.keypoints()),
          path: "\(folder)/parted.safetensors")
      }
    }
  }

  @Test("recipes without clips, or with lengths that there are not, are refused") func rules() {
    var recipe = Self.recipe()
    #expect(recipe.validationIssue(hasStart: true) == nil)
    recipe.clips!.network.frames = 5
    #expect(recipe.validationIssue(hasStart: true)?.key == "clips.network.frames")
    recipe.clips = nil
    #expect(recipe.validationIssue(hasStart: true)?.key == "clips")
    var keypoints = Recipe.blazePose(for: .keypoints)
    #expect(keypoints.validationIssue(hasStart: true) == nil)
    keypoints.architecture.head = .pooled()
    #expect(keypoints.validationIssue(hasStart: true)?.key == "goal")
  }
}

import Archives
import Foundation
import Networks
import Tensors
import TestSupport
import Testing
import Training

/// Training on BlazePose's encoder, at the least size that it has.
@Suite("Trainer on BlazePose") struct BlazePoseTrainerTests {
  static let start = Result { try Archive(contentsOf: fixture("networks/blazepose.safetensors")).tensors() }

  static func recipe(
    _ target: TrainingTarget, frozen: Architecture.FrozenBackbone?, pictures: Int = 4
  ) -> Recipe {
    var recipe = Recipe.blazePose(for: target, frozen: frozen)
    let branch = Architecture.Branch(.convolution, depth: 1, width: 8)
    recipe.architecture.head =
      target == .gap
      ? .pooled(hidden: 16, parts: branch)
      : .partAttention(.init(branch: branch, shapeWidth: 8, addsMean: true))
    (recipe.pictures, recipe.batch, recipe.warmup, recipe.seed) = (pictures, 2, 1, 5)
    return recipe
  }

  /// The encoder's weights by the names that the network has for them.
  static func encoder(_ tensors: [String: Tensor]) -> [String: Tensor] {
    tensors.filter { name, _ in
      name.contains(/^(backbone\.)?(stem|blocks|last)\./)
    }
  }

  /// Whether a tensor of the encoder is of the layers that stay.
  private static func stays(_ name: String, _ frozen: Architecture.FrozenBackbone?) -> Bool {
    switch frozen {
    case nil: false
    case .all: true
    case .early: name.contains(/stem\.|blocks\.([0-9]|10)\.|blocks\.11\.expand\./)
    }
  }

  @Test(
    "what is frozen of an encoder keeps every bit and what reads it learns, as does the rest",
    arguments: [TrainingTarget.gap, .attention], [Architecture.FrozenBackbone.all, .early, nil])
  func steps(_ target: TrainingTarget, frozen: Architecture.FrozenBackbone?) throws {
    let start = try Self.start.get()
    let renderer = try SmallRenderer.make()
    var trainer = try Trainer(Self.recipe(target, frozen: frozen), renderer: renderer, start: start)
    let before = trainer.result.tensors
    let prefix = target == .gap ? "" : "backbone."
    let own = Self.encoder(before)
    #expect(own.count == 94 && own.keys.allSatisfy { trainer.usedNames.contains($0) })
    for (name, tensor) in own { #expect(tensor == start[String(name.trimmingPrefix(prefix))], "\(name)") }
    for _ in 0..<2 { #expect(try trainer.advance(workers: 2).total.isFinite) }
    #expect(trainer.isFinished)
    let after = trainer.result.tensors
    for (name, tensor) in own {
      // A bias may be at the end of a cut everywhere; weights are not.
      let stays = Self.stays(name, frozen)
      guard stays || name.hasSuffix(".weight") else { continue }
      #expect((after[name] == tensor) == stays, "\(name)")
    }
    for name in target == .gap
      ? ["fc1.weight", "decpose.weight"]
      : ["head.lateral.fine.0.weight", "head.lateral.coarse.1.bias", "head.pose_mlp.weight"]
    {
      let old = try #require(before.first { $0.key.hasPrefix(name) || $0.key == name })
      #expect(after[old.key] != old.value, "\(name)")
    }
    #expect(after.values.allSatisfy { $0.isFinite })
    // No moments are kept of what is frozen.
    let moments = trainer.state.map(\.0).filter { $0.hasPrefix("first.") }
    for name in own.keys {
      #expect(moments.contains("first.\(name)") == !Self.stays(name, frozen), "\(name)")
    }
  }

  @Test(
    "an interrupted run ends with the bits of one that was not, and makes a network",
    arguments: [Architecture.FrozenBackbone.all, .early, nil])
  func resume(frozen: Architecture.FrozenBackbone?) throws {
    try withTemporaryFolder { folder in
      let renderer = try SmallRenderer.make()
      func start(_ name: String) throws -> TrainingRun {
        try TrainingRun(
          Trainer(Self.recipe(.attention, frozen: frozen), renderer: renderer, start: Self.start.get()),
          path: "\(folder)/\(name).safetensors")
      }
      var whole = try start("whole")
      #expect(try whole.run(workers: 1) { _, _ in true })
      var first = try start("parted")
      #expect(try first.run(workers: 2) { pictures, _ in pictures < 2 } == false)
      #expect(first.trainer.step == 1)
      var second = try start("parted")
      #expect(second.trainer.step == 1)
      #expect(try second.run(workers: 2) { _, _ in true })
      #expect(second.trainer.result.tensors == whole.trainer.result.tensors)
      try second.writeNetwork()
      let archive = try Archive(contentsOf: "\(folder)/parted.safetensors")
      let network = try Regressor(
        Weights(archive.tensors(), metadata: archive.metadata, source: "parted"))
      #expect(network.side == 256 && network.architecture.backbone == .blazePose)
      let answer = try network.estimate(Tensor([1, 256, 256, 3]))
      #expect(answer.rotations.isFinite && answer.camera.isFinite)
    }
  }

  @Test("an encoder is frozen only where there is one to freeze") func refusals() throws {
    let renderer = try SmallRenderer.make()
    var part = try Self.start.get()
    part["blocks.3.project.bias"] = nil
    for start in [[:], part] {
      let error = #expect(throws: TrainingError.self) {
        try Trainer(Self.recipe(.gap, frozen: .all), renderer: renderer, start: start)
      }
      #expect(error.map { "\($0)".contains("blazepose") } == true)
    }
    _ = try Trainer(Self.recipe(.gap, frozen: nil), renderer: renderer)
    var other = TrainerTests.recipe(.pooled)
    #expect(other.validationIssue(hasStart: false)?.key != "freeze_backbone")
    other.frozenBackbone = .all
    other.architecture.side = 32
    #expect(other.validationIssue(hasStart: false)?.key == "freeze_backbone")
  }

  @Test("recipes on BlazePose are valid, say so in their JSON and read back; others do not speak of it")
  func json() throws {
    for target in TrainingTarget.allCases where target != .temporal {
      for frozen in [Architecture.FrozenBackbone.all, .early, nil] {
        let recipe = Recipe.blazePose(for: target, frozen: frozen)
        #expect(recipe.validationIssue(hasStart: true) == nil)
        #expect(recipe.architecture.side == 256 && recipe.architecture.backbone == .blazePose)
        let written = frozen.map { "\"freeze_backbone\":\"\($0.rawValue)\"" } ?? "freeze_backbone"
        #expect(recipe.json.contains(written) == (frozen != nil))
        #expect(try Recipe(json: JSONValue(Data(recipe.json.utf8), from: "recipe")) == recipe)
      }
    }
    #expect(!TrainerTests.recipe(.pooled).json.contains("freeze_backbone"))
    #expect(!Recipe.standard(for: .gap).json.contains("backbone"))
    var wrong = Recipe.blazePose(for: .gap, frozen: .all)
    wrong.architecture.side = 224
    #expect(wrong.validationIssue(hasStart: true)?.key == "architecture")
  }
}

import Archives
import Bodies
import Foundation
import Networks
import Pictures
import Rendering
import Tensors
import TestSupport
import Testing
import Training

@Suite("Trainer") struct TrainerTests {
  static func recipe(_ head: Architecture.Head.Kind, goal: Recipe.Goal = .body, pictures: Int = 48) -> Recipe
  {
    var architecture = Architecture.resNet18(head, side: 32, width: 4)
    let branch = Architecture.Branch(width: 8)
    architecture.head =
      head == .pooled
      ? .pooled(hidden: 16, parts: branch)
      : .partAttention(.init(branch: branch, shapeWidth: 8, addsMean: true))
    var recipe = Recipe(architecture, goal: goal, pictures: pictures)
    (recipe.batch, recipe.warmup, recipe.seed) = (8, 2, 5)
    return recipe
  }

  @Test(
    "one seed gives the same weights for any number of workers",
    arguments: [Architecture.Head.Kind.pooled, .partAttention])
  func workers(_ head: Architecture.Head.Kind) throws {
    let renderer = try SmallRenderer.inCity()
    var one = try Trainer(Self.recipe(head), renderer: renderer)
    var two = try Trainer(Self.recipe(head), renderer: renderer)
    for _ in 0..<2 {
      _ = try one.advance(workers: 1)
      _ = try two.advance(workers: 2)
    }
    #expect(one.result.tensors == two.result.tensors)
    let mean = (head == .pooled ? "" : "head.") + "init_pose"
    let fresh = try Trainer(Self.recipe(head), renderer: renderer).result.tensors
    #expect(one.result.tensors[mean] == fresh[mean])
    var other = Self.recipe(head)
    other.seed = 6
    let another = try Trainer(other, renderer: renderer).result.tensors
    #expect(another["fc1.weight"] != fresh["fc1.weight"] || head == .partAttention)
  }

  @Test("an interrupted run ends with the bits of one that was not, and with its log") func resume() throws {
    try withTemporaryFolder { folder in
      let renderer = try SmallRenderer.inCity()
      func start(_ name: String) throws -> TrainingRun {
        try TrainingRun(
          Trainer(Self.recipe(.partAttention), renderer: renderer), path: "\(folder)/\(name).safetensors",
          logInterval: 16)
      }
      var whole = try start("whole")
      #expect(try whole.run(workers: 1) { _, _ in true })
      var first = try start("parted")
      let isFinished = try first.run(workers: 1) { pictures, _ in pictures < 24 }
      #expect(!isFinished && first.trainer.step == 3, "stopped after step \(first.trainer.step)")
      var second = try start("parted")
      #expect(second.trainer.step == 3)
      #expect(try second.run(workers: 2) { _, _ in true })
      #expect(second.trainer.result.tensors == whole.trainer.result.tensors)
      func log(_ name: String) throws -> [[String]] {
        try String(contentsOfFile: "\(folder)/\(name).csv", encoding: .utf8).split(separator: "\n")
          .map { $0.split(separator: ",").map(String.init) }
      }
      // The second column and the last four are the time it took.
      func losses(_ name: String) throws -> [[String]] {
        try log(name).map { [$0[0]] + $0[2...].dropLast(4) }
      }
      #expect(try losses("parted") == losses("whole") && losses("whole")[0].last == "visibility")
      for row in try log("parted").dropFirst() {
        let times = row.suffix(4).compactMap { Double($0) }
        #expect(times.count == 4 && times.allSatisfy { $0 > 0 } && row.count == 22)
      }
      #expect(try log("whole").count == 4)

      try second.writeNetwork()
      let archive = try Archive(contentsOf: "\(folder)/parted.safetensors")
      let weights = Weights(try archive.tensors(), metadata: archive.metadata, source: "parted")
      #expect(try Regressor(weights).architecture == Self.recipe(.partAttention).architecture)
    }
  }

  @Test("a log with other columns is gone on with in those of now") func olderLog() throws {
    try withTemporaryFolder { folder in
      let renderer = try SmallRenderer.inCity()
      func start() throws -> TrainingRun {
        try TrainingRun(
          Trainer(Self.recipe(.pooled), renderer: renderer), path: "\(folder)/a.safetensors", logInterval: 16)
      }
      var run = try start()
      #expect(try !run.run(workers: 1) { pictures, _ in pictures < 24 })
      let path = "\(folder)/a.csv"
      try Data("total,pictures,gone\n40.5,16,7\n30.5,32,6\n".utf8).write(to: URL(filePath: path))
      run = try start()
      #expect(try run.run(workers: 1) { _, _ in true })
      let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        .map { $0.split(separator: ",", omittingEmptySubsequences: false) }
      #expect(lines.map(\.count) == [22, 22, 22, 22] && lines[0][3] == "total")
      #expect(lines[1].filter { !$0.isEmpty } == ["16", "40.5"] && lines[1][3] == "40.5")
      #expect(lines.dropFirst().map(\.[0]) == ["16", "32", "48"] && lines[2][3] != "30.5")
    }
  }

  @Test("a checkpoint of another recipe is refused") func otherRecipe() throws {
    try withTemporaryFolder { folder in
      let renderer = try SmallRenderer.inCity()
      let path = "\(folder)/a.safetensors"
      var run = try TrainingRun(Trainer(Self.recipe(.pooled), renderer: renderer), path: path)
      _ = try run.run(workers: 1) { _, _ in false }
      #expect(throws: TrainingError.self) {
        _ = try TrainingRun(Trainer(Self.recipe(.pooled, pictures: 56), renderer: renderer), path: path)
      }
    }
  }

  @Test("a checkpoint of another start or body is refused, and steps that the recipe does not have")
  func otherOrigin() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/a.safetensors"
      func start(_ weights: [String: Tensor] = [:], _ renderer: Renderer? = nil) throws -> TrainingRun {
        try TrainingRun(
          Trainer(Self.recipe(.pooled), renderer: renderer ?? SmallRenderer.inCity(), start: weights),
          path: path)
      }
      var run = try start()
      _ = try run.run(workers: 1) { pictures, _ in pictures < 16 }
      #expect(try start().trainer.step == run.trainer.step)
      let weights = run.trainer.weights
      #expect { _ = try start(weights) } throws: { "\($0)".contains("--start or --body") }
      // The same mesh, half as large again.
      let archive = try Archive(contentsOf: fixture("body_1000.npz"))
      var arrays = try archive.tensors()
      arrays["v_template"] = Tensor(
        arrays["v_template"]!.shape, arrays["v_template"]!.elements.map { 1.5 * $0 })
      let large = Renderer(
        body: try BodyModel(arrays, from: "large"), poses: try SmallRenderer.poses.get(),
        panoramas: [Picture(width: 128, height: 64, red: 120, green: 150, blue: 90)])
      #expect { _ = try start([:], large) } throws: { "\($0)".contains("--start or --body") }

      let checkpoint = "\(folder)/a.checkpoint"
      let saved = try Archive(contentsOf: checkpoint)
      for step in ["-1", "1000000", "9223372036854775807", "x"] {
        var metadata = saved.metadata
        metadata["penumbra.step"] = step
        try Safetensors.write(
          try saved.tensors().map { ($0.key, $0.value) }, metadata: metadata, to: checkpoint)
        #expect(throws: TrainingError.self) { _ = try start() }
      }
      // Those of before origins were kept are taken at their word.
      var older = saved.metadata
      older["penumbra.origin"] = nil
      try Safetensors.write(try saved.tensors().map { ($0.key, $0.value) }, metadata: older, to: checkpoint)
      #expect(try start(weights).trainer.step == run.trainer.step)
      for sums in ["nan", "1e30", "x"] {
        var metadata = saved.metadata
        metadata["penumbra.loss_since_log"] = Array(repeating: sums, count: 8).joined(separator: " ")
        try Safetensors.write(
          try saved.tensors().map { ($0.key, $0.value) }, metadata: metadata, to: checkpoint)
        #expect(try start().trainer.step == run.trainer.step)
      }
    }
  }

  @Test("learning lowers the loss on the pictures learned from", arguments: [Recipe.Goal.parts, .body])
  func learns(_ goal: Recipe.Goal) throws {
    var recipe = Self.recipe(.partAttention, goal: goal, pictures: 8 * 60)
    recipe.learningRate = 3e-3
    var trainer = try Trainer(recipe, renderer: try SmallRenderer.inCity())
    var losses: [Float] = []
    while !trainer.isFinished { losses.append(try trainer.advance(workers: 2).total) }
    let (early, late) = (losses.prefix(6).reduce(0, +), losses.suffix(6).reduce(0, +))
    #expect(late < 0.85 * early, "\(early / 6) at first, \(late / 6) at last")
  }

  @Test("part supervision ends where the recipe says, and the pooled network has none") func schedule() throws
  {
    var recipe = Self.recipe(.partAttention)
    recipe.partShare = 0.5
    var trainer = try Trainer(recipe, renderer: try SmallRenderer.inCity())
    var parts: [Bool] = []
    while !trainer.isFinished { parts.append(try trainer.advance(workers: 2).parts > 0) }
    #expect(parts == [true, true, true, false, false, false])
    var pooled = try Trainer(Self.recipe(.pooled), renderer: try SmallRenderer.inCity())
    #expect(try pooled.advance(workers: 2).parts == 0)
  }

  /// Every option that changes a step, together.
  static func everything(_ head: Architecture.Head.Kind, pictures: Int = 48) -> Recipe {
    var recipe = recipe(head, pictures: pictures)
    recipe.strategy = .parts
    recipe.augmentation.flip = true
    recipe.augmentation.rotation = true
    recipe.augmentation.scale = true
    recipe.augmentation.noise = true
    (recipe.augmentation.cropProbability, recipe.augmentation.cropFactor) = (0.5, 0.4)
    recipe.augmentation.edgeProbability = 0.5
    recipe.augmentation.occluders = head == .pooled ? OccluderLibrary.bodies : OccluderLibrary.shapes
    recipe.losses.visibility = head == .pooled ? .exact : .cylinders
    recipe.auxiliaryParts = head == .pooled
    recipe.losses.surface = 5
    if head == .partAttention { recipe.hidePartMaps = 0.5 }
    return recipe
  }

  @Test(
    "with every option on, neither workers nor an interruption change a bit",
    arguments: [Architecture.Head.Kind.pooled, .partAttention])
  func everything(_ head: Architecture.Head.Kind) throws {
    try withTemporaryFolder { folder in
      let renderer = try SmallRenderer.inCity()
      func start(_ name: String) throws -> TrainingRun {
        try TrainingRun(
          Trainer(Self.everything(head), renderer: renderer), path: "\(folder)/\(name).safetensors")
      }
      var whole = try start("whole")
      #expect(try whole.run(workers: 1) { _, _ in true })
      var first = try start("parted")
      #expect(try first.run(workers: 2) { pictures, _ in pictures < 24 } == false)
      var second = try start("parted")
      #expect(second.trainer.step == 3)
      #expect(try second.run(workers: 2) { _, _ in true })
      #expect(second.trainer.result.tensors == whole.trainer.result.tensors)
      // Each option has a say: without it the weights are others.
      for change in [
        { $0.augmentation.flip = false }, { $0.augmentation.rotation = false },
        { $0.augmentation.scale = false }, { $0.augmentation.noise = false },
        { $0.augmentation.cropProbability = 0 }, { $0.augmentation.edgeProbability = nil },
        { $0.augmentation.occluders = OccluderLibrary.none },
        { $0.losses.visibility = .all }, { $0.strategy = .unsup }, { $0.losses.surface = nil },
        head == .pooled ? { $0.auxiliaryParts = false } : { $0.hidePartMaps = 0 },
      ] as [(inout Recipe) -> Void] {
        var recipe = Self.everything(head, pictures: 8)
        var all = try Trainer(recipe, renderer: renderer)
        change(&recipe)
        var other = try Trainer(recipe, renderer: renderer)
        _ = try all.advance(workers: 2)
        _ = try other.advance(workers: 2)
        let name = head == .pooled ? "conv1.weight" : "backbone.conv1.weight"
        #expect(all.result.tensors[name] != other.result.tensors[name])
      }
    }
  }

  @Test("hidden part maps: one to eight of a picture's, in as many pictures as asked") func hiddenMaps() {
    var recipe = Self.recipe(.partAttention)
    #expect(recipe.hiddenPartMaps(of: 0..<9).isEmpty)
    recipe.hidePartMaps = 0.3
    let hidden = recipe.hiddenPartMaps(of: 0..<4000)
    let counts = (0..<4000).map { picture in hidden[picture * 24..<picture * 24 + 24].count { $0 } }
    #expect(abs(Float(counts.count { $0 > 0 }) / 4000 - 0.3) < 0.03)
    #expect(Set(counts) == Set(0...8))
    for map in 0..<24 {
      let share = Float((0..<4000).count { hidden[$0 * 24 + map] }) / 4000
      #expect(abs(share - 0.3 * 4.5 / 24) < 0.02, "map \(map) is hidden in \(share)")
    }
    #expect(recipe.hiddenPartMaps(of: 7..<9) == Array(hidden[7 * 24..<9 * 24]))
  }

  static let branch = "head.keypoint_"

  @Test("each strategy supervises parts when it says", arguments: Recipe.Strategy.allCases)
  func strategies(_ strategy: Recipe.Strategy) throws {
    let renderer = try SmallRenderer.inCity()
    let start = try Trainer(Self.recipe(.partAttention, goal: .parts), renderer: renderer).result.tensors
    var recipe = Self.recipe(.partAttention)
    (recipe.strategy, recipe.partShare) = (strategy, 0.5)
    var trainer = try Trainer(recipe, renderer: renderer, start: start)
    var supervised: [Bool] = []
    while !trainer.isFinished { supervised.append(try trainer.advance(workers: 2).parts > 0) }
    let expected: [Bool] =
      switch strategy {
      case .unsup: [false, false, false, false, false, false]
      case .parts, .partsFrozen: [true, true, true, true, true, true]
      case .partsUnsup: [true, true, true, false, false, false]
      }
    #expect(supervised == expected)
  }

  @Test("a frozen part branch keeps every bit, and all before it learns", arguments: [false, true])
  func frozen(_ auxiliary: Bool) throws {
    let renderer = try SmallRenderer.inCity()
    var parts = try Trainer(Self.recipe(.partAttention, goal: .parts), renderer: renderer)
    _ = try parts.advance(workers: 2)
    let start = parts.result.tensors
    var recipe = Self.recipe(auxiliary ? .pooled : .partAttention)
    (recipe.strategy, recipe.auxiliaryParts) = (.partsFrozen, auxiliary)
    var trainer = try Trainer(recipe, renderer: renderer, start: start)
    for _ in 0..<3 { #expect(try trainer.advance(workers: 2).parts > 0) }
    let after = trainer.result.tensors
    let branch = after.keys.filter { $0.hasPrefix(Self.branch) }
    #expect(branch.count >= 7 && branch.contains { $0.hasSuffix("running_var") })
    for name in branch { #expect(after[name] == start[name], "\(name) changed") }
    let first = auxiliary ? "conv1.weight" : "backbone.conv1.weight"
    #expect(after[first] != start["backbone.conv1.weight"])

    #expect(throws: TrainingError.self) { try Trainer(recipe, renderer: renderer) }
    let pooled = try Trainer(Self.recipe(.pooled), renderer: renderer).result.tensors
    #expect(throws: TrainingError.self) { try Trainer(recipe, renderer: renderer, start: pooled) }
  }

  @Test("an auxiliary part head teaches a pooled network that then loads and answers as any other")
  func auxiliary() throws {
    try withTemporaryFolder { folder in
      let renderer = try SmallRenderer.inCity()
      var recipe = Self.recipe(.pooled)
      (recipe.auxiliaryParts, recipe.strategy) = (true, .parts)
      let plain = try Trainer(Self.recipe(.pooled), renderer: renderer)
      let fresh = try Trainer(recipe, renderer: renderer)
      for (name, tensor) in plain.result.tensors {
        #expect(fresh.result.tensors[name] == tensor, "\(name) starts otherwise")
      }
      var run = try TrainingRun(fresh, path: "\(folder)/a.safetensors")
      #expect(try run.run(workers: 2) { _, _ in true })
      try run.writeNetwork()
      let archive = try Archive(contentsOf: "\(folder)/a.safetensors")
      #expect(archive.names.contains { $0.hasPrefix(Self.branch) })
      let all = Weights(try archive.tensors(), metadata: archive.metadata, source: "a")
      var bare = all
      for name in all.tensors.keys where name.hasPrefix(Self.branch) { bare.tensors[name] = nil }
      let (with, without) = (try Regressor(all), try Regressor(bare))
      #expect(with.head == .pooled && with.architecture == plain.recipe.architecture)
      #expect(with.fingerprint == without.fingerprint)
      let crops = Tensor(
        stacking: renderer.people(0..<3, seed: 8, side: 32).map {
          $0.picture.normalised().reshaped([1, 32, 32, 3])
        })
      let (a, b) = (try with.estimate(crops), try without.estimate(crops))
      #expect(a.rotations == b.rotations && a.betas == b.betas && a.camera == b.camera)
    }
  }

  @Test("a network starts from another's weights where names agree") func start() throws {
    let renderer = try SmallRenderer.inCity()
    var parts = try Trainer(Self.recipe(.partAttention, goal: .parts), renderer: renderer)
    _ = try parts.advance(workers: 2)
    let learned = parts.result.tensors
    let attention = try Trainer(Self.recipe(.partAttention), renderer: renderer, start: learned)
    #expect(attention.result.tensors["backbone.conv1.weight"] == learned["backbone.conv1.weight"])
    // The pooled network's backbone has no prefix; it is the same backbone.
    let pooled = try Trainer(Self.recipe(.pooled), renderer: renderer, start: learned)
    #expect(pooled.result.tensors["conv1.weight"] == learned["backbone.conv1.weight"])
    #expect(pooled.result.tensors["layer4.1.bn2.running_var"] == learned["backbone.layer4.1.bn2.running_var"])
  }
}

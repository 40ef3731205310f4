import Archives
import Evaluation
import Foundation
import Networks
import Rendering
import TestSupport
import Testing
import Training

@Suite("Experiment plans") struct ExperimentPlanTests {
  private static func plan(_ text: String) throws -> ExperimentPlan {
    try withTemporaryFolder { folder in
      let file = "\(folder)/plan.json"
      try Data(text.utf8).write(to: URL(filePath: file))
      return try ExperimentPlan(contentsOf: file)
    }
  }

  private static func recipe(_ variant: ExperimentPlan.Variant) -> Recipe? {
    if case .training(let recipe, _) = variant.source { recipe } else { nil }
  }

  @Test("keys of version 0.1.0 mean what they meant") func legacy() throws {
    func text(_ start: String, _ renderer: String, _ share: String, _ objects: String) -> String {
      """
      {"recipe": {"pictures": 320, "\(renderer)": {"\(share)": 0.25}}, "variants": [
        {"name": "start", "head": "parts", "\(start)": true},
        {"name": "a", "head": "gap", "start": "start", "recipe": {"\(renderer)": {"\(objects)": 2}}}]}
      """
    }
    let old = try Self.plan(text("only_start", "studio", "estrangementChance", "mostObjects"))
    let new = try Self.plan(text("start_only", "renderer", "randomization_share", "max_objects"))
    let recipe = try #require(Self.recipe(new.measured[0]))
    #expect(recipe.renderer.randomizationShare == 0.25 && recipe.renderer.maxObjects == 2)
    #expect(recipe.pictures == 320 && new.measured.map(\.name) == ["a"])
    #expect(old.measured.map(\.name) == ["a"] && Self.recipe(old.measured[0]) == recipe)
  }

  @Test(
    "an unknown setting of the renderer is refused in either spelling", arguments: ["studio", "renderer"])
  func unknown(_ key: String) throws {
    let error = #expect(throws: EvaluationError.self) {
      try Self.plan(
        "{\"variants\": [{\"name\": \"a\", \"head\": \"gap\", \"recipe\": {\"\(key)\": {\"chance\": 1}}}]}")
    }
    #expect(error?.kind == .badData)
    #expect(error?.sentence.contains("'variants[0].recipe.renderer.chance'") == true, "\(error as Any)")
  }

  @Test("networks on BlazePose's encoder start from it, of one variant or of all") func backbone() throws {
    let plan = try Self.plan(
      """
      {"recipe": {"pictures": 64}, "variants": [
        {"name": "a", "head": "gap", "backbone": "blazepose", "recipe": {"freeze_backbone": "early"}},
        {"name": "b", "head": "gap", "backbone": "blazepose", "recipe": {"freeze_backbone": "all"}},
        {"name": "c", "head": "gap", "start": "gap-small"}]}
      """)
    let recipes = plan.measured.compactMap(Self.recipe)
    #expect(recipes.map(\.architecture.side) == [256, 256, 96])
    #expect(recipes.map(\.frozenBackbone) == [.early, .all, nil] && recipes[0].pictures == 64)
    // What tells runs apart tells these apart.
    #expect(recipes[0].legacyJSON != recipes[1].legacyJSON)
    for (variant, file) in zip(plan.measured, ["blazepose", "blazepose", "gap-small"]) {
      guard case .training(_, start: .file(let path)?) = variant.source else {
        Issue.record("\(variant.name) has no start")
        continue
      }
      #expect(path.hasSuffix("/\(file).safetensors"))
    }
    let error = #expect(throws: EvaluationError.self) {
      try Self.plan(
        "{\"backbone\": \"blazepose\", \"side\": 96, \"variants\": [{\"name\": \"a\", \"head\": \"gap\"}]}")
    }
    #expect(error?.sentence.contains("'side'") == true, "\(error as Any)")
  }

  @Test("a temporal network starts from one of keypoints, and is not measured with textures") func temporal()
    throws
  {
    func text(_ start: String, _ fills: String) -> String {
      """
      {"recipe": {"pictures": 64}, "evaluation": {"frames": 27, "fills": [\(fills)]}, "variants": [
        {"name": "k", "head": "keypoints", "backbone": "blazepose", "start_only": true},
        {"name": "t", "head": "temporal"\(start), "recipe": {"batch": 64, "clips": {"network": {"frames": 9}}}}]}
      """
    }
    let plan = try Self.plan(text(", \"start\": \"k\"", "\"gray\""))
    let recipe = try #require(Self.recipe(plan.measured[0]))
    #expect(recipe.clips?.network.frames == 9 && recipe.clips?.network.usesLabels == true)
    #expect(recipe.shards == 1 && recipe.batch == 64 && recipe.goal == .temporal)
    #expect(plan.settings.frames == 27)
    for (file, key) in [
      (text("", "\"gray\""), "start"), (text(", \"start\": \"k\"", "\"textured\""), "evaluation.fills"),
    ] {
      let error = #expect(throws: EvaluationError.self) { try Self.plan(file) }
      #expect(error?.sentence.contains(key) == true, "\(error as Any)")
    }
  }

  @Test("a device is neither a plan nor a benchmark, and one that cannot be read is not missing")
  func unread() throws {
    for (path, kind) in [
      ("/dev/null", .noInput), ("/nowhere.json", .noInput), ("/proc/self/mem", .io),
    ] as [(String, ArchiveError.Kind)] {
      for read in [{ _ = try ExperimentPlan(contentsOf: path) }, { _ = try Benchmark(contentsOf: path) }]
        as [() throws -> Void]
      {
        let error = #expect(throws: ArchiveError.self) { try read() }
        #expect(error?.kind == kind && error?.file == path)
      }
    }
  }

  @Test(
    "the experiments of the documentation are plans",
    arguments: ["ablation", "builtin", "builtin-small", "builtin-occluded", "encoder", "explicit"])
  func documented(_ name: String) throws {
    let file = repository.appending(path: "docs/experiments/\(name).json").path
    #expect(try ExperimentPlan(contentsOf: file).measured.count >= 2)
  }
}

import Archives
import Foundation
import Networks
import Rendering
import TestSupport
import Testing
import Training

@Suite("Recipes") struct RecipeTests {
  /// What version 0.1.0 wrote into weight files of `penumbra train`.
  private static let old = [
    #"""
    {"architecture":{"adds_mean":true,"block":"basic","blocks":[2,2,2,2],"branch":"deconvolution",\#
    "branch_depth":2,"branch_width":64,"head":"part_attention","hidden":512,"last_stride":1,\#
    "shape_width":64,"side":32,"width":8},"augmentation":{"crop_factor":0,"crop_probability":0,\#
    "flip":true,"noise":true,"occluders":"bodies","rotation":true,"scale":true},\#
    "auxiliary_parts":false,"batch":8,"clip":100,"goal":"body","hide_part_maps":0.3,\#
    "learning_rate":0.0005,"losses":{"betas":0.02,"camera":1,"joints_2d":5,"joints_3d":5,"parts":1,\#
    "rotations":5,"surface":5,"visibility":"cylinders"},"part_share":0.4,"pictures":32,"seed":3,\#
    "shards":1,"strategy":"parts-unsup","studio":{"estrangementChance":0.35,"fill":[0.6,0.95],\#
    "headings":[-180,180],"mostObjects":3,"objectChance":0.3,"otherBehindChance":0.1,\#
    "otherInFrontChance":0.1,"recordedShare":0.7,"truncationChance":0.05},"warmup":200,\#
    "weight_decay":0.01}
    """#,
    #"""
    {"architecture":{"adds_mean":false,"block":"basic","blocks":[2,2,2,2],"branch":"deconvolution",\#
    "branch_depth":2,"branch_width":64,"head":"pooled","hidden":512,"last_stride":1,\#
    "shape_width":64,"side":32,"width":8},"augmentation":{"crop_factor":0,"crop_probability":0,\#
    "flip":false,"noise":false,"occluders":"none","rotation":false,"scale":false},\#
    "auxiliary_parts":false,"batch":8,"clip":100,"goal":"body","hide_part_maps":0,\#
    "learning_rate":0.0005,"losses":{"betas":0.02,"camera":1,"joints_2d":5,"joints_3d":5,"parts":1,\#
    "rotations":5,"visibility":"all"},"part_share":0.4,"pictures":32,"seed":3,"shards":1,\#
    "strategy":"parts-unsup","studio":{"estrangementChance":0.7,"fill":[0.6,0.95],"headings":[-180,\#
    180],"mostObjects":3,"objectChance":0.3,"otherBehindChance":0.1,"otherInFrontChance":0.1,\#
    "recordedShare":0.7,"truncationChance":0.05},"warmup":200,"weight_decay":0.01}
    """#,
  ]

  @Test("a recipe's JSON holds every setting, and reads back as the same recipe") func json() throws {
    for recipe in [
      TrainerTests.recipe(.pooled), TrainerTests.everything(.pooled), TrainerTests.everything(.partAttention),
    ] {
      let read = try JSONDecoder().decode(Recipe.self, from: Data(recipe.json.utf8))
      #expect(read == recipe && read.json == recipe.json)
    }
    let object = try #require(
      JSONSerialization.jsonObject(with: Data(TrainerTests.recipe(.pooled).json.utf8)) as? [String: Any])
    for key in ["strategy", "part_share", "auxiliary_parts", "hide_part_maps"] { #expect(object[key] != nil) }
    let renderer = try #require(object["renderer"] as? [String: Any])
    #expect(
      renderer.keys.sorted() == [
        "fill", "headings", "max_objects", "object_chance", "other_behind_chance", "other_in_front_chance",
        "randomization_share", "recorded_share", "truncation_chance",
      ])
    let augmentation = try #require(object["augmentation"] as? [String: Any])
    #expect(
      augmentation.keys.sorted()
        == ["crop_factor", "crop_probability", "flip", "noise", "occluders", "rotation", "scale"])
    #expect((object["losses"] as? [String: Any])?["visibility"] as? String == "all")
  }

  @Test("recipes of version 0.1.0 are read, and their text is written again to the byte", arguments: old)
  func legacy(_ text: String) throws {
    let recipe = try Recipe(json: JSONValue(Data(text.utf8), from: "recipe"))
    #expect(recipe.legacyJSON == text)
    #expect(try Recipe(json: JSONValue(Data(recipe.json.utf8), from: "recipe")) == recipe)
    #expect(!recipe.json.contains("studio") && !recipe.json.contains("estrangement"))
  }

  @Test("the built-in networks' recipes are read", arguments: ["gap-small", "attention-small"])
  func builtIn(_ name: String) throws {
    let text = try #require(
      try Archive(contentsOf: fixture("networks/\(name).safetensors")).metadata["penumbra.recipe"])
    let recipe = try Recipe(json: JSONValue(Data(text.utf8), from: name))
    #expect(recipe.renderer.randomizationShare == 0.3 && recipe.pictures == 640_000)
    #expect(recipe.legacyJSON == text)
  }

  @Test(
    "today's keys stay as they are, old ones are rewritten, unknown ones are kept for whoever refuses them")
  func modernised() {
    let old: JSONValue = ["batch": 8, "studio": ["mostObjects": 2, "fill": [0.5, 0.9], "colour": 1]]
    let new: JSONValue = ["batch": 8, "renderer": ["max_objects": 2, "fill": [0.5, 0.9], "colour": 1]]
    #expect(Recipe.modernised(old) == new && Recipe.modernised(new) == new)
    #expect(Recipe.modernised(["studio": 1]) == ["renderer": 1])
    #expect(Recipe.modernised(3) == 3)
  }

  @Test("a checkpoint of version 0.1.0 is resumed") func legacyCheckpoint() throws {
    try withTemporaryFolder { folder in
      func start() throws -> TrainingRun {
        try TrainingRun(
          Trainer(TrainerTests.recipe(.pooled), renderer: SmallRenderer.make()),
          path: "\(folder)/a.safetensors")
      }
      var run = try start()
      _ = try run.run(workers: 1) { _, _ in false }
      let checkpoint = "\(folder)/a.checkpoint"
      let saved = try Archive(contentsOf: checkpoint)
      var metadata = saved.metadata
      metadata["penumbra.recipe"] = TrainerTests.recipe(.pooled).legacyJSON
      try Safetensors.write(
        try saved.tensors().map { ($0.key, $0.value) }, metadata: metadata, to: checkpoint)
      #expect(try start().trainer.step == 1)
    }
  }
}

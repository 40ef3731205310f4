import Archives
import Foundation
import Networks
import Rendering
import Tensors
import TestSupport
import Testing
import Training

@Suite("Occluders of a run") struct OccluderTests {
  @Test("files name the folder alone and what is in it, and a run goes on where the folder is moved")
  func folder() throws {
    try withTemporaryFolder { folder in
      let files = "\(folder)/files"
      try FileManager.default.createDirectory(atPath: files, withIntermediateDirectories: true)
      try writeCutout("\(files)/a.png", side: 40)
      let renderer = try SmallRenderer.inCity()
      func start(_ files: String) throws -> TrainingRun {
        var recipe = TrainerTests.recipe(.pooled)
        recipe.augmentation.occluders = files
        return try TrainingRun(Trainer(recipe, renderer: renderer), path: "\(folder)/a.safetensors")
      }
      var run = try start(files)
      #expect(try run.run(workers: 2) { _, _ in false } == false)
      try run.writeNetwork()
      let place = URL(filePath: folder).lastPathComponent
      for name in ["a.safetensors", "a.checkpoint"] {
        let metadata = try Archive(contentsOf: "\(folder)/\(name)").metadata
        #expect(metadata["penumbra.recipe"]?.contains("\"occluders\":\"files\"") == true, "\(name)")
        #expect(!metadata.values.contains { $0.contains(place) }, "\(name)")
        let digest = try OccluderLibrary(files).fingerprint
        #expect(metadata["penumbra.occluders"] == digest, "\(name)")
      }
      let plain = try Trainer(TrainerTests.recipe(.pooled), renderer: renderer).result.metadata
      #expect(plain["penumbra.occluders"] == nil)

      let moved = "\(folder)/elsewhere/files"
      try FileManager.default.createDirectory(
        atPath: "\(folder)/elsewhere", withIntermediateDirectories: true)
      try FileManager.default.moveItem(atPath: files, toPath: moved)
      #expect(try start(moved).trainer.step == 1)
      // As an earlier version wrote it.
      var recipe = TrainerTests.recipe(.pooled)
      recipe.augmentation.occluders = moved
      let checkpoint = "\(folder)/a.checkpoint"
      let saved = try Archive(contentsOf: checkpoint)
      var metadata = saved.metadata
      metadata["penumbra.recipe"] = recipe.json
      try Safetensors.write(
        try saved.tensors().map { ($0.key, $0.value) }, metadata: metadata, to: checkpoint)
      #expect(try start(moved).trainer.step == 1)
    }
  }

  @Test("a folder that is called as a built-in source is none") func titles() {
    for (source, title) in [
      ("shapes", "shapes"), ("/data/shapes", "./shapes"), ("./shapes/", "./shapes"),
      ("/data/x/cutouts/", "cutouts"),
    ] { #expect(OccluderLibrary.title(of: source) == title) }
  }

  @Test("a run goes on with the occluders that it began with, and refuses others") func resume() throws {
    try withTemporaryFolder { folder in
      let files = "\(folder)/files"
      try FileManager.default.createDirectory(atPath: files, withIntermediateDirectories: true)
      try writeCutout("\(files)/a.png", side: 40)
      var recipe = TrainerTests.recipe(.pooled)
      recipe.augmentation.occluders = files
      let renderer = try SmallRenderer.inCity()
      func start() throws -> TrainingRun {
        try TrainingRun(Trainer(recipe, renderer: renderer), path: "\(folder)/a.safetensors")
      }
      var run = try start()
      #expect(try run.run(workers: 2) { _, _ in false } == false)
      #expect(try start().trainer.step == 1)
      try writeCutout("\(files)/b.png", side: 40)
      do {
        _ = try start()
        Issue.record("went on with other occluders")
      } catch let error as TrainingError {
        #expect(error.description.contains("other occluders") && error.description.contains("a.checkpoint"))
      }
    }
  }
}

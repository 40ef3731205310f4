import Foundation
import Networks
import Tensors
import TestSupport
import Testing
import Training

@Suite("Occluders of a run") struct OccluderTests {
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

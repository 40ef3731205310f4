import Archives
import Foundation
import Networks
import TestSupport
import Testing
import Training

/// A link to itself is what the system cannot look at, whoever asks.
@Suite("Training runs whose files cannot be looked at") struct UnreadableRunTests {
  @Test(
    "a checkpoint or a log that may be there is not taken for one that is not",
    arguments: ["checkpoint", "csv"])
  func unseen(kind: String) throws {
    try withTemporaryFolder { folder in
      func start() throws -> TrainingRun {
        try TrainingRun(
          Trainer(TrainerTests.recipe(.pooled), renderer: SmallRenderer.inCity()),
          path: "\(folder)/a.safetensors")
      }
      var run = try start()
      _ = try run.run(workers: 1) { _, _ in false }
      let (path, kept) = ("\(folder)/a.\(kind)", "\(folder)/kept")
      let manager = FileManager.default
      try manager.moveItem(atPath: path, toPath: kept)
      try manager.createSymbolicLink(atPath: path, withDestinationPath: "a.\(kind)")
      let error = #expect(throws: ArchiveError.self) { try start() }
      #expect(error?.kind == .io && error?.file == path)

      try manager.removeItem(atPath: path)
      try manager.moveItem(atPath: kept, toPath: path)
      #expect(try start().trainer.step == 1)
      // A damaged one is told with what to do.
      try AtomicFile.write("no weights", to: "\(folder)/a.checkpoint")
      let damage = #expect(throws: TrainingError.self) { try start() }
      #expect(damage?.description.contains("remove it to start again") == true)
    }
  }
}

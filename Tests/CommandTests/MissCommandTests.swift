import Archives
import Bodies
import Foundation
import Models
import Records
import Sweeps
import TestSupport
import Tensors
import Testing

/// Records in which nobody was found at some positions, through every command that reads records.
@Suite("Commands where nobody was found") struct MissCommandTests {
  /// Sweeps the dummy, which finds nobody at some windows, into a folder.
  @discardableResult
  static func sweep(
    _ label: String, in folder: String, truth: Bool = false, seed: UInt64 = 1, side: Int = 32,
    tolerance: Double? = nil, missing share: Float = 0.3
  ) throws -> String {
    var model = DummyModel(
      label: label, outputs: [.body, .camera, .attention, .confidence, .uncertainty], side: side)
    model.isMissing = { window in
      var random = SeededGenerator(
        seed: seed, stream: UInt64(window.y.pixels.lowerBound * 1000 + window.x.pixels.lowerBound))
      return random.chance(share)
    }
    var options = SweepOptions()
    (options.positions.stride, options.batch, options.tolerance) = (28, 16, tolerance)
    let file = LoadedGroundTruth(
      truth: GroundTruth(DummyModel.skeleton, joints: Tensor(DummyModel.restingJoints)),
      source: SourceFile(name: "truth.json", fingerprint: "t"))
    let sweep = PictureSweep(DummyModel.input(), truth: truth ? file : nil, options: options)
    let (path, recorder) = try sweep.recorder(for: model, in: folder)
    #expect(try recorder.run(Runner(workers: 1)))
    return path
  }

  @Test(
    "no command stops or prints what is no JSON", arguments: [false, true], [Float(0.3), 1])
  func commands(truth: Bool, share: Float) throws {
    try withTemporaryFolder { folder in
      let a = try Self.sweep("a", in: folder + "/r", truth: truth, seed: 1, missing: share)
      let b = try Self.sweep("b", in: folder + "/r", truth: truth, seed: 2, missing: 0.2)
      func run(_ arguments: String...) throws -> String {
        let run = try CommandLineRun(arguments, in: folder)
        #expect(run.code == 0, "\(arguments): \(run.error)")
        #expect(!run.output.contains("nan"), "\(arguments)")
        return run.output
      }
      func object(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
      }
      #expect(try run("inspect", a).contains("nobody found"))
      _ = try object(try run("inspect", a, "--json"))
      #expect(try run("compare", a, b).contains("nobody found, % of positions"))
      if share < 1 {
        let found = try object(try run("compare", a, b, "--json"))
        let difference = try #require(found["difference"] as? [String: Any])
        let missed = ["a", "b"].map { (found[$0] as? [String: Any])?["missed_positions"] as? Int ?? -1 }
        let leftOut = try #require(difference["left_out_positions"] as? Int)
        #expect(missed.allSatisfy { $0 > 0 && $0 < leftOut } && leftOut <= missed[0] + missed[1])
        #expect((found["b"] as? [String: Any])?["uncertainty_rank_correlation"] is Double)
      }
      let film = folder + "/film.png"
      _ = try run(
        "report", folder + "/r", "--out", folder + "/r.pdf", "--png", folder + "/png", "--npz",
        folder + "/npz", "--film", film, "--film-joint", "left_hand")
      let npz = try Archive(
        contentsOf: folder + "/npz/\(URL(filePath: a).deletingPathExtension().lastPathComponent).npz")
      #expect(try npz.tensors()["mean_error"]?.elements.contains { $0.isNaN } == true)
      _ = try run(
        "report", folder + "/r", "--figure", "overview,grid,bars,misses,uncertainty,joint:left_hand", "--out",
        folder + "/figures")
      let out = folder + "/m.zarr"
      let points = DummyModel.restingJoints.map { [$0.x, $0.y, $0.z + 0.01] }
      let known: [String: Any] = ["joints": "dummy5", "positions_m": points]
      try JSONSerialization.data(withJSONObject: known).write(to: URL(filePath: folder + "/t.json"))
      try JSONEncoder().encode(DummyModel.skeleton).write(to: URL(filePath: folder + "/dummy5.json"))
      _ = try run(
        "measure", b, "--truth", folder + "/t.json", "--body", fixture("body_1000.npz"), "--out", out)
      #expect(try SweepRecord(contentsOf: out).misses == SweepRecord(contentsOf: b).misses)
    }
  }

  @Test("an adaptive sweep with misses goes through a report") func adaptive() throws {
    try withTemporaryFolder { folder in
      let record = try Self.sweep("a", in: folder, tolerance: 2)
      let run = try CommandLineRun(["report", record, "--out", folder + "/r.pdf"])
      #expect(run.code == 0, "\(run.error)")
    }
  }
}

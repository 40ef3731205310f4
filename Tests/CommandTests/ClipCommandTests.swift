import Foundation
import TestSupport
import Testing

/// Clips and temporal networks, through the built program.
@Suite("Clips, from the command line") struct ClipCommandTests {
  private static let body = ["--body", fixture("body_1000.npz")]

  private static func run(_ arguments: String..., code: Int32 = 0) throws -> CommandLineRun {
    let run = try CommandLineRun(arguments)
    #expect(run.code == code, "\(arguments.prefix(2)): \(run.error)")
    return run
  }

  /// Trains a network of keypoints and a temporal one over it; the clips of the latter are kept.
  private static func networks(in folder: String) throws {
    _ = try run(
      "train", "--head", "keypoints", "--side", "64", "--width", "4", "--pictures", "16", "--batch", "8",
      "--out", "\(folder)/keypoints.safetensors", body[0], body[1])
    _ = try run(
      "train", "--head", "temporal", "--start", "\(folder)/keypoints.safetensors", "--clips", "2", "--frames",
      "3", "--pictures", "64", "--batch", "32", "--out", "\(folder)/temporal.safetensors", body[0], body[1])
  }

  @Test("a temporal network is trained, inspected, swept over a clip and measured on moving people")
  func temporal() throws {
    try withTemporaryFolder { folder in
      try Self.networks(in: folder)
      let network = "\(folder)/temporal.safetensors", clip = "\(folder)/clips/00000"
      #expect(
        try Self.run("inspect", network).output.contains(
          "lifts the keypoints of 3 frames, hidden ones left out"))
      _ = try Self.run(
        "render", "--count", "1", "--frames", "5", "--side", "64", "--out", "\(folder)/clips", Self.body[0],
        Self.body[1])
      for more in [[], ["--follow"]] {
        let sweep = try CommandLineRun(
          [
            "sweep", clip, "--truth", clip, "--model", network, "--model", "gap-small", "--stride", "80",
            "--out",
            "\(folder)/records",
          ] + more + Self.body)
        #expect(sweep.code == 0 && sweep.output.contains("temporal"), "\(sweep.error)")
      }
      let names = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/records").filter {
        !$0.hasPrefix(".")
      }
      #expect(
        names.sorted() == [
          "00000.gap-small.square40-stride80.zarr", "00000.temporal.square40-stride80-following.zarr",
          "00000.temporal.square40-stride80.zarr",
        ])
      // The record says that it is of a clip, and an image network's is of the middle frame alone.
      func settings(_ name: String) throws -> String {
        try String(contentsOfFile: "\(folder)/records/\(name)/zarr.json", encoding: .utf8)
      }
      #expect(try settings(names.sorted()[1]).contains("follows_person"))
      #expect(try !settings(names.sorted()[0]).contains("follows_person"))
      let following = try Self.run("inspect", "\(folder)/records/\(names.sorted()[1])")
      #expect(following.output.contains("5 frames, the occluder follows the person"))
      _ = try Self.run(
        "report", "\(folder)/records", "--out", "\(folder)/report.pdf", "--png", "\(folder)/figures",
        Self.body[0], Self.body[1])
      let figures = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/figures")
      #expect(figures.contains("00002-temporal-mean.png"))
      #expect(figures.contains("00002-temporal-following-mean.png"))
      let evaluated = try Self.run(
        "evaluate", "--frames", "5", "--people", "2", "--model", network, "--model", "gap-small",
        Self.body[0],
        Self.body[1])
      #expect(evaluated.output.contains("temporal") && evaluated.output.contains("common12"))
    }
  }

  @Test(
    "a clip that is none, or has frames of two sizes, is refused; so is a temporal network without keypoints")
  func refused() throws {
    try withTemporaryFolder { folder in
      let people = fixture("people")
      let files = ["person-1", "person-2"].map { "\(people)/\($0).png" }
      var run = try Self.run("sweep", files[0], files[1], "--clip", "--out", "\(folder)/r", code: 64)
      #expect(run.error.contains("a clip is one folder of frames"))
      let clip = "\(folder)/clip"
      try FileManager.default.createDirectory(atPath: clip, withIntermediateDirectories: true)
      try FileManager.default.copyItem(atPath: files[0], toPath: "\(clip)/1.png")
      try FileManager.default.copyItem(atPath: fixture("astronaut.png"), toPath: "\(clip)/2.png")
      run = try Self.run(
        "sweep", clip, "--clip", "--box", "whole", "--model", "gap-small", "--out", "\(folder)/r", code: 65)
      #expect(run.error.contains("frames of a clip are of one size"))
      run = try Self.run("train", "--head", "temporal", "--out", "\(folder)/t.safetensors", code: 64)
      #expect(run.error.contains("needs one --start"))
      run = try Self.run(
        "train", "--head", "temporal", "--start", fixture("networks/gap.safetensors"), "--out",
        "\(folder)/t.safetensors", code: 65)
      #expect(run.error.contains("finds no keypoints"))
      run = try Self.run(
        "train", "--head", "gap", "--frames", "9", "--out", "\(folder)/t.safetensors", code: 64)
      #expect(run.error.contains("are for --head temporal"))
    }
  }

  @Test("an experiment measures temporal networks and others on the same moving people") func experiment()
    throws
  {
    try withTemporaryFolder { folder in
      let plan = """
        {"name": "clips", "side": 64, "width": 4, "recipe": {"pictures": 16, "batch": 8}, "reference": "gap",
         "evaluation": {"people": 2, "seed": 9, "patches": [80], "fills": ["gray"], "stride": 112, "frames": 5},
         "variants": [
          {"name": "keypoints", "head": "keypoints", "start_only": true},
          {"name": "gap", "head": "gap"},
          {"name": "temporal", "head": "temporal", "start": "keypoints",
           "recipe": {"clips": {"count": 2, "network": {"frames": 3, "width": 16}}}}]}
        """
      let file = "\(folder)/clips.json"
      try Data(plan.utf8).write(to: URL(filePath: file))
      let arguments = ["experiment", file, "--out", "\(folder)/out"] + Self.body
      let dry = try CommandLineRun(arguments + ["--dry-run"])
      #expect(dry.code == 0 && dry.output.contains("train temporal, seed 1"), "\(dry.error)")
      let run = try CommandLineRun(arguments)
      #expect(run.code == 0, "\(run.error)")
      let table = try String(contentsOfFile: "\(folder)/out/table.md", encoding: .utf8)
      #expect(table.contains("temporal") && !table.contains("nan"))
      #expect(FileManager.default.fileExists(atPath: "\(folder)/out/report.pdf"))
      // Textured patches, which a plan has unless told otherwise, are refused for a ready network before any work.
      let ready = "\(folder)/ready.json"
      let plain = plan.replacing("\"fills\": [\"gray\"], ", with: "")
        .replacing(
          "\"variants\": [", with: "\"variants\": [{\"name\": \"ready\", \"network\": \"temporal\"},"
        )
        .replacing("\"head\": \"temporal\", \"start\": \"keypoints\"", with: "\"head\": \"gap\"")
        .replacing("{\"clips\": {\"count\": 2, \"network\": {\"frames\": 3, \"width\": 16}}}", with: "{}")
      try Data(plain.utf8).write(to: URL(filePath: ready))
      let refused = try CommandLineRun(["experiment", ready, "--out", "\(folder)/ready"] + Self.body)
      #expect(refused.code == 65 && refused.error.contains("textured patches"), "\(refused.error)")
      let again = try CommandLineRun(arguments)
      #expect(again.code == 0, "\(again.error)")
      #expect(try String(contentsOfFile: "\(folder)/out/table.md", encoding: .utf8) == table)
    }
  }
}

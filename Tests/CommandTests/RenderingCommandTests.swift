import Archives
import Foundation
import TestSupport
import Testing

/// `render`, `train` and `evaluate`, through the built program.
@Suite("People, from the command line") struct RenderingCommandTests {
  static let body = ["--body", fixture("body_1000.npz")]

  @Test("rendered people are equal for one seed, and are swept with their ground truth") func render() throws
  {
    try withTemporaryFolder { folder in
      func render(_ name: String, seed: String) throws -> [String: Data] {
        let run = try CommandLineRun(
          ["render", "--count", "2", "--seed", seed, "--side", "64", "--out", "\(folder)/\(name)"] + Self.body
        )
        #expect(run.code == 0 && run.output.isEmpty)
        #expect(run.error.contains("seed \(seed)"))
        return try files(under: "\(folder)/\(name)")
      }
      let first = try render("a", seed: "4")
      #expect(first.keys.sorted() == ["00000.json", "00000.png", "00001.json", "00001.png"])
      #expect(try render("b", seed: "4") == first)
      #expect(try render("c", seed: "5")["00000.png"] != first["00000.png"])

      let material = try Material(in: folder)
      let sweep = try CommandLineRun(
        [
          "sweep", "\(folder)/a/00001.png", "--truth", "\(folder)/a/00001.json", "--model", material.pooled,
          "--stride", "112", "--json", "--out", "\(folder)/records",
        ] + Self.body)
      #expect(
        sweep.code == 0 && sweep.output.contains("\"mpjpe_mm\"") && sweep.output.contains("\"visibility\""))
    }
  }

  @Test("clips are folders of frames, are continued, and are swept frame by frame") func clips() throws {
    try withTemporaryFolder { folder in
      let arguments =
        [
          "render", "--count", "2", "--frames", "3", "--side", "64", "--seed", "4", "--out",
          "\(folder)/clips",
        ] + Self.body
      let run = try CommandLineRun(arguments)
      #expect(run.code == 0 && run.error.contains("2 clips of 3 frames, seed 4"))
      let made = try files(under: "\(folder)/clips")
      #expect(
        made.keys.sorted()
          == ["00000", "00001"].flatMap { clip in
            (0..<3).flatMap { ["\(clip)/0000\($0).json", "\(clip)/0000\($0).png"] }
          })
      #expect(made["00000/00000.png"] != made["00000/00002.png"])
      for name in ["00001/00001.png", "00000/00002.json"] {
        try FileManager.default.removeItem(atPath: "\(folder)/clips/\(name)")
      }
      #expect(try CommandLineRun(arguments).code == 0)
      #expect(try files(under: "\(folder)/clips") == made)
      for (from, to) in [("4", "5"), ("3", "2")] {
        let other = try CommandLineRun(arguments.map { $0 == from ? to : $0 })
        #expect(other.code == 73 && other.error.contains("not of the person"), "\(other.error)")
      }

      let material = try Material(in: folder)
      let sweep = try CommandLineRun(
        [
          "sweep", "\(folder)/clips/00001", "--truth", "\(folder)/clips/00001", "--model", material.pooled,
          "--stride", "112", "--out", "\(folder)/records",
        ] + Self.body)
      #expect(sweep.code == 0, "\(sweep.error)")
      #expect(try CommandLineRun(["render", "--frames", "0", "--out", folder]).code == 64)
    }
  }

  @Test("a run interrupted by Ctrl-C continues to the same bytes") func train() throws {
    try withTemporaryFolder { folder in
      func arguments(_ name: String) -> [String] {
        [
          "train", "--head", "gap", "--out", "\(folder)/\(name).safetensors", "--pictures", "160", "--batch",
          "8",
          "--side", "32", "--width", "4", "--seed", "3",
        ] + Self.body
      }
      #expect(try CommandLineRun(arguments("whole")).code == 0)
      let process = try CommandLineRun.start(arguments("parted"))
      // It may be over before the signal comes; then there is nothing to resume, and the bytes must agree too.
      Thread.sleep(forTimeInterval: 0.8)
      kill(process.processIdentifier, SIGINT)
      process.waitUntilExit()
      #expect([0, 130].contains(process.terminationStatus))
      let rest = try CommandLineRun(arguments("parted"))
      #expect(rest.code == 0, "\(rest.error)")
      let written = try files(under: folder)
      #expect(written["parted.safetensors"] == written["whole.safetensors"])

      let other = try CommandLineRun(arguments("parted").map { $0 == "3" ? "4" : $0 })
      #expect(other.code == 65 && other.errorLines.count == 1 && other.error.contains("other settings"))
      #expect(try files(under: folder)["parted.safetensors"] == written["whole.safetensors"])
    }
  }

  @Test("every option of a recipe is in the file it makes, which loads and evaluates") func options()
    throws
  {
    try withTemporaryFolder { folder in
      let out = "\(folder)/a.safetensors"
      let small = ["--pictures", "32", "--batch", "8", "--side", "96", "--width", "8", "--last-stride", "2"]
      let start = try CommandLineRun(
        ["train", "--head", "parts", "--out", "\(folder)/parts.safetensors"] + small + Self.body)
      #expect(start.code == 0, "\(start.error)")
      let run = try CommandLineRun(
        [
          "train", "--head", "attention", "--out", out, "--start", "\(folder)/parts.safetensors",
          "--strategy",
          "parts-frozen", "--hide-part-maps", "0.5", "--visibility", "cylinders", "--augment",
          "flip,rotation,scale,noise", "--crop-probability", "0.5", "--crop-factor", "0.3", "--occluders",
          "bodies",
        ] + small + Self.body)
      #expect(run.code == 0, "\(run.error)")
      let inspected = try CommandLineRun(["inspect", out])
      for text in [
        "\"strategy\":\"parts-frozen\"", "\"hide_part_maps\":0.5", "\"visibility\":\"cylinders\"",
        "\"flip\":true", "\"rotation\":true", "\"scale\":true", "\"noise\":true",
        "\"crop_probability\":0.5", "\"crop_factor\":0.3", "\"occluders\":\"bodies\"",
      ] {
        #expect(inspected.output.contains(text), "\(text) is not in \(inspected.output)")
      }
      // An option of version 0.1.0 sets today's key.
      let auxiliary = try CommandLineRun(
        [
          "train", "--head", "gap", "--auxiliary-parts", "--strange-share", "0.25", "--out",
          "\(folder)/g.safetensors",
        ] + small
          + Self.body
      )
      #expect(auxiliary.code == 0, "\(auxiliary.error)")
      #expect(
        try CommandLineRun(["inspect", "\(folder)/g.safetensors"]).output
          .contains("\"randomization_share\":0.25"))
      let evaluated = try CommandLineRun(
        ["evaluate", "--people", "4", "--model", out, "--model", "\(folder)/g.safetensors"] + Self.body)
      #expect(evaluated.code == 0, "\(evaluated.error)")
    }
  }

  @Test("a second start gives the tensors that the first lacks") func starts() throws {
    try withTemporaryFolder { folder in
      func train(_ name: String, _ arguments: String...) throws -> Archive {
        let small = [
          "--pictures", "16", "--batch", "8", "--side", "32", "--width", "8", "--last-stride", "2",
        ]
        let run = try CommandLineRun(
          ["train", "--out", "\(folder)/\(name).safetensors"] + arguments + small + Self.body)
        #expect(run.code == 0, "\(run.error)")
        return try Archive(contentsOf: "\(folder)/\(name).safetensors")
      }
      let parts = try train("parts", "--head", "parts")
      _ = try train("gap", "--head", "gap")
      let both = try train(
        "both", "--head", "gap", "--auxiliary-parts", "--strategy", "parts-frozen", "--start",
        "\(folder)/gap.safetensors", "--start", "\(folder)/parts.safetensors")
      let branch = both.names.filter { $0.hasPrefix("head.keypoint_") }
      #expect(branch.count >= 7)
      for name in branch { #expect(try both.tensor(name) == parts.tensor(name), "\(name)") }
    }
  }

  @Test("evaluate prints a table, or one object with errors in millimetres") func evaluate() throws {
    try withTemporaryFolder { folder in
      let material = try Material(in: folder)
      let arguments =
        [
          "evaluate", "--people", "8", "--seed", "2", "--model", "A=\(material.pooled)", "--model",
          material.attention,
        ]
        + Self.body
      let json = try CommandLineRun(arguments + ["--json"])
      #expect(json.code == 0)
      let report = try #require(
        JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
      let models = try #require(report["models"] as? [[String: Any]])
      #expect(models.map { $0["label"] as? String } == ["A", "attending"])
      for entry in models + [try #require(report["mean_pose"] as? [String: Any])] {
        for key in ["mpjpe_mm", "pa_mpjpe_mm", "pve_mm"] {
          let value = try #require((entry[key] as? NSNumber)?.doubleValue)
          #expect(value > 10 && value < 2000, "\(key) is \(value)")
        }
        #expect((entry["per_joint_mm"] as? [Any])?.count == 24)
        let (mpjpe, others) = (
          try #require(entry["mpjpe_mm"] as? NSNumber).doubleValue,
          try #require(entry["mpjpe_without_root_mm"] as? NSNumber).doubleValue
        )
        #expect(abs(others - mpjpe * 24 / 23) < 0.01)
      }
      // Two predictions that do not look at the picture: the constant joints are the harder one to beat.
      let mean = try #require((report["mean_pose"] as? [String: Any])?["mpjpe_mm"] as? NSNumber).doubleValue
      let constant = try #require(report["constant_joints"] as? [String: Any])
      let best = try #require(constant["mpjpe_mm"] as? NSNumber).doubleValue
      #expect(best < mean && constant["pa_mpjpe_mm"] is NSNumber)
      #expect((report["constant_joints_mpjpe_mm"] as? NSNumber)?.doubleValue == best)
      #expect(report["count"] as? Int == 8)
      let memory = try #require((report["peak_memory_mb"] as? NSNumber)?.doubleValue)
      #expect(memory > 10 && memory < 2000)
      let table = try CommandLineRun(arguments)
      #expect(table.code == 0 && table.output.contains("mean pose") && table.output.contains("MPJPE"))
      #expect(table.output.contains("of constant joints") && table.output.contains("\nconstant joints"))
    }
  }

  @Test("invalid options and files end with one line and their exit code") func bad() throws {
    try withTemporaryFolder { folder in
      let out = "\(folder)/a.safetensors"
      let cases: [(arguments: [String], code: Int32)] = [
        (["render", "--count", "0", "--out", folder], 64),
        (["train", "--head", "hrnet", "--out", out], 64),
        (["train", "--head", "gap", "--out", out, "--side", "50"], 64),
        (["train", "--head", "gap", "--out", out, "--batch", "33"], 64),
        (["train", "--head", "gap", "--out", out, "--strange-share", "1.5"], 64),
        (["train", "--head", "gap", "--out", out, "--randomization-share", "1.5"], 64),
        (["train", "--head", "gap", "--out", out, "--start", "\(folder)/none.safetensors"], 66),
        (["train", "--head", "gap", "--out", out, "--start", fixture("body.npz")], 65),
        (["train", "--head", "gap", "--out", folder], 73),
        (["train", "--head", "gap", "--out", "\(folder)/.."], 64),
        (["train", "--head", "gap", "--out", ""], 64),
        (["train", "--head", "gap", "--out", "\(folder)/a.csv"], 64),
        (["train", "--head", "gap", "--out", "\(folder)/a.checkpoint"], 64),
        (["train", "--head", "gap", "--out", out, "--batch", "1000000000", "--pictures", "1000000000"], 64),
        (["train", "--head", "gap", "--out", out, "--strategy", "parts"], 64),
        (["train", "--head", "attention", "--out", out, "--strategy", "half"], 64),
        (["train", "--head", "attention", "--out", out, "--strategy", "parts-frozen"], 64),
        (["train", "--head", "attention", "--out", out, "--auxiliary-parts"], 64),
        (["train", "--head", "gap", "--out", out, "--hide-part-maps", "0.5"], 64),
        (["train", "--head", "gap", "--out", out, "--augment", "flip,mirror"], 64),
        (["train", "--head", "gap", "--out", out, "--crop-probability", "0.5"], 64),
        (["train", "--head", "gap", "--out", out, "--crop-probability", "2", "--crop-factor", "0.2"], 64),
        (["train", "--head", "gap", "--out", out, "--surface", "5"], 64),
        (["train", "--head", "attention", "--out", out, "--surface", "0"], 64),
        (["train", "--head", "gap", "--out", out, "--visibility", "some"], 64),
        (["train", "--head", "gap", "--out", out, "--occluders", "\(folder)/none"], 66),
        (["train", "--head", "gap", "--out", out, "--occluders", folder], 66),
        (
          [
            "train", "--head", "attention", "--out", out, "--strategy", "parts-frozen", "--width", "8",
            "--start", fixture("networks/attention.safetensors"),
          ], 65
        ),
        (
          [
            // Found before the first step.
            "train", "--head", "gap", "--out", "\(folder)/no/a.safetensors",
          ], 73
        ),
        (["evaluate", "--model", "\(folder)/none.safetensors"], 66),
        (["evaluate", "--model", "gap=gap-small", "--subset", "test"], 64),
        (["evaluate", "--model", "gap=gap-small", "--subsample", "5"], 64),
        (["evaluate", "--model", "gap=gap-small", "--every", "5"], 64),
        (["evaluate", "--model", "gap=gap-small", "--crop", "spin"], 64),
        (["evaluate", "--model", "gap=gap-small", "--people", "10000001"], 64),
      ]
      for (arguments, code) in cases {
        let run = try CommandLineRun(arguments)
        #expect(run.code == code, "\(arguments): \(run.code), \(run.error)")
        #expect(run.errorLines.last?.hasPrefix("penumbra: ") == true && run.output.isEmpty)
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
  }
}

import Foundation
import Bodies
import Networks
import Records
import TestSupport
import Tensors
import Testing

@Suite("Sweep command") struct SweepCommandTests {
  private func object(_ run: CommandLineRun) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
  }

  @Test("two networks give a record each, a table, and the same numbers as JSON within 0.01 mm")
  func twoNetworks() throws {
    try withMaterial { material in
      let arguments = material.sweep("--model", "B=\(material.attention)", "--truth", material.truth)
      let run = try CommandLineRun(arguments)
      #expect(run.code == 0, "\(run.error)")
      #expect(run.output.contains("error, mm") && run.output.contains("difference"))
      #expect(
        run.output.contains("patch 6 pixels, stride 4 of a 32-pixel crop (40 and 28 of a 224-pixel crop)"))
      #expect(run.errorLines.count == 2 && run.error.contains("64 positions"))
      let records = try FileManager.default.contentsOfDirectory(atPath: material.folder + "/out").sorted()
      #expect(records == ["person.B.square40-stride28.zarr", "person.pooled.square40-stride28.zarr"])

      let record = try material.read("B")
      #expect(record.isComplete && record.settings.reference == .groundTruth)
      #expect(record.notes.maskOf == .groundTruth && record.notes.visibility?.count == 24)
      #expect(record.context.cleanAttention != nil && record.worstAttention?.shape[0] == 3)
      let mask = try #require(record.context.bodyMask).elements
      #expect(mask.contains(1) && mask.contains(0))

      // The command as a shell takes it again, and what it ran on.
      let command = try #require(record.notes.command)
      #expect(command == "penumbra " + withoutFolders(arguments).joined(separator: " "))
      #expect(record.notes.processor == ProcessorModel.name)

      let again = try CommandLineRun(arguments + ["--json"])
      #expect(again.error.contains("is already complete"))
      #expect(try material.read("B").notes.command == command)
      let results = try #require(try object(again)["results"] as? [[String: Any]])
      #expect(results.count == 2 && results[1]["occluder_px"] as? Int == 6)
      let findings = try #require(results[1]["findings"] as? [String: Any])
      let clean = try #require(findings["clean"] as? [String: Double])
      #expect(clean.keys.sorted() == ["mpjpe_mm", "pa_mpjpe_mm"])
      #expect(abs(clean["mpjpe_mm"]! - Double(record.clean.error.elements.reduce(0, +) / 24) * 1000) < 1e-2)
    }
  }

  @Test("with a tolerance, positions are interpolated, and every output reports it") func tolerance() throws {
    try withMaterial { material in
      // A patch in steps of one pixel of a small picture: most positions are like their neighbours.
      let arguments = material.sweep(
        "--truth", material.truth, "--tolerance", "400 mm", "--stride", "1", "--seed", "5")
      let run = try CommandLineRun(arguments)
      #expect(run.code == 0, "\(run.error)")
      let record = try material.read()
      let found = try #require(record.notes.interpolation)
      let sentence = "adaptive, tolerance 400 mm: \(found.computed) of 1024 positions computed"
      #expect(record.isComplete && record.settings.tolerance == 400 && found.computed < 1024)
      #expect(run.output.contains(sentence) && run.error.contains("\(found.computed) positions in"))
      #expect(run.output.contains("at least ") && run.output.contains("≥ "))
      let inspected = try CommandLineRun(["inspect", material.record()])
      #expect(inspected.output.contains(sentence))
      let results = try #require(
        try object(try CommandLineRun(arguments + ["--json"]))["results"] as? [[String: Any]])
      #expect(results[0]["tolerance_mm"] as? Double == 400)
      let printed = try #require(results[0]["interpolation"] as? [String: Any])
      #expect(printed["computed_positions"] as? Int == found.computed)
      #expect(printed["checked_positions"] as? Int == 256)
      let findings = try #require(results[0]["findings"] as? [String: Any])
      #expect(findings["worst_is_lower_limit"] as? Bool == true)
      // Another seed checks other positions.
      expectFailure(try CommandLineRun(arguments.map { $0 == "5" ? "6" : $0 }), 73, "seed 5")
      // A sweep to another tolerance has a record of its own.
      let other = try CommandLineRun(arguments.map { $0 == "400 mm" ? "300mm" : $0 })
      #expect(other.code == 0, "\(other.error)")
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: material.folder + "/out").sorted()
          == ["person.pooled.square40-stride1-300mm.zarr", "person.pooled.square40-stride1-400mm.zarr"])
    }
  }

  @Test("the largest seed is stored, a larger one refused") func seeds() throws {
    try withMaterial { material in
      let large = "\(Int64.max)"
      let run = try CommandLineRun(material.sweep("--seed", large))
      #expect(run.code == 0, "\(run.error)")
      #expect(try material.read().notes.seed == UInt64(large))
      let refused = try CommandLineRun(material.sweep("--seed", "9223372036854775808"))
      #expect(refused.code == 64 && refused.errorLines.count == 1)
    }
  }

  @Test("limits of memory and precision are kept, or refused in one line") func memory() throws {
    try withMaterial { material in
      let refused = try CommandLineRun(material.sweep("--memory", "1MB"))
      #expect(refused.code == 69 && refused.errorLines.count == 1 && refused.error.contains("--memory 1MB: "))
      let run = try CommandLineRun(material.sweep("--precision", "bfloat16"))
      if Regressor.Convolutions.bfloat16.isSupported {
        #expect(run.code == 0 && run.output.contains("convolutions: bfloat16; joints "), "\(run.error)")
      } else {
        #expect(run.code == 69 && run.error.contains("--precision bfloat16: needs"))
      }
    }
  }

  @Test("without ground truth every output contains displacements, never errors") func displacement() throws {
    try withMaterial { material in
      for more in [[], ["--json"]] {
        let run = try CommandLineRun(material.sweep() + more)
        #expect(run.code == 0, "\(run.error)")
        #expect(run.output.contains("displacement from the clean prediction"))
        #expect(!run.output.lowercased().contains("error") && !run.output.lowercased().contains("mpjpe"))
      }
      let record = try material.read()
      #expect(record.settings.reference == .cleanPrediction)
      #expect(record.clean.error.elements.allSatisfy { $0 == 0 })
    }
  }

  @Test("ground truth in the 14 evaluation joints is compared in them") func evaluationJoints() throws {
    try withMaterial { material in
      let points = (0..<14).map { "[0, \(Double($0) / 10 - 0.7), 0]" }.joined(separator: ",")
      try Data(#"{"joints": "h36m14", "positions_m": [\#(points)]}"#.utf8)
        .write(to: URL(filePath: material.truth))
      var arguments = material.sweep("--truth", material.truth)
      arguments[5] = fixture("body.npz")
      let run = try CommandLineRun(
        arguments + ["--joint-regressors", fixture("golden/networks/data")])
      #expect(run.code == 0, "\(run.error)")
      #expect(run.output.contains("head top") && !run.output.contains("spine"))
      let record = try material.read()
      #expect(record.measured == .h36m14 && record.results.error.shape == [64, 14])
      #expect(record.results.joints?.shape == [64, 24, 3] && record.reference?.shape == [14, 3])
      #expect(record.notes.maskOf == .cleanPrediction && record.notes.visibility == nil)
    }
  }

  @Test(
    "batch, workers and memory change no bit of a record, whatever the network",
    arguments: ["gap-small", "attention-small", "blazepose", "uv"])
  func invariance(network: String) throws {
    try withTemporaryFolder { folder in
      var expected: PositionResults?
      for options in [
        ["--batch", "1", "--workers", "1"], ["--batch", "3", "--workers", "2"],
        ["--batch", "16", "--workers", "2"], ["--workers", "1", "--memory", "600MB"],
      ] {
        let out = folder + "/out" + options.joined()
        let run = try CommandLineRun(
          ["sweep", fixture("people/person-1.png"), "--model", network, "--stride", "60", "--out", out]
            + options)
        #expect(run.code == 0, "\(run.error)")
        let results = try SweepRecord(contentsOf: SweepRecord.paths(in: out)[0]).results
        for array in PositionArray.all {
          let bits = results[array]?.elements.map(\.bitPattern)
          #expect(
            expected == nil || bits == expected?[array]?.elements.map(\.bitPattern),
            "\(array.name) with \(options)")
        }
        expected = expected ?? results
      }
    }
  }

  @Test("a sweep killed at any moment continues to the same bytes") func killed() throws {
    try withMaterial { material in
      let fine = ["--stride", "7", "--workers", "2", "--batch", "1"]
      let whole = try CommandLineRun(material.sweep(to: "whole") + fine)
      #expect(whole.code == 0, "\(whole.error)")
      let expected = try filesWithoutCommand(under: material.record(in: "whole"))
      // Sixteen, which are laid together at the end.
      let chunks = 16
      #expect(expected.keys.count { $0.hasPrefix("error/c/") } == 4)

      let record = material.folder + "/killed/person.pooled.square40-stride7.zarr"
      for target in [1, 4, 9] {
        let process = try CommandLineRun.start(material.sweep(to: "killed") + fine)
        while process.isRunning, written(record) < target { usleep(500) }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
      }
      let before = try self.whole(in: record)
      #expect(before >= 4 && before < chunks)
      let run = try CommandLineRun(material.sweep(to: "killed") + fine)
      #expect(run.code == 0, "\(run.error)")
      // Chunks that were whole are not made again.
      #expect(run.error.contains(": \((chunks - before) * 1024 / chunks) positions in"))
      #expect(try filesWithoutCommand(under: record) == expected)
    }
  }

  @Test("on Ctrl-C the current chunk is written, and the exit code is 130") func interrupted() throws {
    try withMaterial { material in
      let process = try CommandLineRun.start(
        material.sweep() + ["--stride", "7", "--workers", "1", "--batch", "1"])
      let record = material.folder + "/out/person.pooled.square40-stride7.zarr"
      while process.isRunning, written(record) < 2 { usleep(500) }
      kill(process.processIdentifier, SIGINT)
      process.waitUntilExit()
      #expect(process.terminationReason == .exit && process.terminationStatus == 130)
      let count = written(record)
      #expect(count >= 2 && count < 16)
      #expect(try SweepRecord(contentsOf: record).measuredPositions == count * 64)
    }
  }

  @Test(
    "a scheduler's signals end it as Ctrl-C does, however often they come at a time",
    arguments: [SIGTERM, SIGUSR1, SIGHUP])
  func schedulers(signal: Int32) throws {
    try withMaterial { material in
      let process = try CommandLineRun.start(
        material.sweep("--shard", "1/1") + ["--stride", "7", "--workers", "1", "--batch", "1"])
      let record = material.folder + "/out/person.pooled.square40-stride7.zarr"
      while process.isRunning, written(record) < 2 { usleep(500) }
      for _ in 0..<3 { kill(process.processIdentifier, signal) }
      process.waitUntilExit()
      #expect(process.terminationReason == .exit && process.terminationStatus == 128 + signal)
      #expect(try SweepRecord(contentsOf: record).measuredPositions == written(record) * 64)
    }
  }

  @Test("a second signal ends it at once", arguments: [SIGINT, SIGTERM]) func again(signal: Int32) throws {
    try withMaterial { material in
      // A worker that takes its time: what is under way would last.
      let log = material.folder + "/log"
      let worker = PixelWorker.command(
        environment: ["PIXEL_WORKER_LOG": log, "PIXEL_WORKER_SECONDS": "20"])
      let process = try CommandLineRun.start(
        [
          "sweep", material.picture, "--model", "w=worker: \(worker)", "--stride", "28", "--out",
          material.folder + "/out",
        ])
      while process.isRunning, !FileManager.default.fileExists(atPath: log) { usleep(1000) }
      kill(process.processIdentifier, signal)
      usleep(500_000)
      let clock = ContinuousClock(), start = ContinuousClock().now
      kill(process.processIdentifier, signal)
      process.waitUntilExit()
      #expect(process.terminationReason == .exit && process.terminationStatus == 128 + signal)
      #expect(clock.now - start < .seconds(10), "it went on for \(clock.now - start)")
    }
  }

  @Test(
    "where nothing can be resumed a signal ends a command with the same code", arguments: [SIGTERM, SIGHUP])
  func atOnce(signal: Int32) throws {
    try withMaterial { material in
      let log = material.folder + "/log"
      let worker = PixelWorker.command(
        environment: ["PIXEL_WORKER_LOG": log, "PIXEL_WORKER_SECONDS": "20"])
      let process = try CommandLineRun.start([
        "estimate", material.picture, "--box", "whole", "--body", material.body, "--model",
        "w=worker: \(worker)",
      ])
      while process.isRunning, !FileManager.default.fileExists(atPath: log) { usleep(1000) }
      kill(process.processIdentifier, signal)
      process.waitUntilExit()
      #expect(
        process.terminationReason == .exit && process.terminationStatus == 128 + signal,
        "\(process.terminationStatus)")
    }
  }

  @Test("what nohup ignores stays ignored") func ignored() throws {
    try withMaterial { material in
      let arguments = material.sweep() + ["--stride", "7", "--workers", "1", "--batch", "1"]
      let process = Process()
      process.executableURL = URL(filePath: "/bin/sh")
      process.arguments = ["-c", "trap '' HUP; exec \"$0\" \"$@\"", CommandLineRun.program] + arguments
      (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
      try process.run()
      let record = material.folder + "/out/person.pooled.square40-stride7.zarr"
      while process.isRunning, written(record) < 2 { usleep(500) }
      kill(process.processIdentifier, SIGHUP)
      process.waitUntilExit()
      #expect(process.terminationReason == .exit && process.terminationStatus == 0)
    }
  }

  @Test("shares of one picture make the record of a single run, and merge says what is missing") func shards()
    throws
  {
    try withMaterial { material in
      #expect(try CommandLineRun(material.sweep(to: "whole")).code == 0)
      let first = try CommandLineRun(material.sweep("--shard", "2/3"))
      #expect(first.code == 0 && first.output.contains("shard 2/3 is complete"), "\(first.error)")
      let out = material.folder + "/out"
      let early = try CommandLineRun(["merge", out, "--body", material.body])
      #expect(
        early.code == 65 && early.errorLines.count == 1 && early.error.contains("positions are missing"))
      for shard in ["3/3", "1/3"] {
        #expect(try CommandLineRun(material.sweep("--shard", shard)).code == 0)
      }
      let merged = try CommandLineRun(["merge", out, "--body", material.body])
      #expect(try merged.code == 0 && merged.output.contains(material.record()))
      #expect(
        try filesWithoutCommand(under: material.record())
          == filesWithoutCommand(under: material.record(in: "whole")))
      expectFailure(try CommandLineRun(material.sweep("--shard", "4/3")), 64, "--shard", "4/3")
      expectFailure(
        try CommandLineRun(material.sweep("--shard", "1/3", "--tolerance", "2mm", to: "other")), 64,
        "--shard",
        "leave out --tolerance")
      expectFailure(try CommandLineRun(["merge", material.folder + "/none"]), 66, "/none", "no such")
    }
  }

  /// The number of chunks that are whole: errors are written last.
  private func written(_ record: String) -> Int {
    let names = try? FileManager.default.contentsOfDirectory(atPath: record + "/error/c")
    return names?.count { !$0.hasPrefix(".") } ?? 0
  }

  /// How many chunks are there in all arrays over positions.
  private func whole(in record: String) throws -> Int {
    let manager = FileManager.default
    let arrays = ["error", "error_pa", "joints", "rotations", "betas", "camera"]
    func parts(_ array: String, _ chunk: String) -> [String] {
      let path = "\(record)/\(array)/c/\(chunk)"
      return (manager.subpaths(atPath: path) ?? []).filter { name in
        var isFolder: ObjCBool = false
        return manager.fileExists(atPath: "\(path)/\(name)", isDirectory: &isFolder) && !isFolder.boolValue
          && !name.contains(".")
      }
    }
    return try manager.contentsOfDirectory(atPath: record + "/error/c").count { chunk in
      arrays.allSatisfy { !parts($0, chunk).isEmpty }
    }
  }
}

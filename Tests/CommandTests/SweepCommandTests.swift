import Foundation
import Bodies
import Networks
import Sweeps
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
      #expect(run.errorLines.count == 2 && run.error.contains("64 places"))
      let records = try FileManager.default.contentsOfDirectory(atPath: material.folder + "/out").sorted()
      #expect(records == ["person.B.zarr", "person.pooled.zarr"])

      let record = try SweepRecord(contentsOf: material.folder + "/out/person.B.zarr")
      #expect(record.isComplete && record.info.reference == .truth && record.info.maskOf == .truth)
      #expect(record.cleanAttention != nil && record.worstAttention?.shape[0] == 3)
      #expect(record.bodyMask.elements.contains(1) && record.bodyMask.elements.contains(0))
      #expect(record.info.visibility?.count == 24)

      let again = try CommandLineRun(arguments + ["--json"])
      #expect(again.error.contains("was complete already"))
      let results = try #require(try object(again)["results"] as? [[String: Any]])
      #expect(results.count == 2 && results[1]["patch_px"] as? Int == 6)
      let findings = try #require(results[1]["findings"] as? [String: Any])
      let clean = try #require(findings["clean"] as? [String: Double])
      #expect(clean.keys.sorted() == ["mpjpe_mm", "pa_mpjpe_mm"])
      #expect(abs(clean["mpjpe_mm"]! - Double(record.clean.error.elements.reduce(0, +) / 24) * 1000) < 1e-2)
    }
  }

  @Test("with a tolerance, positions are interpolated, and every output reports it") func tolerance() throws {
    try withMaterial { material in
      // A patch of one pixel in a small picture: most places are like their neighbours.
      let arguments = material.sweep(
        "--truth", material.truth, "--tolerance", "400 mm", "--stride", "1", "--seed", "5")
      let run = try CommandLineRun(arguments)
      #expect(run.code == 0, "\(run.error)")
      let record = try SweepRecord(contentsOf: material.folder + "/out/person.pooled.zarr")
      let found = try #require(record.info.interpolation)
      let sentence = "adaptive, tolerance 400 mm: \(found.computed) of 1024 places worked out"
      #expect(record.isComplete && record.info.tolerance == 400 && found.computed < 1024)
      #expect(run.output.contains(sentence) && run.error.contains("\(found.computed) places in"))
      let inspected = try CommandLineRun(["inspect", material.folder + "/out/person.pooled.zarr"])
      #expect(inspected.output.contains(sentence))
      let results = try #require(
        try object(try CommandLineRun(arguments + ["--json"]))["results"] as? [[String: Any]])
      #expect(results[0]["tolerance_mm"] as? Double == 400)
      let told = try #require(results[0]["interpolation"] as? [String: Any])
      #expect(told["computed_places"] as? Int == found.computed && told["checked_places"] as? Int == 256)
      let other = try CommandLineRun(arguments.map { $0 == "400 mm" ? "300mm" : $0 })
      #expect(other.code != 0 && other.error.contains("a tolerance of 400.0 mm"))
    }
  }

  @Test("the largest seed is stored, a larger one refused") func seeds() throws {
    try withMaterial { material in
      let large = "\(Int64.max)"
      let run = try CommandLineRun(material.sweep("--seed", large))
      #expect(run.code == 0, "\(run.error)")
      #expect(
        try SweepRecord(contentsOf: material.folder + "/out/person.pooled.zarr").info.seed == UInt64(large))
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
      let record = try SweepRecord(contentsOf: material.folder + "/out/person.pooled.zarr")
      #expect(record.info.reference == .cleanPrediction && record.clean.error.elements.allSatisfy { $0 == 0 })
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
      let record = try SweepRecord(contentsOf: material.folder + "/out/person.pooled.zarr")
      #expect(record.info.jointSet == .h36m14 && record.measurements.error.shape == [64, 14])
      #expect(record.measurements.joints.shape == [64, 24, 3] && record.reference.shape == [14, 3])
      #expect(record.info.maskOf == .cleanPrediction && record.info.visibility == nil)
    }
  }

  @Test("batch and workers change joints and errors by at most 0.02 mm") func invariance() throws {
    try withMaterial { material in
      var expected: Measurements?
      for (batch, workers) in [("1", "1"), ("3", "2"), ("16", "1"), ("16", "2")] {
        let out = "out-\(batch)-\(workers)"
        let run = try CommandLineRun(
          material.sweep("--truth", material.truth, "--batch", batch, "--workers", workers, to: out))
        #expect(run.code == 0, "\(run.error)")
        let record = try SweepRecord(contentsOf: "\(material.folder)/\(out)/person.pooled.zarr")
        let measured = record.measurements
        if let expected {
          expectClose(measured.joints, expected.joints, absolute: 1e-5)
          expectClose(measured.error, expected.error, absolute: 1e-5)
          expectClose(measured.alignedError, expected.alignedError, absolute: 1e-5)
          expectClose(measured.camera, expected.camera, absolute: 1e-5)
        }
        expected = expected ?? measured
      }
    }
  }

  @Test("a sweep killed at any moment continues to the same bytes") func killed() throws {
    try withMaterial { material in
      let fine = ["--stride", "7", "--workers", "2", "--batch", "1"]
      let whole = try CommandLineRun(material.sweep(to: "whole") + fine)
      #expect(whole.code == 0, "\(whole.error)")
      let expected = try files(under: material.folder + "/whole/person.pooled.zarr")
      let chunks = expected.keys.count { $0.hasPrefix("camera/c/") }

      let record = material.folder + "/killed/person.pooled.zarr"
      for target in [1, 4, 9] {
        let process = try CommandLineRun.start(material.sweep(to: "killed") + fine)
        while process.isRunning, written(record) < target { usleep(500) }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
      }
      let before = try modificationDates(record)
      #expect(before.count >= 4 && before.count < chunks)
      let run = try CommandLineRun(material.sweep(to: "killed") + fine)
      #expect(run.code == 0, "\(run.error)")
      // Chunks that were whole are not made again.
      let after = try modificationDates(record)
      #expect(after.count == chunks && before.allSatisfy { after[$0.key] == $0.value })
      #expect(try files(under: record) == expected)
      #expect(run.error.contains("\((chunks - before.count) * 1024 / chunks) places"))
    }
  }

  @Test("on Ctrl-C the current chunk is written, and the exit code is 130") func interrupted() throws {
    try withMaterial { material in
      let process = try CommandLineRun.start(
        material.sweep() + ["--stride", "7", "--workers", "1", "--batch", "1"])
      let record = material.folder + "/out/person.pooled.zarr"
      while process.isRunning, written(record) < 2 { usleep(500) }
      kill(process.processIdentifier, SIGINT)
      process.waitUntilExit()
      #expect(process.terminationReason == .exit && process.terminationStatus == 130)
      let count = written(record)
      #expect(count >= 2 && count < 16)
      #expect(try SweepRecord(contentsOf: record).measuredPlaces == count * 64)
    }
  }

  /// The number of chunks that are whole: cameras are written last.
  private func written(_ record: String) -> Int {
    let names = try? FileManager.default.contentsOfDirectory(atPath: record + "/camera/c")
    return names?.count { !$0.hasPrefix(".") } ?? 0
  }

  private func modificationDates(_ record: String) throws -> [String: Date] {
    var dates: [String: Date] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: record + "/camera/c") {
      let path = "\(record)/camera/c/\(name)/0/0"
      guard FileManager.default.fileExists(atPath: path) else { continue }
      dates[name] = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
    }
    return dates
  }
}

import Foundation
import Models
import Records
import TestSupport
import Testing

@Suite("Workers, from the command line") struct WorkerCommandTests {
  private func sweep(_ material: Material, _ commands: String..., to out: String, _ more: String...)
    -> [String]
  {
    ["sweep", material.picture, "--out", "\(material.folder)/\(out)"]
      + commands.flatMap { ["--model", "pixels=worker: \($0)"] } + more
  }

  /// The arrays of a record and its settings, without the notes on the command.
  private func content(_ path: String) throws -> [String: Data] {
    try files(under: path).filter { !$0.key.hasSuffix("zarr.json") || $0.key.contains("/") }
  }

  @Test("a sweep, going on with it, and two workers that share it give one record") func sweeps() throws {
    try withMaterial { material in
      let run = try CommandLineRun(sweep(material, PixelWorker.command(), to: "whole", "--stride", "14"))
      #expect(run.code == 0, "\(run.error)")
      #expect(run.output.contains("picture grid"))
      let path = "\(material.folder)/whole/person.pixels.square40-stride14-picture.zarr"
      let record = try SweepRecord(contentsOf: path)
      #expect(record.settings.model.kind == "worker" && record.settings.skeleton == "common12")
      #expect(record.settings.positions.square == [0, 0, 32] && record.isComplete)
      #expect(record.positions.shape == [16, 16])
      let wanted = try content(path)

      let shared = try CommandLineRun(
        sweep(material, PixelWorker.command(), PixelWorker.command(), to: "shared", "--stride", "14"))
      #expect(shared.code == 0, "\(shared.error)")
      #expect(try content(path.replacing("/whole/", with: "/shared/")) == wanted)

      // Each run is ended by its worker, which leaves at its second or third ask.
      for number in 0..<8 {
        let fault = number % 2 == 0 ? "die:3" : "leave:4"
        let run = try CommandLineRun(
          sweep(material, PixelWorker.command(fault), to: "again", "--stride", "14"))
        #expect(run.code == 69 || run.code == 0, "\(run.code) \(run.error)")
        if run.code != 0 {
          #expect(run.errorLines.last?.hasPrefix("penumbra: pixels: the worker") == true, "\(run.error)")
        }
      }
      let last = try CommandLineRun(sweep(material, PixelWorker.command(), to: "again", "--stride", "14"))
      #expect(last.code == 0, "\(last.error)")
      #expect(try content(path.replacing("/whole/", with: "/again/")) == wanted)
      let complete = try CommandLineRun(
        sweep(material, PixelWorker.command("die"), to: "again", "--stride", "14"))
      #expect(complete.code == 69, "the unoccluded image is asked in any case")
    }
  }

  @Test("adaptive sweeps, datasets of pictures, reports and comparisons take workers beside other networks")
  func together() throws {
    try withMaterial { material in
      let models = [
        "--model", "pixels=worker: \(PixelWorker.command())", "--model", "pooled=\(material.pooled)",
      ]
      let options = ["--body", material.body, "--stride", "28", "--out", material.folder + "/both"]
      let run = try CommandLineRun(["sweep", material.picture] + models + options)
      #expect(run.code == 0, "\(run.error)")
      let names = try FileManager.default.contentsOfDirectory(atPath: material.folder + "/both").sorted()
      #expect(
        names == [
          "person.pixels.square40-stride28-picture.zarr", "person.pooled.square40-stride28-picture.zarr",
        ])
      let report = try CommandLineRun([
        "report", material.folder + "/both", "--out", material.folder + "/report.pdf",
      ])
      #expect(report.code == 0, "\(report.error)")
      let adaptive = try CommandLineRun(
        [
          "sweep", material.picture, "--out", material.folder + "/adaptive", "--tolerance", "5mm", "--stride",
          "14",
        ]
          + models.prefix(2))
      #expect(adaptive.code == 0, "\(adaptive.error)")
      let second = material.folder + "/second.png"
      try FileManager.default.copyItem(atPath: material.picture, toPath: second)
      let several = try CommandLineRun(
        ["sweep", material.picture, second, "--out", material.folder + "/set", "--stride", "56"]
          + models.prefix(2))
      #expect(several.code == 0, "\(several.error)")
    }
  }

  @Test("estimate prints a worker's joints") func estimate() throws {
    try withMaterial { material in
      let arguments = ["estimate", material.picture, "--model", "worker: \(PixelWorker.command())"]
      let run = try CommandLineRun(arguments)
      #expect(run.code == 0 && run.output.contains("Left wrist"), "\(run.error)")
      let json = try CommandLineRun(arguments + ["--json"])
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
      #expect(object["network"] as? String == "pixels" && object["camera"] == nil && object["betas"] == nil)
      let keypoints = try #require(object["keypoints"] as? [String: Any])
      #expect(
        keypoints["set"] as? String == "common12" && (keypoints["positions_m"] as? [[Double]])?.count == 12)
      expectFailure(
        try CommandLineRun(arguments + ["--out", material.folder + "/x.png"]), 65, "pixels", "no SMPL body")
      expectFailure(
        try CommandLineRun(["evaluate", "--people", "4", "--model", "worker: \(PixelWorker.command())"]), 65,
        "a picture of 224 by 224")
    }
  }

  @Test("check writes a page, and says what is wrong") func check() throws {
    try withMaterial { material in
      let page = material.folder + "/check.png"
      let run = try CommandLineRun(
        ["check", "pixels=worker: \(PixelWorker.command("extras"))", material.picture, "--out", page])
      // No body stands in these pixels: the thigh is short.
      #expect(run.output.contains("Red, green, blue") && run.output.contains("in this order"), "\(run.error)")
      #expect(run.output.contains("Units") && run.output.contains("positions/s"))
      #expect(FileManager.default.fileExists(atPath: page))
      let pooled = try CommandLineRun(
        [
          "check", material.pooled, material.picture, "--body", material.body, "--json", "--out",
          material.folder + "/p.pdf",
        ])
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(pooled.output.utf8)) as? [String: Any])
      let findings = try #require(object["findings"] as? [[String: Any]])
      let verdicts = Dictionary(
        uniqueKeysWithValues: findings.map { ($0["topic"] as? String ?? "", $0["verdict"] as? String ?? "") })
      for topic in ["determinism", "batches", "order", "channels", "place", "rotations"] {
        #expect(verdicts[topic] == "right", "\(topic): \(verdicts[topic] ?? "missing")")
      }
    }
  }

  @Test("bad commands are usage errors; what a worker gets wrong has its code") func mistakes() throws {
    try withMaterial { material in
      func run(_ model: String..., more: [String] = []) throws -> CommandLineRun {
        try CommandLineRun(
          ["sweep", material.picture, "--out", material.folder + "/bad"] + model.flatMap { ["--model", $0] }
            + more)
      }
      expectFailure(try run("x=worker:"), 64, "A worker needs a command", "see")
      expectFailure(
        try run("x=worker: true", material.pooled.isEmpty ? "" : "x=\(material.pooled)"), 64, "'x'", "label")
      expectFailure(
        try run("x=worker: true", more: ["--worker-timeout", "0"]), 64, "--worker-timeout", "seconds")
      expectFailure(try run("x=worker: true"), 69, "x: the worker ended", "same command")
      expectFailure(try run("x=worker: \(PixelWorker.command("infinite"))"), 65, "x: the worker", "infinite")
      expectFailure(
        try run("x=worker: \(PixelWorker.command("hang:2"))", more: ["--worker-timeout", "1"]), 69,
        "x: the worker",
        "--worker-timeout")
      let worker = "worker: \(PixelWorker.command())"
      expectFailure(try run(worker, worker), 64, "label 'pixels'", "LABEL=")
    }
  }

  @Test(
    "nothing of a worker is left when the program is killed or interrupted", arguments: [SIGINT, SIGKILL])
  func leftovers(signal: Int32) throws {
    try withMaterial { material in
      let log = material.folder + "/log"
      let command = PixelWorker.command(
        environment: ["PIXEL_WORKER_LOG": log, "PIXEL_WORKER_SECONDS": "0.01"])
      let process = try CommandLineRun.start(sweep(material, command, to: "out", "--stride", "7"))
      while process.isRunning, !FileManager.default.fileExists(atPath: log) { usleep(1000) }
      usleep(300_000)
      kill(process.processIdentifier, signal)
      process.waitUntilExit()
      if signal == SIGINT { #expect(process.terminationStatus == 130) }
      let worker = try #require(
        Int32(String(contentsOfFile: log, encoding: .utf8).prefix { $0 != " " }))
      // Its input has ended: it leaves by itself after what it does at the moment.
      for _ in 0..<500 where kill(worker, 0) == 0 { usleep(10_000) }
      #expect(kill(worker, 0) != 0)
      let run = try CommandLineRun(sweep(material, PixelWorker.command(), to: "out", "--stride", "7"))
      #expect(run.code == 0, "\(run.error)")
    }
  }
}

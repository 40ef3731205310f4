import Foundation
import TestSupport
import Testing

/// Signals where no position is computed: while people are rendered, and while figures are drawn.
@Suite("Signals, from the command line") struct SignalTests {
  /// Sends a command a signal when it is time; returns its exit code and what it said on standard error.
  private func end(
    _ arguments: [String], by signal: Int32, environment: [String: String] = [:], when isTime: () -> Bool
  ) throws -> (code: Int32, error: String) {
    let (process, _, error) = try CommandLineRun.piped(arguments, environment: environment)
    while process.isRunning, !isTime() { usleep(200) }
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    let said = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    #expect(process.terminationReason == .exit, "\(said)")
    return (process.terminationStatus, said)
  }

  private func isThere(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  /// The names in a folder and those below it that a command should not have left.
  private func leftovers(in folder: String) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: folder).filter {
      $0.hasSuffix(".lock") || $0.hasSuffix(".part") || $0.hasSuffix(".partial")
    }
  }

  @Test("a check ends at once, with its worker", arguments: [SIGINT, SIGTERM, SIGHUP, SIGUSR1])
  func check(signal: Int32) throws {
    try withMaterial { material in
      let (log, page) = (material.folder + "/log", material.folder + "/page.pdf")
      let worker = PixelWorker.command(
        environment: ["PIXEL_WORKER_LOG": log, "PIXEL_WORKER_SECONDS": "20"])
      let arguments = ["check", "w=worker: \(worker)", material.picture, "--out", page]
      let (code, said) = try end(arguments, by: signal) { isThere(log) }
      #expect(code == 128 + signal && said.hasSuffix("penumbra: interrupted\n"), "\(code) \(said)")
      #expect(!isThere(page))
    }
  }

  @Test("people are rendered no further, and the same command goes on") func rendering() throws {
    try withTemporaryFolder { folder in
      func arguments(_ count: Int) -> [String] {
        [
          "render", "--count", "\(count)", "--side", "64", "--out", folder + "/people", "--body",
          fixture("body_1000.npz"),
        ]
      }
      let (code, said) = try end(arguments(5000), by: SIGTERM) { isThere(folder + "/people/00000.png") }
      #expect(code == 143 && said.contains("people: interrupted at"), "\(code) \(said)")
      #expect(!isThere(folder + "/people/04999.png"))
      #expect(try leftovers(in: folder).isEmpty)
      #expect(try CommandLineRun(arguments(4)).code == 0)
    }
  }

  @Test("a benchmark's people are rendered no further") func benchmark() throws {
    try withMaterial { material in
      let file = material.folder + "/many.json"
      try Data(
        """
        {"name": "many", "version": 1, "pictures": {"rendered": {"count": 5000, "seed": 6, "side": 64}},
         "occluders": [{"size": 60}], "stride": 56, "joints": "common12", "root": ["right_hip", "left_hip"]}
        """.utf8
      ).write(to: URL(filePath: file))
      let people = material.folder + "/out/pictures"
      let (code, said) = try end(
        [
          "benchmark", file, "--model", material.pooled, "--body", material.body, "--out",
          material.folder + "/out",
        ], by: SIGUSR1
      ) { isThere(people + "/00000.json") }
      #expect(code == 138 && said.contains("pictures: interrupted at"), "\(code) \(said)")
      #expect(!isThere(people + "/04999.png"))
      #expect(try leftovers(in: material.folder).isEmpty)
    }
  }

  @Test("a set is not drawn, and the same command draws it") func setOfPictures() throws {
    try withMaterial { material in
      let (frames, out) = (material.folder + "/frames", material.folder + "/out")
      try FileManager.default.createDirectory(atPath: frames, withIntermediateDirectories: true)
      for name in ["a.png", "b.png"] {
        try FileManager.default.copyItem(atPath: material.picture, toPath: "\(frames)/\(name)")
      }
      let arguments = [
        "sweep", frames, "--model", material.pooled, "--body", material.body, "--stride", "112", "--out", out,
      ]
      let (code, said) = try end(arguments, by: SIGTERM) { isThere(out + "/frames.pooled.npz") }
      #expect(code == 143 && said.contains("interrupted"), "\(code) \(said)")
      // A file that was being written is removed by the same command.
      #expect(try leftovers(in: out).allSatisfy { !$0.hasSuffix(".lock") })
      let again = try CommandLineRun(arguments)
      #expect(again.code == 0 && isThere(out + "/frames-body.pdf"), "\(again.error)")
      #expect(try leftovers(in: out).isEmpty)
    }
  }

  @Test("an experiment is not drawn, and the same command draws it") func experiment() throws {
    try withMaterial { material in
      let (file, out) = (material.folder + "/plan.json", material.folder + "/out")
      try Data(
        """
        {"name": "tiny", "variants": [{"name": "one", "network": "\(material.pooled)"}],
         "evaluation": {"people": 4, "seed": 9, "patches": [80], "fills": ["gray"], "stride": 112,
                        "objects": false}}
        """.utf8
      ).write(to: URL(filePath: file))
      let arguments = ["experiment", file, "--out", out, "--body", material.body]
      let (code, said) = try end(arguments, by: SIGHUP) { isThere(out + "/results.npz") }
      #expect(code == 129 && said.contains("interrupted"), "\(code) \(said)")
      // A file that was being written is removed by the same command.
      #expect(try leftovers(in: out).allSatisfy { !$0.hasSuffix(".lock") })
      let again = try CommandLineRun(arguments)
      #expect(again.code == 0 && isThere(out + "/report.pdf"), "\(again.error)")
      #expect(try leftovers(in: out).isEmpty)
    }
  }

  @Test("the demo's page is not made when its report is there") func demo() throws {
    try withTemporaryFolder { folder in
      let (code, said) = try end(["demo", "--stride", "112", "--out", folder], by: SIGTERM) {
        isThere(folder + "/report.pdf")
      }
      #expect(code == 143 && said.contains("interrupted"), "\(code) \(said)")
      #expect(!isThere(folder + "/explorer.html"))
    }
  }

  @Test("adaptive sweeps of bench leave nothing in the folder of temporary files") func bench() throws {
    try withTemporaryFolder { folder in
      let (code, said) = try end(
        ["bench", "--network", "gap-small", "--mode", "adaptive"], by: SIGTERM,
        environment: ["TMPDIR": folder]
      ) { (try? FileManager.default.contentsOfDirectory(atPath: folder).isEmpty) == false }
      #expect(code == 143 && said.contains("interrupted"), "\(code) \(said)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
    }
  }
}

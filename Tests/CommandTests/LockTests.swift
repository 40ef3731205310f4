import Archives
import Foundation
import Records
import TestSupport
import Testing

/// Two commands that would write one record.
@Suite("Locks, from the command line") struct LockTests {
  private let fine = ["--stride", "7", "--workers", "1", "--batch", "1"]

  @Test("of two sweeps of one record started together one wins, and the record is whole") func race() throws {
    try withMaterial { material in
      #expect(try CommandLineRun(material.sweep(to: "whole") + fine).code == 0)
      let expected = try filesWithoutCommand(under: material.record(in: "whole"))
      for number in 0..<3 {
        let arguments = material.sweep(to: "\(number)") + fine
        let processes = try (0..<2).map { _ in try CommandLineRun.start(arguments) }
        for process in processes { process.waitUntilExit() }
        // One that starts when the other is at its end finds the record complete.
        let codes = processes.map(\.terminationStatus).sorted()
        #expect(codes == [0, 73] || codes == [0, 0], "\(codes)")
        #expect(try filesWithoutCommand(under: material.record(in: "\(number)")) == expected)
        #expect(
          try FileManager.default.contentsOfDirectory(atPath: "\(material.folder)/\(number)").count == 1)
      }
    }
  }

  @Test("a record that a sweep is writing is refused to another") func held() throws {
    try withMaterial { material in
      let arguments = material.sweep() + fine
      let path = material.folder + "/out/person.pooled.square40-stride7.zarr"
      let first = try CommandLineRun.start(arguments)
      while first.isRunning, !FileManager.default.fileExists(atPath: path) { usleep(500) }
      kill(first.processIdentifier, SIGSTOP)
      defer { kill(first.processIdentifier, SIGCONT) }
      expectFailure(
        try CommandLineRun(arguments), 73, "person.pooled.square40-stride7.zarr",
        "another run is writing it; wait for its end")
      // Another record in the same folder is nobody's business.
      let other = try CommandLineRun(material.sweep())
      #expect(other.code == 0, "\(other.error)")
      kill(first.processIdentifier, SIGCONT)
      first.waitUntilExit()
      #expect(first.terminationStatus == 0)
      #expect(try SweepRecord(contentsOf: path).isComplete)
      let left = try FileManager.default.contentsOfDirectory(atPath: material.folder + "/out")
      #expect(!left.contains { $0.hasSuffix(".lock") }, "\(left)")
    }
  }

  @Test("of two renderings of other people into one new folder one wins, and all people are its own")
  func rendering() throws {
    try withTemporaryFolder { folder in
      func arguments(_ seed: Int, _ out: String) -> [String] {
        [
          "render", "--count", "6", "--side", "64", "--seed", "\(seed)", "--out", "\(folder)/\(out)",
          "--body", fixture("body_1000.npz"), "--quiet",
        ]
      }
      let expected = try (1...2).map { seed in
        #expect(try CommandLineRun(arguments(seed, "\(seed)")).code == 0)
        return try files(under: "\(folder)/\(seed)")
      }
      for number in 0..<3 {
        let processes = try (1...2).map { try CommandLineRun.start(arguments($0, "both\(number)")) }
        for process in processes { process.waitUntilExit() }
        let codes = processes.map(\.terminationStatus)
        #expect(codes.sorted() == [0, 73], "\(codes)")
        #expect(try files(under: "\(folder)/both\(number)") == expected[codes[0] == 0 ? 0 : 1])
      }
      try makeFolder(folder + "/held")
      let lock = try FolderLock(on: folder + "/held/00000.png")
      expectFailure(
        try CommandLineRun(arguments(1, "held")), 73, "/held/00000.png: another run is writing it")
      withExtendedLifetime(lock) {}
    }
  }

  @Test("a network that another process trains is refused, by train and by experiment") func training() throws
  {
    try withMaterial { material in
      let (file, out) = (material.folder + "/plan.json", material.folder + "/out")
      try Data(
        """
        {"name": "tiny", "side": 32, "width": 4, "recipe": {"pictures": 16, "batch": 8},
         "variants": [{"name": "gap", "head": "gap"}],
         "evaluation": {"people": 2, "seed": 9, "patches": [80], "fills": ["gray"], "stride": 112,
                        "objects": false}}
        """.utf8
      ).write(to: URL(filePath: file))
      let arguments = ["experiment", file, "--out", out, "--body", material.body]
      let plan = try CommandLineRun(arguments + ["--dry-run"])
      let found = plan.output.firstMatch(of: /\((\S+\/gap\/seed-1-[0-9a-f]+)\)/)?.1
      let run = String(try #require(found, "\(plan.output)"))
      try makeFolder(run)
      let lock = try FolderLock(on: run + "/network.safetensors")
      expectFailure(
        try CommandLineRun(arguments + ["--quiet"]), 73, run + "/network.safetensors: another run is")
      withExtendedLifetime(lock) {}
    }
    try withMaterial { material in
      let out = material.folder + "/net.safetensors"
      let arguments = [
        "train", "--head", "gap", "--pictures", "16", "--batch", "8", "--side", "32", "--width", "4",
        "--body",
        material.body, "--out", out,
      ]
      let lock = try FolderLock(on: out)
      expectFailure(try CommandLineRun(arguments), 73, out, "another run is writing it")
      withExtendedLifetime(lock) {}
      #expect(!FileManager.default.fileExists(atPath: out))
    }
    try withMaterial { material in
      let out = material.folder + "/net.safetensors"
      let run = try CommandLineRun([
        "train", "--head", "gap", "--pictures", "16", "--batch", "8", "--side", "32", "--width", "4",
        "--body",
        material.body, "--out", out,
      ])
      #expect(run.code == 0, "\(run.error)")
      let left = try FileManager.default.contentsOfDirectory(atPath: material.folder)
      #expect(!left.contains { $0.hasSuffix(".lock") || $0.hasSuffix(".part") }, "\(left)")
    }
  }

  @Test("an experiment whose results another process writes is refused, and a network that another measures")
  func measuring() throws {
    try withMaterial { material in
      let (file, out) = (material.folder + "/plan.json", material.folder + "/out")
      func write(people: Int) throws {
        try Data(
          """
          {"name": "tiny", "variants": [{"name": "one", "network": "\(material.pooled)"}],
           "evaluation": {"people": \(people), "seed": 9, "patches": [80], "fills": ["gray"], "stride": 112,
                          "objects": false}}
          """.utf8
        ).write(to: URL(filePath: file))
      }
      try write(people: 4)
      let arguments = ["experiment", file, "--out", out, "--body", material.body, "--quiet"]
      try makeFolder(out + "/one")
      var lock: FolderLock? = try FolderLock(on: out + "/results.json")
      expectFailure(try CommandLineRun(arguments), 73, "/out/results.json: another run is writing it")
      lock = try FolderLock(on: out + "/one/measured")
      for more in [[], ["--shard", "1/1"]] {
        expectFailure(
          try CommandLineRun(arguments + more), 73, "/out/one/measured: another run is writing it")
      }
      withExtendedLifetime(lock) {}
      lock = nil
      #expect(try CommandLineRun(arguments).code == 0)
      // Fewer people are among those that are there, which stay.
      let measured = try files(under: out + "/one/measured")
      try write(people: 2)
      lock = try FolderLock(on: out + "/one/measured")
      #expect(try CommandLineRun(arguments).code == 0, "what is measured is read without a lock")
      withExtendedLifetime(lock) {}
      lock = nil
      #expect(try files(under: out + "/one/measured") == measured)
      let left = try files(under: out).keys.filter { $0.hasSuffix(".lock") }
      #expect(left.isEmpty, "\(left)")
    }
  }

  @Test("where no lock can be had nothing is written") func noLock() throws {
    try withMaterial { material in
      var arguments = material.sweep()
      arguments[arguments.count - 1] = "/proc/self"
      expectFailure(
        try CommandLineRun(arguments), 73, "/proc/self/person.pooled.square40-stride28.zarr",
        "cannot be locked")

      // The lock of a record that is there.
      #expect(try CommandLineRun(material.sweep()).code == 0)
      let record = try material.record()
      let before = try files(under: record)
      let lock = material.folder + "/out/." + URL(filePath: record).lastPathComponent + ".lock"
      try FileManager.default.createDirectory(atPath: lock, withIntermediateDirectories: true)
      expectFailure(try CommandLineRun(material.sweep()), 73, record, "cannot be locked")
      #expect(try files(under: record) == before)
    }
  }
}

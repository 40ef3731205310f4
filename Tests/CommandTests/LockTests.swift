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

  @Test("a network that another process trains is refused, by train and by experiment") func training() throws
  {
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

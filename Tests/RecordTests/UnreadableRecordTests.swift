import Archives
import Foundation
import Records
import Sweeps
import TestSupport
import Testing

/// A link to itself is what the system cannot look at, whoever asks.
@Suite("Records and ground truth that cannot be read") struct UnreadableRecordTests {
  private func makeLoop(_ path: String) throws {
    if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
    try FileManager.default.createSymbolicLink(
      atPath: path, withDestinationPath: URL(filePath: path).lastPathComponent)
  }

  @Test("a record that cannot be looked at is not left out of its folder") func folder() throws {
    try withTemporaryFolder { folder in
      try HandMade.full().write(to: folder + "/a.zarr")
      try AtomicFile.write("", to: folder + "/notes.txt")
      #expect(try SweepRecord.paths(in: folder) == [folder + "/a.zarr"])
      try makeLoop(folder + "/b.zarr")
      for path in [folder, folder + "/b.zarr"] {
        let error = #expect(throws: ArchiveError.self) { try SweepRecord.paths(in: path) }
        #expect(error?.kind == .io && error?.file.hasPrefix(folder + "/b.zarr") == true)
      }
    }
  }

  @Test(
    "an array or a chunk that cannot be looked at is no missing one",
    arguments: ["error_pa", "picture", "attention_clean", "truth_joints/c/0/0", "picture/c/0/0/0"])
  func array(name: String) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.zarr"
      try HandMade.full().write(to: path)
      try makeLoop("\(path)/\(name)")
      let error = #expect(throws: ArchiveError.self) { try SweepRecord(contentsOf: path) }
      #expect(error?.kind == .io && error?.file.contains(name) == true, "\(String(describing: error))")
      #expect(throws: ArchiveError.self) { try SweepRecord.close(at: path) }
    }
  }

  @Test("a device is no ground truth, and one that cannot be read is neither missing nor damaged")
  func groundTruth() throws {
    for (path, kind) in [
      ("/dev/null", .noInput), ("/proc/self/mem", .io), ("/nowhere.json", .noInput),
    ] as [(String, RecordError.Kind)] {
      let error = #expect(throws: RecordError.self) { try GroundTruthFile(contentsOf: path) }
      #expect(error?.kind == kind && error?.file == path)
    }
    try withTemporaryFolder { folder in
      // The joints' own skeleton beside it.
      try AtomicFile.write(#"{"joints": "tail9", "positions_m": [[0, 0, 0]]}"#, to: folder + "/a.json")
      try makeLoop(folder + "/tail9.json")
      let error = #expect(throws: RecordError.self) {
        try GroundTruth(contentsOf: folder + "/a.json", body: nil)
      }
      #expect(error?.kind == .io && error?.file == folder + "/tail9.json")
    }
  }
}

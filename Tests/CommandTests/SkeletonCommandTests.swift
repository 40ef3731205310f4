import Archives
import Bodies
import Foundation
import Records
import TestSupport
import Testing

/// A skeleton that comes as a JSON file alone.
@Suite("Skeletons of one's own, from the command line") struct SkeletonCommandTests {
  private static let knees =
    #"{"name": "knees3", "joints": ["right_knee", "pelvis", "left_knee"], "root": ["pelvis"]}"#

  private func write(_ text: String, to path: String) throws {
    try makeFolder(URL(filePath: path).deletingLastPathComponent().path)
    try Data(text.utf8).write(to: URL(filePath: path))
  }

  @Test("a file beside the ground truth that names it is enough for sweep, measure and report") func truth()
    throws
  {
    try withMaterial { material in
      let truth = material.folder + "/truth/knees.json"
      try write(Self.knees, to: material.folder + "/truth/knees3.json")
      try write(
        #"{"joints": "knees3", "positions_m": [[-0.1, 0.4, 0], [0, 0, 0], [0.1, 0.4, 0]]}"#, to: truth)
      let sweep = try CommandLineRun(material.sweep("--truth", truth))
      #expect(sweep.code == 0, "\(sweep.error)")
      #expect(sweep.output.contains("right knee") && !sweep.output.contains("left hip"), "\(sweep.output)")
      let blind = try CommandLineRun(material.sweep(to: "blind"))
      #expect(blind.code == 0, "\(blind.error)")
      let measured = try CommandLineRun(
        ["measure", material.record(in: "blind"), "--truth", truth, "--body", material.body])
      #expect(measured.code == 0 && measured.output.contains("left knee"), "\(measured.error)")

      // Of the same name, but in another order: errors of other joints are another record.
      try write(
        Self.knees.replacing("right_knee", with: "x").replacing("left_knee", with: "right_knee")
          .replacing("x", with: "left_knee"), to: material.folder + "/truth/knees3.json")
      let other = try CommandLineRun(material.sweep("--truth", truth))
      #expect(other.code == 73 && other.error.contains("another ground truth"), "\(other.error)")

      // Records contain their skeletons.
      try FileManager.default.removeItem(atPath: material.folder + "/truth")
      #expect(try material.read().measured.joints == ["right_knee", "pelvis", "left_knee"])
      let report = try CommandLineRun(
        ["report", material.folder + "/out", "--out", material.folder + "/report.pdf"])
      #expect(report.code == 0, "\(report.error)")
      expectFailure(try CommandLineRun(material.sweep("--truth", truth, to: "gone")), 66, truth)
    }
  }

  @Test("estimate takes a name in Fixtures/skeletons or the path of a file, and no other name")
  func estimate()
    throws
  {
    try withMaterial { material in
      // The project's files, and one skeleton more.
      let fixtures = material.folder + "/Fixtures"
      for name in try FileManager.default.contentsOfDirectory(atPath: fixture("")) where name != "skeletons" {
        try makeFolder(fixtures)
        try FileManager.default.createSymbolicLink(
          atPath: "\(fixtures)/\(name)", withDestinationPath: fixture(name))
      }
      let file = fixtures + "/skeletons/knees3.json"
      try write(Self.knees.replacing("}", with: #", "basis": "smpl54"}"#), to: file)
      func run(_ joints: String) throws -> CommandLineRun {
        try CommandLineRun(
          [
            "estimate", material.picture, "--model", material.pooled, "--body", material.body, "--joints",
            joints,
          ], environment: ["PENUMBRA_FIXTURES": fixtures])
      }
      for joints in ["knees3", file] {
        let found = try run(joints)
        #expect(found.code == 0, "\(found.error)")
        #expect(found.output.contains("Right knee") && !found.output.contains("Left hip"), "\(found.output)")
      }
      expectFailure(try run("knees4"), 64, "--joints knees4", "not known")
      expectFailure(try run("/nowhere/knees3.json"), 65, "/nowhere/knees3.json")
      try write("{}", to: file)
      expectFailure(try run("knees3"), 64, "knees3.json")
      expectFailure(try run(file), 65, file)
    }
  }
}

import Bodies
import Foundation
import Models
import Records
import ReportSupport
import Sweeps
import TestSupport
import Tensors
import Testing

@Suite("Commands across bodies") struct AcrossBodiesCommandTests {
  private static func write(
    _ label: String, _ skeleton: Skeleton, to folder: String, truth: Bool = false, hasJoints: Bool = true
  ) throws -> String {
    var synthetic = SyntheticRecord()
    (synthetic.label, synthetic.skeleton) = (label, skeleton)
    synthetic.parts = [.camera, .picture, .aligned, .uncertainty]
    if hasJoints { synthetic.parts.insert(.joints) }
    if truth { synthetic.parts.insert(.truth) }
    let path = "\(folder)/\(label).zarr"
    try synthetic.record.write(to: path)
    return path
  }

  @Test(
    "compare and report measure records of different bodies over common12, and say so",
    arguments: [false, true])
  func compared(truth: Bool) throws {
    try withTemporaryFolder { folder in
      let a = try Self.write("a", .smpl24, to: folder, truth: truth)
      let b = try Self.write("b", Skeleton.named("blazepose33"), to: folder, truth: truth)
      let run = try CommandLineRun(["compare", a, b, "--json"])
      #expect(run.code == 0 && run.errorLines.count == 1, "\(run.error)")
      #expect(run.error.contains("smpl24 and blazepose33") && run.error.contains("common12"))
      #expect(run.error.contains("by centimetres") == truth)
      #expect(
        run.output.contains("\"common12\"") && run.output.contains("\"displacement\"") == truth)
      let report = try CommandLineRun(["report", a, b, "--out", folder + "/r.pdf"])
      #expect(report.code == 0 && report.error.contains("common12"), "\(report.error)")
      let one = try CommandLineRun(["compare", a, a, "--joints", "common12", "--json"])
      #expect(one.code == 0 && one.output.contains("\"common12\""), "\(one.error)")
      let out = folder + "/m.zarr"
      let measured = try CommandLineRun(["measure", b, "--joints", "common12", "--out", out])
      #expect(measured.code == 0, "\(measured.error)")
      #expect(try SweepRecord(finished: out).measured == .common12)
    }
  }

  @Test("what has no joints, or joints of no name, is refused in one line") func refused() throws {
    try withTemporaryFolder { folder in
      let a = try Self.write("a", .smpl24, to: folder, hasJoints: false)
      expectFailure(
        try CommandLineRun(["compare", a, a, "--joints", "common12"]), 65, "a.zarr", "no joints")
      expectFailure(try CommandLineRun(["compare", a, a, "--joints", "none"]), 65, "none", "not known")
      let run = try CommandLineRun(["measure", a])
      #expect(run.code == 64 && run.error.contains("--joints"))
    }
  }

  @Test("a sweep measures the joints that it is asked for") func swept() throws {
    try withMaterial { material in
      for (out, truth) in [("out", []), ("known", ["--truth", material.truth])] {
        let run = try CommandLineRun(material.sweep("--joints", "common12", to: out) + truth)
        #expect(run.code == 0, "\(run.error)")
        let record = try material.read(in: out)
        #expect(record.measured == .common12 && record.skeleton == .smpl24)
        #expect(record.context.truthJoints?.shape == (truth.isEmpty ? nil : [12, 3]))
        #expect(record.reference?.shape == [12, 3])
      }
      let run = try CommandLineRun(["evaluate", material.pooled, "--joints", "h36m14"])
      #expect(run.code == 64, "\(run.error)")
    }
  }
}

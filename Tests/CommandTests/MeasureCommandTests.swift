import Bodies
import Foundation
import Records
import TestSupport
import Tensors
import Testing

/// `measure`: errors from the recorded joints, without the network.
@Suite("Measure, from the command line") struct MeasureCommandTests {
  /// Ground truth of one skeleton: joints that are nowhere special.
  private static func truth(_ skeleton: Skeleton) -> String {
    let positions = skeleton.joints.indices.map { i in
      "[\(0.1 * Double(i % 5) - 0.2), \(0.09 * Double(i) - 0.9), \(0.05 * Double(i % 3))]"
    }
    return #"{"joints": "\#(skeleton.name)", "positions_m": [\#(positions.joined(separator: ","))]}"#
  }

  /// The arguments of a sweep with the body that has a regressor of evaluation joints.
  private static func sweep(_ material: Material, _ more: [String] = [], to out: String) -> [String] {
    var arguments = material.sweep("--joint-regressors", fixture("golden/networks/data"), to: out)
    arguments[5] = fixture("body.npz")
    return arguments + more
  }

  private static let body = [
    "--body", fixture("body.npz"), "--joint-regressors", fixture("golden/networks/data"),
  ]

  @Test(
    "errors are those of a sweep with that ground truth, to the bit",
    arguments: ["smpl24", "h36m14", "common12", "pose"])
  func errors(truth: String) throws {
    try withMaterial { material in
      if truth != "pose" {
        try Data(Self.truth(Skeleton.named(truth)).utf8).write(to: URL(filePath: material.truth))
      }
      let direct = try CommandLineRun(Self.sweep(material, ["--truth", material.truth], to: "direct"))
      #expect(direct.code == 0, "\(direct.error)")
      let blind = try CommandLineRun(Self.sweep(material, to: "blind"))
      #expect(blind.code == 0, "\(blind.error)")
      // The network is not needed any more, nor the picture.
      for file in [material.pooled, material.picture] { try FileManager.default.removeItem(atPath: file) }
      let before = try files(under: material.folder + "/blind")
      let path = try material.record(in: "blind")
      let run = try CommandLineRun(["measure", path, "--truth", material.truth] + Self.body)
      #expect(run.code == 0 && run.error.isEmpty, "\(run.error)")
      #expect(run.output.contains("error, mm") && run.output.contains("64 positions"))

      let expected = try material.read(in: "direct")
      let found = try SweepRecord(contentsOf: path.dropLast(5) + ".measured.zarr")
      #expect(found.isComplete && found.settings.identity == expected.settings.identity)
      #expect(found.measured == expected.measured && found.reference == expected.reference)
      for array in [PositionArray.joints, .error, .alignedError, .rotations, .betas, .camera] {
        #expect(found.results[array] == expected.results[array], "\(array.name)")
        #expect(found.clean[array] == expected.clean[array], "clean \(array.name)")
      }
      // The record that was measured is as it was.
      for (name, data) in before {
        #expect(try Data(contentsOf: URL(filePath: "\(material.folder)/blind/\(name)")) == data)
      }
    }
  }

  @Test("--out names the record, --json prints its findings, and it is reported and compared as any other")
  func use() throws {
    try withMaterial { material in
      #expect(try CommandLineRun(material.sweep()).code == 0)
      let out = material.folder + "/measured/a.zarr"
      let run = try CommandLineRun([
        "measure", material.record(), "--truth", material.truth, "--out", out, "--json", "--body",
        material.body,
      ])
      #expect(run.code == 0, "\(run.error)")
      let record = try SweepRecord(contentsOf: out)
      #expect(record.settings.reference == .groundTruth && record.notes.maskOf == .cleanPrediction)
      #expect(try JSONDecoder().decode(Findings.self, from: Data(run.output.utf8)) == Findings(record))
      let report = try CommandLineRun([
        "report", out, "--body", material.body, "--out", material.folder + "/a.pdf",
      ])
      #expect(report.code == 0, "\(report.error)")
      #expect(try CommandLineRun(["compare", out, out]).code == 0)
      // Measured again, it has the same errors.
      let again = material.folder + "/measured/b.zarr"
      #expect(
        try CommandLineRun([
          "measure", out, "--truth", material.truth, "--out", again, "--body", material.body,
        ]).code == 0)
      #expect(try SweepRecord(contentsOf: again).results[.error] == record.results[.error])
    }
  }

  @Test("what cannot be measured is refused in one line, and nothing is written") func refused() throws {
    try withMaterial { material in
      #expect(try CommandLineRun(material.sweep()).code == 0)
      let record = try material.record()
      func measure(_ truth: String? = nil, _ more: [String] = []) throws -> CommandLineRun {
        try CommandLineRun(
          ["measure", record, "--truth", truth ?? material.truth, "--body", material.body] + more)
      }
      func write(_ text: String) throws -> String {
        let path = material.folder + "/other.json"
        try Data(text.utf8).write(to: URL(filePath: path))
        return path
      }
      expectFailure(try CommandLineRun(["measure", record]), 64, "--truth")
      expectFailure(try CommandLineRun(["measure", "--truth", material.truth]), 64, "record")
      expectFailure(try measure("/nowhere.json"), 66, "/nowhere.json")
      expectFailure(try measure(write("{}")), 65, "other.json")
      expectFailure(
        try CommandLineRun(["measure", "/nowhere.zarr", "--truth", material.truth]), 66, "/nowhere.zarr")
      expectFailure(
        try CommandLineRun(["measure", material.body, "--truth", material.truth]), 65, material.body)
      // SMPL's joints have no nose.
      expectFailure(
        try measure(write(Self.truth(.named("coco17")))), 65, record, "nose", "coco17")
      // The recorded bodies are those of another body model.
      expectFailure(
        try measure(write(Self.truth(.h36m14)), Self.body), 65, record, "body.npz", "--body")
      expectFailure(try measure(nil, ["--out", material.folder + "/out"]), 73, "is there already")
      expectFailure(try measure(nil, ["--out", "/proc/self/a.zarr"]), 73, "/proc/self/a.zarr")
      #expect(try FileManager.default.contentsOfDirectory(atPath: material.folder + "/out").count == 1)

      // A second time the same record is there already, and another ground truth must not take its place.
      #expect(try measure().code == 0)
      #expect(try measure().code == 0)
      expectFailure(try measure(write(Self.truth(.smpl24))), 73, ".measured.zarr", "is there already")

      try FileManager.default.removeItem(atPath: record + "/error/c/0")
      expectFailure(try measure(nil, ["--out", material.folder + "/b.zarr"]), 65, "is incomplete")
    }
  }
}

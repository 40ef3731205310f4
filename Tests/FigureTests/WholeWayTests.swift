import Bodies
import Figures
import Models
import Presentation
import Records
import Sweeps
import TestSupport
import Tensors
import Testing

@Suite("The whole way") struct WholeWayTests {
  /// The record of a sweep of the dummy.
  private static func record(
    _ model: DummyModel, in folder: String, truth: LoadedGroundTruth? = nil
  ) throws -> SweepRecord {
    var options = SweepOptions()
    (options.positions, options.batch, options.workers) = (PositionRule(stride: 28), 4, 2)
    let sweep = PictureSweep(DummyModel.input(), truth: truth, options: options)
    let (path, recorder) = try sweep.recorder(for: model, in: folder)
    #expect(try recorder.run(Runner(workers: 2)))
    return try SweepRecord(contentsOf: path)
  }

  @Test(
    "a model of five joints and no body goes through sweep, record, findings, figures and report",
    arguments: [false, true])
  func dummy(hasTruth: Bool) throws {
    try withTemporaryFolder { folder in
      // Ground truth a quarter of a metre to the right of every joint but the root.
      let truth = GroundTruth(
        DummyModel.skeleton,
        joints: Tensor(
          DummyModel.restingJoints.enumerated().map { $1 + Point($0 == 0 ? 0 : 0.25, 0, 0) }))
      let loaded = LoadedGroundTruth(truth: truth, source: SourceFile(name: "person.json", fingerprint: "1"))
      let records = try ["first", "second", "third"].map { label in
        try Self.record(
          DummyModel(label: label, outputs: label == "second" ? [.attention, .camera] : []), in: folder,
          truth: hasTruth ? loaded : nil)
      }
      #expect(records.allSatisfy { $0.isComplete && $0.measured.count == 5 && $0.clean.body == nil })

      let findings = Findings(records[0])
      #expect(findings.joints.map(\.joint) == DummyModel.skeleton.joints)
      // One joint of five stays where it is.
      #expect(findings.clean.millimetres == (hasTruth ? 200 : 0))
      #expect(findings.worst.millimetres > findings.clean.millimetres)

      let report = Report(records)
      let words = report.words.joined(separator: "\n")
      for word in ["first", "second", "third", "Left hand", "Right foot"] {
        #expect(words.contains(word), "\(word)")
      }
      #expect(words.contains("displacement") != hasTruth)
      #expect(report.document().data.starts(with: Array("%PDF".utf8)))
      let names = report.figures().map(\.name)
      for label in ["first", "second", "third"] {
        // The root is where poses are aligned.
        for joint in DummyModel.skeleton.joints where [joint] != DummyModel.skeleton.root {
          #expect(names.contains { $0.contains(label) && $0.hasSuffix(joint) }, "\(label) \(joint)")
        }
      }
    }
  }
}

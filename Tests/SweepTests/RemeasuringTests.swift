import Archives
import Bodies
import Foundation
import Models
import Networks
import Records
import Sweeps
import TestSupport
import Tensors
import Testing

/// Errors made anew from recorded joints, against those of a sweep that knew the ground truth.
@Suite("Remeasuring") struct RemeasuringTests {
  /// Records an issue unless a record without ground truth, measured, agrees with one that was swept with it.
  static func compare(
    _ model: any PoseModel, _ truth: LoadedGroundTruth, body: SMPLBody = SmallNetworks.body,
    input: PictureInput, options: SweepOptions = DummySweeps.options()
  ) throws {
    try withTemporaryFolder { folder in
      let plain = try DummySweeps.record(model, in: folder + "/a", options: options, input: input)
      let known = try DummySweeps.record(model, in: folder + "/b", options: options, truth: truth, input: input)
      let measured = try plain.record.measured(against: truth, body: body, file: plain.path)
      #expect(measured.settings == known.record.settings)
      #expect(measured.settings.identity == known.record.settings.identity)
      #expect(measured.measured == truth.truth.skeleton && measured.reference == truth.truth.joints)
      for (a, b) in [(measured.results, known.record.results), (measured.clean, known.record.clean)] {
        for array in PositionArray.all { #expect(a[array] == b[array], "\(array.name)") }
      }
      #expect(plain.record.results.error != measured.results.error)

      // What is written is what is read.
      let path = folder + "/c.zarr"
      try measured.write(to: path)
      let again = try SweepRecord(contentsOf: path)
      #expect(again.settings == measured.settings && again.isComplete)
      #expect(again.results.error == measured.results.error && again.clean.error == measured.clean.error)
      let error = #expect(throws: ArchiveError.self) { try plain.record.write(to: path) }
      #expect(error?.kind == .cannotCreate)
    }
  }

  @Test("errors of recorded joints are those of a sweep with the ground truth, to the bit") func dummy() throws {
    try Self.compare(DummyModel(outputs: DummySweeps.outputs), DummySweeps.truth, input: DummySweeps.input)
  }

  @Test("joints of another skeleton are taken by their counterparts, to the bit") func counterparts() throws {
    let hands = try Skeleton(name: "hands", joints: ["right_hand", "left_hand"])
    let truth = LoadedGroundTruth(
      truth: GroundTruth(hands, joints: Tensor([2, 3], [-0.5, -0.5, 0, 0.5, -0.5, 0.25])),
      source: SourceFile(name: "hands.json", fingerprint: "h"))
    try Self.compare(DummyModel(), truth, input: DummySweeps.input)
  }

  @Test("an SMPL network's errors are remeasured to the bit, Human3.6M's joints by the regressor", arguments: [false, true])
  func smpl(isEvaluation: Bool) throws {
    let small = "golden/small/data"
    let body = try SMPLBody(
      contentsOf: fixture("\(small)/smpl/SMPL_NEUTRAL.npz"), regressors: fixture(small))
    let skeleton = isEvaluation ? Skeleton.h36m14 : .smpl24
    var random = SeededGenerator(seed: 4)
    let truth = LoadedGroundTruth(
      truth: GroundTruth(
        skeleton, joints: Tensor([skeleton.count, 3], (0..<skeleton.count * 3).map { _ in random.normal() })),
      source: SourceFile(name: "t.json", fingerprint: "t"))
    let input = PictureInput(
      picture: SmallNetworks.picture, path: "b.png", box: nil,
      source: SourceFile(name: "b.png", fingerprint: "b"))
    try Self.compare(
      SmallNetworks.model(.pooled, body: body), truth, body: body, input: input,
      options: DummySweeps.options(stride: 40))
  }

  @Test("records that cannot be measured are refused in one line") func refused() throws {
    try withTemporaryFolder { folder in
      let (path, record) = try DummySweeps.record(in: folder)
      let tail = LoadedGroundTruth(
        truth: GroundTruth(try Skeleton(name: "tail", joints: ["tail"]), joints: Tensor([1, 3])),
        source: SourceFile(name: "tail.json", fingerprint: "1"))
      let lacking = #expect(throws: ModelError.self) {
        try record.measured(against: tail, body: SmallNetworks.body, file: path)
      }
      #expect(lacking?.description.contains("lack tail of tail") == true)
      #expect(lacking?.description.hasPrefix(path) == true)

      let bare = SweepRecord(
        settings: record.settings, notes: record.notes, positions: record.positions, skeleton: nil,
        measured: record.measured, results: PositionResults([.error: record.results.error]),
        clean: PositionResults([.error: record.clean.error]), context: RecordContext())
      let errors = #expect(throws: RecordError.self) {
        try bare.measured(against: DummySweeps.truth, body: SmallNetworks.body, file: path)
      }
      #expect(errors?.kind == .badData && errors?.sentence.contains("no joints") == true)

      // Human3.6M's joints need the body that the record was made with.
      let evaluation = LoadedGroundTruth(
        truth: GroundTruth(.h36m14, joints: Tensor([14, 3])), source: SourceFile(name: "e", fingerprint: "e"))
      var other = try SweepRecord(contentsOf: fixture("records/person-1.gap.zarr"))
      let body = #expect(throws: RecordError.self) {
        try other.measured(against: evaluation, body: SmallNetworks.body, file: "person-1")
      }
      #expect(body?.sentence.contains("another body") == true)
      other.settings.body = SmallNetworks.body.source
      let regressor = #expect(throws: ModelError.self) {
        try other.measured(against: evaluation, body: SmallNetworks.body, file: "person-1")
      }
      #expect(regressor?.description.contains("J_regressor_h36m.npy") == true)
    }
  }
}

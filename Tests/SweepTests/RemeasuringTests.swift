import Archives
import Bodies
import Models
import Networks
import Records
import Sweeps
import TestSupport
import Tensors
import Testing

@Suite("Measuring records again") struct RemeasuringTests {
  static let data = "golden/small/data"
  static let body = try! SMPLBody(
    contentsOf: fixture("\(data)/smpl/SMPL_NEUTRAL.npz"), regressors: fixture(data))
  static let model = SMPLModel(
    LoadedNetwork(
      label: "small", name: "small",
      regressor: try! .random(
        Architecture(
          side: 32, backbone: .resNet(block: .basic, blocks: [1, 1, 1, 1], width: 8),
          head: .partAttention(.init(branch: .init(depth: 1, width: 8), shapeWidth: 8))), seed: 9)),
    body: body)
  static let options = DummySweep.options { $0.positions.stride = 56 }

  static func truth(_ skeleton: Skeleton) -> LoadedGroundTruth {
    var random = SeededGenerator(seed: 2)
    let joints = (0..<skeleton.count * 3).map { _ in random.normal(deviation: 0.3) }
    return DummySweep.truth(Tensor([skeleton.count, 3], joints), of: skeleton)
  }

  @Test(
    "measured errors are those of a sweep: to the bit of recorded joints, within 1 µm of regressed ones",
    arguments: [Skeleton.smpl24, .h36m14, .common12])
  func sweep(skeleton: Skeleton) throws {
    try withTemporaryFolder { folder in
      let truth = Self.truth(skeleton)
      let record = try DummySweep.record(Self.model, in: folder, options: Self.options)
      let expected = try DummySweep.record(
        Self.model, in: folder + "/truth", truth: truth, options: Self.options)
      let found = try record.measured(against: truth, body: Self.body, file: "a.zarr")
      Self.expectSame(found.results, expected.results, skeleton)
      Self.expectSame(found.clean, expected.clean, skeleton)
      #expect(found.settings == expected.settings && found.notes == expected.notes)
      #expect(found.measured == skeleton && found.skeleton == .smpl24 && found.positions == record.positions)
      #expect(found.context.truthJoints == truth.truth.joints && found.reference == expected.reference)
      #expect(found.context.picture == expected.context.picture)
      // Measured from another ground truth before, it is the same.
      let again = try expected.measured(against: truth, body: Self.body, file: "a.zarr")
      Self.expectSame(again.results, expected.results, skeleton)
    }
  }

  /// A matrix product regresses the joints of h36m14, which rounds otherwise in batches of other sizes.
  static func expectSame(_ found: PositionResults, _ expected: PositionResults, _ skeleton: Skeleton) {
    guard skeleton == .h36m14 else { return expectEqual(found, expected) }
    for array in PositionArray.all {
      #expect((found[array] == nil) == (expected[array] == nil), "\(array.name)")
      guard let found = found[array], let expected = expected[array] else { continue }
      expectClose(found, expected, absolute: 1e-6, relative: 0, array.name)
    }
  }

  @Test("it is written whole, reads back, and never over something") func writing() throws {
    try withTemporaryFolder { folder in
      let record = try DummySweep.record(in: folder).measured(
        against: DummySweep.truth(), body: Self.body, file: "a.zarr")
      let path = folder + "/measured.zarr"
      try record.write(to: path)
      let again = try SweepRecord(contentsOf: path)
      expectEqual(again.results, record.results)
      expectEqual(again.clean, record.clean)
      #expect(again.isComplete && again.settings == record.settings && again.notes == record.notes)
      let before = try files(under: path)
      let error = #expect(throws: ArchiveError.self) { try DummySweep.record(in: folder).write(to: path) }
      #expect(error?.description == "\(path): is there already; choose another --out or remove it")
      #expect(try files(under: path) == before)
    }
  }

  @Test("of an adaptive sweep it has the computed positions, and no estimate that was made for other errors")
  func adaptive() throws {
    try withTemporaryFolder { folder in
      let path = try DummySweep.run(in: folder, options: AdaptiveSweepTests.options(tolerance: 2)).path
      let record = try SweepRecord(contentsOf: path)
      let truth = DummySweep.truth()
      try record.measured(against: truth, body: Self.body, file: path).write(to: folder + "/measured.zarr")
      let found = try SweepRecord(contentsOf: folder + "/measured.zarr")
      let computed = try #require(found.computed)
      #expect(computed == record.computed && computed.elements.contains(0) && computed.elements.contains(1))
      #expect(found.settings.tolerance == 2)
      #expect(found.notes.interpolation == .init(computed: computed.elements.count { $0 == 1 }))
      // Where the network predicted, errors are those of a sweep with this ground truth.
      let whole = try DummySweep.record(
        in: folder + "/truth", truth: truth, options: AdaptiveSweepTests.options(tolerance: nil))
      for (index, isComputed) in computed.elements.enumerated() where isComputed == 1 {
        #expect(
          found.results.error.rows(index..<index + 1) == whole.results.error.rows(index..<index + 1))
      }
      // A copy of the copy is as true.
      let again = try found.measured(against: truth, body: Self.body, file: path)
      #expect(again.computed == computed && again.notes.interpolation == found.notes.interpolation)
    }
  }

  @Test("joints that a record lacks are named, and another body is refused") func refusals() throws {
    try withTemporaryFolder { folder in
      let dummy = try DummySweep.record(in: folder)
      let lacking = #expect(throws: ModelError.self) {
        try dummy.measured(against: Self.truth(.smpl24), body: Self.body, file: "a.zarr")
      }
      #expect(
        lacking?.description.hasPrefix("a.zarr: contains the joints of dummy5, which lack pelvis, ") == true)

      let record = try DummySweep.record(Self.model, in: folder, options: Self.options)
      let other = try SMPLBody(contentsOf: fixture("body.npz"))
      let error = #expect(throws: RecordError.self) {
        try record.measured(against: Self.truth(.h36m14), body: other, file: "a.zarr")
      }
      #expect(error?.description == "a.zarr: was made with another body than body.npz; give it with --body")

      var errors = record
      errors.results = PositionResults([.error: record.results.error])
      let noJoints = #expect(throws: RecordError.self) {
        try errors.measured(against: Self.truth(.smpl24), body: Self.body, file: "a.zarr")
      }
      #expect(noJoints?.description.contains("contains errors and no joints") == true)
    }
  }
}

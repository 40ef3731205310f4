import Archives
import Bodies
import Models
import Records
import Sweeps
import TestSupport
import Tensors
import Testing

@Suite("Adaptive sweeps") struct AdaptiveSweepTests {
  /// 32 by 32 positions, of which a tolerance leaves many out.
  static func options(tolerance: Double?) -> SweepOptions {
    DummySweep.options {
      $0.positions.stride = 4
      $0.tolerance = tolerance
    }
  }

  static func computed(_ path: String) throws -> [Bool] {
    try ZarrGroup(contentsOf: path).array("computed").readAll().elements.map { $0 == 1 }
  }

  @Test("computed positions are those of the whole sweep to the bit, others are within the tolerance")
  func record() throws {
    try withTemporaryFolder { folder in
      let model = DummyModel(outputs: DummySweep.everything)
      let whole = try DummySweep.record(model, in: folder, options: Self.options(tolerance: nil))
      let before = model.predictedWindows
      let (path, isComplete) = try DummySweep.run(
        model, in: folder, options: Self.options(tolerance: 2), runner: Runner(workers: 2))
      let record = try SweepRecord(contentsOf: path)
      #expect(isComplete && record.isComplete && record.positions.shape == [32, 32])

      let computed = try Self.computed(path)
      let notes = try #require(record.notes.interpolation)
      #expect(computed.count == 1024 && computed.count { $0 } == notes.computed)
      #expect(notes.computed > 256 && notes.computed < 1000)
      #expect(model.predictedWindows - before == 1 + notes.computed + 3)
      let (mean, uncertainty) = (
        try #require(notes.meanMillimetres), try #require(notes.standardErrorMillimetres)
      )
      #expect(notes.checked == 256 && mean <= 2 && uncertainty > 0)
      #expect(record.computed?.elements.map { $0 == 1 } == computed && whole.computed == nil)
      for (index, isComputed) in computed.enumerated() where isComputed {
        expectEqual(record.results.rows(index..<index + 1), whole.results.rows(index..<index + 1))
      }
      let off =
        zip(record.results.error.elements, whole.results.error.elements)
        .reduce(0) { $0 + abs($1.0 - $1.1) } / Float(whole.results.error.count)
      #expect(off > 0 && off < 0.0025, "\(off)")
      // Beside the maxima of the mean, before and after alignment, every position is computed.
      for errors in [record.results.error, try #require(record.results.alignedError)] {
        let means = (0..<1024).map { errors.rows($0..<$0 + 1).elements.reduce(0, +) }
        let best = means.indices.max { means[$0] < means[$1] }!
        for y in max(best / 32 - 1, 0)...min(best / 32 + 1, 31) {
          for x in max(best % 32 - 1, 0)...min(best % 32 + 1, 31) { #expect(computed[y * 32 + x]) }
        }
      }
      #expect(record.hasLowerLimits && !whole.hasLowerLimits)
      #expect(record.worstAttention != nil && whole.notes.interpolation == nil)
      #expect(throws: ArchiveError.self) { try Self.computed(folder + "/person.dummy.square40.zarr") }
    }
  }

  @Test("interpolated rotations are rotations") func rotations() throws {
    try withTemporaryFolder { folder in
      let options = Self.options(tolerance: 5)
      let (path, _) = try DummySweep.run(DummyModel(outputs: .body), in: folder, options: options)
      let rotations = try #require(SweepRecord(contentsOf: path).results.body?.rotations)
      let computed = try Self.computed(path)
      for index in computed.indices where !computed[index] {
        let rotation = rotations.rows(index..<index + 1).matrices[0]
        expectClose((rotation * rotation.transpose).elements, Matrix3.identity.elements)
      }
    }
  }

  @Test("workers and batch change no byte", arguments: [(1, 5), (3, 16)])
  func batches(workers: Int, batch: Int) throws {
    try withTemporaryFolder { folder in
      var options = Self.options(tolerance: 2)
      let expected = try DummySweep.run(in: folder + "/one", options: options).path
      options.batch = batch
      let found = try DummySweep.run(in: folder + "/two", options: options, runner: Runner(workers: workers))
      #expect(try files(under: found.path) == files(under: expected))
    }
  }

  @Test("an adaptive sweep interrupted anywhere continues to the same bytes", arguments: [1, 2])
  func resuming(workers: Int) throws {
    try withTemporaryFolder { folder in
      let options = Self.options(tolerance: 2)
      let (whole, model) = (DummyModel(outputs: .attention), DummyModel(outputs: .attention))
      let expected = try DummySweep.run(whole, in: folder + "/whole", options: options).path
      var runs = 0
      while runs < 100 {
        let sweep = PictureSweep(DummyModel.input(), options: options)
        let (path, recorder) = try sweep.recorder(for: model, in: folder)
        let before = recorder.computedPositions
        let isComplete = try recorder.run(.stopping(after: 3, workers: workers))
        runs += 1
        if isComplete {
          #expect(try files(under: path) == files(under: expected))
          break
        }
        #expect(recorder.computedPositions > before)
        #expect(try SweepRecord(contentsOf: path).measuredPositions == recorder.computedPositions)
        #expect(try SweepRecord(contentsOf: path).notes.interpolation == nil)
      }
      #expect(runs > 1 && runs < 100)
      // No position is computed twice; every run looks at the unoccluded image.
      #expect(model.predictedWindows == whole.predictedWindows + runs - 1)
    }
  }

  @Test("a finished sweep computes nothing more, and tells how many positions were computed")
  func finished() throws {
    try withTemporaryFolder { folder in
      let options = Self.options(tolerance: 2)
      let (path, _) = try DummySweep.run(in: folder, options: options)
      let before = try files(under: path)
      let model = DummyModel()
      do {
        let sweep = PictureSweep(DummyModel.input(), options: options)
        let (_, recorder) = try sweep.recorder(for: model, in: folder)
        #expect(try recorder.run(Runner(workers: 1)))
        #expect(try recorder.computedPositions == Self.computed(path).count { $0 })
      }
      #expect(model.predictedWindows == 1)
      #expect(try files(under: path) == before)
    }
  }

  @Test("the model's error is thrown, what was computed stays, and the next run goes on")
  func failure() throws {
    try withTemporaryFolder { folder in
      let options = Self.options(tolerance: 2)
      let (model, whole) = (DummyModel(), DummyModel())
      var failing = DummyModel()
      failing.failingCall = 15
      #expect(throws: DummyModel.Failure()) { try DummySweep.run(failing, in: folder, options: options) }
      let expected = try DummySweep.run(whole, in: folder + "/whole", options: options).path
      let found = try DummySweep.run(model, in: folder, options: options)
      #expect(try found.isComplete && files(under: found.path) == files(under: expected))
      #expect(model.predictedWindows < whole.predictedWindows - 100)
    }
  }

  @Test("a tolerance is a setting of the record") func settings() throws {
    try withTemporaryFolder { folder in
      let path = try DummySweep.run(in: folder, options: Self.options(tolerance: 2)).path
      #expect(path.hasSuffix("person.dummy.square40-stride4-2mm.zarr"))
      let record = try SweepRecord(contentsOf: path)
      #expect(record.settings.tolerance == 2 && record.settings.seed == 0)
      let other = try DummySweep.run(in: folder, options: Self.options(tolerance: nil)).path
      #expect(try SweepRecord(contentsOf: other).settings.seed == nil)
    }
  }
}

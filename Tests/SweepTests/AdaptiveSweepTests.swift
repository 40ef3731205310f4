import Archives
import Bodies
import Foundation
import Models
import Records
import Sweeps
import Synchronization
import TestSupport
import Tensors
import Testing

@Suite("Adaptive sampling") struct AdaptiveSamplingTests {
  /// Samples a map until its interpolation is within the tolerance, and measures how far it is really off.
  static func sampled(
    _ rows: Int, _ columns: Int, tolerance: Float, _ map: (_ row: Int, _ column: Int) -> [Float]
  ) -> (sampling: AdaptiveSampling, rounds: Int, off: Float) {
    var sampling = AdaptiveSampling(rows: rows, columns: columns, tolerance: tolerance, seed: 9)
    var rounds = 0
    while !sampling.wanted.isEmpty {
      sampling.take(sampling.wanted.map { map($0 / columns, $0 % columns) })
      rounds += 1
    }
    let truth = (0..<rows * columns).flatMap { map($0 / columns, $0 % columns) }
    let joints = map(0, 0).count
    // What is not known must not be looked at.
    let holes = truth.indices.map { sampling.isKnown($0 / joints) ? truth[$0] : .nan }
    let filled = sampling.filled(Tensor([rows * columns, joints], holes)).elements
    for (index, value) in filled.enumerated() where sampling.isKnown(index / joints) {
      #expect(value == truth[index] || truth[index].isNaN)
    }
    let off = zip(filled, truth).reduce(0) { $0 + abs($1.0 - $1.1) } / Float(truth.count)
    return (sampling, rounds, off)
  }

  @Test(
    "a map that is linear between the coarse grid's positions needs no others",
    arguments: [(96, 96), (17, 40), (9, 9), (1, 30), (5, 1), (1, 1)])
  func linear(rows: Int, columns: Int) {
    let found = Self.sampled(rows, columns, tolerance: 0.001) { row, column in
      [0.01 * Float(row) + 0.002 * Float(column), 0.3 - 0.001 * Float(column)]
    }
    #expect(found.rounds == 1 && found.off < 1e-6 && found.sampling.deviation.mean < 1e-6)
    if rows == 96 { #expect(found.sampling.known < 96 * 96 / 8) }
  }

  @Test("positions are denser where the map bends") func bent() {
    let rows = 90, columns = 130
    // A hill in a plain.
    let found = Self.sampled(rows, columns, tolerance: 0.0001) { row, column in
      let (y, x) = (Float(row - 30) / 8, Float(column - 90) / 8)
      return [0.2 * exp(-(y * y + x * x)), 0.05]
    }
    #expect(found.off < 0.00012)
    #expect(found.sampling.known < rows * columns / 6, "\(found.sampling.known) positions")
    func share(_ rows: ClosedRange<Int>, _ chosen: ClosedRange<Int>) -> Double {
      let all = rows.flatMap { row in chosen.map { row * columns + $0 } }
      return Double(all.count(where: found.sampling.isKnown)) / Double(all.count)
    }
    let (hill, plain) = (share(22...38, 82...98), share(60...84, 10...34))
    #expect(hill > 2 * plain, "\(hill) on the hill, \(plain) in the plain")
  }

  @Test(
    "the estimated interpolation error is below the tolerance, and the true one below 1.25 times that",
    arguments: [0.002, 0.004, 0.008])
  func interpolationError(tolerance: Float) {
    // Rough everywhere, rougher to the right.
    var random = SeededGenerator(seed: 3)
    let noise = (0..<100 * 100).map { _ in random.normal(deviation: 1) }
    let found = Self.sampled(100, 100, tolerance: tolerance) { row, column in
      [0.1 + noise[row * 100 + column] * 0.0001 * Float(column), 0.2 * sin(Float(row) / 12)]
    }
    let estimate = found.sampling.deviation
    #expect(estimate.mean < tolerance && found.off < 1.25 * tolerance)
    #expect(abs(found.off - estimate.mean) < 3 * estimate.standardError + 1e-4)
    #expect(found.sampling.known < 100 * 100)
  }

  @Test("a tolerance near 0 computes every position of a rough map") func rough() {
    var random = SeededGenerator(seed: 4)
    let noise = (0..<33 * 47).map { _ in random.normal() }
    let found = Self.sampled(33, 47, tolerance: 1e-9) { row, column in [noise[row * 47 + column]] }
    #expect(found.sampling.known == 33 * 47 && found.off == 0)
  }

  @Test("a map whose positions are all computed has an interpolation error of exactly 0") func drawn() {
    var random = SeededGenerator(seed: 5)
    let noise = (0..<14 * 14).map { _ in random.normal() }
    let found = Self.sampled(14, 14, tolerance: 1) { row, column in [noise[row * 14 + column]] }
    #expect(found.sampling.known == 14 * 14 && found.off == 0)
    #expect(found.sampling.deviation.mean == 0 && found.sampling.deviation.standardError == 0)
  }

  @Test("NaN errors end adaptive sampling too") func notNumbers() {
    let found = Self.sampled(30, 30, tolerance: 0.001) { row, _ in [row > 12 ? .nan : 0.1] }
    #expect(found.sampling.wanted.isEmpty)
  }
}

@Suite("Adaptive sweeps") struct AdaptiveSweepTests {
  @Test("an adaptive record contains predictions at the positions that it marks, and rotations elsewhere")
  func record() throws {
    try withTemporaryFolder { folder in
      let whole = try DummySweeps.record(in: folder, options: DummySweeps.options(stride: 7)).record
      var options = DummySweeps.adaptive()
      options.workers = 2
      let (path, recorder) = try DummySweeps.recorder(in: folder, options: options)
      #expect(try recorder.run(Runner(workers: 2)))
      let record = try SweepRecord(contentsOf: path)
      let computed = try ZarrGroup(contentsOf: path).array("computed").readAll().elements
      let found = try #require(record.notes.interpolation)
      #expect(record.isComplete && computed.count == 32 * 32 && whole.positions == record.positions)
      #expect(computed.count { $0 == 1 } == found.computed)
      #expect(found.computed < 1024 && found.computed > 256 && recorder.computedPositions == found.computed)
      #expect(found.meanMillimetres <= 2 && found.checked == 256)
      for array in PositionArray.all {
        let (a, b) = (try #require(record.results[array]), try #require(whole.results[array]))
        for (position, mark) in computed.enumerated() where mark == 1 {
          #expect(a.rows(position..<position + 1) == b.rows(position..<position + 1), "\(array.name)")
        }
      }
      let off =
        zip(record.results.error.elements, whole.results.error.elements)
        .reduce(0) { $0 + abs($1.0 - $1.1) } / Float(whole.results.error.count)
      #expect(off < 0.0025 && off > 0)
      for rotation in try #require(record.results.body).rotations.matrices {
        expectClose([rotation.determinant], [1], absolute: 1e-5)
        for axis in [Point(1, 0, 0), Point(0, 1, 0), Point(0, 0, 1)] {
          let turned = rotation * axis
          expectClose([(turned * turned).sum()], [1], absolute: 1e-5)
        }
      }
      #expect(record.worstAttention != nil && record.settings.seed == 0)
    }
  }

  @Test("another tolerance or seed is another record") func others() throws {
    try withTemporaryFolder { folder in
      let path = try DummySweeps.record(in: folder, options: DummySweeps.adaptive()).path
      var other = DummySweeps.adaptive()
      other.seed = 1
      let error = #expect(throws: ArchiveError.self) { try DummySweeps.recorder(in: folder, options: other) }
      #expect(error?.description.contains("is a record of seed 0") == true)
      #expect(try DummySweeps.recorder(in: folder, options: DummySweeps.adaptive(3)).path != path)
    }
  }

  @Test("an adaptive sweep interrupted anywhere continues to the same bytes", arguments: [1, 2])
  func resuming(workers: Int) throws {
    try withTemporaryFolder { folder in
      var options = DummySweeps.adaptive(1)
      options.workers = workers
      let whole = try DummySweeps.record(in: folder + "/whole", options: options).path
      var (runs, path) = (0, "")
      while true {
        let recorder: SweepRecorder
        (path, recorder) = try DummySweeps.recorder(in: folder + "/stopped", options: options)
        let before = recorder.computedPositions
        let asked = Mutex(0)
        let isDone = try recorder.run(
          Runner(
            workers: workers,
            isCancelled: {
              asked.withLock {
                $0 += 1
                return $0
              } > 3
            }))
        if isDone { break }
        #expect(recorder.computedPositions > before)
        #expect(try SweepRecord(contentsOf: path).measuredPositions == recorder.computedPositions)
        runs += 1
      }
      #expect(runs > 1)
      let expected = try files(under: whole)
      #expect(try files(under: path) == expected)

      // A chunk that is lost after the end is computed again, and nothing else.
      for array in ["error", "camera", "is_measured"] {
        try FileManager.default.removeItem(atPath: "\(path)/\(array)/c/2")
        let model = DummyModel(outputs: DummySweeps.outputs)
        let recorder = try DummySweeps.recorder(model, in: folder + "/stopped", options: options).recorder
        #expect(try recorder.run(Runner(workers: workers)))
        #expect(model.predictedWindows > 1 && model.predictedWindows < 200)
        #expect(try files(under: path) == expected, "\(array)")
      }
    }
  }

  @Test("another release finishes an adaptive record, whose notes keep who began it") func otherRelease() throws {
    try withTemporaryFolder { folder in
      let path = try {
        let (path, recorder) = try DummySweeps.recorder(in: folder, options: DummySweeps.adaptive())
        #expect(try !recorder.run(Runner(workers: 1, isCancelled: { true })))
        return path
      }()
      try editNotes(of: path) { $0["penumbra"] = "0.0.7" }
      let record = try DummySweeps.record(in: folder, options: DummySweeps.adaptive()).record
      #expect(record.isComplete && record.notes.penumbra == "0.0.7" && record.notes.interpolation != nil)
    }
  }

  @Test("a model that fails ends an adaptive sweep with its error, and what was computed stays")
  func failing() throws {
    try withTemporaryFolder { folder in
      let options = DummySweeps.adaptive()
      var model = DummyModel(outputs: DummySweeps.outputs)
      model.failingCall = 4
      let path = try {
        let (path, recorder) = try DummySweeps.recorder(model, in: folder + "/a", options: options)
        #expect(throws: DummyModel.Failure.self) { try recorder.run(Runner(workers: 1)) }
        #expect(recorder.computedPositions > 0)
        return path
      }()
      _ = try DummySweeps.record(in: folder + "/a", options: options)
      let whole = try DummySweeps.record(in: folder + "/whole", options: options).path
      #expect(try files(under: path) == files(under: whole))
    }
  }

  @Test("NaN predictions end an adaptive sweep too") func missingPeople() throws {
    try withTemporaryFolder { folder in
      var model = DummyModel(outputs: DummySweeps.outputs)
      model.isMissing = { $0.y.pixels.upperBound > 24 }
      let record = try DummySweeps.record(model, in: folder, options: DummySweeps.adaptive()).record
      #expect(record.isComplete && record.notes.interpolation != nil)
      #expect(Findings(record).mean.millimetres.isFinite)
    }
  }
}

import Archives
import Foundation
import Sweeps
import Synchronization
import TestSupport
import Tensors
import Testing

@Suite("Adaptive sweeps") struct AdaptiveSweepTests {
  /// Refines a map until it is within the tolerance, and tells how far it is really off.
  static func refined(
    _ rows: Int, _ columns: Int, tolerance: Float, _ map: (_ row: Int, _ column: Int) -> [Float]
  ) -> (refinement: Refinement, rounds: Int, off: Float) {
    var refinement = Refinement(rows: rows, columns: columns, tolerance: tolerance, seed: 9)
    var rounds = 0
    while !refinement.wanted.isEmpty {
      refinement.take(refinement.wanted.map { map($0 / columns, $0 % columns) })
      rounds += 1
    }
    let truth = (0..<rows * columns).flatMap { map($0 / columns, $0 % columns) }
    let joints = map(0, 0).count
    // What is not known must not be looked at.
    let holes = truth.indices.map { refinement.isKnown($0 / joints) ? truth[$0] : .nan }
    let filled = refinement.filled(Tensor([rows * columns, joints], holes)).elements
    for (index, value) in filled.enumerated() where refinement.isKnown(index / joints) {
      #expect(value == truth[index] || truth[index].isNaN)
    }
    let off = zip(filled, truth).reduce(0) { $0 + abs($1.0 - $1.1) } / Float(truth.count)
    return (refinement, rounds, off)
  }

  @Test(
    "a map that is straight between the coarse grid's places needs no others",
    arguments: [(96, 96), (17, 40), (9, 9), (1, 30), (5, 1), (1, 1)])
  func straight(rows: Int, columns: Int) {
    let found = Self.refined(rows, columns, tolerance: 0.001) { row, column in
      [0.01 * Float(row) + 0.002 * Float(column), 0.3 - 0.001 * Float(column)]
    }
    #expect(found.rounds == 1 && found.off < 1e-6 && found.refinement.deviation.mean < 1e-6)
    if rows == 96 { #expect(found.refinement.known < 96 * 96 / 8) }
  }

  @Test("places crowd where the map bends") func bent() {
    let rows = 90, columns = 130
    // A hill in a plain.
    let found = Self.refined(rows, columns, tolerance: 0.0001) { row, column in
      let (y, x) = (Float(row - 30) / 8, Float(column - 90) / 8)
      return [0.2 * exp(-(y * y + x * x)), 0.05]
    }
    #expect(found.off < 0.00012)
    #expect(found.refinement.known < rows * columns / 6, "\(found.refinement.known) places")
    func share(_ rows: ClosedRange<Int>, _ chosen: ClosedRange<Int>) -> Double {
      let all = rows.flatMap { row in chosen.map { row * columns + $0 } }
      return Double(all.count(where: found.refinement.isKnown)) / Double(all.count)
    }
    let (hill, plain) = (share(22...38, 82...98), share(60...84, 10...34))
    #expect(hill > 2 * plain, "\(hill) on the hill, \(plain) in the plain")
  }

  @Test(
    "the deviation told is about the true one, and within the tolerance", arguments: [0.002, 0.004, 0.008])
  func deviation(tolerance: Float) {
    // Rough everywhere, rougher to the right.
    var random = SeededGenerator(seed: 3)
    let noise = (0..<100 * 100).map { _ in random.normal(deviation: 1) }
    let found = Self.refined(100, 100, tolerance: tolerance) { row, column in
      [0.1 + noise[row * 100 + column] * 0.0001 * Float(column), 0.2 * sin(Float(row) / 12)]
    }
    let deviation = found.refinement.deviation
    #expect(deviation.mean < tolerance && found.off < 1.25 * tolerance)
    #expect(abs(found.off - deviation.mean) < 3 * deviation.standardError + 1e-4)
    #expect(found.refinement.known < 100 * 100)
  }

  @Test("a tolerance of next to nothing works out every place of a rough map") func rough() {
    var random = SeededGenerator(seed: 4)
    let noise = (0..<33 * 47).map { _ in random.normal() }
    let found = Self.refined(33, 47, tolerance: 1e-9) { row, column in [noise[row * 47 + column]] }
    #expect(found.refinement.known == 33 * 47 && found.off == 0)
  }

  @Test("maps of which every place was drawn are off by nothing") func drawn() {
    var random = SeededGenerator(seed: 5)
    let noise = (0..<14 * 14).map { _ in random.normal() }
    let found = Self.refined(14, 14, tolerance: 1) { row, column in [noise[row * 14 + column]] }
    #expect(found.refinement.known == 14 * 14 && found.off == 0)
    #expect(found.refinement.deviation.mean == 0 && found.refinement.deviation.standardError == 0)
  }

  @Test("errors that are no numbers end the refinement too") func notNumbers() {
    let found = Self.refined(30, 30, tolerance: 0.001) { row, _ in [row > 12 ? .nan : 0.1] }
    #expect(found.refinement.wanted.isEmpty)
  }

  // MARK: Records

  static func info(tolerance: Double?) -> SweepRecord.Info {
    var info = RecordTests.info(stride: 8)
    info.tolerance = tolerance
    return info
  }

  @Test("an adaptive record holds what the network says at the places that it marks, and rotations elsewhere")
  func record() throws {
    try withTemporaryFolder { folder in
      #expect(try RecordTests.recorder(at: folder + "/whole.zarr", info: Self.info(tolerance: nil)).run())
      let path = folder + "/adaptive.zarr"
      let recorder = try RecordTests.recorder(at: path, info: Self.info(tolerance: 400))
      #expect(try recorder.run(workers: 2))
      let (whole, record) = (
        try SweepRecord(contentsOf: folder + "/whole.zarr"), try SweepRecord(contentsOf: path)
      )
      let computed = try ZarrGroup(contentsOf: path).array("computed").readAll().elements
      let found = try #require(record.info.interpolation)
      #expect(record.isComplete && computed.count == 28 * 28)
      #expect(computed.count { $0 == 1 } == found.computed && found.computed < 28 * 28 && found.computed > 81)
      #expect(recorder.measuredPlaces == found.computed)
      #expect(found.meanMillimetres <= 400 && found.checked == 256)
      for (place, mark) in computed.enumerated() where mark == 1 {
        expectClose(
          record.measurements.error.rows(place..<place + 1), whole.measurements.error.rows(place..<place + 1),
          absolute: 1e-4)
      }
      let off =
        zip(record.measurements.error.elements, whole.measurements.error.elements)
        .reduce(0) { $0 + abs($1.0 - $1.1) } / Float(whole.measurements.error.count)
      #expect(off < 0.5 && off > 0)
      #expect(record.worstAttention != nil && record.info.filling!.contains("\(found.computed) of 784"))
      #expect(!FileManager.default.fileExists(atPath: path + "/adaptive.npz"))
      #expect(throws: ArchiveError.self) {
        try RecordTests.recorder(at: path, info: Self.info(tolerance: 300))
      }
      #expect(throws: ArchiveError.self) {
        try RecordTests.recorder(at: path, info: Self.info(tolerance: nil))
      }
    }
  }

  @Test("an adaptive sweep that stopped anywhere goes on and ends in the same bytes", arguments: [1, 2])
  func resuming(workers: Int) throws {
    try withTemporaryFolder { folder in
      let info = Self.info(tolerance: 200)
      #expect(try RecordTests.recorder(at: folder + "/whole.zarr", info: info).run(workers: workers))
      let path = folder + "/stopped.zarr"
      var runs = 0
      while true {
        let recorder = try RecordTests.recorder(at: path, info: info)
        let before = recorder.measuredPlaces
        let asked = Mutex(0)
        let isDone = try recorder.run(workers: workers) {
          asked.withLock {
            $0 += 1; return $0
          } > 3
        }
        if isDone { break }
        #expect(recorder.measuredPlaces > before)
        runs += 1
      }
      #expect(runs > 1)
      let expected = try files(under: folder + "/whole.zarr")
      #expect(try files(under: path) == expected)
    }
  }

  @Test("a damaged note of what is known is told of") func damaged() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.zarr"
      let info = Self.info(tolerance: 200)
      #expect(try !RecordTests.recorder(at: path, info: info).run(isCancelled: { true }))
      try Data("no zip".utf8).write(to: URL(filePath: path + "/adaptive.npz"))
      #expect(throws: ArchiveError.self) { try RecordTests.recorder(at: path, info: info).run() }
      func note(_ places: [Float], width: Int?) throws {
        let shapes = [
          "joints": [24, 3], "error": [24], "error_pa": [24], "rotations": [24, 3, 3], "betas": [10],
          "camera": [3],
        ]
        try Npz.write(
          [("places", Tensor([places.count], places))]
            + shapes.sorted { $0.key < $1.key }
            .map { ($0.key, Tensor([places.count] + (width.map { [$0] } ?? $0.value))) },
          to: path + "/adaptive.npz")
      }
      for (places, width) in [([0, 1], 1), ([0, .nan], nil), ([0, 1e9], nil), ([0, 0.5], nil)]
        as [([Float], Int?)]
      {
        try note(places, width: width)
        #expect(throws: ArchiveError.self) { try RecordTests.recorder(at: path, info: info).run() }
      }
      try note([0, 1], width: nil)
      #expect(try RecordTests.recorder(at: path, info: info).run())
    }
  }
}

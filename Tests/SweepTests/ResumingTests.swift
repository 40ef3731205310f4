import Archives
import Foundation
import Models
import Records
import Sweeps
import Synchronization
import TestSupport
import Tensors
import Testing

@Suite("Sweeps that stop and go on") struct ResumingTests {
  static let outputs: ModelOutputs = [.camera, .attention]

  /// The bytes of the record of a sweep that never stopped.
  static func expected(in folder: String) throws -> [String: Data] {
    try files(under: DummySweep.run(DummyModel(outputs: outputs), in: folder + "/whole").path)
  }

  @Test(
    "a sweep interrupted anywhere continues to the same bytes", arguments: [0, 1, 3],
    [1, 2])
  func cancelled(chunks: Int, workers: Int) throws {
    try withTemporaryFolder { folder in
      let (path, isComplete) = try DummySweep.run(
        DummyModel(outputs: Self.outputs), in: folder, runner: .stopping(after: chunks, workers: workers))
      #expect(!isComplete)
      let part = try SweepRecord(contentsOf: path)
      #expect(!part.isComplete && part.measuredPositions == chunks * DummySweep.chunk)
      #expect(part.worstAttention == nil)
      for index in 0..<part.positions.count {
        let error = part.results.error.rows(index..<index + 1).elements
        let isThere = error.allSatisfy { !$0.isNaN }
        #expect(isThere || error.allSatisfy { $0.isNaN })
        if isThere { #expect(error == DummyModel().displacements(under: part.positions[index].window)) }
      }

      let model = DummyModel(outputs: Self.outputs)
      #expect(try DummySweep.run(model, in: folder, runner: Runner(workers: workers)).isComplete)
      // The unoccluded image, what was missing, attention at the worst positions.
      #expect(model.predictedWindows == 1 + (4 - chunks) * DummySweep.chunk + 3)
      #expect(try files(under: path) == Self.expected(in: folder))
    }
  }

  @Test("a complete record is not computed again") func finished() throws {
    try withTemporaryFolder { folder in
      let (path, _) = try DummySweep.run(DummyModel(outputs: Self.outputs), in: folder)
      let before = try files(under: path)
      let model = DummyModel(outputs: Self.outputs)
      #expect(try DummySweep.run(model, in: folder).isComplete && model.predictedWindows == 1)
      #expect(try files(under: path) == before)
    }
  }

  @Test(
    "the maps at the worst positions, written last, are made up for", arguments: ["chunk", "note", "array"])
  func lastWrite(missing: String) throws {
    try withTemporaryFolder { folder in
      let (path, _) = try DummySweep.run(DummyModel(outputs: Self.outputs), in: folder)
      let maps = path + "/\(RecordSchema.worstAttention.name)"
      switch missing {
      case "chunk": try FileManager.default.removeItem(atPath: maps + "/c")
      case "array": try FileManager.default.removeItem(atPath: maps)
      default: break
      }
      // What tells readers of the array and its positions was never written.
      let file = path + "/zarr.json"
      var group = try JSONValue(Data(contentsOf: URL(filePath: file)), from: file).object!
      var attributes = group["attributes"]!.object!
      attributes["worst_positions"] = nil
      group["attributes"] = .object(attributes)
      try Data(JSONValue.object(group).text.utf8).write(to: URL(filePath: file))
      #expect(try DummySweep.run(DummyModel(outputs: Self.outputs), in: folder).isComplete)
      #expect(try files(under: path) == Self.expected(in: folder))
    }
  }

  @Test("progress counts positions, those of earlier runs among them") func progress() throws {
    try withTemporaryFolder { folder in
      try DummySweep.run(in: folder, runner: .stopping(after: 1))
      let told = Told()
      let runner = Runner(workers: 1, progress: { told.add($0, $1) })
      #expect(try DummySweep.run(in: folder, runner: runner).isComplete)
      #expect(told.done == [64, 128, 192, 256] && told.totals == [256])
    }
  }

  @Test(
    "the model's error is thrown, what was computed stays, and the next run goes on",
    // The first call of the second chunk, one in its midst, the last of the last, the second worst position.
    arguments: [(6, 64), (8, 64), (17, 192), (19, 256)])
  func failure(call: Int, computed: Int) throws {
    try withTemporaryFolder { folder in
      var failing = DummyModel(outputs: Self.outputs)
      failing.failingCall = call
      let sweep = PictureSweep(DummyModel.input(), options: DummySweep.options())
      var path = ""
      do {
        let (at, recorder) = try sweep.recorder(for: failing, in: folder)
        path = at
        #expect(throws: DummyModel.Failure()) { try recorder.run(Runner(workers: 1)) }
        #expect(recorder.computedPositions == computed && recorder.positions == 256)
      }
      #expect(failing.calls == call)
      let model = DummyModel(outputs: Self.outputs)
      #expect(try DummySweep.run(model, in: folder).isComplete)
      #expect(model.predictedWindows == 1 + 256 - computed + 3)
      #expect(try files(under: path) == Self.expected(in: folder))
    }
  }

  @Test("one error of several threads ends the sweep") func failureAmongThreads() throws {
    try withTemporaryFolder { folder in
      var failing = DummyModel(outputs: Self.outputs)
      failing.failingCall = 7
      #expect(throws: DummyModel.Failure()) {
        try DummySweep.run(failing, in: folder, runner: Runner(workers: 3))
      }
      let (path, isComplete) = try DummySweep.run(DummyModel(outputs: Self.outputs), in: folder)
      #expect(isComplete)
      #expect(try files(under: path) == Self.expected(in: folder))
    }
  }

  @Test("a model that fails on the unoccluded image leaves nothing behind") func failureAtFirst() throws {
    try withTemporaryFolder { folder in
      var failing = DummyModel()
      failing.failingCall = 1
      #expect(throws: DummyModel.Failure()) { try DummySweep.run(failing, in: folder) }
      let left = try files(under: folder)
      #expect(left.isEmpty)
    }
  }

  @Test("positions where nobody is found are not numbers, and change no others", arguments: [nil, 1.0])
  func missing(tolerance: Double?) throws {
    try withTemporaryFolder { folder in
      var model = DummyModel(outputs: DummySweep.everything)
      model.isMissing = { $0.y.pixels.contains(8) && $0.x.pixels.contains(24) }
      let options = DummySweep.options { $0.tolerance = tolerance }
      let record = try DummySweep.record(model, in: folder, options: options)
      #expect(record.isComplete)
      for index in 0..<record.positions.count {
        let window = record.positions[index].window
        let error = record.results.error.rows(index..<index + 1).elements
        if model.isMissing(window) {
          #expect(error.allSatisfy { $0.isNaN })
        } else {
          #expect(error == model.displacements(under: window))
        }
      }
      // The worst positions are those of the greatest errors that are numbers.
      let means = record.meanError.elements
      let worst = record.worstPositions()
      #expect(worst.count == 3 && means[worst[0]] == means.filter { !$0.isNaN }.max())
      #expect(worst.allSatisfy { !means[$0].isNaN })
      #expect(record.worstAttention?.isFinite == true)
    }
  }

  @Test("a sweep that finds nobody on the unoccluded image is refused, and leaves nothing behind")
  func nobodyUnoccluded() throws {
    try withTemporaryFolder { folder in
      var model = DummyModel()
      model.missesUnoccluded = true
      for truth in [nil, DummySweep.truth()] {
        let error = #expect(throws: ModelError.self) {
          try DummySweep.run(model, in: folder, truth: truth)
        }
        #expect(error?.kind == .nobodyFound)
        #expect(error?.description.contains("person.png: dummy finds nobody in the unoccluded") == true)
      }
      let left = try files(under: folder)
      #expect(left.isEmpty)
    }
  }

  @Test("an adaptive sweep that was interrupted where nobody is found takes the same steps")
  func resumedMisses()
    throws
  {
    try withTemporaryFolder { folder in
      var model = DummyModel(outputs: DummySweep.everything)
      model.isMissing = { $0.y.centre > 20 && $0.x.centre < 13 }
      let options = DummySweep.options {
        ($0.tolerance, $0.positions.stride) = (2, 7)
      }
      let whole = try DummySweep.record(model, in: folder + "/a", options: options)
      var isComplete = false
      for stop in 1..<200 where !isComplete {
        isComplete = try DummySweep.run(
          model, in: folder + "/b", options: options, runner: .stopping(after: stop % 3 + 1)
        ).isComplete
      }
      #expect(isComplete)
      let again = try DummySweep.record(model, in: folder + "/b", options: options)
      expectEqual(again.results, whole.results)
      #expect(whole.results.error.elements.contains { $0.isNaN })
      #expect(whole.notes.interpolation?.meanMillimetres?.isFinite == true)
      // An interpolated position is found or missed in all arrays alike.
      for index in 0..<whole.positions.count {
        let isMissed = whole.misses[index]
        for array in [PositionArray.joints, .rotations, .confidence] {
          #expect(whole.results[array]!.rows(index..<index + 1).elements.allSatisfy { $0.isNaN == isMissed })
        }
      }
    }
  }

  @Test("a sweep that finds nobody anywhere is a record too", arguments: [nil, 1.0])
  func nobody(tolerance: Double?) throws {
    try withTemporaryFolder { folder in
      var model = DummyModel(outputs: DummySweep.everything)
      model.isMissing = { _ in true }
      let options = DummySweep.options { $0.tolerance = tolerance }
      let record = try DummySweep.record(model, in: folder, options: options)
      #expect(record.isComplete && record.results.error.elements.allSatisfy { $0.isNaN })
      #expect(record.clean.error.elements == [0, 0, 0, 0, 0])
    }
  }
}

/// What a runner was told of progress.
private final class Told: Sendable {
  private let all = Mutex<[(done: Int, total: Int)]>([])

  func add(_ done: Int, _ total: Int) { all.withLock { $0.append((done, total)) } }
  var done: [Int] { all.withLock { $0.map(\.done) } }
  var totals: Set<Int> { all.withLock { Set($0.map(\.total)) } }
}

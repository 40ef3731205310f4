import Archives
import Bodies
import Foundation
import Models
import Networks
import Records
import Sweeps
import Synchronization
import TestSupport
import Tensors
import Testing

@Suite("Sweep recorder") struct RecorderTests {
  @Test("a record reads back equal to what was predicted, and all settings") func roundTrip() throws {
    try withTemporaryFolder { folder in
      let model = DummyModel(outputs: DummySweeps.outputs)
      var options = DummySweeps.options()
      options.workers = 2
      let (path, recorder) = try DummySweeps.recorder(
        model, in: folder + "/new", options: options, truth: DummySweeps.truth)
      let begun = try SweepRecord(contentsOf: path)
      #expect(recorder.computedPositions == 0 && begun.measuredPositions == 0 && !begun.isComplete)
      #expect(recorder.positions == 64 && begun.results.error.elements.allSatisfy(\.isNaN))
      #expect(try recorder.run(Runner(workers: 2)))
      #expect(recorder.computedPositions == 64)

      let record = try SweepRecord(contentsOf: path)
      let sweep = try DummySweeps.sweep(model, truth: DummySweeps.truth.truth)
      let (expected, clean) = (try sweep.results(at: 0..<64), try sweep.clean())
      #expect(record.isComplete && record.measuredPositions == 64 && record.positions == sweep.positions)
      for array in PositionArray.all {
        #expect(record.results[array] != nil && record.results[array] == expected[array], "\(array.name)")
        #expect(record.clean[array] == clean[array], "clean \(array.name)")
      }
      #expect(record.skeleton == DummyModel.skeleton && record.measured == DummyModel.skeleton)
      #expect(record.context.truthJoints == DummySweeps.truth.truth.joints)
      #expect(record.context.cleanAttention == sweep.cleanPredictions.attention?.reshaped([4, 4, 5]))
      #expect(record.context.picture?.side == 32)

      let settings = record.settings
      #expect(settings.model == model.identity && settings.picture == DummySweeps.input.source)
      #expect(settings.box == nil && settings.crop == "own" && settings.body == nil)
      #expect(settings.frame == PictureFrame(wholeOf: 32) && settings.truth == DummySweeps.truth.source)
      #expect(settings.occlusion == options.occlusion && settings.positions == options.positions)
      #expect(record.notes.pictureSize == [32, 32] && record.notes.penumbra == Release.version)
      #expect(path == folder + "/new/person.dummy.\(settings.fileNamePart).zarr")
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder + "/new")
          == ["person.dummy.square56-stride28.zarr"])
    }
  }

  @Test("the attention at the worst positions is recorded at the end") func worstAttention() throws {
    try withTemporaryFolder { folder in
      let model = DummyModel(outputs: [.attention])
      let (path, record) = try DummySweeps.record(model, in: folder)
      let worst = record.worstPositions()
      let attention = try #require(record.worstAttention)
      #expect(attention.shape == [worst.count, 4, 4, 5] && worst.count == 3)
      let prepared = try DummySweeps.input.prepared(for: model, occlusion: record.settings.occlusion)
      for (index, position) in worst.enumerated() {
        let expected = try prepared.predict(at: [record.positions[position].window], attention: true)
        #expect(attention.rows(index..<index + 1) == expected.attention)
      }
      #expect(
        try ZarrGroup(contentsOf: path).attributes["worst_positions"]
          == .array(worst.map(JSONValue.integer)))
      #expect(try DummySweeps.record(DummyModel(), in: folder + "/plain").record.worstAttention == nil)
    }
  }

  @Test("an SMPL network's record has its body, mask, visibility and how far its arithmetic moves joints")
  func smpl() throws {
    try withTemporaryFolder { folder in
      let model = try SmallNetworks.model(.partAttention, .winograd)
      let input = PictureInput(
        picture: SmallNetworks.picture, path: "a/b.png", box: nil,
        source: SourceFile(name: "b.png", fingerprint: "b"))
      var options = DummySweeps.options(stride: 56)
      options.seed = 5
      let (path, record) = try DummySweeps.record(model, in: folder, options: options, input: input)
      #expect(path.hasSuffix("/b.small.square56-stride56.zarr"))
      #expect(record.settings.body == SmallNetworks.body.source && record.settings.crop == "spin")
      #expect(record.context.bodyMask?.shape == [64, 64] && record.notes.maskOf == .cleanPrediction)
      #expect(record.notes.convolutions == "winograd" && record.notes.kernels?.isEmpty == false)
      #expect(record.notes.deviation?.positions == 8 && record.notes.deviation!.maximumMillimetres < 0.1)
      #expect(record.notes.seed == 5 && record.settings.seed == nil && record.notes.visibility == nil)
      #expect(record.results.body?.rotations.shape == [record.positions.count, 24, 3, 3])
      #expect(record.worstAttention != nil && record.reference == record.clean.joints?.reshaped([24, 3]))

      // Ground truth with a body and a camera is what the mask and visibility are of.
      let file = GroundTruthFile(
        pose: [Float](repeating: 0, count: 72), betas: [Float](repeating: 0, count: 10), camera: [0.9, 0, 0])
      let truth = LoadedGroundTruth(
        truth: try GroundTruth(file, from: "t", body: SmallNetworks.body.model),
        source: SourceFile(name: "t.json", fingerprint: "t"))
      let (_, known) = try DummySweeps.record(
        model, in: folder + "/truth", options: options, truth: truth, input: input)
      #expect(known.notes.maskOf == .groundTruth && known.notes.visibility?.count == 24)
      #expect(known.context.bodyMask != record.context.bodyMask)
      #expect(known.context.truthBody?.betas == Tensor([10]))
      #expect(known.context.truthCamera?.elements == [0.9, 0, 0])
    }
  }

  // MARK: Resuming

  @Test("a sweep interrupted anywhere continues to the same bytes", arguments: [1, 2])
  func resuming(workers: Int) throws {
    try withTemporaryFolder { folder in
      var options = DummySweeps.options()
      options.workers = workers
      let whole = try DummySweeps.record(in: folder + "/whole", options: options).path
      let expected = try files(under: whole)

      var (runs, written, path) = (0, 0, "")
      repeat {
        // Every run is stopped after its first chunk, and leaves what a kill leaves of a chunk half written.
        let recorder: SweepRecorder
        (path, recorder) = try DummySweeps.recorder(in: folder + "/stopped", options: options)
        #expect(recorder.computedPositions >= written)
        written = recorder.computedPositions
        let asked = Atomic(0)
        let isDone = try recorder.run(
          Runner(workers: 1, isCancelled: { asked.add(1, ordering: .relaxed).oldValue > 0 }))
        runs += 1
        if isDone { break }
        try? FileManager.default.removeItem(atPath: "\(path)/camera/c/\(runs - 1)")
        if runs % 2 == 0 { try Data([1, 2]).write(to: URL(filePath: "\(path)/joints/c/0/.0.1-1.part")) }
      } while runs < 100
      #expect(runs > 2)
      #expect(try files(under: path) == expected)
    }
  }

  @Test("a complete record is not computed again") func complete() throws {
    try withTemporaryFolder { folder in
      let path = try DummySweeps.record(in: folder).path
      let before = try files(under: path)
      let model = DummyModel(outputs: DummySweeps.outputs)
      let recorder = try DummySweeps.recorder(model, in: folder).recorder
      #expect(recorder.computedPositions == 64)
      #expect(
        try recorder.run(
          Runner(isCancelled: {
            Issue.record("a chunk was begun")
            return false
          })))
      // The look at the unoccluded image.
      #expect(model.predictedWindows == 1)
      #expect(try files(under: path) == before)
    }
  }

  @Test("another release, processor or number of threads continues a record") func otherRelease() throws {
    try withTemporaryFolder { folder in
      let whole = try DummySweeps.record(in: folder + "/whole").path
      let (path, recorder) = try DummySweeps.recorder(in: folder + "/a")
      let asked = Atomic(0)
      #expect(
        try !recorder.run(
          Runner(workers: 1, isCancelled: { asked.add(1, ordering: .relaxed).oldValue > 1 })))
      try editNotes(of: path) { notes in
        (notes["penumbra"], notes["kernels"]) = ("0.0.7", "an abacus")
        notes["convolutions"] = "winograd"
      }
      var options = DummySweeps.options()
      (options.workers, options.batch, options.memory) = (2, 3, 900)
      let continued = try DummySweeps.record(in: folder + "/a", options: options)
      #expect(continued.path == path && continued.record.isComplete)
      #expect(continued.record.notes.penumbra == "0.0.7" && continued.record.notes.kernels == "an abacus")
      var (old, new) = (try files(under: whole), try files(under: path))
      #expect(old.removeValue(forKey: "zarr.json") != nil && new.removeValue(forKey: "zarr.json") != nil)
      #expect(old == new)
    }
  }

  @Test("a model that fails ends the sweep with its error, and what was written stays", arguments: [2, 3, 5])
  func failing(call: Int) throws {
    try withTemporaryFolder { folder in
      var model = DummyModel(outputs: DummySweeps.outputs)
      model.failingCall = call
      let path = try {
        let (path, recorder) = try DummySweeps.recorder(model, in: folder)
        #expect(throws: DummyModel.Failure.self) { try recorder.run(Runner(workers: 1)) }
        // The first call is the unoccluded image, every other one a chunk of 16 positions.
        #expect(recorder.computedPositions == 16 * (call - 2))
        #expect(try SweepRecord(contentsOf: path).measuredPositions == 16 * (call - 2))
        return path
      }()
      _ = try DummySweeps.record(in: folder)
      let whole = try DummySweeps.record(in: folder + "/whole").path
      #expect(try files(under: path) == files(under: whole))
    }
    try withTemporaryFolder { folder in
      var model = DummyModel()
      model.failingCall = 1
      #expect(throws: DummyModel.Failure.self) { try DummySweeps.recorder(model, in: folder) }
      let left = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(left.isEmpty)
    }
  }

  @Test("progress counts positions, those of earlier runs included") func progress() throws {
    try withTemporaryFolder { folder in
      let reports = Mutex<[Int]>([])
      let asked = Atomic(0)
      func run(_ isCancelled: @escaping @Sendable () -> Bool) throws -> Bool {
        try DummySweeps.recorder(in: folder).recorder.run(
          Runner(
            workers: 1, isCancelled: isCancelled,
            progress: { done, total in
              #expect(total == 64)
              reports.withLock { $0.append(done) }
            }))
      }
      let isStopped = try !run { asked.add(1, ordering: .relaxed).oldValue > 1 }
      #expect(try isStopped && run { false })
      #expect(reports.withLock { $0 } == [0, 16, 32, 32, 48, 64])
    }
  }

  // MARK: What else is at the path

  @Test("a record of another sweep is refused and unchanged") func otherSettings() throws {
    try withTemporaryFolder { folder in
      let path = try DummySweeps.record(in: folder).path
      let before = try files(under: path)
      let sweep = try DummySweeps.sweep(DummyModel(outputs: DummySweeps.outputs))
      let header = try RecordHeader(of: ZarrGroup(contentsOf: path))
      for (words, change) in [
        ("another picture (person.png)", { $0.picture.fingerprint = "other" }),
        ("the occlusion square56", { $0.occlusion = Occlusion() }),
        ("stride 28, centred grid", { $0.positions.stride = 40 }),
        ("another network (dummy)", { $0.model.fingerprint = "other" }),
        ("no ground truth", { $0.truth = DummySweeps.truth.source }),
        ("every position, without a tolerance", { $0.tolerance = 2 }),
      ] as [(String, (inout RecordSettings) -> Void)] {
        var other = header
        change(&other.settings)
        let error = #expect(throws: ArchiveError.self) {
          try SweepRecorder(at: path, of: sweep, header: other, context: RecordContext())
        }
        #expect(error?.kind == .cannotCreate && error?.description.contains(words) == true, "\(words)")
      }
      #expect(try files(under: path) == before)
    }
  }

  @Test("a record of version 0.1.0 is refused by its version and unchanged") func version010() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.zarr"
      try FileManager.default.copyItem(atPath: fixture("records/person-1.gap.zarr"), toPath: path)
      let before = try files(under: path)
      let header = try RecordHeader(of: ZarrGroup(contentsOf: path))
      let error = #expect(throws: ArchiveError.self) {
        try SweepRecorder(at: path, of: DummySweeps.sweep(), header: header, context: RecordContext())
      }
      #expect(error?.kind == .cannotCreate && error?.message.contains("version 0.1.0") == true)
      #expect(try files(under: path) == before)
    }
  }

  @Test("a folder that is not a record is refused and unchanged") func noRecord() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/person.dummy.square56-stride28.zarr"
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      try Data("mine".utf8).write(to: URL(filePath: path + "/notes.txt"))
      let error = #expect(throws: ArchiveError.self) { try DummySweeps.recorder(in: folder) }
      #expect(error?.kind == .cannotCreate && error?.message.contains("no record") == true)
      #expect(try files(under: path).keys.sorted() == ["notes.txt"])
    }
  }

  @Test("two sweeps cannot write one record at the same time") func locked() throws {
    try withTemporaryFolder { folder in
      let first = try DummySweeps.recorder(in: folder).recorder
      let error = #expect(throws: ArchiveError.self) { try DummySweeps.recorder(in: folder) }
      #expect(error?.kind == .cannotCreate && error?.message.contains("another run") == true)
      // One of other settings is at another path.
      var other = DummySweeps.options()
      other.occlusion.fill = .colour(red: 0, green: 0, blue: 0)
      let second = try DummySweeps.recorder(in: folder, options: other)
      #expect(try first.run(Runner(workers: 1)) && second.recorder.run(Runner(workers: 1)))
      #expect(try SweepRecord(contentsOf: second.path).isComplete)
    }
    // Given back when it is released.
    try withTemporaryFolder { folder in
      do { _ = try DummySweeps.recorder(in: folder) }
      #expect(throws: Never.self) { try DummySweeps.recorder(in: folder) }
    }
  }

  @Test("remains of a killed creation do not matter") func leftover() throws {
    try withTemporaryFolder { folder in
      let name = "person.dummy.square56-stride28.zarr"
      let leftover = "\(folder)/.\(name).12345-678.partial"
      try FileManager.default.createDirectory(
        atPath: leftover + "/joints", withIntermediateDirectories: true)
      try Data("{".utf8).write(to: URL(filePath: leftover + "/zarr.json"))
      _ = try DummySweeps.record(in: folder)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [name])
    }
  }

  // MARK: Several settings and what cannot be swept

  @Test("settings are side by side in one folder") func sideBySide() throws {
    try withTemporaryFolder { folder in
      var records: [SweepRecord] = []
      for change in [
        { _ in }, { $0.occlusion.size = 80 }, { $0.occlusion.shape = .disc },
        { $0.occlusion.fill = .colour(red: 0, green: 0, blue: 0) }, { $0.positions.kind = .corner },
        { $0.positions.region = [8, 8, 16, 16] }, { $0.positions.list = [[4, 5], [16, 16]] },
      ] as [(inout SweepOptions) -> Void] {
        var options = DummySweeps.options()
        change(&options)
        records.append(try DummySweeps.record(in: folder, options: options).record)
      }
      records.append(try DummySweeps.record(DummyModel(label: "second"), in: folder).record)
      #expect(records.allSatisfy(\.isComplete) && Set(records.map(\.settings)).count == 8)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 8)
      #expect(try SweepRecord.finished(in: folder).count == 8)
      #expect(records[6].positions.count == 2 && records[6].results.error.shape == [2, 5])
    }
  }

  @Test("a region that no position is in is refused with the picture's name") func noPositions() throws {
    try withTemporaryFolder { folder in
      var options = DummySweeps.options()
      options.positions.region = [400, 0, 10, 10]
      let error = #expect(throws: RecordError.self) { try DummySweeps.recorder(in: folder, options: options) }
      #expect(error?.kind == .badData && error?.description.hasPrefix("person.png: no position") == true)
    }
  }

  @Test("a network that does not fit into the memory is refused in one line") func memory() throws {
    try withTemporaryFolder { folder in
      var options = DummySweeps.options(stride: 56)
      (options.batch, options.memory) = (nil, 1)
      let error = #expect(throws: ModelError.self) {
        try DummySweeps.recorder(SmallNetworks.model(.pooled), in: folder, options: options)
      }
      #expect(error?.kind == .unavailable && error?.description.hasPrefix("--memory 1MB: small takes") == true)
    }
  }

  @Test("where nobody is found, results are not numbers, and findings are of the other positions")
  func missingPeople() throws {
    try withTemporaryFolder { folder in
      var model = DummyModel(outputs: DummySweeps.outputs)
      model.isMissing = { $0.y.pixels.lowerBound == 0 && $0.x.pixels.lowerBound == 0 }
      let record = try DummySweeps.record(model, in: folder).record
      let known = (0..<64).filter { !model.isMissing(record.positions[$0].window) }
      #expect(record.isComplete && known.count < 64 && known.count > 32)
      for array in PositionArray.all {
        let values = try #require(record.results[array])
        for index in 0..<64 {
          let row = values.rows(index..<index + 1)
          #expect(known.contains(index) ? row.isFinite : row.elements.allSatisfy(\.isNaN), "\(array.name)")
        }
      }
      #expect(record.worstPositions().allSatisfy(known.contains))
      let findings = Findings(record)
      let means = known.map { index in
        model.displacements(under: record.positions[index].window).reduce(0, +) / 5
      }
      expectClose([findings.mean.millimetres], [1000 * means.reduce(0, +) / Float(known.count)], absolute: 1e-3)
      expectClose([findings.worst.millimetres], [1000 * means.max()!], absolute: 1e-3)
      #expect(throws: Never.self) { try JSONEncoder().encode(findings) }
    }
  }
}

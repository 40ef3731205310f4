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

/// What a record goes through between its first and its last chunk, and beside what it lies.
@Suite("Records of sweeps") struct RecordLifeTests {
  static let model = DummyModel(outputs: DummySweep.everything)

  /// 32 by 32 positions, of which a tolerance leaves many out.
  static let adaptive = DummySweep.options { ($0.positions.stride, $0.tolerance) = (4, 2) }

  /// Changes the notes among the attributes of a record, and the version that it names.
  static func editNotes(of path: String, _ change: (inout [String: JSONValue]) -> Void) throws {
    var group = try ZarrGroup(contentsOf: path)
    let text = try #require(group.attributes["notes"]?.string)
    var notes = try #require(try JSONValue(Data(text.utf8), from: path).object)
    change(&notes)
    try group.setAttributes(
      group.attributes.merging([
        "notes": .string(JSONValue.object(notes).canonicalText), "penumbra": notes["penumbra"] ?? .null,
      ]) { $1 })
  }

  // MARK: Damage

  @Test("chunks that were lost or half written in any array are computed again, to the same bytes")
  func lostChunks() throws {
    try withTemporaryFolder { folder in
      let (path, _) = try DummySweep.run(Self.model, in: folder)
      let expected = try files(under: path)
      for array in ["error", "joints", "camera", "confidence"] {
        try FileManager.default.removeItem(atPath: "\(path)/\(array)/c/2")
        try Data([1, 2]).write(to: URL(filePath: "\(path)/joints/c/0/.0.1-1.part"))
        #expect(try !SweepRecord(contentsOf: path).isComplete)
        let model = DummyModel(outputs: DummySweep.everything)
        #expect(try DummySweep.run(model, in: folder).isComplete)
        #expect(model.predictedWindows == 1 + DummySweep.chunk, "\(array)")
        #expect(try files(under: path) == expected, "\(array)")
      }
      try Data([7]).write(to: URL(filePath: path + "/error_pa/c/1/0/0"))
      #expect(try DummySweep.run(Self.model, in: folder).isComplete)
      #expect(try files(under: path) == expected)
    }
  }

  @Test("of an adaptive record too, the lost chunk and nothing else is computed again") func lostAdaptive()
    throws
  {
    try withTemporaryFolder { folder in
      let whole = DummyModel(outputs: DummySweep.everything)
      let (path, _) = try DummySweep.run(whole, in: folder, options: Self.adaptive)
      let expected = try files(under: path)
      for array in ["error", "camera", "is_measured"] {
        try FileManager.default.removeItem(atPath: "\(path)/\(array)/c/2")
        let model = DummyModel(outputs: DummySweep.everything)
        #expect(try DummySweep.run(model, in: folder, options: Self.adaptive).isComplete)
        #expect((2..<whole.predictedWindows / 2).contains(model.predictedWindows), "\(array)")
        #expect(try files(under: path) == expected, "\(array)")
      }
    }
  }

  @Test("remains of a killed creation do not matter") func leftover() throws {
    try withTemporaryFolder { folder in
      let name = "person.dummy.square40-stride16.zarr"
      let leftover = "\(folder)/.\(name).12345-678.partial"
      try FileManager.default.createDirectory(
        atPath: leftover + "/joints", withIntermediateDirectories: true)
      try Data("{".utf8).write(to: URL(filePath: leftover + "/zarr.json"))
      #expect(try DummySweep.run(in: folder).isComplete)
      let left = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(left == [name])
    }
  }

  // MARK: Other releases

  @Test("another release, processor or number of threads continues a record", arguments: [nil, 2.0])
  func otherRelease(tolerance: Double?) throws {
    try withTemporaryFolder { folder in
      var options = Self.adaptive
      options.tolerance = tolerance
      let (whole, _) = try DummySweep.run(Self.model, in: folder + "/whole", options: options)
      let (path, isComplete) = try DummySweep.run(
        Self.model, in: folder, options: options, runner: .stopping(after: 2))
      #expect(!isComplete)
      try Self.editNotes(of: path) { notes in
        (notes["penumbra"], notes["kernels"], notes["convolutions"]) = ("0.0.7", "an abacus", "winograd")
      }
      (options.workers, options.batch, options.memory) = (2, 3, 900)
      let continued = try DummySweep.run(
        Self.model, in: folder, options: options, runner: Runner(workers: 2))
      #expect(continued.path == path && continued.isComplete)
      let notes = try SweepRecord(contentsOf: path).notes
      #expect(notes.penumbra == "0.0.7" && notes.kernels == "an abacus" && notes.convolutions == "winograd")
      #expect((notes.interpolation != nil) == (tolerance != nil))
      // But for the notes, the bytes are those of one release.
      var (old, new) = (try files(under: whole), try files(under: path))
      #expect(old.removeValue(forKey: "zarr.json") != nil && new.removeValue(forKey: "zarr.json") != nil)
      #expect(old == new)
    }
  }

  @Test("a record of version 0.1.0 is refused by its version and unchanged") func version010() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/person.dummy.square40-stride16.zarr"
      try FileManager.default.copyItem(atPath: fixture("records/person-1.gap.zarr"), toPath: path)
      let before = try files(under: path)
      let error = #expect(throws: ArchiveError.self) { try DummySweep.run(in: folder) }
      #expect(
        error?.description
          == "\(path): is a record of version 0.1.0 of Penumbra; choose another --out or remove it")
      #expect(try files(under: path) == before)
    }
  }

  // MARK: What is in a record

  @Test("several settings are side by side in one folder") func sideBySide() throws {
    try withTemporaryFolder { folder in
      let changes: [(inout SweepOptions) -> Void] = [
        { _ in }, { $0.occlusion.size = 80 }, { $0.occlusion.shape = .disc },
        { $0.occlusion.fill = .colour(red: 0, green: 0, blue: 0) }, { $0.positions.kind = .corner },
        { $0.positions.region = [8, 8, 16, 16] }, { $0.positions.list = [[4, 5], [16, 16]] },
      ]
      var records = try changes.map { try DummySweep.record(in: folder, options: DummySweep.options($0)) }
      records.append(try DummySweep.record(DummyModel(label: "second"), in: folder))
      #expect(Set(records.map(\.settings)).count == 8)
      let found = try SweepRecord.finished(in: folder)
      #expect(Set(found.map(\.record.settings)) == Set(records.map(\.settings)))
    }
  }

  @Test("ground truth with a body and a camera decides mask and visibility, else the clean prediction")
  func masks() throws {
    try withTemporaryFolder { folder in
      let model = try SmallNetworks.model(.partAttention)
      let input = PictureInput(
        picture: SmallNetworks.picture, path: "a/b.png", box: nil,
        source: SourceFile(name: "b.png", fingerprint: "b"))
      let options = DummySweep.options { ($0.positions.stride, $0.seed) = (56, 5) }
      let plain = try DummySweep.record(model, over: input, in: folder, options: options)
      #expect(plain.context.bodyMask?.shape == [64, 64] && plain.notes.maskOf == .cleanPrediction)
      #expect(plain.notes.visibility == nil && plain.notes.pictureSize == [64, 64])
      #expect(plain.notes.seed == 5 && plain.settings.seed == nil && plain.settings.crop == "spin")
      #expect(plain.reference == plain.clean.joints?.reshaped([24, 3]) && plain.worstAttention != nil)

      let file = GroundTruthFile(
        pose: [Float](repeating: 0, count: 72), betas: [Float](repeating: 0, count: 10), camera: [0.9, 0, 0])
      let truth = LoadedGroundTruth(
        truth: try GroundTruth(file, from: "t", body: SmallNetworks.body.model),
        source: SourceFile(name: "t.json", fingerprint: "t"))
      let known = try DummySweep.record(model, over: input, in: folder + "/t", truth: truth, options: options)
      #expect(known.notes.maskOf == .groundTruth && known.notes.visibility?.count == 24)
      #expect(known.context.bodyMask != plain.context.bodyMask)
      #expect(known.context.truthBody?.betas == Tensor([10]))
      #expect(known.context.truthCamera?.elements == [0.9, 0, 0])
      #expect(known.results.joints == plain.results.joints)
    }
  }

  @Test("findings are of the positions where somebody is found") func missingPeople() throws {
    try withTemporaryFolder { folder in
      var model = DummyModel(outputs: DummySweep.everything)
      model.isMissing = { $0.y.pixels.lowerBound == 0 && $0.x.pixels.lowerBound == 0 }
      let record = try DummySweep.record(model, in: folder)
      let windows = (0..<record.positions.count).map { record.positions[$0].window }
      let known = windows.filter { !model.isMissing($0) }
      #expect(known.count < windows.count && known.count > 200)
      let findings = Findings(record)
      let errors = known.map { model.displacements(under: $0) }
      let means = errors.map { $0.reduce(0, +) / 5 }
      expectClose(
        [findings.mean.millimetres], [1000 * means.reduce(0, +) / Float(known.count)], absolute: 1e-3)
      #expect(findings.worst.millimetres == 1000 * means.max()!)
      for joint in 0..<5 {
        #expect(findings.joints[joint].worstMillimetres == 1000 * errors.map { $0[joint] }.max()!)
      }
      #expect(throws: Never.self) { try JSONEncoder().encode(findings) }
    }
  }
}

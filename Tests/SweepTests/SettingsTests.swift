import Archives
import Bodies
import Foundation
import Models
import Pictures
import Records
import Sweeps
import TestSupport
import Tensors
import Testing

/// The dummy, as if every window took a gigabyte.
private struct LargeModel: PoseModel {
  let dummy = DummyModel()
  var identity: ModelIdentity { dummy.identity }
  var skeleton: Skeleton { dummy.skeleton }
  var outputs: ModelOutputs { dummy.outputs }

  func prepare(_ picture: Picture, box: Box?, occlusion: Occlusion) throws -> any PreparedPicture {
    try dummy.prepare(picture, box: box, occlusion: occlusion)
  }
  func batch(within bytes: Double, workers: Int) -> Int? {
    let batch = Int(bytes / memory(batch: 1, workers: workers))
    return batch > 0 ? batch : nil
  }
  func memory(batch: Int, workers: Int) -> Double { Double(batch * workers) * 1e9 }
}

@Suite("Settings of sweeps") struct SettingsTests {
  /// A sweep whose record has the path of the plain one.
  struct Other: Sendable, CustomTestStringConvertible {
    let sentence: String
    var model = DummyModel()
    var input = DummyModel.input()
    var truth: LoadedGroundTruth?
    var testDescription: String { sentence }
  }

  @Test(
    "a record of another sweep is refused and unchanged",
    arguments: [
      Other(sentence: "another picture (person.png)", input: DummyModel.input(seed: 2)),
      Other(
        sentence: "another box", input: DummyModel.input(box: Box(x: 8, y: 8, width: 16, height: 16))),
      Other(sentence: "another network (dummy)", model: DummyModel(outputs: .camera)),
      Other(sentence: "no ground truth", truth: DummySweep.truth()),
    ])
  func others(_ other: Other) throws {
    try withTemporaryFolder { folder in
      let (path, _) = try DummySweep.run(in: folder)
      let before = try files(under: folder)
      let error = #expect(throws: ArchiveError.self) {
        try DummySweep.run(other.model, over: other.input, in: folder, truth: other.truth)
      }
      #expect(error?.kind == .cannotCreate)
      #expect(
        error?.description
          == "\(path): is a record of \(other.sentence); choose another --out or remove it")
      #expect(try files(under: folder) == before)
    }
  }

  @Test("the seed of an adaptive sweep is one of its settings, else it is not") func seeds() throws {
    try withTemporaryFolder { folder in
      let options = DummySweep.options { $0.seed = 4 }
      try DummySweep.run(in: folder, runner: .stopping(after: 1))
      #expect(try DummySweep.run(in: folder, options: options).isComplete)
      let adaptive = DummySweep.options { $0.tolerance = 5 }
      try DummySweep.run(in: folder, options: adaptive)
      let error = #expect(throws: ArchiveError.self) {
        var other = adaptive
        other.seed = 4
        try DummySweep.run(in: folder, options: other)
      }
      #expect(error?.description.contains("is a record of seed 0; ") == true)
    }
  }

  @Test("a file that is not a record is refused and unchanged") func noRecord() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/person.dummy.square40-stride16.zarr"
      try Data("mine".utf8).write(to: URL(filePath: path))
      let error = #expect(throws: ArchiveError.self) { try DummySweep.run(in: folder) }
      #expect(error?.description == "\(path): is already there and is not a record; choose another --out")
      #expect(try Data(contentsOf: URL(filePath: path)) == Data("mine".utf8))
    }
  }

  @Test("two sweeps cannot write one record at the same time") func lock() throws {
    try withTemporaryFolder { folder in
      let sweep = PictureSweep(DummyModel.input(), options: DummySweep.options())
      do {
        let (path, recorder) = try sweep.recorder(for: DummyModel(), in: folder)
        try withExtendedLifetime(recorder) { () throws -> Void in
          let error = #expect(throws: ArchiveError.self) {
            try sweep.recorder(for: DummyModel(), in: folder)
          }
          #expect(error?.kind == .cannotCreate)
          #expect(error?.description == "\(path): another run is writing it; wait for its end")
          // Of another network the record is another, and the first goes on as if nothing had been.
          #expect(try DummySweep.run(DummyModel(label: "other"), in: folder).isComplete)
          #expect(try recorder.run(Runner(workers: 2)))
        }
      }
      #expect(try DummySweep.run(in: folder).isComplete)
    }
  }

  // MARK: Sweeps of pictures

  @Test("records are called after picture, network and what differs in the settings")
  func names() throws {
    func name(_ label: String = "dummy", _ change: (inout SweepOptions) -> Void) throws -> String {
      try withTemporaryFolder { folder in
        let options = DummySweep.options {
          $0.positions.stride = 224
          change(&$0)
        }
        let model = DummyModel(label: label)
        let path = try DummySweep.run(model, in: folder, options: options).path
        #expect(path.hasPrefix(folder + "/"))
        return String(path.dropFirst(folder.count + 1))
      }
    }
    #expect(try name { $0.positions.stride = 4 } == "person.dummy.square40.zarr")
    #expect(try name("a") { _ in } == "person.a.square40-stride224.zarr")
    #expect(try name { $0.occlusion.shape = .disc } == "person.dummy.disc40-stride224.zarr")
    #expect(try name { $0.occlusion.size = 80 } == "person.dummy.square80-stride224.zarr")
    #expect(
      try name { $0.positions = PositionRule(.corner, stride: 100) }
        == "person.dummy.square40-stride100-corner.zarr")
    #expect(try name { $0.tolerance = 2 } == "person.dummy.square40-stride224-2mm.zarr")
  }

  @Test("with ground truth errors are from there, without from the clean prediction") func truth() throws {
    try withTemporaryFolder { folder in
      // The left hand is a quarter of a metre farther away than the network takes it to be.
      var joints = DummyModel.restingJoints
      joints[1].z += 0.25
      let record = try DummySweep.record(in: folder, truth: DummySweep.truth(Tensor(joints)))
      #expect(record.settings.reference == .groundTruth && record.settings.quantity == "error")
      #expect(record.settings.truth?.name == "truth.json" && record.context.truthJoints == Tensor(joints))
      #expect(record.clean.error.elements == [0, 0.25, 0, 0, 0])
      let model = DummyModel()
      for index in 0..<record.positions.count {
        let shares = model.covered(by: record.positions[index].window)
        let expected = shares.enumerated().map { joint, share in
          abs((share - shares[0]) * DummyModel.reach - (joint == 1 ? 0.25 : 0))
        }
        #expect(record.results.error.rows(index..<index + 1).elements == expected)
      }
      let without = try DummySweep.record(in: folder + "/without")
      #expect(without.settings.quantity == "displacement from the clean prediction")
      #expect(without.settings.truth == nil && without.context.truthJoints == nil)
      #expect(without.results.joints == record.results.joints)
    }
  }

  @Test("ground truth of other joints is measured over those") func otherJoints() throws {
    try withTemporaryFolder { folder in
      let feet = try Skeleton(name: "feet", joints: ["right_foot", "left_foot"])
      let resting = Tensor([DummyModel.restingJoints[4], DummyModel.restingJoints[3]])
      let record = try DummySweep.record(in: folder, truth: DummySweep.truth(resting, of: feet))
      #expect(record.measured == feet && record.skeleton == DummyModel.skeleton)
      #expect(record.results.error.shape == [256, 2] && record.results.joints?.shape == [256, 5, 3])
      #expect(record.notes.skeletons == [DummyModel.skeleton, feet])
      let error = #expect(throws: ModelError.self) {
        try DummySweep.run(in: folder, truth: DummySweep.truth(Tensor([24, 3]), of: .smpl24))
      }
      #expect(error?.kind == .badData && error?.description.contains("lack pelvis") == true)
    }
  }

  @Test("a region and a list have the results that their positions have in the whole sweep")
  func regions() throws {
    try withTemporaryFolder { folder in
      let model = DummyModel()
      let region = try DummySweep.record(
        in: folder, options: DummySweep.options { $0.positions.region = [10, 4, 12, 8] })
      #expect(region.positions.shape == [4, 6])
      #expect(region.positions.rows.allSatisfy { $0.centre >= 4 && $0.centre < 12 })
      let list = try DummySweep.record(
        in: folder,
        options: DummySweep.options {
          $0.positions.list = [[24, 8], [3, 30], [24, 8], [999, 3], [16, 16]]
        })
      // One lies outside of the picture.
      #expect(list.positions.shape == [1, 4] && list.positions.list?.count == 4)
      for record in [region, list] {
        for index in 0..<record.positions.count {
          #expect(
            record.results.error.rows(index..<index + 1).elements
              == model.displacements(under: record.positions[index].window))
        }
      }
      #expect(list.results.error.rows(0..<1) == list.results.error.rows(2..<3))
      let error = #expect(throws: RecordError.self) {
        try DummySweep.run(
          in: folder, options: DummySweep.options { $0.positions.region = [100, 100, 9, 9] })
      }
      #expect(
        error?.description.hasSuffix(
          "no position of the occluder is in what dummy sees; move the region") == true)
    }
  }

  @Test("a model that does not fit into the memory is refused before anything is written")
  func memory() throws {
    try withTemporaryFolder { folder in
      func run(_ megabytes: Double, workers: Int, batch: Int? = nil) throws {
        let options = DummySweep.options {
          ($0.memory, $0.workers, $0.batch) = (megabytes, workers, batch)
        }
        let sweep = PictureSweep(DummyModel.input(), options: options)
        let (_, recorder) = try sweep.recorder(for: LargeModel(), in: folder)
        #expect(recorder.positions == 256)
      }
      let error = #expect(throws: ModelError.self) { try run(500, workers: 1) }
      #expect(error?.kind == .unavailable)
      #expect(error?.description.hasPrefix("--memory 500MB: dummy needs about ") == true)
      #expect(error?.description.hasSuffix(" MB even with one crop at a time; give more") == true)
      let several = #expect(throws: ModelError.self) { try run(1500, workers: 2) }
      #expect(several?.description.hasPrefix("--memory 1.5GB: dummy needs about ") == true)
      #expect(several?.description.hasSuffix("; give more, or fewer --workers") == true)
      #expect(try files(under: folder).isEmpty)
      try run(1e6, workers: 2)
      // A batch that is given is the caller's own business.
      try run(500, workers: 2, batch: 1)
    }
  }
}

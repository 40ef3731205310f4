import Bodies
import Models
import Networks
import Pictures
import Records
import Sweeps
import TestSupport
import Tensors
import Testing

@Suite("Questions about single windows") struct OcclusionProbeTests {
  private static let occlusions = [
    Occlusion(size: 20), Occlusion(size: 40, fill: .colour(red: 255, green: 0, blue: 9)),
    Occlusion(size: 80, shape: .disc), Occlusion(size: 45, shape: .rectangle(aspect: 2), fill: .value(0.5)),
    Occlusion(size: 224, shape: .disc, fill: .colour(red: 0, green: 0, blue: 0)), Occlusion(size: 1),
  ]

  /// Asks about every so many positions of a sweep, and compares with what the sweep has there.
  private func expectSweep(
    _ probe: OcclusionProbe, _ sweep: Sweep, _ occlusion: Occlusion, every count: Int,
    _ compare: (_ found: PositionResults, _ expected: PositionResults) throws -> Void
  ) throws {
    for index in stride(from: 0, to: sweep.positions.count, by: count) {
      let window = sweep.positions[index].window
      let answer = try #require(
        try probe.answer(
          x: probe.frame.pictureX(window.x.centre), y: probe.frame.pictureY(window.y.centre),
          under: occlusion))
      #expect(answer.window == window)
      try compare(answer.results, sweep.results(at: [index]))
    }
  }

  @Test("have the answers of a sweep to the bit, wherever the occluder is", arguments: occlusions, [1, 0.5])
  func dummy(occlusion: Occlusion, boxShare: Double) throws {
    var model = DummyModel(outputs: DummySweep.everything)
    model.boxShare = boxShare
    let input = DummyModel.input(width: 64, height: 56, box: Box(x: 20, y: 14, width: 24, height: 24))
    let probe = try OcclusionProbe(model, on: PictureSweep(input))
    let prepared = try input.prepared(for: model, occlusion: occlusion)
    let positions = try #require(PositionRule(stride: 16).positions(of: occlusion, in: prepared.frame))
    let sweep = try Sweep(model, over: prepared, positions: positions)
    try expectSweep(probe, sweep, occlusion, every: 7) { expectEqual($0, $1) }
  }

  @Test(
    "of a network with incremental inference are within 0.01 mm of whole passes", arguments: occlusions,
    [Regressor.Convolutions.direct, .winograd].filter(\.isSupported))
  func networks(occlusion: Occlusion, convolutions: Regressor.Convolutions) throws {
    let input = PictureInput(
      picture: SmallNetworks.picture, path: "small.png", box: nil,
      source: SourceFile(name: "small.png", fingerprint: "s"))
    for head in [Architecture.Head.Kind.pooled, .partAttention] {
      let model = try SmallNetworks.model(head, convolutions)
      let probe = try OcclusionProbe(model, on: PictureSweep(input))
      let prepared = try input.prepared(for: model, occlusion: occlusion)
      let positions = try #require(PositionRule(stride: 21).positions(of: occlusion, in: prepared.frame))
      let whole = try Sweep(model, over: prepared, positions: positions, isPlanned: false)
      try expectSweep(probe, whole, occlusion, every: 3) { found, expected in
        for (array, tolerance) in [(PositionArray.joints, Float(1e-5)), (.error, 1e-5), (.camera, 1e-4)] {
          expectClose(
            try #require(found[array]), try #require(expected[array]), absolute: tolerance, relative: 0,
            "\(array.name)")
        }
      }
    }
  }

  @Test("of the built-in networks are within 0.01 mm of their sweeps", arguments: ["gap-small", "blazepose"])
  func builtIn(name: String) throws {
    let body = try SMPLBody(contentsOf: fixture("body.npz"))
    let model = try NetworkFile(contentsOf: LoadedNetwork.path(of: name))
      .model(label: name, name: name, body: body, convolutions: .fastest)
    let input = try PictureInput(contentsOf: fixture("people/person-1.png"))
    let truth =
      name == "blazepose"
      ? nil : try LoadedGroundTruth(contentsOf: fixture("people/person-1.json"), body: body.model)
    let probe = try OcclusionProbe(model, on: PictureSweep(input, truth: truth))
    for occlusion in Self.occlusions.prefix(3) {
      let prepared = try input.prepared(for: model, occlusion: occlusion)
      let positions = try #require(PositionRule(stride: 30).positions(of: occlusion, in: prepared.frame))
      let sweep = try Sweep(model, over: prepared, positions: positions, truth: truth?.truth)
      try expectSweep(probe, sweep, occlusion, every: 5) { found, expected in
        // Where nobody is found there is no number on either side.
        let misses = [found, expected].map { $0.error.elements.map { $0.isNaN } }
        #expect(misses[0] == misses[1])
        guard !misses[0].contains(true) else { return }
        expectClose(found.error, expected.error, absolute: 1e-5, relative: 0, name)
      }
    }
  }

  @Test("look at the unoccluded image once, and prepare a picture once for an occlusion") func calls() throws
  {
    let model = DummyModel()
    let probe = try OcclusionProbe(model, on: PictureSweep(DummyModel.input()))
    #expect(model.calls == 1)
    for _ in 0..<3 {
      for size in [20, 40] { _ = try probe.answer(x: 9, y: 9, under: Occlusion(size: size)) }
    }
    #expect(model.calls == 7 && model.predictedWindows == 7)
    #expect(try probe.answer(x: 40, y: 9, under: Occlusion()) == nil)
    #expect(try probe.answer(x: .nan, y: 9, under: Occlusion()) == nil)
    #expect(model.calls == 7)
  }

  @Test("begin with a first look at few positions, the same as those of a sweep") func firstLook() throws {
    try withTemporaryFolder { folder in
      let model = DummyModel(outputs: DummySweep.everything)
      let truth = DummySweep.truth(Tensor(DummyModel.restingJoints.reversed()))
      let picture = PictureSweep(
        DummyModel.input(), truth: truth, options: DummySweep.options { $0.tolerance = 5 })
      let probe = try OcclusionProbe(model, on: picture)
      let look = try #require(try probe.firstLook(Runner(workers: 2)))
      let record = try DummySweep.record(
        model, in: folder, truth: truth, options: DummySweep.options { $0.positions.stride = 28 })
      #expect(look.isComplete && look.settings == record.settings && look.positions == record.positions)
      expectEqual(look.results, record.results)
      expectEqual(look.clean, record.clean)
      #expect(look.context.picture == record.context.picture && look.reference == record.reference)
      #expect(try probe.firstLook(Runner(isCancelled: { true })) == nil)

      // Records of the sweep itself are found when they are there and finished.
      let plain = PictureSweep(DummyModel.input(), truth: truth, options: DummySweep.options())
      let other = try OcclusionProbe(model, on: plain)
      #expect(other.finishedRecord(of: plain, in: folder) == nil)
      let stopping = Runner.stopping(after: 2)
      _ = try DummySweep.run(model, in: folder, truth: truth, runner: stopping)
      #expect(other.finishedRecord(of: plain, in: folder) == nil)
      _ = try DummySweep.run(model, in: folder, truth: truth)
      #expect(other.finishedRecord(of: plain, in: folder)?.positions.shape == [16, 16])
      #expect(
        other.finishedRecord(of: PictureSweep(DummyModel.input(), options: plain.options), in: folder) == nil)
    }
  }

  @Test("look at a small region at the sweep's own positions") func region() throws {
    let options = DummySweep.options {
      $0.positions = PositionRule(stride: 8, region: [9, 9, 2, 2])
    }
    let probe = try OcclusionProbe(
      DummyModel(), on: PictureSweep(DummyModel.input(), options: options), stride: 100)
    #expect(probe.sweep.positions.count == 4)
    let nowhere = DummySweep.options { $0.positions.region = [100, 100, 2, 2] }
    #expect(throws: RecordError.self) {
      try OcclusionProbe(DummyModel(), on: PictureSweep(DummyModel.input(), options: nowhere))
    }
  }
}

import Archives
import Bodies
import Models
import Networks
import Pictures
import Records
import Sweeps
import TestSupport
import Tensors
import Testing

@Suite("Sweeps") struct SweepTests {
  @Test("every position's error is the known displacement, to the bit", arguments: [1.0, 0.5])
  func known(boxShare: Double) throws {
    try withTemporaryFolder { folder in
      var model = DummyModel()
      model.boxShare = boxShare
      let box = Box(x: 20, y: 14, width: 24, height: 24)
      let record = try DummySweep.record(
        model, over: DummyModel.input(width: 64, height: 56, box: box), in: folder)
      #expect(record.isComplete && record.settings.reference == .cleanPrediction)
      #expect(record.positions.shape == (boxShare == 1 ? [16, 16] : [32, 32]))
      for index in 0..<record.positions.count {
        let window = record.positions[index].window
        let row = index..<index + 1
        #expect(record.results.error.rows(row).elements == model.displacements(under: window))
        #expect(record.results.joints?.rows(row).points == model.joints(under: window))
      }
      #expect(record.results.error.elements.contains { $0 > 0.01 })
      #expect(record.clean.error.elements == [0, 0, 0, 0, 0])
      #expect(record.clean.joints?.points == DummyModel.restingJoints)
    }
  }

  @Test("the record reads back as what the sweep finds at its positions") func readBack() throws {
    try withTemporaryFolder { folder in
      let model = DummyModel(outputs: DummySweep.everything)
      let record = try DummySweep.record(model, in: folder)
      let options = DummySweep.options()
      let prepared = try DummyModel.input().prepared(for: model, occlusion: options.occlusion)
      let positions = try #require(options.positions.positions(of: options.occlusion, in: prepared.frame))
      let sweep = try Sweep(model, over: prepared, positions: positions)
      #expect(record.positions == positions && record.measured == DummyModel.skeleton)
      expectEqual(record.results, try sweep.results(at: 0..<positions.count))
      expectEqual(record.clean, try sweep.clean())
      #expect(record.reference == sweep.reference)
      // Some positions in any order have the results that they have among all.
      let chosen = [200, 3, 117]
      let found = try sweep.results(at: chosen)
      for (index, position) in chosen.enumerated() {
        expectEqual(found.rows(index..<index + 1), record.results.rows(position..<position + 1))
      }
    }
  }

  @Test(
    "workers and batch change no byte, and no call is larger than the batch", arguments: [1, 3], [1, 5, 16])
  func batches(workers: Int, batch: Int) throws {
    try withTemporaryFolder { folder in
      let expected = try DummySweep.run(DummyModel(outputs: DummySweep.everything), in: folder + "/one")
      let model = DummyModel(outputs: DummySweep.everything)
      let found = try DummySweep.run(
        model, in: folder + "/two", options: DummySweep.options { $0.batch = batch },
        runner: Runner(workers: workers))
      #expect(found.isComplete)
      #expect(try files(under: found.path) == files(under: expected.path))
      // The unoccluded image, the chunks, and attention at the worst positions.
      let callsPerChunk = (DummySweep.chunk + batch - 1) / batch
      #expect(model.calls == 1 + 4 * callsPerChunk + 3)
      #expect(model.predictedWindows == 1 + DummySweep.positions + 3)
    }
  }

  @Test("whole passes keep to the batch as well") func wholePasses() throws {
    let model = DummyModel()
    let prepared = try DummyModel.input().prepared(for: model, occlusion: Occlusion())
    let positions = try #require(PositionRule(stride: 16).positions(of: Occlusion(), in: prepared.frame))
    let sweep = try Sweep(model, over: prepared, positions: positions, batch: 7, isPlanned: false)
    #expect(try sweep.results(at: 0..<20).count == 20)
    #expect(model.calls == 1 + 3)
  }

  @Test("a patch of the picture's own colour changes nothing") func nothingHidden() throws {
    try withTemporaryFolder { folder in
      let picture = Picture(width: 32, height: 32, red: 9, green: 200, blue: 40)
      let input = PictureInput(
        picture: picture, path: "plain.png", box: nil,
        source: SourceFile(name: "plain.png", fingerprint: "p"))
      let options = DummySweep.options { $0.occlusion.fill = .colour(red: 9, green: 200, blue: 40) }
      let record = try DummySweep.record(over: input, in: folder, options: options)
      #expect(record.results.error.elements.allSatisfy { $0 == 0 })
    }
  }

  @Test(
    "with a real network, batch and workers change no bit, and a patch of the picture's colour changes joints by less than 0.01 mm",
    arguments: [Architecture.Head.Kind.pooled, .partAttention])
  func realNetwork(head: Architecture.Head.Kind) throws {
    let model = try SmallNetworks.model(head)
    func sweep(over picture: Picture, _ occlusion: Occlusion, batch: Int) throws -> Sweep {
      let prepared = try model.prepare(picture, box: nil, occlusion: occlusion)
      let positions = PositionRule(.corner, stride: 40).positions(of: occlusion, in: prepared.frame)!
      return try Sweep(model, over: prepared, positions: positions, batch: batch)
    }
    let occlusion = Occlusion(size: 70, fill: .value(0.5))
    let whole = try sweep(over: SmallNetworks.picture, occlusion, batch: 16)
    let count = whole.positions.count
    let expected = try whole.results(at: 0..<count)
    for (batch, workers) in [(1, 1), (3, 2), (5, 1), (16, 2)] {
      let other = try sweep(over: SmallNetworks.picture, occlusion, batch: batch)
      let chunks = [0..<count / 2, count / 2..<count]
      let parts = try Runner(workers: workers).map(2) { try other.results(at: chunks[$0]) }
      let found = PositionResults(stacking: try #require(parts))
      expectEqual(found, expected)
    }

    let plain = Picture(width: 64, height: 64, red: 7, green: 70, blue: 170)
    let hidden = try sweep(
      over: plain, Occlusion(size: 70, fill: .colour(red: 7, green: 70, blue: 170)), batch: 16)
    let results = try hidden.results(at: 0..<count)
    #expect(results.error.elements.allSatisfy { $0 < 1e-5 })
    expectClose(results.camera!.rows(3..<4), try hidden.clean().camera!, absolute: 1e-6)
  }

  @Test(
    "a record has the arrays that the model gives, and no others",
    arguments: [[], .body, .camera, .attention, .confidence, .uncertainty, DummySweep.everything]
      as [ModelOutputs])
  func outputs(_ outputs: ModelOutputs) throws {
    try withTemporaryFolder { folder in
      let record = try DummySweep.record(DummyModel(outputs: outputs), in: folder)
      for results in [record.results, record.clean] {
        #expect(results.joints != nil && results.alignedError != nil)
        #expect((results.body != nil) == outputs.contains(.body))
        #expect((results.camera != nil) == outputs.contains(.camera))
        #expect((results[.confidence] != nil) == outputs.contains(.confidence))
        #expect((results[.uncertainty] != nil) == outputs.contains(.uncertainty))
      }
      #expect((record.context.cleanAttention != nil) == outputs.contains(.attention))
      #expect((record.worstAttention != nil) == outputs.contains(.attention))
    }
  }

  @Test("attention is kept at the worst positions") func worstAttention() throws {
    try withTemporaryFolder { folder in
      let model = DummyModel(outputs: .attention)
      let (path, _) = try DummySweep.run(model, in: folder)
      let record = try SweepRecord(contentsOf: path)
      let worst = record.worstPositions()
      #expect(worst.count == 3)
      let prepared = try DummyModel.input().prepared(for: model, occlusion: Occlusion())
      let windows = worst.map { record.positions[$0].window }
      #expect(try record.worstAttention == prepared.predict(at: windows, attention: true).attention)
      let noted = try ZarrGroup(contentsOf: path).attributes["worst_positions"]
      #expect(noted == .array(worst.map(JSONValue.integer)))
    }
  }

  @Test("a long sweep gives a forecast, a short one none") func forecast() throws {
    for (batch, isTold) in [(4, true), (16, false)] {
      try withTemporaryFolder { folder in
        let sweep = PictureSweep(DummyModel.input(), options: DummySweep.options { $0.batch = batch })
        let (_, recorder) = try sweep.recorder(for: DummyModel(), in: folder)
        var told: Sweep.Forecast?
        #expect(try recorder.run(Runner(workers: 2)) { told = $0 })
        #expect((told != nil) == isTold)
        if let told { #expect(told.positions == 256 && told.seconds > 0 && told.seconds < 600) }
        // Nothing is left to tell about.
        told = nil
        #expect(try recorder.run(Runner(workers: 1)) { told = $0 })
        #expect(told == nil)
      }
    }
  }
}

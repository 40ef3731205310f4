import Bodies
import Models
import Networks
import Pictures
import Records
import Sweeps
import TestSupport
import Tensors
import Testing

@Suite("Sweep") struct SweepTests {
  @Test("distances from the clean prediction are the known ones at every position") func known() throws {
    let model = DummyModel()
    let sweep = try DummySweeps.sweep(model)
    let results = try sweep.results(at: 0..<sweep.positions.count)
    #expect(sweep.measured == DummyModel.skeleton && sweep.positions.count == 64)
    #expect(sweep.reference.points == DummyModel.restingJoints)
    #expect(try sweep.clean().error.elements == [0, 0, 0, 0, 0])
    for index in 0..<64 {
      let window = sweep.positions[index].window
      #expect(results.error.rows(index..<index + 1).elements == model.displacements(under: window))
      #expect(results.joints?.rows(index..<index + 1).points == model.joints(under: window))
    }
    #expect(results.error.elements.max() == DummyModel.reach)
  }

  @Test("errors from ground truth are taken with roots aligned") func truth() throws {
    let model = DummyModel()
    let sweep = try DummySweeps.sweep(model, truth: DummySweeps.truth.truth)
    #expect(try sweep.clean().error.elements == [0, 0.25, 0.5, 1, 2])
    let index = (0..<64).first { model.displacements(under: sweep.positions[$0].window)[1] == 0.125 }!
    let error = try sweep.results(at: [index]).error.elements
    expectClose(error, [0, (0.0625 + 0.015625 as Float).squareRoot(), 0.5, 1, 2], absolute: 1e-6)
  }

  @Test("errors are measured over the ground truth's joints, by the model's counterparts") func skeletons() throws {
    let hands = try Skeleton(name: "hands", joints: ["right_hand", "left_hand"])
    let truth = GroundTruth(hands, joints: Tensor([2, 3], [-0.5, -0.5, 0, 0.5, -0.5, 0.25]))
    let sweep = try DummySweeps.sweep(truth: truth)
    #expect(try sweep.measured == hands && sweep.clean().error.elements == [0, 0.25])
    #expect(try sweep.results(at: [3, 9]).error.shape == [2, 2])
    let tail = GroundTruth(try Skeleton(name: "tail", joints: ["tail", "root"]), joints: Tensor([2, 3]))
    let error = #expect(throws: ModelError.self) { try DummySweeps.sweep(truth: tail) }
    #expect(error?.kind == .badData && error?.description.contains("lack tail of tail") == true)
  }

  @Test("batch and workers change nothing", arguments: [1, 3, 16], [1, 2])
  func batches(batch: Int, workers: Int) throws {
    let whole = try DummySweeps.sweep()
    let expected = try whole.results(at: 0..<64)
    let sweep = try DummySweeps.sweep(batch: batch)
    let chunks = stride(from: 0, to: 64, by: 7).map { $0..<min($0 + 7, 64) }
    let parts = try Runner(workers: workers).map(chunks.count) { try sweep.results(at: chunks[$0]) }
    let found = PositionResults(stacking: try #require(parts))
    for array in PositionArray.all { #expect(found[array] == expected[array], "\(array.name)") }
    let reversed = try sweep.results(at: (0..<64).reversed())
    for index in 0..<64 {
      #expect(reversed.error.rows(63 - index..<64 - index) == expected.error.rows(index..<index + 1))
    }
  }

  @Test("a patch of the picture's own colour changes nothing") func nothingHidden() throws {
    let occlusion = Occlusion(size: 56, fill: .colour(red: 9, green: 200, blue: 40))
    let picture = Picture(width: 32, height: 32, red: 9, green: 200, blue: 40)
    let prepared = try DummyModel().prepare(picture, box: nil, occlusion: occlusion)
    let positions = PositionRule(stride: 28).positions(of: occlusion, in: prepared.frame)!
    let sweep = try Sweep(DummyModel(), over: prepared, positions: positions)
    let results = try sweep.results(at: 0..<64)
    #expect(results.error.elements.allSatisfy { $0 == 0 })
  }

  @Test(
    "with a real network, batch and workers change joints and errors by at most 0.02 mm, and a patch of the picture's colour by less than 0.01 mm",
    arguments: Architecture.Head.Kind.allCases)
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
    for (batch, workers) in [(1, 1), (3, 2), (16, 2)] {
      let other = try sweep(over: SmallNetworks.picture, occlusion, batch: batch)
      let chunks = [0..<count / 2, count / 2..<count]
      let parts = try Runner(workers: workers).map(2) { try other.results(at: chunks[$0]) }
      let found = PositionResults(stacking: try #require(parts))
      expectClose(found.joints!, expected.joints!, absolute: 1e-5)
      expectClose(found.error, expected.error, absolute: 1e-5)
    }

    let plain = Picture(width: 64, height: 64, red: 7, green: 70, blue: 170)
    let hidden = try sweep(
      over: plain, Occlusion(size: 70, fill: .colour(red: 7, green: 70, blue: 170)), batch: 16)
    let results = try hidden.results(at: 0..<count)
    #expect(results.error.elements.allSatisfy { $0 < 1e-5 })
    expectClose(results.camera!.rows(3..<4), try hidden.clean().camera!, absolute: 1e-6)
  }
}

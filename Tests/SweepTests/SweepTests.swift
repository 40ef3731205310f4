import Bodies
import Networks
import Sweeps
import TestSupport
import Tensors
import Testing

/// A network made up for tests: every joint is a fixed mix of the pixels, so any hidden pixel moves it.
enum FakeNetwork {
  static let side = 28

  static func sweep(batch: Int = 16, grid: Grid = Grid(.centred, stride: 24)) -> Sweep {
    Sweep(
      side: side, occluder: Occluder(size: 56, value: 0.25), grid: grid, batch: batch,
      estimate: estimate, joints: joints)
  }

  /// The three numbers of the camera are sums over the pixels.
  @Sendable static func estimate(_ crops: Tensor, _ withAttention: Bool) -> Prediction {
    let n = crops.shape[0]
    return Prediction(
      rotations: Tensor([n, 24, 3, 3], repeating: 1), betas: Tensor([n, 10], repeating: 2),
      camera: product(crops.reshaped([n, side * side * 3]), weights),
      attention: withAttention ? Tensor([n, 2, 2, 24], repeating: 0.25) : nil)
  }

  /// The joints follow from the prediction alone: the camera's three numbers spread over them.
  @Sendable static func joints(_ prediction: Prediction) -> Tensor {
    let n = prediction.camera.shape[0]
    var joints = Tensor([n, 24, 3])
    for i in 0..<n {
      for j in 0..<24 {
        for axis in 0..<3 { joints[i, j, axis] = prediction.camera[i, axis] * Float(j) + Float(j * j % 5) }
      }
    }
    return joints
  }

  static let weights: Tensor = {
    var random = SeededGenerator(seed: 4)
    return Tensor([side * side * 3, 3], (0..<side * side * 9).map { _ in random.normal(deviation: 0.01) })
  }()

  static let crop: Tensor = {
    var random = SeededGenerator(seed: 5)
    return Tensor([side, side, 3], (0..<side * side * 3).map { _ in random.normal() })
  }()
}

@Suite("Sweep") struct SweepTests {
  @Test("the patch covers its place and nothing else") func patch() {
    let sweep = FakeNetwork.sweep()
    let index = 7
    let occluded = sweep.occluded(FakeNetwork.crop, at: index..<index + 1)
    let place = sweep.places[index]
    for y in 0..<sweep.side {
      for x in 0..<sweep.side {
        let isHidden = place.y.pixels.contains(y) && place.x.pixels.contains(x)
        for c in 0..<3 {
          #expect(occluded[0, y, x, c] == (isHidden ? 0.25 : FakeNetwork.crop[y, x, c]))
        }
      }
    }
  }

  @Test("batch and workers change nothing", arguments: [1, 3, 16], [1, 2])
  func batches(batch: Int, workers: Int) throws {
    let whole = FakeNetwork.sweep()
    let reference = whole.answers(to: FakeNetwork.crop).measured.reshaped([24, 3])
    let expected = whole.measure(FakeNetwork.crop, at: 0..<whole.places.count, against: reference)

    let sweep = FakeNetwork.sweep(batch: batch)
    let chunks = stride(from: 0, to: sweep.places.count, by: 7).map { $0..<min($0 + 7, sweep.places.count) }
    let parts = Collected()
    let isDone = sweep.run(over: FakeNetwork.crop, against: reference, chunks: chunks, workers: workers) {
      parts.add($0, $1)
    }
    #expect(isDone)
    let joints = Tensor(stacking: chunks.indices.map { parts[$0].joints })
    let errors = Tensor(stacking: chunks.indices.map { parts[$0].error })
    expectClose(joints, expected.joints, absolute: 1e-4)
    expectClose(errors, expected.error, absolute: 1e-4)
  }

  @Test("a patch of the picture's own colour changes nothing") func nothingHidden() {
    let sweep = FakeNetwork.sweep()
    let crop = Tensor([sweep.side, sweep.side, 3], repeating: 0.25)
    let clean = sweep.answers(to: crop)
    let measured = sweep.measure(
      crop, at: 0..<sweep.places.count, against: clean.measured.reshaped([24, 3]))
    #expect(measured.error.elements.allSatisfy { $0 < 1e-5 })
    for index in 0..<sweep.places.count {
      expectClose(measured.joints.rows(index..<index + 1), clean.joints)
    }
  }

  @Test(
    "with a real network, batch, workers and hiding nothing change nothing either",
    arguments: Architecture.Head.Kind.allCases)
  func realNetwork(head: Architecture.Head.Kind) throws {
    let branch = Architecture.Branch(depth: 1, width: 8)
    let architecture = Architecture(
      side: 32, backbone: .resNet(block: .basic, blocks: [1, 1, 1, 1], width: 8),
      head: head == .pooled
        ? .pooled(hidden: 16, parts: branch) : .partAttention(.init(branch: branch, shapeWidth: 8)))
    let regressor = try Regressor.random(architecture, seed: 9)
    let body = TruthTests.body
    func sweep(batch: Int) -> Sweep {
      Sweep(
        side: 32, occluder: Occluder(size: 70, value: 0.5), grid: Grid(.script, stride: 40), batch: batch,
        estimate: { try regressor.estimate($0, withAttention: $1) },
        joints: { body.joints(rotations: $0.rotations, betas: $0.betas) })
    }
    var random = SeededGenerator(seed: 6)
    let crop = Tensor([32, 32, 3], (0..<32 * 32 * 3).map { _ in random.normal() })
    let whole = sweep(batch: 16)
    let count = whole.places.count
    let reference = whole.answers(to: crop).joints.reshaped([24, 3])
    let expected = whole.measure(crop, at: 0..<count, against: reference)
    for (batch, workers) in [(1, 1), (3, 2), (16, 2)] {
      let parts = Collected()
      let chunks = [0..<count / 2, count / 2..<count]
      let isDone = sweep(batch: batch).run(over: crop, against: reference, chunks: chunks, workers: workers) {
        parts.add($0, $1)
      }
      #expect(isDone)
      expectClose(Tensor(stacking: [parts[0].joints, parts[1].joints]), expected.joints, absolute: 1e-5)
      expectClose(Tensor(stacking: [parts[0].error, parts[1].error]), expected.error, absolute: 1e-5)
    }

    let gray = Tensor([32, 32, 3], repeating: 0.5)
    let clean = whole.answers(to: gray)
    let measured = whole.measure(gray, at: 0..<count, against: clean.joints.reshaped([24, 3]))
    #expect(measured.error.elements.allSatisfy { $0 < 1e-5 })
    expectClose(measured.camera.rows(3..<4), clean.prediction.camera, absolute: 1e-6)
  }

  @Test("a cancelled sweep begins no chunk, and says that it is not done") func cancelled() {
    let sweep = FakeNetwork.sweep()
    let reference = Tensor([24, 3])
    let isDone = sweep.run(
      over: FakeNetwork.crop, against: reference, chunks: [0..<2, 2..<4], isCancelled: { true }
    ) { _, _ in Issue.record("a chunk was measured") }
    #expect(!isDone)
  }

  @Test("the first error of whoever receives the chunks ends the sweep") func failing() {
    struct Full: Error {}
    let sweep = FakeNetwork.sweep()
    let seen = Collected()
    #expect(throws: Full.self) {
      try sweep.run(
        over: FakeNetwork.crop, against: Tensor([24, 3]), chunks: [0..<2, 2..<4, 4..<6], workers: 1
      ) { (chunk: Int, measurements: Measurements) throws(Full) in
        seen.add(chunk, measurements)
        throw Full()
      }
    }
    #expect(seen.count == 1)
  }
}

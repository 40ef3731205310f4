import Models
import Networks
import Pictures
import Tensors
import TestSupport
import Testing

@Suite("Networks of several frames") struct TemporalModelTests {
  private static let side = SmallTemporal.side

  /// Frames of random colours.
  private static func clip(_ count: Int, follows: Bool = false) -> Clip {
    Clip(
      frames: (0..<count).map { DummyModel.picture(width: side, height: side, seed: 20 + UInt64($0)) },
      name: "clip", followsPerson: follows)
  }

  private static func windows(of occlusion: Occlusion) throws -> PositionGrid {
    try #require(
      PositionRule(.centred, stride: 40).positions(of: occlusion, in: PictureFrame(wholeOf: side)))
  }

  @Test("predictions are those of its keypoints with the occluder in every frame", arguments: [false, true])
  func everyFrame(_ usesLabels: Bool) throws {
    let model = try SmallTemporal.model(frames: 9, usesLabels: usesLabels)
    let clip = Self.clip(9)
    let occlusion = Occlusion(size: 80)
    let prepared = try model.prepare(clip, box: nil, occlusion: occlusion)
    let window = try Self.windows(of: occlusion)[8].window
    let found = try prepared.predict(at: [nil, window])
    for (row, covered) in [nil, window].enumerated() {
      let keypoints = try clip.frames.map { frame in
        let crop = try frame.networkInput(around: nil, side: Self.side, by: .spin)
        let seen = covered.map { $0.covered(by: .value(0)).pasted(on: crop) } ?? crop
        return try model.network.keypoints.estimate(seen.reshaped([1] + seen.shape))
      }
      let joints = try model.network.joints(Tensor(stacking: keypoints))
      #expect(found.joints.rows(row..<row + 1).elements == joints.elements)
      for joint in 0..<24 {
        let isSeen = keypoints[4][0, joint, 2] > 0
        #expect((found.confidence![row, joint] > 0.5) == isSeen)
      }
    }
    #expect(found.joints.rows(0..<1).elements != found.joints.rows(1..<2).elements)
  }

  @Test(
    "incremental inference is whole passes up to rounding, whether the occluder stays or follows",
    arguments: [false, true])
  func incremental(_ follows: Bool) throws {
    let model = try SmallTemporal.model(frames: 9)
    let occlusion = Occlusion(size: 60)
    let prepared = try model.prepare(Self.clip(9, follows: follows), box: nil, occlusion: occlusion)
    let positions = try Self.windows(of: occlusion)
    let windows = (0..<positions.count).map { positions[$0].window }
    let planned = try prepared.planned(for: positions, batch: 4, attention: false)
    let (fast, whole) = (try planned.predict(at: windows).joints, try prepared.predict(at: windows).joints)
    #expect(zip(fast.elements, whole.elements).allSatisfy { abs($0 - $1) < 2e-5 })
    // In any batch the same bits.
    let parts = try windows.map { try planned.predict(at: [$0]).joints }
    #expect(Tensor(stacking: parts) == fast)
    #expect(planned.frame == prepared.frame && planned.cost(of: windows[0]).share < 1)
  }

  @Test("a short clip goes on with its first and last frame, and one picture is a clip that stands still")
  func short() throws {
    let model = try SmallTemporal.model(frames: 9)
    let three = Self.clip(3)
    let long = Clip(
      frames: [0, 0, 0, 0, 1, 2, 2, 2, 2].map { three.frames[$0] }, name: "long")
    func joints(_ clip: Clip) throws -> Tensor {
      try model.prepare(clip, box: nil, occlusion: Occlusion()).predict(at: [nil]).joints
    }
    #expect(try joints(three) == joints(long))
    #expect(try joints(three) != joints(Self.clip(1)))
    let single = try model.prepare(three.frames[0], box: nil, occlusion: Occlusion()).predict(at: [nil])
    #expect(try single.joints == joints(Self.clip(1)))
    #expect(Self.clip(3).source != Self.clip(4).source)
  }

  @Test("an occluder that follows is elsewhere in frames where the person is elsewhere") func follows() throws
  {
    // The same picture, 10 pixels on in every frame before the last: keypoints of attention go with it.
    let model = try SmallTemporal.model(frames: 3)
    let (still, moving) = (Self.clip(3), Self.clip(3, follows: true))
    let occlusion = Occlusion(size: 60)
    let window = try Self.windows(of: occlusion)[5].window
    func joints(_ clip: Clip, _ windows: [Window?]) throws -> Tensor {
      try model.prepare(clip, box: nil, occlusion: occlusion).predict(at: windows).joints
    }
    #expect(try joints(still, [nil]) == joints(moving, [nil]))
    let keypoints = try still.frames.map { frame in
      try model.network.keypoints.estimate(
        frame.networkInput(around: nil, side: Self.side, by: .spin).reshaped([1, Self.side, Self.side, 3]))
    }
    /// The mean way of the keypoints, in whole pixels.
    func way(_ frame: Int, _ axis: Int) -> Int {
      var seen = (0..<24).filter { keypoints[frame][0, $0, 2] > 0 && keypoints[1][0, $0, 2] > 0 }
      if seen.isEmpty { seen = Array(0..<24) }
      let sum = seen.reduce(0.0) {
        $0 + Double(keypoints[frame][0, $1, axis] - keypoints[1][0, $1, axis])
      }
      return Int((sum / Double(seen.count) * Double(Self.side) / 2).rounded())
    }
    let clip = try (0..<3).map { index -> Tensor in
      let crop = try still.frames[index].networkInput(around: nil, side: Self.side, by: .spin)
      let (dx, dy) = (way(index, 0), way(index, 1))
      func rows(_ span: Span, _ by: Int) -> Range<Int> {
        let size = Int(2 * (span.centre - Float(span.start)))
        return max(0, span.start + by)..<min(Self.side, span.start + by + size)
      }
      let patch = Patch(rows: rows(window.y, dy), columns: rows(window.x, dx), content: .value(0))
      return try model.network.keypoints.estimate(patch.pasted(on: crop).reshaped([1] + crop.shape))
    }
    let expected = try model.network.joints(Tensor(stacking: clip))
    #expect(try joints(moving, [window]).elements == expected.elements)
  }

  @Test("weights that lack the layers or say nothing of them make no network") func refused() throws {
    var weights = SmallTemporal.weights(SmallTemporal.settings(frames: 9))
    weights.tensors["temporal.expand.0.weight"] = nil
    #expect(throws: WeightError.self) { try TemporalNetwork(weights) }
    weights = SmallTemporal.weights(SmallTemporal.settings(frames: 9))
    weights.metadata[TemporalNetwork.settingsKey] = "{\"frames\":5,\"width\":16,\"labels\":true}"
    #expect(throws: WeightError.self) { try TemporalNetwork(weights) }
    #expect(throws: WeightError.self) { try TemporalNetwork(SmallTemporal.keypoints()) }
  }
}

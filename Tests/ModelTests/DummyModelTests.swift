import Bodies
import Models
import Pictures
import TestSupport
import Tensors
import Testing

/// The network that the tests of other rooms rely on does what its description says.
@Suite("The dummy model") struct DummyModelTests {
  @Test("predicts the known answer at every position, whatever the batch", arguments: [16, 32, 64])
  func known(side: Int) throws {
    let model = DummyModel(side: side)
    let occlusion = Occlusion(size: 56)
    let input = DummyModel.input(width: side, height: side)
    let prepared = try input.prepared(for: model, occlusion: occlusion)
    let positions = PositionRule(stride: 28).positions(of: occlusion, in: prepared.frame)!
    let windows = (0..<positions.count).map { positions[$0].window }
    let all = try prepared.predict(at: windows + [nil])
    for (index, window) in windows.enumerated() {
      #expect(all.joints.rows(index..<index + 1).points == model.joints(under: window))
    }
    #expect(all.joints.rows(windows.count..<windows.count + 1).points == DummyModel.restingJoints)
    #expect(try prepared.predict(at: [windows[3]]).joints == all.joints.rows(3..<4))
    #expect(model.calls == 2 && model.predictedWindows == windows.count + 2)
    let moved = windows.map { model.displacements(under: $0) }
    #expect(moved.contains { $0[1] == DummyModel.reach } && moved.contains { $0 == [0, 0, 0, 0, 0] })
  }

  @Test("gives what it is asked for, and nothing else") func outputs() throws {
    let window = window(y: 8, x: 8, size: 16, side: 32)
    for outputs in [
      [], .camera, .attention, [.confidence, .uncertainty], .body,
      [.camera, .attention, .confidence, .uncertainty, .body],
    ] as [ModelOutputs] {
      let model = DummyModel(outputs: outputs)
      let prepared = try model.prepare(DummyModel.picture(), box: nil, occlusion: Occlusion(size: 112))
      let found = try prepared.predict(at: [window, nil], attention: true)
      #expect((found.camera != nil) == outputs.contains(.camera))
      #expect((found.attention != nil) == outputs.contains(.attention))
      #expect((found.confidence != nil) == outputs.contains(.confidence))
      #expect((found.uncertainty != nil) == outputs.contains(.uncertainty))
      #expect((found.body != nil) == outputs.contains(.body))
      #expect(try prepared.predict(at: [window]).attention == nil)
      if let attention = found.attention {
        for n in 0..<2 {
          for joint in 0..<5 {
            let sum = (0..<16).reduce(Float(0)) { $0 + attention[n, $1 / 4, $1 % 4, joint] }
            #expect(sum == 1)
          }
        }
      }
      if let body = found.body {
        #expect(body.rotations.shape == [2, 24, 3, 3] && body.betas.shape == [2, 10])
      }
      let shares = model.covered(by: window)
      if let confidence = found.confidence {
        #expect(confidence.rows(0..<1).elements == shares.map { 1 - $0 })
      }
    }
  }

  @Test("fails at its call, and finds nobody where it is told to") func failures() throws {
    var model = DummyModel(outputs: [.camera, .attention, .body])
    model.failingCall = 2
    model.isMissing = { $0.y.pixels.lowerBound == 0 }
    let prepared = try model.prepare(DummyModel.picture(), box: nil, occlusion: Occlusion(size: 56))
    let (gone, there) = (window(y: 0, x: 3, size: 8, side: 32), window(y: 9, x: 3, size: 8, side: 32))
    let found = try prepared.predict(at: [gone, there], attention: true)
    for tensor in [found.joints, found.camera!, found.attention!, found.body!.rotations, found.body!.betas] {
      #expect(tensor.rows(0..<1).elements.allSatisfy(\.isNaN) && tensor.rows(1..<2).isFinite)
    }
    #expect(throws: DummyModel.Failure.self) { try prepared.predict(at: [there]) }
    #expect(try prepared.predict(at: [there]).joints == found.joints.rows(1..<2))
  }

  @Test("a patch of the picture's own colour changes nothing") func nothingHidden() throws {
    let occlusion = Occlusion(size: 56, fill: .colour(red: 9, green: 200, blue: 40))
    let picture = Picture(width: 32, height: 32, red: 9, green: 200, blue: 40)
    let prepared = try DummyModel().prepare(picture, box: nil, occlusion: occlusion)
    let found = try prepared.predict(at: [window(y: 8, x: 8, size: 8, side: 32)])
    #expect(found.joints.points == DummyModel.restingJoints)
  }

  @Test("sees a larger crop where the box is a smaller share of it") func boxShare() throws {
    var model = DummyModel()
    model.boxShare = 0.5
    let input = DummyModel.input(width: 64, height: 64, box: .init(x: 16, y: 16, width: 32, height: 32))
    let frame = try input.prepared(for: model, occlusion: Occlusion()).frame
    #expect(frame == PictureFrame(side: 32, x: 0, y: 0, width: 64, height: 64, boxShare: 0.5))
  }
}

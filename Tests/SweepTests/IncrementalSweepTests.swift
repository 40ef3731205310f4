import Bodies
import Models
import Networks
import Pictures
import Records
import Sweeps
import TestSupport
import Tensors
import Testing

/// Sweeps of the built-in networks by incremental inference, against whole passes at every position.
@Suite("Incremental sweeps") struct IncrementalSweepTests {
  static let body = Result { try SMPLBody(contentsOf: fixture("body.npz")) }
  static let picture = Result { try Picture(contentsOf: fixture("people/person-1.png")) }

  static func sweep(
    _ name: String, _ occlusion: Occlusion, _ rule: PositionRule, batch: Int,
    _ convolutions: Regressor.Convolutions = .direct, isPlanned: Bool = true
  ) throws -> Sweep {
    let network = try LoadedNetwork(label: name, source: fixture("networks/\(name).safetensors"))
    let model = SMPLModel(network, body: try body.get(), crop: .spin, convolutions: convolutions)
    let picture = try picture.get()
    let prepared = try model.prepare(picture, box: Box(wholeOf: picture), occlusion: occlusion)
    let positions = rule.positions(of: occlusion, in: prepared.frame)!
    return try Sweep(model, over: prepared, positions: positions, batch: batch, isPlanned: isPlanned)
  }

  @Test(
    "joints are within 0.01 mm of those of whole passes with direct convolutions",
    arguments: ["gap", "attention"],
    [
      (PositionRule(stride: 26), Occlusion(fill: .value(0.5))),
      (PositionRule(.corner, stride: 26), Occlusion(size: 23, shape: .disc)),
    ])
  func joints(name: String, form: (rule: PositionRule, occlusion: Occlusion)) throws {
    let plain = try Self.sweep(name, form.occlusion, form.rule, batch: 7, isPlanned: false)
    let expected = try plain.results(at: 0..<plain.positions.count)
    for convolutions in [Regressor.Convolutions.direct, .winograd] where convolutions.isSupported {
      for batch in [1, 16] {
        let sweep = try Self.sweep(name, form.occlusion, form.rule, batch: batch, convolutions)
        let found = try sweep.results(at: 0..<sweep.positions.count)
        expectClose(found.joints!, expected.joints!, absolute: 1e-5, relative: 0, "\(convolutions)")
        // Distances from the clean prediction, which is within 0.01 mm too.
        expectClose(found.error, expected.error, absolute: 2e-5, relative: 0, "\(convolutions)")
      }
    }
  }

  @Test(
    "in bfloat16, error maps are within 0.5 mm on average of those with direct convolutions",
    .enabled(if: Regressor.Convolutions.bfloat16.isSupported), arguments: ["gap", "attention"])
  func bfloat16(name: String) throws {
    let truth = GroundTruth(.smpl24, joints: Tensor([24, 3]))
    let found = try [Regressor.Convolutions.direct, .bfloat16].map { convolutions in
      let sweep = try Self.sweep(name, Occlusion(), PositionRule(stride: 16), batch: 16, convolutions)
      let joints = try #require(try sweep.results(at: 0..<sweep.positions.count).joints)
      return JointErrorTable(of: joints, from: truth.joints, in: .smpl24).error
    }
    let off = zip(found[0].elements, found[1].elements).map { abs($0 - $1) }
    #expect(off.reduce(0, +) / Float(off.count) < 0.5e-3 && off.max()! < 10e-3)
    // Rounding so much cannot go unseen.
    #expect(off.max()! > 1e-5)
  }

  @Test("a long sweep gives a forecast, a short one none", arguments: [(2, true), (40, false)])
  func forecast(stride: Int, isGiven: Bool) throws {
    try withTemporaryFolder { folder in
      let network = try LoadedNetwork(label: "gap", source: fixture("networks/gap.safetensors"))
      let model = SMPLModel(network, body: try Self.body.get())
      var options = SweepOptions()
      (options.positions, options.batch, options.workers) = (PositionRule(stride: stride), 4, 2)
      let input = PictureInput(
        picture: try Self.picture.get(), path: "p.png", box: nil,
        source: SourceFile(name: "p.png", fingerprint: "p"))
      let (_, recorder) = try PictureSweep(input, options: options).recorder(for: model, in: folder)
      var forecasts: [Sweep.Forecast] = []
      // Nothing but the forecast: a cancelled sweep begins no chunk.
      #expect(try !recorder.run(Runner(workers: 2, isCancelled: { true })) { forecasts.append($0) })
      #expect(forecasts.count == (isGiven ? 1 : 0))
      if let forecast = forecasts.first {
        #expect(forecast.positions == recorder.positions && forecast.seconds > 0 && forecast.seconds < 3600)
      }
    }
  }
}

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

/// The published script's error maps for networks in full size whose weights are filled by formula.
@Suite("Golden sweeps") struct GoldenSweepTests {
  struct Way: Sendable, CustomTestStringConvertible {
    let convolutions: Regressor.Convolutions, isIncremental: Bool
    var testDescription: String { "\(convolutions), \(isIncremental ? "incremental" : "whole passes")" }
  }

  @Test(
    "windows of 40 pixels give the published script's maps within the allowed multiple of the reference's rounding",
    arguments: GoldenNetwork.published,
    [Way(convolutions: .direct, isIncremental: false), Way(convolutions: .fastest, isIncremental: true)])
  func script(_ network: GoldenNetwork, way: Way) throws { try compare(network, way) }

  // Their whole passes are compared in `GoldenNetworkTests`.
  @Test(
    "those of tame networks agree within microns", arguments: GoldenNetwork.tame,
    [Regressor.Convolutions.direct, .winograd].filter(\.isSupported))
  func tame(_ network: GoldenNetwork, _ convolutions: Regressor.Convolutions) throws {
    try compare(network, Way(convolutions: convolutions, isIncremental: true))
  }

  private func compare(_ network: GoldenNetwork, _ way: Way) throws {
    let model = SMPLModel(
      LoadedNetwork(label: network.name, name: network.name, regressor: try network.regressor()),
      body: try SMPLBody(contentsOf: fixture("body.npz"), regressors: fixture("golden/networks/data")),
      convolutions: way.convolutions)
    let crop = try GoldenNetwork.crops().rows(0..<1).reshaped([224, 224, 3])
    let prepared = model.prepared(crop, occlusion: Occlusion(), batch: 9)
    let positions = try #require(
      PositionRule(.corner, stride: 40).positions(of: Occlusion(), in: prepared.frame))
    let truth = try GoldenNetwork.array("expected/occlusion_s40_t40", "gt_joints14").reshaped([14, 3])
    let sweep = try Sweep(
      model, over: prepared, positions: positions, batch: 9, truth: GroundTruth(.h36m14, joints: truth),
      isPlanned: way.isIncremental)
    let results = try sweep.results(at: 0..<36)
    try network.expect(results.error.elements, .error)
    try network.expect(#require(results.alignedError).elements, .alignedError)
  }
}

/// Sweeps of the built-in networks by incremental inference, against whole passes at every position.
@Suite("Incremental sweeps") struct IncrementalSweepTests {
  static func prepared(_ name: String, _ convolutions: Regressor.Convolutions, _ occlusion: Occlusion) throws
    -> (model: SMPLModel, any PreparedPicture)
  {
    let model = SMPLModel(
      try LoadedNetwork(label: name, source: name), body: try SMPLBody(contentsOf: fixture("body.npz")),
      convolutions: convolutions)
    let picture = try Picture(contentsOf: fixture("people/person-1.png"))
    return (model, try model.prepare(picture, box: Box(wholeOf: picture), occlusion: occlusion))
  }

  @Test(
    "joints and errors are within 0.01 mm of those of whole passes with direct convolutions",
    arguments: ["gap-small", "attention-small"], [(PositionRule.Kind.centred, 40), (.corner, 23)])
  func joints(name: String, form: (kind: PositionRule.Kind, size: Int)) throws {
    let occlusion = Occlusion(size: form.size, fill: .value(0.5))
    let (model, prepared) = try Self.prepared(name, .direct, occlusion)
    let positions = try #require(
      PositionRule(form.kind, stride: 26).positions(of: occlusion, in: prepared.frame))
    let whole = try Sweep(model, over: prepared, positions: positions, batch: 7, isPlanned: false)
    let truth = GroundTruth(.smpl24, joints: whole.reference)
    let expected = try whole.results(at: 0..<positions.count)
    for convolutions in [Regressor.Convolutions.direct, .winograd] where convolutions.isSupported {
      let (model, prepared) = try Self.prepared(name, convolutions, occlusion)
      for batch in [1, 16] {
        let sweep = try Sweep(model, over: prepared, positions: positions, batch: batch, truth: truth)
        let found = try sweep.results(at: 0..<positions.count)
        for array in [PositionArray.joints, .error, .rotations] {
          expectClose(
            try #require(found[array]), try #require(expected[array]), absolute: 1e-5, relative: 0,
            "\(array.name), \(convolutions)")
        }
      }
    }
  }

  @Test(
    "in bfloat16, error maps are within 0.5 mm on average of those with direct convolutions",
    .enabled(if: Regressor.Convolutions.bfloat16.isSupported), arguments: ["gap-small", "attention-small"])
  func bfloat16(name: String) throws {
    let found = try [Regressor.Convolutions.direct, .bfloat16].map { convolutions in
      let (model, prepared) = try Self.prepared(name, convolutions, Occlusion())
      let positions = PositionRule(stride: 16).positions(of: Occlusion(), in: prepared.frame)!
      return try Sweep(
        model, over: prepared, positions: positions, truth: GroundTruth(.smpl24, joints: Tensor([24, 3]))
      ).results(at: 0..<positions.count)
    }
    let off = zip(found[0].error.elements, found[1].error.elements).map { abs($0 - $1) }
    #expect(off.reduce(0, +) / Float(off.count) < 0.5e-3 && off.max()! < 10e-3)
    // Rounding so much cannot go unseen.
    #expect(off.max()! > 1e-5)
  }

  @Test("the record of a fast network notes how far it is from the network as defined") func deviation()
    throws
  {
    try withTemporaryFolder { folder in
      let network = try LoadedNetwork(label: "gap", source: "gap-small")
      let body = try SMPLBody(contentsOf: fixture("body.npz"))
      let input = try PictureInput(contentsOf: fixture("people/person-1.png"))
      let options = DummySweep.options { $0.positions.stride = 56 }
      let fast = try DummySweep.record(
        SMPLModel(network, body: body, convolutions: .winograd), over: input, in: folder + "/fast",
        options: options)
      let deviation = try #require(fast.notes.deviation)
      #expect(deviation.positions == 8 && deviation.maximumMillimetres < 0.01)
      #expect(fast.notes.convolutions == "winograd" && fast.notes.maskOf == .cleanPrediction)
      #expect(
        fast.context.bodyMask != nil && fast.context.picture != nil && fast.settings.body == body.source)
      let plain = try DummySweep.record(
        SMPLModel(network, body: body), over: input, in: folder + "/plain", options: options)
      #expect(plain.notes.deviation == nil && plain.settings.identity == fast.settings.identity)
    }
  }
}

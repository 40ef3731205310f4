import Archives
import Bodies
import Networks
import Pictures
import Sweeps
import TestSupport
import Tensors
import Testing

/// Sweeps of the built-in networks by rerunning, against whole passes at every place.
@Suite("Sweeps by rerunning") struct RerunSweepTests {
  @Test(
    "joints stay within a hundredth of a millimetre of those of whole, direct passes",
    arguments: ["gap", "attention"], [(Grid.Kind.centred, 40), (.script, 23)])
  func joints(name: String, form: (kind: Grid.Kind, size: Int)) throws {
    let file = try Archive(contentsOf: fixture("networks/\(name).safetensors"))
    let regressor = try Regressor(Weights(try file.tensors(), metadata: file.metadata, source: name))
    let body = try BodyModel(Archive(contentsOf: fixture("body.npz")).tensors(), from: "body.npz")
    let picture = try Picture(contentsOf: fixture("people/person-1.png"))
    let crop = try picture.networkInput(around: Box(wholeOf: picture), side: regressor.side, by: .spin)
    let occluder = Occluder(size: form.size, value: 0.5), grid = Grid(form.kind, stride: 26)
    func sweep(_ regressor: Regressor, isRerunning: Bool, batch: Int) -> Sweep {
      Sweep(
        side: regressor.side, occluder: occluder, grid: grid, batch: batch,
        estimate: { try regressor.estimate($0, withAttention: $1) },
        rerunning: isRerunning ? regressor.rerunning(value: occluder.value, batch: batch) : nil,
        joints: { body.joints(rotations: $0.rotations, betas: $0.betas) })
    }
    let plain = sweep(regressor, isRerunning: false, batch: 7)
    let all = 0..<plain.places.count
    let reference = plain.answers(to: crop).measured.reshaped([24, 3])
    let expected = plain.measure(crop, at: all, against: reference)
    for convolutions in [Regressor.Convolutions.direct, .winograd] where convolutions.isSupported {
      for batch in [1, 16] {
        let found = sweep(regressor.with(convolutions), isRerunning: true, batch: batch)
          .measure(crop, at: all, against: reference)
        expectClose(found.joints, expected.joints, absolute: 1e-5, relative: 0, "\(convolutions)")
        expectClose(found.error, expected.error, absolute: 1e-5, relative: 0, "\(convolutions)")
      }
    }
  }

  @Test(
    "in bfloat16, error maps stay within half a millimetre on average of those of direct passes",
    .enabled(if: Regressor.Convolutions.bfloat16.isSupported), arguments: ["gap", "attention"])
  func bfloat16(name: String) throws {
    let file = try Archive(contentsOf: fixture("networks/\(name).safetensors"))
    let regressor = try Regressor(Weights(try file.tensors(), metadata: file.metadata, source: name))
    let body = try BodyModel(Archive(contentsOf: fixture("body.npz")).tensors(), from: "body.npz")
    let picture = try Picture(contentsOf: fixture("people/person-1.png"))
    let crop = try picture.networkInput(around: Box(wholeOf: picture), side: regressor.side, by: .spin)
    let found = [Regressor.Convolutions.direct, .bfloat16].map { convolutions in
      let regressor = regressor.with(convolutions)
      let sweep = Sweep(
        side: regressor.side, occluder: Occluder(), grid: Grid(stride: 16),
        estimate: { try regressor.estimate($0, withAttention: $1) },
        rerunning: regressor.rerunning(value: 0, batch: 16),
        joints: { body.joints(rotations: $0.rotations, betas: $0.betas) })
      return sweep.measure(crop, at: 0..<sweep.places.count, against: Tensor([24, 3]))
    }
    let off = zip(found[0].error.elements, found[1].error.elements).map { abs($0 - $1) }
    #expect(off.reduce(0, +) / Float(off.count) < 0.5e-3 && off.max()! < 10e-3)
    // Rounding so much cannot go unseen.
    #expect(off.max()! > 1e-5)
  }

  @Test("the time is told before much is done, and only then") func forecast() throws {
    let file = try Archive(contentsOf: fixture("networks/gap.safetensors"))
    let regressor = try Regressor(Weights(try file.tensors(), metadata: file.metadata, source: "gap"))
    let body = try BodyModel(Archive(contentsOf: fixture("body.npz")).tensors(), from: "body.npz")
    let crop = Tensor([regressor.side, regressor.side, 3])
    for (stride, isTold) in [(3, true), (40, false)] {
      let sweep = Sweep(
        side: regressor.side, occluder: Occluder(), grid: Grid(stride: stride), batch: 4,
        estimate: { try regressor.estimate($0, withAttention: $1) },
        rerunning: regressor.rerunning(value: 0, batch: 4),
        joints: { body.joints(rotations: $0.rotations, betas: $0.betas) })
      var told: Sweep.Forecast?
      let chunks = stride == 40 ? [0..<sweep.places.count] : [0..<200]
      _ = sweep.run(
        over: crop, against: Tensor([24, 3]), chunks: chunks, workers: 2, forecast: { told = $0 }
      ) { _, _ in }
      #expect((told != nil) == isTold)
      if let told { #expect(told.places == 200 && told.seconds > 0 && told.seconds < 600) }
    }
  }
}

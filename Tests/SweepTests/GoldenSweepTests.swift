import Archives
import Bodies
import Networks
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
    "windows of 40 pixels give the script's maps, as near as 32 bits allow",
    arguments: GoldenNetwork.published,
    [Way(convolutions: .direct, isIncremental: false), Way(convolutions: .fastest, isIncremental: true)])
  func script(_ network: GoldenNetwork, way: Way) throws { try compare(network, way) }

  // Their whole passes are compared in `GoldenNetworkTests`.
  @Test(
    "and those of tame networks to microns", arguments: GoldenNetwork.tame,
    [Regressor.Convolutions.direct, .winograd].filter(\.isSupported))
  func tame(_ network: GoldenNetwork, _ convolutions: Regressor.Convolutions) throws {
    try compare(network, Way(convolutions: convolutions, isIncremental: true))
  }

  private func compare(_ network: GoldenNetwork, _ way: Way) throws {
    let regressor = try network.regressor(way.convolutions)
    let body = try BodyModel(Archive(contentsOf: fixture("body.npz")).tensors(), from: "body.npz")
    let joints = try EvaluationJoints(
      Archive(contentsOf: fixture("golden/networks/data/J_regressor_h36m.npy")).tensor(Archive.onlyArray),
      for: body, from: "J_regressor_h36m.npy")

    let sweep = Sweep(
      side: 224, occluder: Occluder(size: 40), grid: Grid(.script, stride: 40), batch: 9,
      estimate: { try regressor.estimate($0, withAttention: $1) },
      rerunning: way.isIncremental ? regressor.rerunning(value: 0, batch: 9) : nil,
      joints: { body.joints(rotations: $0.rotations, betas: $0.betas) },
      evaluationJoints: { joints.positions(rotations: $0.rotations, betas: $0.betas) })
    let crop = try GoldenNetwork.crops().rows(0..<1).reshaped([224, 224, 3])
    let truth = try GoldenNetwork.array("expected/occlusion_s40_t40", "gt_joints14").reshaped([14, 3])
    let measured = sweep.measure(crop, at: 0..<36, against: truth)
    try network.expect(measured.error.elements, .error)
    try network.expect(measured.alignedError.elements, .alignedError)
  }
}

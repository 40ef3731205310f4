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
    let convolutions: Regressor.Convolutions, isPlanned: Bool
    var testDescription: String { "\(convolutions), \(isPlanned ? "incremental" : "whole passes")" }
  }

  static let body = Result {
    try SMPLBody(contentsOf: fixture("body.npz"), regressors: fixture("golden/networks/data"))
  }

  @Test(
    "windows of 40 pixels give the published script's maps within the allowed multiple of the reference's rounding",
    arguments: GoldenNetwork.published,
    [Way(convolutions: .direct, isPlanned: false), Way(convolutions: .fastest, isPlanned: true)])
  func script(_ network: GoldenNetwork, way: Way) throws { try compare(network, way) }

  // Their whole passes are compared in `GoldenNetworkTests`.
  @Test(
    "those of tame networks agree within microns", arguments: GoldenNetwork.tame,
    [Regressor.Convolutions.direct, .winograd].filter(\.isSupported))
  func tame(_ network: GoldenNetwork, _ convolutions: Regressor.Convolutions) throws {
    try compare(network, Way(convolutions: convolutions, isPlanned: true))
  }

  private func compare(_ network: GoldenNetwork, _ way: Way) throws {
    let model = SMPLModel(
      LoadedNetwork(label: network.name, name: network.name, regressor: try network.regressor()),
      body: try Self.body.get(), convolutions: way.convolutions)
    let crop = try GoldenNetwork.crops().rows(0..<1).reshaped([224, 224, 3])
    let prepared = model.prepared(crop, occlusion: Occlusion(), batch: 9)
    let positions = PositionRule(.corner, stride: 40).positions(of: Occlusion(), in: prepared.frame)!
    let truth = GroundTruth(
      .h36m14,
      joints: try GoldenNetwork.array("expected/occlusion_s40_t40", "gt_joints14").reshaped([14, 3]))
    let sweep = try Sweep(
      model, over: prepared, positions: positions, batch: 9, truth: truth, isPlanned: way.isPlanned)
    #expect(positions.count == 36)
    let measured = try sweep.results(at: 0..<36)
    try network.expect(measured.error.elements, .error)
    try network.expect(try #require(measured.alignedError).elements, .alignedError)
  }
}

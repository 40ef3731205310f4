import Archives
import Networks
import Tensors
import TestSupport
import Testing

/// What the reference implementations compute for weights filled by formula, on two crops of 224 pixels.
@Suite("Golden networks") struct GoldenNetworkTests {
  static let convolutions = [Regressor.Convolutions.direct, .winograd].filter(\.isSupported)

  /// Compares the kept channels, rows and columns of a map, by the map's largest value.
  static func expectMap(_ map: Tensor, _ name: String, _ expected: [String: Tensor]) {
    let thin = expected[name]!
    let kept = ["c", "y", "x"].map { expected["\(name)_\($0)"]!.elements.map { Int($0) } }
    var actual: [Float] = []
    for n in 0..<thin.shape[0] {
      for c in kept[0] { for y in kept[1] { for x in kept[2] { actual.append(map[n, y, x, c]) } } }
    }
    let largest = thin.elements.map(abs).max()!
    expectClose(actual, thin.elements, absolute: 1e-4 * largest, relative: 0, name)
  }

  /// Compares pose, rotations, betas and camera of the two crops.
  static func expectAnswers(
    _ regressor: Regressor, _ golden: GoldenNetwork, at location: SourceLocation = #_sourceLocation
  ) throws {
    let network = regressor.network
    let results = try network.graph.run(
      GoldenNetwork.crops(), network.folded,
      returning: [network.pose6D, network.rotations, network.betas, network.camera])
    for (result, quantity) in zip(results, [.pose, .rotations, .betas, .camera] as [GoldenNetwork.Quantity]) {
      try golden.expect(result.elements, quantity, at: location)
    }
  }

  @Test("maps of the pooled baseline on ResNet-50 in full size") func spin() throws {
    let golden = GoldenNetwork.published[0]
    let expected = try Archive(contentsOf: fixture("golden/networks/expected/spin.npz")).tensors()
    let network = try golden.regressor().network
    let results = try network.graph.run(
      GoldenNetwork.crops(), network.folded, returning: network.stages + [network.pooled!])
    for (map, name) in zip(results, ["maxpool", "layer1", "layer2", "layer3", "layer4"]) {
      Self.expectMap(map, name, expected)
    }
    let features = expected["features"]!
    expectClose(
      results[5], features, absolute: 1e-4 * features.elements.map(abs).max()!, relative: 0, "features")
  }

  @Test(
    "maps of part attention in full size: ResNet-50 with either way of enlarging, HRNet-W32",
    arguments: GoldenNetwork.published.dropFirst())
  func pare(_ golden: GoldenNetwork) throws {
    let expected = try Archive(contentsOf: fixture("golden/networks/expected/\(golden.name).npz")).tensors()
    let regressor = try golden.regressor()
    let network = regressor.network
    let results = try network.graph.run(
      GoldenNetwork.crops(), network.folded,
      returning: [network.features, network.partLogits!, network.attended[0], network.attended[1]])
    Self.expectMap(results[0], "backbone", expected)
    let logits = expected["part_logits"]!
    let transposed = Plain.tensor(logits.shape) { results[1][$0[0], $0[2], $0[3], $0[1]] }
    expectClose(
      transposed, logits, absolute: 1e-4 * logits.elements.map(abs).max()!, relative: 0, "part logits")
    for (index, name) in ["attended_pose", "attended_shape"].enumerated() {
      let largest = expected[name]!.elements.map(abs).max()!
      expectClose(results[2 + index], expected[name]!, absolute: 1e-4 * largest, relative: 0, name)
    }
    let prediction = try regressor.estimate(GoldenNetwork.crops(), withAttention: true)
    #expect(prediction.attention?.shape == [2, 56, 56, 24])
  }

  @Test(
    "pose, betas and camera are as near to the 64-bit ones as 32 bits allow",
    arguments: GoldenNetwork.published + GoldenNetwork.tame, convolutions)
  func answers(_ golden: GoldenNetwork, _ convolutions: Regressor.Convolutions) throws {
    try Self.expectAnswers(try golden.regressor(convolutions), golden)
  }
}

import Archives
import Networks
import Tensors
import TestSupport
import Testing

/// What the reference implementations compute for weights filled by formula, on two crops of 224 pixels.
@Suite("Golden networks") struct GoldenNetworkTests {
  static func arrays(_ name: String) throws -> [String: Tensor] {
    let archive = try Archive(contentsOf: fixture("golden/networks/\(name).npz"))
    return try Dictionary(uniqueKeysWithValues: archive.names.map { ($0, try archive.tensor($0)) })
  }

  static func crops() throws -> Tensor {
    let bytes = try Archive(contentsOf: fixture("golden/networks/images.npz")).tensor("u8")
    let mean: [Float] = [0.485, 0.456, 0.406], deviation: [Float] = [0.229, 0.224, 0.225]
    return Tensor(
      bytes.shape,
      bytes.elements.enumerated().map { ($0.element / 255 - mean[$0.offset % 3]) / deviation[$0.offset % 3] })
  }

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

  /// Rounding of 32 bits, which a softmax over logits of up to 25 magnifies, keeps the golden values themselves
  /// this far from those of 64-bit arithmetic (`Tests/Peers/exact.py`); these hold for ours.
  static func expectExact(_ prediction: Prediction, _ name: String) throws {
    let exact = try arrays("expected/exact")
    for (tensor, key, bound) in [
      (prediction.rotations, "rotmat", 2.5e-4), (prediction.betas, "betas", 2e-4),
      (prediction.camera, "cam", 3e-5),
    ] as [(Tensor, String, Float)] {
      expectClose(
        tensor.elements, exact["\(name)_\(key)"]!.elements, absolute: bound, relative: 0, "\(key), exact")
    }
  }

  @Test("the pooled baseline on ResNet-50 in full size") func spin() throws {
    let expected = try Self.arrays("expected/spin")
    let weights = try goldenWeights("spin", stored: try Self.arrays("spin_stored"))
    let regressor = try Regressor(.resNet50(.pooled), Weights(weights, source: "spin"))
    let network = regressor.network
    let results = network.graph.run(
      try Self.crops(), network.folded, returning: network.stages + [network.pooled!, network.pose6D])
    for (map, name) in zip(results, ["maxpool", "layer1", "layer2", "layer3", "layer4"]) {
      Self.expectMap(map, name, expected)
    }
    let features = expected["features"]!
    expectClose(
      results[5], features, absolute: 1e-4 * features.elements.map(abs).max()!, relative: 0, "features")
    expectClose(results[6], expected["pose6d"]!, absolute: 1e-4, relative: 0, "pose6d")
    let prediction = regressor.estimate(try Self.crops())
    expectClose(prediction.rotations, expected["rotmat"]!, absolute: 1e-4, relative: 0, "rotations")
    expectClose(prediction.betas, expected["betas"]!, absolute: 1e-4, relative: 0, "betas")
    expectClose(prediction.camera, expected["cam"]!, absolute: 1e-4, relative: 0, "camera")
    try Self.expectExact(prediction, "spin")
  }

  @Test(
    "part attention in full size: ResNet-50 with either way of enlarging, HRNet-W32",
    arguments: [
      ("pare_resnet50_deconv", Architecture.resNet50(.partAttention)),
      ("pare_resnet50_upsample", .resNet50(.partAttention, branch: .upsampling)),
      ("pare_hrnet_w32_conv", .hrNetW32()),
    ])
  func pare(_ name: String, _ architecture: Architecture) throws {
    let expected = try Self.arrays("expected/\(name)")
    let weights = try goldenWeights(name, stored: try Self.arrays("\(name)_stored"))
    let regressor = try Regressor(architecture, Weights(weights, source: name))
    let network = regressor.network
    let results = network.graph.run(
      try Self.crops(), network.folded,
      returning: [
        network.features, network.partLogits!, network.attended[0], network.attended[1], network.pose6D,
      ])
    Self.expectMap(results[0], "backbone", expected)
    let logits = expected["part_logits"]!
    let transposed = Plain.tensor(logits.shape) { results[1][$0[0], $0[2], $0[3], $0[1]] }
    expectClose(
      transposed, logits, absolute: 1e-4 * logits.elements.map(abs).max()!, relative: 0, "part logits")
    for (index, name) in ["attended_pose", "attended_shape"].enumerated() {
      let largest = expected[name]!.elements.map(abs).max()!
      expectClose(results[2 + index], expected[name]!, absolute: 1e-4 * largest, relative: 0, name)
    }
    expectClose(
      results[4].reshaped([2, 24, 6]), expected["pose6d"]!, absolute: 5e-4, relative: 1e-4, "pose6d")
    let prediction = regressor.estimate(try Self.crops(), withAttention: true)
    expectClose(prediction.rotations, expected["rotmat"]!, absolute: 5e-4, relative: 0, "rotations")
    expectClose(prediction.betas, expected["betas"]!, absolute: 1e-4, relative: 5e-5, "betas")
    expectClose(prediction.camera, expected["cam"]!, absolute: 1e-4, relative: 0, "camera")
    #expect(prediction.attention?.shape == [2, 56, 56, 24])
    try Self.expectExact(prediction, name)
  }
}

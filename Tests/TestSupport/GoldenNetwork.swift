import Archives
import Foundation
public import Networks
public import Tensors
public import Testing

/// A full-size network of `Fixtures/golden`, its weights filled by formula, and what it has to give.
public struct GoldenNetwork: Sendable, CustomTestStringConvertible {
  /// Its name in `Fixtures/golden`.
  public let name: String
  /// What it is made of.
  public let architecture: Architecture
  /// The name to tests.
  public var testDescription: String { name }

  /// The networks whose answers PyTorch gave in 32 bits, whose rounding they magnify.
  public static let published = [
    GoldenNetwork(name: "spin", architecture: .resNet50(.pooled)),
    GoldenNetwork(name: "pare_resnet50_deconv", architecture: .resNet50(.partAttention)),
    GoldenNetwork(
      name: "pare_resnet50_upsample", architecture: .resNet50(.partAttention, branch: .upsampling)),
    GoldenNetwork(name: "pare_hrnet_w32_conv", architecture: .hrNetW32()),
  ]
  /// Networks of the same architectures in which rounding moves joints a hundred times less.
  public static let tame = [
    GoldenNetwork(name: "spin_tame", architecture: .resNet50(.pooled)),
    GoldenNetwork(name: "pare_hrnet_w32_conv_tame", architecture: .hrNetW32()),
  ]

  /// A quantity by its name in `exact.npz` and `rounding.json`.
  public enum Quantity: String, Sendable {
    case pose = "pose6d", rotations = "rotmat", betas, camera = "cam"
    case joints24, joints14
    case error = "mpjpe", alignedError = "pampjpe"
  }

  /// How far ours may be from the 64-bit values, in units of the reference's own rounding.
  ///
  /// 3.2 is the most that was measured; `docs/numbers.md` tells all.
  public static let factor: Float = 5

  /// How far 32-bit answers of the reference are from its 64-bit ones, in the worst of several builds.
  ///
  /// Never less than four units in the last place of the largest value: a reference may be exact by chance.
  public func rounding(of quantity: Quantity, largest: Float) throws -> Float {
    let file = try Data(contentsOf: URL(filePath: fixture("golden/networks/rounding.json")))
    let builds = try JSONDecoder().decode([String: [String: [String: Float]]].self, from: file)
      .mapValues { $0[name]?[quantity.rawValue] ?? 0 }
    return try max(#require(builds.values.max(), "no rounding of \(name)"), largest * 0x1p-21)
  }

  /// Records an issue unless the values are as near to the reference's as 32 bits allow.
  ///
  /// Of a quantity of two crops, the values may be those of the first alone.
  public func expect(
    _ actual: some Collection<Float>, _ quantity: Quantity, at location: SourceLocation = #_sourceLocation
  ) throws {
    let exact = try values("exact", "\(name)_\(quantity.rawValue)")
    let rounding = try rounding(of: quantity, largest: exact.map(abs).max()!)
    if ProcessInfo.processInfo.environment["GOLDEN_MULTIPLES"] != nil {
      let off = zip(actual, exact).map { abs($0 - $1) }.max()!
      print("multiple \(name) \(quantity.rawValue) \(off / rounding) of \(rounding) \(location.line)")
    }
    expectClose(
      actual, exact.prefix(actual.count), absolute: Self.factor * rounding, relative: 0,
      "\(name) \(quantity), exact", at: location)
    guard Self.published.contains(where: { $0.name == name }) else { return }
    let isMap = quantity == .error || quantity == .alignedError
    let golden =
      try isMap
      ? values("occlusion_s40_t40", "\(name)_\(quantity.rawValue)") : values(name, quantity.rawValue)
    expectClose(
      actual, golden.prefix(actual.count), absolute: (Self.factor + 1) * rounding, relative: 0,
      "\(name) \(quantity), 32 bits", at: location)
  }

  /// The network itself.
  public func regressor(_ convolutions: Regressor.Convolutions = .direct) throws -> Regressor {
    try Regressor(architecture, Weights(weights(), source: name)).with(convolutions)
  }

  /// The two golden crops as a network reads them, `[2, 224, 224, 3]`.
  public static func crops() throws -> Tensor {
    var crops = try pixels()
    let (mean, deviation): ([Float], [Float]) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    crops.withMutableElements { elements in
      for i in elements.indices { elements[i] = (elements[i] / 255 - mean[i % 3]) / deviation[i % 3] }
    }
    return crops
  }

  /// The two golden crops in levels from 0 to 255.
  public static func pixels() throws -> Tensor { try array("images", "u8") }

  /// An array of a file of `Fixtures/golden/networks`.
  public static func array(_ file: String, _ key: String) throws -> Tensor {
    try Archive(contentsOf: fixture("golden/networks/\(file).npz")).tensor(key)
  }

  private func values(_ file: String, _ key: String) throws -> [Float] {
    try Self.array("expected/\(file)", key).elements
  }
}

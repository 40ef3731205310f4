import Archives
import Bodies
import Foundation
import Networks
import Sweeps
import TestSupport
import Tensors
import Testing

/// The published script's error maps for networks in full size whose weights are filled by formula.
@Suite("Golden sweeps") struct GoldenSweepTests {
  private static func golden(_ name: String) throws -> [String: Tensor] {
    try Archive(contentsOf: fixture("golden/networks/\(name).npz")).tensors()
  }

  private static func crop() throws -> Tensor {
    let bytes = try Archive(contentsOf: fixture("golden/networks/images.npz")).tensor("u8").rows(0..<1)
    let (mean, deviation): ([Float], [Float]) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    var crop = bytes.reshaped([224, 224, 3])
    crop.withMutableElements { elements in
      for i in elements.indices { elements[i] = (elements[i] / 255 - mean[i % 3]) / deviation[i % 3] }
    }
    return crop
  }

  @Test(
    "windows of 40 pixels give the script's maps: exact ones to a tenth of a millimetre, in whole, direct passes",
    arguments: [
      ("spin", Architecture.resNet50(.pooled)),
      ("pare_resnet50_deconv", .resNet50(.partAttention)),
      ("pare_resnet50_upsample", .resNet50(.partAttention, branch: .upsampling)),
      ("pare_hrnet_w32_conv", .hrNetW32()),
    ], [true, false])
  func script(_ network: (name: String, architecture: Architecture), isWhole: Bool) throws {
    let (name, architecture) = network
    let weights = try goldenWeights(name, stored: try Self.golden("\(name)_stored"))
    let regressor = try Regressor(architecture, Weights(weights, source: name))
      .with(isWhole ? .direct : .fastest)
    let body = try BodyModel(Archive(contentsOf: fixture("body.npz")).tensors(), from: "body.npz")
    let joints = try EvaluationJoints(
      Archive(contentsOf: fixture("golden/networks/data/J_regressor_h36m.npy")).tensor(Archive.onlyArray),
      for: body, from: "J_regressor_h36m.npy")

    let sweep = Sweep(
      side: 224, occluder: Occluder(size: 40), grid: Grid(.script, stride: 40), batch: 9,
      estimate: { regressor.estimate($0, withAttention: $1) },
      rerunning: isWhole ? nil : regressor.rerunning(value: 0, batch: 9),
      joints: { body.joints(rotations: $0.rotations, betas: $0.betas) },
      evaluationJoints: { joints.positions(rotations: $0.rotations, betas: $0.betas) })
    let expected = try Self.golden("expected/occlusion_s40_t40")
    let truth = expected["gt_joints14"]!.reshaped([14, 3])
    let measured = sweep.measure(try Self.crop(), at: 0..<36, against: truth)
    // The golden maps are those of 32 bits, whose rounding the softmax of part attention magnifies.
    let tolerance: Float = architecture.head == .pooled ? 1e-4 : 3e-4
    for (map, key) in [(measured.error, "mpjpe"), (measured.alignedError, "pampjpe")] {
      let whole = expected["\(name)_\(key)"]!.reshaped([36, 14])
      expectClose(map, whole, absolute: tolerance, relative: 0, key)
      let exact = try Self.golden("expected/exact")["\(name)_\(key)"]!.reshaped([36, 14])
      expectClose(map, exact, absolute: isWhole ? 1e-4 : 2e-4, relative: 0, "\(key), exact")
    }
  }
}

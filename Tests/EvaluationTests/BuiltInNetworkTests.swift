import Archives
import Bodies
import Evaluation
import Foundation
import Models
import Networks
import Pictures
import Rendering
import TestSupport
import Tensors
import Testing
import Training

@Suite("Built-in networks") struct BuiltInNetworkTests {
  /// The first 96 of the people that docs/numbers.md has more of; processors differ in the last digits alone.
  static let expected: [String: (mpjpe: Float, aligned: Float, pve: Float)] = [
    "gap": (101.7, 77.4, 112.6), "attention": (95.1, 73.7, 106.1),
    "gap-small": (134.9, 93.5, 150.1), "attention-small": (137.3, 95.3, 153.0),
  ]

  @Test("are small files that know more than the mean pose", arguments: expected.keys.sorted())
  func accuracy(_ name: String) throws {
    let path = fixture("networks/\(name).safetensors")
    let size = try #require(FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
    #expect(size <= 8_000_000)
    let file = try Archive(contentsOf: path)
    let regressor = try Regressor(Weights(try file.tensors(), metadata: file.metadata, source: path))
    #expect(regressor.head == (name.hasPrefix("gap") ? .pooled : .partAttention))

    let body = try Archive(contentsOf: fixture("body.npz"))
    let renderer = Renderer(
      body: try BodyModel(try body.tensors(), from: "body.npz"),
      poses: try Archive(contentsOf: fixture("poses.npz")).tensor("pose"),
      panoramas: try Renderer.heldOutPanoramas.map {
        try Picture(contentsOf: fixture("panoramas/\($0).jpg"))
      },
      settings: .unoccluded)
    let evaluation = RenderedEvaluation(renderer, count: 96, seed: 20_000)
    let mean = evaluation.accuracy(of: MeanParameters(of: renderer.people(0..<96, seed: 1, side: 16)))
    let model = SMPLModel(LoadedNetwork(label: name, name: name, regressor: regressor), body: try SMPLBody())
    let accuracy = try #require(try evaluation.accuracy(of: model, shared: false).body)
    let expected = try #require(Self.expected[name])
    #expect(abs(accuracy.mpjpe - expected.mpjpe) < 0.5, "\(accuracy.mpjpe) mm")
    #expect(abs(accuracy.alignedMPJPE - expected.aligned) < 0.5, "\(accuracy.alignedMPJPE) mm")
    #expect(abs(accuracy.pve - expected.pve) < 0.5, "\(accuracy.pve) mm")
    #expect(accuracy.mpjpe < 0.45 * mean.mpjpe, "\(accuracy.mpjpe) mm, the mean pose \(mean.mpjpe) mm")
  }
}

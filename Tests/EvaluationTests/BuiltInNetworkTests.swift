import Archives
import Bodies
import Evaluation
import Foundation
import Networks
import Pictures
import Rendering
import TestSupport
import Tensors
import Testing
import Training

@Suite("Built-in networks") struct BuiltInNetworkTests {
  @Test("are small files that know more than the mean pose", arguments: ["gap", "attention"])
  func accuracy(_ name: String) throws {
    let path = fixture("networks/\(name).safetensors")
    let size = try #require(FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
    #expect(size <= 12_000_000)
    let file = try Archive(contentsOf: path)
    let regressor = try Regressor(Weights(try file.tensors(), metadata: file.metadata, source: path))
    #expect(regressor.head == (name == "gap" ? .pooled : .partAttention))

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
    let accuracy = evaluation.accuracy(of: regressor)
    // What they reach on 1,000 people is in docs/numbers.md.
    #expect(accuracy.mpjpe < 0.45 * mean.mpjpe, "\(accuracy.mpjpe) mm, the mean pose \(mean.mpjpe) mm")
    #expect(accuracy.alignedMPJPE < mean.alignedMPJPE && accuracy.pve < 0.6 * mean.pve)
  }
}

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
    "gap": (101.7, 77.4, 112.6), "attention": (95.1, 73.7, 106.1), "uv": (149.5, 117.4, 152.3),
    "gap-small": (134.9, 93.5, 150.1), "attention-small": (137.3, 95.3, 153.0),
  ]

  @Test("are small files that know more than the mean pose", arguments: expected.keys.sorted())
  func accuracy(_ name: String) throws {
    let path = fixture("networks/\(name).safetensors")
    let size = try #require(FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
    #expect(size <= (name == "uv" ? 10_000_000 : 8_000_000))
    let file = try Archive(contentsOf: path)
    let regressor = try Regressor(Weights(try file.tensors(), metadata: file.metadata, source: path))
    #expect(regressor.head == (name == "uv" ? .uv : name.hasPrefix("gap") ? .pooled : .partAttention))

    let renderer = try Self.renderer()
    let evaluation = RenderedEvaluation(renderer, count: 96, seed: 20_000)
    let mean = evaluation.accuracy(of: MeanParameters(of: renderer.people(0..<96, seed: 1, side: 16)))
    let model = SMPLModel(LoadedNetwork(label: name, name: name, regressor: regressor), body: try SMPLBody())
    let accuracy = try #require(try evaluation.accuracy(of: model, shared: false).body)
    let expected = try #require(Self.expected[name])
    #expect(abs(accuracy.mpjpe - expected.mpjpe) < 0.5, "\(accuracy.mpjpe) mm")
    #expect(abs(accuracy.alignedMPJPE - expected.aligned) < 0.5, "\(accuracy.alignedMPJPE) mm")
    #expect(abs(accuracy.pve - expected.pve) < 0.5, "\(accuracy.pve) mm")
    // Of a thousand people `uv` is at 44 %.
    #expect(
      accuracy.mpjpe < (name == "uv" ? 0.5 : 0.45) * mean.mpjpe,
      "\(accuracy.mpjpe) mm, the mean pose \(mean.mpjpe) mm")
  }

  /// Nobody hidden, before panoramas that no network saw.
  private static func renderer() throws -> Renderer {
    let body = try Archive(contentsOf: fixture("body.npz"))
    return Renderer(
      body: try BodyModel(try body.tensors(), from: "body.npz"),
      poses: try Archive(contentsOf: fixture("poses.npz")).tensor("pose"),
      panoramas: try Renderer.heldOutPanoramas.map {
        try Picture(contentsOf: fixture("panoramas/\($0).jpg"))
      },
      settings: .unoccluded)
  }

  @Test("the temporal one sees people who stand still, and more of those who move") func temporal() throws {
    let path = fixture("networks/temporal.safetensors")
    let size = try #require(FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
    #expect(size <= 8_000_000)
    let file = try NetworkFile(contentsOf: path)
    #expect(file.kind == .temporal)
    let model = try file.model(label: "temporal", name: "temporal", body: SMPLBody())
    #expect(model.skeleton == .smpl24 && model.body == nil && model.side == 256)
    let renderer = try Self.renderer()
    let still = try RenderedEvaluation(renderer, count: 32, seed: 20_000).accuracy(of: model, shared: true)
    let clips = (motions: try BuiltInRenderer.motions(from: fixture("")), frames: 27)
    let moving = try RenderedEvaluation(renderer, count: 8, seed: 20_000, clips: clips).accuracy(
      of: model, shared: true)
    #expect(still.body == nil)
    let (first, second) = (try #require(still.shared), try #require(moving.shared))
    #expect(first.mpjpe < 170 && first.missed == 0, "\(first.mpjpe) mm")
    #expect(second.mpjpe < 140 && second.mpjpe < first.mpjpe, "\(second.mpjpe) mm")
  }
}

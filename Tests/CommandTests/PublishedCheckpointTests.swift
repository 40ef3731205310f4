import Archives
import Foundation
import Pictures
import TestSupport
import Tensors
import Testing

/// Checkpoint files in the published layouts, read by the program as a user's would be.
@Suite("Published checkpoints", .serialized) struct PublishedCheckpointTests {
  struct Layout: Sendable, CustomTestStringConvertible {
    let network: String
    let key: String, prefix: String
    let container: TorchWriter.Container
    var testDescription: String { "\(network), \(container)" }
  }

  static let layouts = [
    Layout(network: "spin", key: "model", prefix: "", container: .legacy),
    Layout(network: "spin", key: "model", prefix: "", container: .zip),
    Layout(network: "pare_resnet50_deconv", key: "state_dict", prefix: "model.", container: .zip),
    // As DataParallel, torch.compile and PyTorch's tutorial save them.
    Layout(network: "spin", key: "model_state_dict", prefix: "_orig_mod.module.", container: .zip),
    Layout(network: "pare_resnet50_deconv", key: "weights", prefix: "model.module.", container: .legacy),
    Layout(network: "pare_resnet50_upsample", key: "state_dict", prefix: "model.", container: .zip),
    Layout(network: "pare_hrnet_w32_conv", key: "state_dict", prefix: "model.", container: .zip),
  ]

  /// The first golden picture as a file.
  private static func writePicture(to path: String) throws {
    let bytes = try GoldenNetwork.pixels().rows(0..<1)
    try Picture(width: 224, height: 224, pixels: bytes.elements.map { UInt8($0) }).writePNG(to: path)
  }

  @Test(
    "give the golden joints through estimate, directly and imported, within the reference's rounding",
    arguments: layouts)
  func estimate(_ layout: Layout) throws {
    try withTemporaryFolder { folder in
      let golden = try #require(GoldenNetwork.published.first { $0.name == layout.network })
      let weights = try golden.weights()
      let checkpoint = folder + "/checkpoint.ckpt", picture = folder + "/picture.png"
      // What a training run leaves beside the network is passed over.
      let rest = layout.prefix.isEmpty ? [] : [("model.smpl.smpl.v_template", Tensor([4, 3]))]
      try TorchWriter.write(
        weights.map { (layout.prefix + $0.key, $0.value) }.sorted { $0.0 < $1.0 } + rest, under: layout.key,
        as: layout.container, to: checkpoint)
      try Self.writePicture(to: picture)

      let imported = folder + "/imported.safetensors"
      let importing = try CommandLineRun(["import", checkpoint, "--out", imported])
      #expect(importing.code == 0, "\(importing.error)")
      var outputs: [String] = []
      for model in [checkpoint, imported] {
        let run = try CommandLineRun([
          "estimate", picture, "--model", "net=\(model)", "--body", fixture("body.npz"),
          "--joint-regressors", fixture("golden/networks/data"), "--json",
        ])
        #expect(run.code == 0, "\(run.error)")
        let object = try #require(
          try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
        for (key, quantity) in [("joints24_m", .joints24), ("h36m14_m", .joints14)]
          as [(String, GoldenNetwork.Quantity)]
        {
          try golden.expect(
            try #require(object[key] as? [[Double]]).joined().map { Float($0) }, quantity)
        }
        outputs.append(run.output)
      }
      #expect(outputs[0] == outputs[1])

      if layout.network.contains("hrnet"), Python.isThere {
        let peak = try Python.run(
          """
          import resource, subprocess, sys
          subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
          print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
          """, CommandLineRun.program, "estimate", picture, "--model", checkpoint)
        #expect(Int(peak).map { $0 <= 600 << 10 } == true, "\(peak) KB")
      }

      let inspection = try CommandLineRun(["inspect", checkpoint]).output
      let name = layout.network == "spin" ? "SPIN" : "PARE"
      #expect(
        inspection.hasPrefix("\(name), published checkpoint\n") && inspection.contains("yes"),
        "\(inspection.prefix(500))")
      #expect(
        try CommandLineRun(["inspect", imported]).output
          .hasPrefix("\(name), imported from checkpoint.ckpt\n"))
      #expect(inspection.contains(layout.network == "spin" ? "pooled" : "part attention"))
      #expect(inspection.contains("HRNet") == layout.network.contains("hrnet"))
    }
  }
}

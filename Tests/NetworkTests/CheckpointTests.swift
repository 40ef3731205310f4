import Foundation
import Networks
import TestSupport
import Testing

@Suite("Checkpoints") struct CheckpointTests {
  /// Names and shapes of a published network, as the golden table lists them.
  static func shapes(_ network: String, prefix: String = "") throws -> [String: [Int]] {
    let table = try String(contentsOfFile: fixture("golden/networks/\(network).tsv"), encoding: .utf8)
    var shapes: [String: [Int]] = [:]
    for line in table.split(separator: "\n").dropFirst() {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
      shapes[prefix + fields[0]] =
        fields[1] == "scalar" ? [] : fields[1].split(separator: "x").map { Int($0)! }
    }
    return shapes
  }

  @Test(
    "a network is told from its keys, with and without Lightning's prefix",
    arguments: [
      ("spin", Architecture.resNet50(.pooled)), ("pare_resnet50_deconv", .resNet50(.partAttention)),
      ("pare_resnet50_upsample", .resNet50(.partAttention, branch: .upsampling)),
      ("pare_hrnet_w32_conv", .hrNetW32()),
    ], ["", "model."])
  func recognition(_ example: (name: String, architecture: Architecture), prefix: String) throws {
    // SPIN's own file has no prefix; PARE's class for it splits it in two.
    let isSplit = example.name == "spin" && prefix == "model."
    var shapes = try Self.shapes(example.name, prefix: isSplit ? "" : prefix)
    if isSplit {
      let isHead = ["fc", "dec", "init"]
      shapes = Dictionary(
        uniqueKeysWithValues: shapes.map { key, shape in
          ("model." + (isHead.contains(where: key.hasPrefix) ? "head." : "backbone.") + key, shape)
        })
    }
    shapes["model.smpl.smpl.posedirs"] = [207, 20670]
    let checkpoint = try Checkpoint(shapes, source: "file")
    #expect(checkpoint.architecture == example.architecture)
    #expect(checkpoint.missing.isEmpty)
    #expect(checkpoint.unused.contains("model.smpl.smpl.posedirs"))
    let rest = checkpoint.unused.filter {
      !$0.hasSuffix("num_batches_tracked") && !$0.contains("smpl.smpl.") && !$0.contains(".init_")
        && !$0.hasSuffix("temperature") && !$0.contains("backbone.final_layer")
    }
    #expect(rest.isEmpty, "\(rest.prefix(5))")
    #expect(checkpoint.keys.allSatisfy { shapes[$0.value] != nil })
  }

  @Test(
    "what stands in front of all names is taken off, alone and in chains",
    arguments: ["module.", "_orig_mod.", "model.", "net.module.", "model._orig_mod.module.", "a.b.c.d."],
    ["spin", "pare_resnet50_deconv", "pare_hrnet_w32_conv"])
  func prefixes(prefix: String, name: String) throws {
    let bare = try Checkpoint(Self.shapes(name), source: "file")
    var shapes = try Self.shapes(name, prefix: prefix)
    shapes["criterion.weight"] = [3]
    let checkpoint = try Checkpoint(shapes, source: "file")
    #expect(checkpoint.architecture == bare.architecture && checkpoint.missing == bare.missing)
    #expect(Set(checkpoint.keys.keys) == Set(bare.keys.keys))
    #expect(
      checkpoint.keys.allSatisfy { shapes[$0.value] != nil } && checkpoint.unused.contains("criterion.weight")
    )
    // PARE's own `model.` is part of the layout.
    #expect(checkpoint.prefix == (name != "spin" && prefix == "model." ? "" : prefix))
  }

  @Test("an HRNet without the convolutions of its fusion interpolates") func interpolation() throws {
    let shapes = try Self.shapes("pare_hrnet_w32_conv").filter { !$0.key.contains("upsample_stage") }
    let checkpoint = try Checkpoint(shapes, source: "file")
    #expect(checkpoint.architecture == .hrNetW32(fusion: .interpolation) && checkpoint.missing.isEmpty)
  }

  @Test("means that a file of PARE does not speak of are added where asked for") func means() throws {
    let shapes = try Self.shapes("pare_resnet50_deconv")
    let plain = try Checkpoint(shapes, source: "file")
    #expect(plain.unused.contains("head.init_pose") && plain.unused.contains("head.init_cam"))
    let pose = try Checkpoint(shapes, source: "file", addsMeanPose: true)
    #expect(pose.keys["head.init_pose"] != nil && pose.keys["head.init_cam"] == nil)
    let camera = try Checkpoint(shapes, source: "file", addsMeanCameraAndShape: true)
    #expect(camera.keys["head.init_pose"] == nil)
    #expect(camera.keys["head.init_cam"] != nil && camera.keys["head.init_shape"] != nil)
    let pooled = try Checkpoint(Self.shapes("spin"), source: "file", addsMeanPose: true)
    #expect(pooled.architecture == .resNet50(.pooled))
  }

  @Test("what is missing is listed, and what is no known network is refused by the file's name")
  func refusals() throws {
    var shapes = try Self.shapes("spin")
    shapes["layer3.2.bn1.running_var"] = nil
    #expect(try Checkpoint(shapes, source: "file").missing == ["layer3.2.bn1.running_var"])
    for damage in ["decpose.weight", "conv1.weight", "layer2.0.conv1.weight"] {
      var shapes = try Self.shapes("spin")
      shapes[damage] = nil
      #expect { try Checkpoint(shapes, source: "spin.pt") } throws: { "\($0)".hasPrefix("spin.pt: ") }
    }
    for (network, name) in [
      ("pare_hrnet_w32_conv", "backbone.stage2.0.branches.0.0.conv1.weight"),
      ("pare_resnet50_deconv", "head.smpl_final_layer.weight"), ("spin", "conv1.weight"),
    ] {
      for shape in [[], [1 << 57, 0, 1, 1], [32]] {
        var shapes = try Self.shapes(network)
        #expect(shapes[name] != nil, "\(network)")
        shapes[name] = shape
        #expect { try Checkpoint(shapes, source: "a.pt") } throws: { "\($0)".hasPrefix("a.pt: ") }
      }
    }
    var heatmaps = try Self.shapes("pare_resnet50_deconv")
    heatmaps["head.keypoint_final_layer.weight"] = [24, 256, 1, 1]
    #expect { try Checkpoint(heatmaps, source: "f") } throws: { "\($0)".contains("24 rows") }
    #expect { try Checkpoint(["a": [2]], source: "f") } throws: { "\($0)".contains("neither SPIN") }
  }
}

import Archives
import Foundation
import Networks
import TestSupport
import Testing

/// Weight files and recipes carry architectures as JSON, and fingerprints digest the text: it never changes.
@Suite("Architectures") struct ArchitectureTests {
  static let resNet18 = Architecture.Backbone.resNet(
    block: .basic, blocks: [2, 2, 2, 2], width: 32, lastStride: 1)
  static let branch = Architecture.Branch(depth: 2, width: 64)

  static let texts: [(Architecture, String)] = [
    (
      .resNet50(.pooled),
      #"{"adds_mean":false,"block":"bottleneck","blocks":[3,4,6,3],"branch":"deconvolution","branch_depth":3,"branch_width":256,"head":"pooled","hidden":1024,"shape_width":64,"side":224,"width":64}"#
    ),
    (
      .resNet50(.partAttention),
      #"{"adds_mean":false,"block":"bottleneck","blocks":[3,4,6,3],"branch":"deconvolution","branch_depth":3,"branch_width":256,"head":"part_attention","hidden":1024,"shape_width":64,"side":224,"width":64}"#
    ),
    (
      .resNet50(.partAttention, branch: .upsampling),
      #"{"adds_mean":false,"block":"bottleneck","blocks":[3,4,6,3],"branch":"upsampling","branch_depth":3,"branch_width":256,"head":"part_attention","hidden":1024,"shape_width":64,"side":224,"width":64}"#
    ),
    (
      .hrNetW32(),
      #"{"adds_mean":false,"block":"basic","blocks":[4,1,4,3],"branch":"convolution","branch_depth":2,"branch_width":128,"fusion":"convolution","head":"part_attention","hidden":1024,"shape_width":64,"side":224,"width":32}"#
    ),
    (
      .hrNetW32(fusion: .interpolation),
      #"{"adds_mean":false,"block":"basic","blocks":[4,1,4,3],"branch":"convolution","branch_depth":2,"branch_width":128,"fusion":"interpolation","head":"part_attention","hidden":1024,"shape_width":64,"side":224,"width":32}"#
    ),
    (
      .resNet18(.partAttention, side: 96, width: 16),
      #"{"adds_mean":false,"block":"basic","blocks":[2,2,2,2],"branch":"deconvolution","branch_depth":3,"branch_width":256,"head":"part_attention","hidden":1024,"shape_width":64,"side":96,"width":16}"#
    ),
    (
      Architecture(side: 96, backbone: resNet18, head: .pooled(hidden: 512, parts: branch)),
      #"{"adds_mean":false,"block":"basic","blocks":[2,2,2,2],"branch":"deconvolution","branch_depth":2,"branch_width":64,"head":"pooled","hidden":512,"last_stride":1,"shape_width":64,"side":96,"width":32}"#
    ),
    (
      Architecture(
        side: 224, backbone: .resNet(block: .bottleneck, blocks: [3, 4, 6, 3], width: 64),
        head: .partAttention(.init(addsMeanPose: true, addsMeanCameraAndShape: false))),
      #"{"adds_mean":false,"adds_mean_camshape":false,"adds_mean_pose":true,"block":"bottleneck","blocks":[3,4,6,3],"branch":"deconvolution","branch_depth":3,"branch_width":256,"head":"part_attention","hidden":1024,"shape_width":64,"side":224,"width":64}"#
    ),
    (
      Architecture(
        side: 64, backbone: .hrNet(modules: [1, 1, 1, 1], width: 8),
        head: .partAttention(
          .init(branch: .init(.convolution, depth: 2, width: 128), addsMeanPose: true))),
      #"{"adds_mean":false,"adds_mean_pose":true,"block":"basic","blocks":[1,1,1,1],"branch":"convolution","branch_depth":2,"branch_width":128,"fusion":"convolution","head":"part_attention","hidden":1024,"shape_width":64,"side":64,"width":8}"#
    ),
    (
      Architecture(
        side: 256, backbone: .blazePose,
        head: .partAttention(.init(branch: .init(.convolution, depth: 1, width: 128), addsMean: true))),
      #"{"adds_mean":true,"backbone":"blazepose","block":"basic","blocks":[],"branch":"convolution","branch_depth":1,"branch_width":128,"head":"part_attention","hidden":1024,"shape_width":64,"side":256,"width":1}"#
    ),
    (
      Architecture(side: 256, backbone: .blazePose, head: .uv(hidden: 160, width: 96)),
      #"{"adds_mean":false,"backbone":"blazepose","block":"basic","blocks":[],"branch":"convolution","branch_depth":1,"branch_width":96,"head":"uv","hidden":160,"shape_width":64,"side":256,"width":1}"#
    ),
    (
      Architecture(
        side: 64, backbone: .resNet(block: .bottleneck, blocks: [1, 2, 1, 1], width: 32, lastStride: 2),
        head: .pooled()),
      #"{"adds_mean":false,"block":"bottleneck","blocks":[1,2,1,1],"branch":"deconvolution","branch_depth":3,"branch_width":256,"head":"pooled","hidden":1024,"last_stride":2,"shape_width":64,"side":64,"width":32}"#
    ),
  ]

  @Test("are written as the text that they were always written as, and read from it", arguments: texts)
  func text(_ architecture: Architecture, _ text: String) throws {
    #expect(architecture.json == text)
    let weights = Weights([:], metadata: [Architecture.metadataKey: text])
    #expect(try Architecture(of: weights) == architecture)
  }

  @Test(
    "of the built-in networks are read and written to the same bytes",
    arguments: ["gap-small", "attention-small", "parts"])
  func builtIn(name: String) throws {
    let text = try #require(
      Archive(contentsOf: fixture("networks/\(name).safetensors")).metadata[Architecture.metadataKey])
    let architecture = try Architecture(of: Weights([:], metadata: [Architecture.metadataKey: text]))
    #expect(architecture.json == text)
    #expect(architecture.backbone == Self.resNet18)
    switch architecture.head {
    case .pooled(let hidden, _): #expect(name == "gap-small" && hidden == 512)
    case .uv: Issue.record("\(name) is in UV space")
    case .partAttention(let head):
      #expect(name != "gap-small" && head == .init(branch: Self.branch, addsMean: true))
    }
  }

  @Test("an unknown backbone, and BlazePose of another size, are refused") func refusals() throws {
    let text = Architecture(side: 256, backbone: .blazePose, head: .pooled()).json
    func read(_ from: String, _ to: String) throws -> Architecture {
      #expect(text.contains(from))
      return try Architecture(
        of: Weights([:], metadata: [Architecture.metadataKey: text.replacing(from, with: to)], source: "a"))
    }
    #expect(try read("\"side\":256", "\"side\":256").backbone == .blazePose)
    for (from, to) in [
      ("\"blazepose\"", "\"mobilenet\""), ("\"side\":256", "\"side\":224"),
      ("\"blocks\":[]", "\"blocks\":[1,1,1,1]"), ("\"blazepose\"", "null"),
    ] {
      let error = #expect(throws: WeightError.self) { try read(from, to) }
      #expect(error.map { "\($0)".hasPrefix("a: ") } == true, "\(to)")
    }
  }

  @Test("a head in UV space on another backbone is refused") func uv() throws {
    let text = Architecture(side: 96, backbone: Self.resNet18, head: .uv()).json
    #expect(throws: WeightError.self) {
      try Architecture(of: Weights([:], metadata: [Architecture.metadataKey: text], source: "a"))
    }
  }

  @Test("another head leaves the backbone, and what is written of the first, as they are") func setters() {
    var architecture = Architecture(side: 96, backbone: Self.resNet18, head: .pooled(hidden: 512))
    architecture.head = .partAttention(.init(branch: Self.branch, addsMean: true))
    #expect(architecture.json.contains(#""hidden":512"#) && architecture.backbone == Self.resNet18)
    architecture.side = 256
    architecture.backbone = .blazePose
    #expect(architecture.features == 64 && !architecture.isHRNet && architecture.json.contains("blazepose"))
    architecture.head = .pooled()
    #expect(architecture.features == 864)
    architecture.head = .partAttention(.init(branch: Self.branch, addsMean: true))
    architecture.backbone = .hrNet(modules: [1, 1, 1, 1], width: 8)
    #expect(!architecture.json.contains("blazepose"))
    #expect(architecture.features == 120 && architecture.isHRNet && architecture.width == 8)
  }
}

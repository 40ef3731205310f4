import Foundation

/// What a network is made of: everything about it but the values of its weights.
public struct Architecture: Codable, Hashable, Sendable {
  /// The residual block of the backbone: two 3×3 convolutions, or 1×1, 3×3, 1×1 with four times the channels.
  public enum Block: String, Codable, Sendable { case basic, bottleneck }

  /// What reads the body off the feature map.
  public enum Head: String, Codable, Sendable, CaseIterable {
    /// Global average pooling and the three-step regressor (HMR, Kanazawa et al. 2018; SPIN, Kolotouros et al. 2019).
    case pooled
    /// Features gathered per body part by soft attention (PARE, Kocabas et al. 2021).
    case partAttention = "part_attention"
  }

  /// How the branches of a part-attention head double the map; those by `convolution` leave it as large.
  public enum Branch: String, Codable, Sendable { case deconvolution, upsampling, convolution }

  /// How an HRNet brings its coarse maps to the finest: doubled and convolved step by step, or at once.
  public enum Fusion: String, Codable, Sendable { case convolution, interpolation }

  /// The side of the crop in pixels.
  public var side: Int
  /// The residual block.
  public var block: Block
  /// Blocks in each of the four stages; of an HRNet the blocks of the first stage and the modules of the others.
  public var blocks: [Int]
  /// The number of channels after the stem, 64 in the published networks; of an HRNet those of its finest map.
  public var width: Int
  /// How the maps of an HRNet are brought together; nil says that the backbone is a ResNet.
  public var fusion: Fusion?
  /// The stride of the last stage: 1 leaves the map twice as fine; nil is 2, as published.
  public var lastStride: Int?
  /// What reads the body off the feature map.
  public var head: Head
  /// Pooled head: the width of its two hidden layers.
  public var hidden: Int = 1024
  /// Part attention: how its branches enlarge the map, how often, and their channels.
  public var branch: Branch = .deconvolution
  /// Part attention: the doublings in each branch.
  public var branchDepth: Int = 3
  /// Part attention: the channels of each branch.
  public var branchWidth: Int = 256
  /// Part attention: channels of the features that shape and camera are read from.
  public var shapeWidth: Int = 64
  /// Part attention: whether answers are corrections of `init_pose`, `init_shape` and `init_cam`.
  public var addsMean: Bool = false
  /// The same for the pose alone (PARE's USE_MEAN_POSE); nil is as `addsMean`.
  public var addsMeanPose: Bool?
  /// The same for shape and camera alone (PARE's USE_MEAN_CAMSHAPE); nil is as `addsMean`.
  public var addsMeanCameraAndShape: Bool?

  enum CodingKeys: String, CodingKey {
    case side, block, blocks, width, fusion, head, hidden, branch
    case branchDepth = "branch_depth"
    case branchWidth = "branch_width"
    case shapeWidth = "shape_width"
    case addsMean = "adds_mean"
    case addsMeanPose = "adds_mean_pose"
    case addsMeanCameraAndShape = "adds_mean_camshape"
    case lastStride = "last_stride"
  }

  /// A network of the given backbone and head; the rest as published.
  public init(side: Int, block: Block, blocks: [Int], width: Int, head: Head) {
    (self.side, self.block, self.blocks, self.width, self.head) = (side, block, blocks, width, head)
  }

  /// ResNet-50 on 224-pixel crops, with either head, as published.
  public static func resNet50(_ head: Head, branch: Branch = .deconvolution) -> Architecture {
    var architecture = Architecture(
      side: 224, block: .bottleneck, blocks: [3, 4, 6, 3], width: 64, head: head)
    architecture.branch = branch
    return architecture
  }

  /// ResNet-18 at `width` / 64 of its channels.
  public static func resNet18(_ head: Head, side: Int, width: Int) -> Architecture {
    Architecture(side: side, block: .basic, blocks: [2, 2, 2, 2], width: width, head: head)
  }

  /// Part attention on HRNet-W32 and 224-pixel crops, as published.
  public static func hrNetW32(fusion: Fusion = .convolution) -> Architecture {
    var architecture = Architecture(
      side: 224, block: .basic, blocks: [4, 1, 4, 3], width: 32, head: .partAttention)
    (architecture.fusion, architecture.branch) = (fusion, .convolution)
    (architecture.branchDepth, architecture.branchWidth) = (2, 128)
    return architecture
  }

  /// The channels of the feature map that the head reads.
  public var features: Int { fusion != nil ? width * 15 : width * 8 * (block == .bottleneck ? 4 : 1) }

  /// The name under which weight files carry the architecture.
  public static let metadataKey = "penumbra.architecture"

  /// As JSON, keys sorted.
  public var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  /// The architecture that a weight file states.
  ///
  /// - Throws: `WeightError` if it states none that makes sense.
  public init(of weights: Weights) throws(WeightError) {
    guard let json = weights.metadata[Self.metadataKey] else {
      throw WeightError(
        weights.source,
        "does not name its network (metadata \(Self.metadataKey) is missing)")
    }
    guard let read = try? JSONDecoder().decode(Architecture.self, from: Data(json.utf8)), read.isPlausible
    else {
      throw WeightError(weights.source, "metadata \(Self.metadataKey) does not describe a network")
    }
    self = read
  }

  /// Whether all numbers are within what a network can have.
  package var isPlausible: Bool {
    blocks.count == 4 && blocks.allSatisfy { (1...64).contains($0) } && (16...2048).contains(side)
      && (1...1024).contains(width) && (1...8192).contains(hidden) && (1...5).contains(branchDepth)
      && (1...4096).contains(branchWidth) && (1...4096).contains(shapeWidth)
      && (1...2).contains(lastStride ?? 2) && (fusion == nil || side % 32 == 0)
  }
}

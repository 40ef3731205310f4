import Foundation

/// What a network is made of: everything about it but the values of its weights.
///
///     let spin = Architecture(side: 224, backbone: .resNet(block: .bottleneck, blocks: [3, 4, 6, 3], width: 64),
///       head: .pooled())
public struct Architecture: Hashable, Sendable {
  /// The residual block of the backbone: two 3×3 convolutions, or 1×1, 3×3, 1×1 with four times the channels.
  public enum Block: String, Codable, Sendable { case basic, bottleneck }

  /// How the branches of a part-attention head double the map; those by `convolution` leave it as large.
  public enum Enlargement: String, Codable, Sendable { case deconvolution, upsampling, convolution }

  /// How an HRNet brings its coarse maps to the finest: doubled and convolved step by step, or at once.
  public enum Fusion: String, Codable, Sendable { case convolution, interpolation }

  /// What of BlazePose's encoder is not trained.
  public enum FrozenBackbone: String, Codable, Sendable, CaseIterable {
    /// All of it.
    case all
    /// All before the last step down: what works on maps of 16 × 16 and finer.
    case early
  }

  /// What makes a feature map of the crop.
  public enum Backbone: Hashable, Sendable {
    /// He et al. 2016: blocks in each of four stages, and the channels after the stem, 64 in the published networks.
    ///
    /// A last stride of 1 leaves the map twice as fine; nil is 2, as published.
    case resNet(block: Block, blocks: [Int], width: Int, lastStride: Int? = nil)
    /// Sun et al. 2019: the blocks of the first stage and the modules of the other three, and the channels of the
    /// finest map.
    case hrNet(modules: [Int], width: Int, fusion: Fusion = .convolution)
    /// Bazarevsky et al. 2020: the encoder of BlazePose GHUM full, on crops of 256 pixels.
    case blazePose
  }

  /// What enlarges the feature map before something is read off every pixel.
  public struct Branch: Hashable, Sendable {
    /// How each step enlarges the map.
    public var enlargement: Enlargement
    /// The steps.
    public var depth: Int
    /// The channels.
    public var width: Int

    /// A branch, by default as published with a ResNet.
    public init(_ enlargement: Enlargement = .deconvolution, depth: Int = 3, width: Int = 256) {
      (self.enlargement, self.depth, self.width) = (enlargement, depth, width)
    }
  }

  /// A head that gathers features per body part by soft attention.
  ///
  /// PARE, Kocabas et al. 2021.
  public struct PartAttention: Hashable, Sendable {
    /// The branches of the parts and of the body.
    public var branch: Branch
    /// Channels of the features that shape and camera are read from.
    public var shapeWidth: Int
    /// Whether predictions are corrections of `init_pose`, `init_shape` and `init_cam`.
    public var addsMean: Bool
    /// The same for the pose alone (PARE's USE_MEAN_POSE); nil is as `addsMean`.
    public var addsMeanPose: Bool?
    /// The same for shape and camera alone (PARE's USE_MEAN_CAMSHAPE); nil is as `addsMean`.
    public var addsMeanCameraAndShape: Bool?

    /// A head, by default as published with a ResNet.
    public init(
      branch: Branch = Branch(), shapeWidth: Int = 64, addsMean: Bool = false, addsMeanPose: Bool? = nil,
      addsMeanCameraAndShape: Bool? = nil
    ) {
      (self.branch, self.shapeWidth, self.addsMean) = (branch, shapeWidth, addsMean)
      (self.addsMeanPose, self.addsMeanCameraAndShape) = (addsMeanPose, addsMeanCameraAndShape)
    }
  }

  /// What reads the body off the feature map.
  public enum Head: Hashable, Sendable {
    /// Global average pooling and the three-step regressor with two hidden layers (SPIN, Kolotouros et al. 2019).
    ///
    /// In training it may have a branch for part segmentation beside it.
    case pooled(hidden: Int = 1024, parts: Branch = Branch())
    /// Features gathered per body part.
    case partAttention(PartAttention = PartAttention())
    /// The skin that is seen, laid out in UV space, and what is hidden of it filled in (Zhang et al. 2020); on BlazePose.
    ///
    /// `hidden` numbers know the whole body; the map that it reads has `width` channels.
    case uv(hidden: Int = 192, width: Int = 128)

    /// A head without its sizes.
    public enum Kind: String, Codable, Sendable, CaseIterable {
      case pooled
      case partAttention = "part_attention"
      case uv
    }

    /// Which of the heads it is.
    public var kind: Kind {
      switch self {
      case .pooled: .pooled
      case .partAttention: .partAttention
      case .uv: .uv
      }
    }

    /// A head of a kind, as published with a ResNet.
    public init(_ kind: Kind) {
      switch kind {
      case .pooled: self = .pooled()
      case .partAttention: self = .partAttention()
      case .uv: self = .uv()
      }
    }
  }

  /// What is written of it, with what the other backbone and head would have.
  private var record: Record

  /// A network of the given backbone and head on crops of `side` pixels.
  public init(side: Int, backbone: Backbone, head: Head) {
    record = Record(side: side)
    (self.backbone, self.head) = (backbone, head)
  }

  /// The side of the crop in pixels.
  public var side: Int {
    get { record.side }
    set { record.side = newValue }
  }

  /// What makes the feature map.
  public var backbone: Backbone {
    get {
      if isBlazePose { return .blazePose }
      guard let fusion = record.fusion else {
        return .resNet(
          block: record.block, blocks: record.blocks, width: record.width, lastStride: record.lastStride)
      }
      return .hrNet(modules: record.blocks, width: record.width, fusion: fusion)
    }
    set {
      record.backbone = newValue == .blazePose ? Record.blazePose : nil
      switch newValue {
      case .blazePose:
        (record.blocks, record.width, record.lastStride, record.fusion) = ([], 1, nil, nil)
      case .resNet(let block, let blocks, let width, let lastStride):
        (record.block, record.blocks, record.width) = (block, blocks, width)
        (record.lastStride, record.fusion) = (lastStride, nil)
      case .hrNet(let modules, let width, let fusion):
        (record.blocks, record.width, record.fusion) = (modules, width, fusion)
      }
    }
  }

  /// What reads the body off the feature map; a new one leaves what is written of the other kind as it was.
  public var head: Head {
    get {
      switch record.head {
      case .pooled: .pooled(hidden: record.hidden, parts: partBranch)
      case .partAttention:
        .partAttention(
          PartAttention(
            branch: partBranch, shapeWidth: record.shapeWidth, addsMean: record.addsMean,
            addsMeanPose: record.addsMeanPose, addsMeanCameraAndShape: record.addsMeanCameraAndShape))
      case .uv: .uv(hidden: record.hidden, width: record.branchWidth)
      }
    }
    set {
      record.head = newValue.kind
      switch newValue {
      case .pooled(let hidden, let parts): (record.hidden, partBranch) = (hidden, parts)
      case .partAttention(let head):
        (partBranch, record.shapeWidth, record.addsMean) = (head.branch, head.shapeWidth, head.addsMean)
        (record.addsMeanPose, record.addsMeanCameraAndShape) = (
          head.addsMeanPose, head.addsMeanCameraAndShape
        )
      case .uv(let hidden, let width):
        (record.hidden, partBranch) = (hidden, Branch(.convolution, depth: 1, width: width))
      }
    }
  }

  /// The branch of the parts, which a pooled network has in training alone.
  package private(set) var partBranch: Branch {
    get { Branch(record.branch, depth: record.branchDepth, width: record.branchWidth) }
    set {
      (record.branch, record.branchDepth, record.branchWidth) = (
        newValue.enlargement, newValue.depth, newValue.width
      )
    }
  }

  /// The channels after a ResNet's stem, or of an HRNet's finest map.
  public var width: Int { record.width }

  /// The stride of a ResNet's last stage, where it is written.
  public var lastStride: Int? { record.lastStride }

  /// Whether the network keeps maps of all sizes to its end, as HRNet does.
  package var isHRNet: Bool { record.fusion != nil }

  /// Whether the backbone is BlazePose's.
  package var isBlazePose: Bool { record.backbone != nil }

  /// The channels of the feature map that the head reads.
  public var features: Int {
    switch backbone {
    case .resNet(let block, _, let width, _): width * 8 * (block == .bottleneck ? 4 : 1)
    case .hrNet(_, let width, _): width * 15
    case .blazePose: head.kind == .pooled ? BlazePoseLayers.features : partBranch.width
    }
  }

  /// Whether all numbers are within what a network can have.
  package var isPlausible: Bool { record.isPlausible }
}

extension Architecture {
  /// ResNet-50 on 224-pixel crops, with either head, as published.
  public static func resNet50(
    _ head: Head.Kind, branch: Enlargement = .deconvolution
  ) -> Architecture {
    Architecture(
      side: 224, backbone: .resNet(block: .bottleneck, blocks: [3, 4, 6, 3], width: 64),
      head: head == .pooled
        ? .pooled(parts: Branch(branch)) : .partAttention(PartAttention(branch: Branch(branch))))
  }

  /// ResNet-18 at `width` / 64 of its channels.
  public static func resNet18(_ head: Head.Kind, side: Int, width: Int) -> Architecture {
    Architecture(
      side: side, backbone: .resNet(block: .basic, blocks: [2, 2, 2, 2], width: width), head: Head(head))
  }

  /// Part attention on HRNet-W32 and 224-pixel crops, as published.
  public static func hrNetW32(fusion: Fusion = .convolution) -> Architecture {
    Architecture(
      side: 224, backbone: .hrNet(modules: [4, 1, 4, 3], width: 32, fusion: fusion),
      head: .partAttention(PartAttention(branch: Branch(.convolution, depth: 2, width: 128))))
  }
}

extension Architecture: Codable {
  /// The name under which weight files carry the architecture.
  public static let metadataKey = "penumbra.architecture"

  /// The keys of the JSON, which has those of every backbone and head.
  fileprivate struct Record: Codable, Hashable, Sendable {
    static let blazePose = "blazepose"

    var side: Int
    /// Nil for the others, which older files do not name.
    var backbone: String?
    var block = Block.basic
    var blocks: [Int] = []
    var width = 64
    var fusion: Fusion?
    var lastStride: Int?
    var head = Head.Kind.pooled
    var hidden = 1024
    var branch = Enlargement.deconvolution
    var branchDepth = 3
    var branchWidth = 256
    var shapeWidth = 64
    var addsMean = false
    var addsMeanPose: Bool?
    var addsMeanCameraAndShape: Bool?

    init(side: Int) { self.side = side }

    enum CodingKeys: String, CodingKey {
      case side, backbone, block, blocks, width, fusion, head, hidden, branch
      case branchDepth = "branch_depth"
      case branchWidth = "branch_width"
      case shapeWidth = "shape_width"
      case addsMean = "adds_mean"
      case addsMeanPose = "adds_mean_pose"
      case addsMeanCameraAndShape = "adds_mean_camshape"
      case lastStride = "last_stride"
    }

    var isPlausible: Bool {
      (head != .uv || backbone == Self.blazePose)
        && (backbone == nil
          ? blocks.count == 4 : backbone == Self.blazePose && blocks.isEmpty && side == BlazePoseLayers.side)
        && blocks.allSatisfy { (1...64).contains($0) } && (16...2048).contains(side)
        && (1...1024).contains(width) && (1...8192).contains(hidden) && (1...5).contains(branchDepth)
        && (1...4096).contains(branchWidth) && (1...4096).contains(shapeWidth)
        && (1...2).contains(lastStride ?? 2) && (fusion == nil || side % 32 == 0)
    }
  }

  /// Reads the keys of the JSON that weight files and recipes carry.
  public init(from decoder: any Decoder) throws { record = try Record(from: decoder) }

  /// Writes the keys of the JSON that weight files and recipes carry.
  public func encode(to encoder: any Encoder) throws { try record.encode(to: encoder) }

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
}

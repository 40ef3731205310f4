/// What a published checkpoint is, recognised by the names and shapes of its tensors alone.
///
/// Read are SPIN's files (no prefix), PARE's (`model.backbone.`, `model.head.`, or without `model.`), and files
/// of PARE's own class for the pooled network (`backbone.`, `head.fc1`).
public struct Checkpoint: Sendable {
  /// The network that the tensors make.
  public let architecture: Architecture
  /// The name in the file of each of the network's tensors, by the name in the network.
  public private(set) var keys: [String: String]
  /// Names of the file that the network does not ask for; what belongs to training or to the body among them.
  public private(set) var unused: [String]
  /// What all the network's names have in front in the file, such as `module.` of DataParallel; mostly nothing.
  public private(set) var prefix = ""
  /// Tensors of the network that the file lacks.
  public let missing: [String]

  /// Recognises a network.
  ///
  /// - Parameters:
  ///   - shapes: the shape of every array of the file, by its name there.
  ///   - source: the file's path, for messages.
  ///   - addsMeanPose: whether PARE's network was trained with USE_MEAN_POSE, which its file does not contain.
  ///   - addsMeanCameraAndShape: the same of USE_MEAN_CAMSHAPE.
  /// - Throws: `WeightError` when the names are those of no known network, or of a variant that is not supported.
  public init(
    _ shapes: [String: [Int]], source: String, addsMeanPose: Bool = false,
    addsMeanCameraAndShape: Bool = false
  ) throws(WeightError) {
    do throws(WeightError) {
      try self.init(
        plain: shapes, source: source, addsMeanPose: addsMeanPose,
        addsMeanCameraAndShape: addsMeanCameraAndShape)
    } catch {
      for prefix in Self.prefixes(of: shapes.keys) {
        let inner = shapes.filter { $0.key.hasPrefix(prefix) }
        let plain = Dictionary(uniqueKeysWithValues: inner.map { ($0.key.dropping(prefix), $0.value) })
        guard
          var found = try? Checkpoint(
            plain: plain, source: source, addsMeanPose: addsMeanPose,
            addsMeanCameraAndShape: addsMeanCameraAndShape)
        else { continue }
        found.keys = found.keys.mapValues { prefix + $0 }
        found.prefix = prefix
        let used = Set(found.keys.values)
        found.unused = shapes.keys.filter { !used.contains($0) }.sorted()
        self = found
        return
      }
      throw error
    }
  }

  /// What at least half of the names begin with, up to five parts long, the shortest first.
  private static func prefixes(of names: some Collection<String>) -> [String] {
    var counts: [String: Int] = [:]
    for name in names {
      let parts = name.split(separator: ".", omittingEmptySubsequences: false).dropLast().prefix(5)
      for count in parts.indices { counts[parts[...count].joined(separator: ".") + ".", default: 0] += 1 }
    }
    return counts.filter { 2 * $0.value >= names.count }.keys.sorted { ($0.count, $0) < ($1.count, $1) }
  }

  /// Recognises a network by names that have nothing in front.
  private init(
    plain shapes: [String: [Int]], source: String, addsMeanPose: Bool, addsMeanCameraAndShape: Bool
  ) throws(WeightError) {
    var known: [String: String] = [:]
    for key in shapes.keys { known[Self.name(of: key)] = key }
    // PARE's class for the pooled network puts it behind `backbone.` and `head.`; SPIN's own has no prefix.
    if known["head.fc1.weight"] != nil {
      var flat: [String: String] = [:]
      for (name, key) in known {
        flat[String(name.trimmingPrefix("backbone.").trimmingPrefix("head."))] = key
      }
      known = flat
    }
    func shape(_ name: String) -> [Int]? { known[name].flatMap { shapes[$0] } }
    var architecture = try Self.architecture(Set(known.keys), shape, source)
    if case .partAttention(var head) = architecture.head {
      if addsMeanPose { head.addsMeanPose = true }
      if addsMeanCameraAndShape { head.addsMeanCameraAndShape = true }
      architecture.head = .partAttention(head)
    }
    guard architecture.isPlausible else {
      throw WeightError(source, "the shapes of its tensors do not describe a possible network")
    }
    self.architecture = architecture
    let network = Network(learning: architecture)
    let wanted = network.graph.parameters.map(\.name) + network.statistics.flatMap { [$0.mean, $0.variance] }
    var keys: [String: String] = [:]
    for name in wanted { keys[name] = known[name] }
    self.keys = keys
    missing = wanted.filter { keys[$0] == nil }
    let used = Set(keys.values)
    unused = shapes.keys.filter { !used.contains($0) }.sorted()
  }

  private static func name(of key: String) -> String {
    key.hasPrefix("model.backbone.") || key.hasPrefix("model.head.")
      ? String(key.dropFirst("model.".count)) : key
  }

  private static func architecture(
    _ names: Set<String>, _ shape: (String) -> [Int]?, _ source: String
  ) throws(WeightError) -> Architecture {
    if let fc1 = shape("fc1.weight"), fc1.count == 2, names.contains("decpose.weight") {
      return Architecture(
        side: 224, backbone: try resNet("", names, shape, source), head: .pooled(hidden: fc1[0]))
    }
    guard names.contains("head.pose_mlp.weight"), let logits = shape("head.keypoint_final_layer.weight"),
      logits.count == 4, let shapeFeatures = shape("head.smpl_final_layer.weight"), shapeFeatures.count == 4
    else {
      throw WeightError(
        source,
        "its tensors are neither SPIN's (fc1, decpose) nor PARE's (head.pose_mlp), and it does not name its network"
      )
    }
    guard logits[0] == 25 else {
      throw WeightError(
        source,
        "tensor head.keypoint_final_layer.weight has \(logits[0]) rows; only part segmentation (25) is supported"
      )
    }
    let (backbone, branch) = try backboneAndBranch(names, shape, width: logits[1], source)
    guard branch.depth > 0 else {
      throw WeightError(source, "branches of the network are missing altogether")
    }
    return Architecture(
      side: 224, backbone: backbone,
      head: .partAttention(Architecture.PartAttention(branch: branch, shapeWidth: shapeFeatures[0])))
  }

  /// The backbone of a network with part attention, and the branches of its head.
  private static func backboneAndBranch(
    _ names: Set<String>, _ shape: (String) -> [Int]?, width: Int, _ source: String
  ) throws(WeightError) -> (Architecture.Backbone, Architecture.Branch) {
    if let finest = shape("backbone.stage2.0.branches.0.0.conv1.weight"), finest.count == 4 {
      let modules =
        [count(names, "backbone.layer1.", ".conv1.weight")]
        + (2...4).map { count(names, "backbone.stage\($0).", ".branches.0.0.conv1.weight") }
      guard modules.allSatisfy({ $0 > 0 }) else {
        throw WeightError(source, "stages of the network are missing altogether")
      }
      let isConvolved = names.contains("backbone.upsample_stage_2.1.weight")
      return (
        .hrNet(modules: modules, width: finest[0], fusion: isConvolved ? .convolution : .interpolation),
        Architecture.Branch(.convolution, depth: depth(names, 3, 0), width: width)
      )
    }
    let isDeconvolution = shape("head.keypoint_deconv_layers.0.weight")?.count == 4
    return (
      try resNet("backbone.", names, shape, source),
      isDeconvolution
        ? Architecture.Branch(.deconvolution, depth: depth(names, 3, 0), width: width)
        : Architecture.Branch(.upsampling, depth: depth(names, 4, 1), width: width)
    )
  }

  private static func resNet(
    _ prefix: String, _ names: Set<String>, _ shape: (String) -> [Int]?, _ source: String
  ) throws(WeightError) -> Architecture.Backbone {
    let blocks = (1...4).map { count(names, "\(prefix)layer\($0).", ".conv1.weight") }
    guard let stem = shape("\(prefix)conv1.weight"), stem.count == 4, blocks.allSatisfy({ $0 > 0 }) else {
      throw WeightError(
        source, "contains a head but no ResNet: tensors \(prefix)conv1 and \(prefix)layer1…4 are missing")
    }
    let isBottleneck = names.contains("\(prefix)layer1.0.conv3.weight")
    return .resNet(block: isBottleneck ? .bottleneck : .basic, blocks: blocks, width: stem[0])
  }

  /// How many numbers from 0 on have a tensor `beforeNUMBERafter`.
  private static func count(_ names: Set<String>, _ before: String, _ after: String) -> Int {
    (0..<64).prefix { names.contains("\(before)\($0)\(after)") }.count
  }

  /// The steps of a branch whose convolutions are numbered from `first` on, `stride` apart.
  private static func depth(_ names: Set<String>, _ stride: Int, _ first: Int) -> Int {
    (0..<5).prefix { names.contains("head.keypoint_deconv_layers.\($0 * stride + first).weight") }.count
  }
}

extension String {
  /// The text without what it begins with.
  fileprivate func dropping(_ prefix: String) -> String { String(dropFirst(prefix.count)) }
}

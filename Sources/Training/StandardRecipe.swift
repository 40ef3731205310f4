import Rendering
public import Networks

/// What `penumbra train` trains: one of the two built-in architectures, or the start of both.
public enum TrainingTarget: String, Codable, Sendable, CaseIterable {
  /// A backbone with a part branch, which segments body parts: a start for both others.
  case parts
  /// A network that pools its features.
  case gap
  /// A network with part attention.
  case attention
  /// A network that paints the skin in UV space and fills in what is hidden.
  case uv
  /// A network with part attention that says where in the crop joints are and which are seen.
  case keypoints
  /// Layers that lift the keypoints of 27 frames to joints in space.
  case temporal
}

extension TrainingTarget {
  /// The head that takes the place of the pooled one; nil where that stays.
  fileprivate func head(_ branch: Architecture.Branch) -> Architecture.Head? {
    switch self {
    case .gap: nil
    case .attention, .parts, .keypoints, .temporal: .partAttention(.init(branch: branch, addsMean: true))
    case .uv: .uv()
    }
  }

  /// What the network is trained for.
  fileprivate var goal: Recipe.Goal {
    switch self {
    case .parts: .parts
    case .keypoints: .keypoints
    case .temporal: .temporal
    case .gap, .attention, .uv: .body
    }
  }
}

/// What `penumbra train` trains on, by the names that options and experiments have for it.
public enum TrainingBackbone: String, Sendable, CaseIterable {
  /// A ResNet-18 that starts from nothing.
  case resNet18 = "resnet18"
  /// BlazePose's encoder, which has learned from photographs.
  case blazePose = "blazepose"
}

extension Recipe {
  /// The recipe of a temporal network, over 400,000 windows of 27 frames.
  ///
  /// - Parameter keypoints: the network that finds the keypoints; on BlazePose's encoder unless given.
  public static func temporal(
    over keypoints: Architecture = blazePose(for: .keypoints).architecture, clips: Clips = Clips()
  ) -> Recipe {
    var recipe = Recipe(keypoints, goal: .temporal, pictures: 400_000)
    (recipe.batch, recipe.shards, recipe.clips) = (128, 1, clips)
    recipe.renderer.truncationChance = 0.15
    recipe.renderer.randomizationShare = 0.3
    return recipe
  }

  /// A recipe on BlazePose's encoder, over 432,000 pictures.
  ///
  /// - Parameter frozen: what of the encoder stays as it starts.
  public static func blazePose(
    for target: TrainingTarget, frozen: Architecture.FrozenBackbone? = nil
  ) -> Recipe {
    let branch = Architecture.Branch(.convolution, depth: 1, width: 128)
    var architecture = Architecture(
      side: 256, backbone: .blazePose, head: .pooled(hidden: 1024, parts: branch))
    if let head = target.head(branch) { architecture.head = head }
    var recipe = Recipe(architecture, goal: target.goal, pictures: 432_000)
    (recipe.batch, recipe.shards, recipe.learningRate, recipe.partShare) = (32, 1, 3e-4, 0.4)
    recipe.frozenBackbone = frozen
    // Photographs often show half a person, and end where the crop does not.
    (recipe.renderer.truncationChance, recipe.renderer.randomizationShare) = (0.15, 0.3)
    recipe.augmentation.edgeProbability = 0.25
    return recipe
  }

  /// The standard recipe of a target, over 432,000 pictures: what `penumbra train` uses by default.
  ///
  /// - Parameters:
  ///   - side: the side of the crop in pixels.
  ///   - width: channels after the stem of the ResNet-18; 64 is its full width.
  ///   - lastStride: the stride of the last stage, 1 or 2.
  public static func standard(
    for target: TrainingTarget, side: Int = 96, width: Int = 32, lastStride: Int = 1
  ) -> Recipe {
    let isFine = lastStride == 1
    // Either way the part maps have a cell for every four pixels.
    let branch = Architecture.Branch(depth: isFine ? 2 : 3, width: 64)
    var architecture = Architecture(
      side: side,
      backbone: .resNet(
        block: .basic, blocks: [2, 2, 2, 2], width: width, lastStride: isFine ? lastStride : nil),
      head: .pooled(hidden: 512, parts: branch))
    // Weight files and recipes of either head carry the width of the pooled head's layers.
    if let head = target.head(branch) { architecture.head = head }
    var recipe = Recipe(architecture, goal: target.goal, pictures: 432_000)
    (recipe.batch, recipe.shards, recipe.learningRate, recipe.partShare) = (32, 1, 5e-4, 0.4)
    return recipe
  }
}

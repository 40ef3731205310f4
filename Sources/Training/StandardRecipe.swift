internal import Networks

/// What `penumbra train` trains: one of the two built-in architectures, or the start of both.
public enum TrainingTarget: String, Codable, Sendable, CaseIterable {
  /// A backbone with a part branch, which segments body parts: a start for both others.
  case parts
  /// A network that pools its features.
  case gap
  /// A network with part attention.
  case attention
}

extension Recipe {
  /// The standard recipe of a target, over 432,000 pictures: what `penumbra train` uses by default.
  ///
  /// - Parameters:
  ///   - side: the side of the crop in pixels.
  ///   - width: channels after the stem of the ResNet-18; 64 is its full width.
  ///   - lastStride: the stride of the last stage, 1 or 2.
  public static func standard(
    for target: TrainingTarget, side: Int = 96, width: Int = 32, lastStride: Int = 1
  ) -> Recipe {
    var architecture = Architecture.resNet18(
      target == .gap ? .pooled : .partAttention, side: side, width: width)
    (architecture.hidden, architecture.branchWidth, architecture.addsMean) = (512, 64, target != .gap)
    // Either way the part maps have a cell for every four pixels.
    if lastStride == 1 { (architecture.lastStride, architecture.branchDepth) = (1, 2) }
    var recipe = Recipe(architecture, goal: target == .parts ? .parts : .body, pictures: 432_000)
    (recipe.batch, recipe.shards, recipe.learningRate, recipe.partShare) = (32, 1, 5e-4, 0.4)
    return recipe
  }
}

internal import Networks
internal import Rendering

extension Recipe {
  /// A rule that a recipe breaks: the key in its JSON, inner ones after dots, and a sentence that follows it.
  public struct ValidationIssue: Sendable, Equatable {
    /// Such as `losses.surface`.
    public let key: String
    /// Such as `must be above 0`; other keys are quoted with apostrophes.
    public let sentence: String
  }

  /// The first rule that the recipe breaks; nil for a valid recipe.
  ///
  /// - Parameter hasStart: whether training starts from another network's weights.
  public func validationIssue(hasStart: Bool) -> ValidationIssue? {
    let rules =
      shareRules + lossRules + architectureRules + scheduleRules + augmentationRules
      + partRules(hasStart: hasStart) + rendererRules + clipRules
    return rules.first { !$0.holds }.map { ValidationIssue(key: $0.key, sentence: $0.sentence) }
  }

  private typealias Rule = (holds: Bool, key: String, sentence: String)

  private var shareRules: [Rule] {
    let shares: [(Float, String)] = [
      (partShare, "part_share"), (hidePartMaps, "hide_part_maps"),
      (augmentation.cropProbability, "augmentation.crop_probability"),
      (augmentation.edgeProbability ?? 0, "augmentation.edge_probability"),
      (renderer.randomizationShare, "renderer.randomization_share"),
      (renderer.objectChance, "renderer.object_chance"),
      (renderer.otherInFrontChance, "renderer.other_in_front_chance"),
      (renderer.otherBehindChance, "renderer.other_behind_chance"),
      (renderer.truncationChance, "renderer.truncation_chance"),
      (renderer.recordedShare, "renderer.recorded_share"),
    ]
    return shares.map { ((0...1).contains($0), $1, "must be from 0 to 1") }
  }

  private var lossRules: [Rule] {
    let weights: [(Float, String)] = [
      (losses.joints2D, "joints_2d"), (losses.joints3D, "joints_3d"), (losses.rotations, "rotations"),
      (losses.betas, "betas"), (losses.camera, "camera"), (losses.parts, "parts"),
    ]
    return weights.map { ((0...1000).contains($0), "losses.\($1)", "must be from 0 to 1000") }
  }

  private var architectureRules: [Rule] {
    [
      (
        architecture.side % 32 == 0 && (32...512).contains(architecture.side), "architecture.side",
        "must be a multiple of 32 from 32 to 512"
      ),
      (
        architecture.isBlazePose || (4...256).contains(architecture.width), "architecture.width",
        "must be from 4 to 256"
      ),
      (
        frozenBackbone == nil || architecture.isBlazePose, "freeze_backbone",
        "is for the backbone 'blazepose'; others start from nothing"
      ),
      ((1...2).contains(architecture.lastStride ?? 2), "architecture.last_stride", "must be 1 or 2"),
      (
        architecture.head.kind != .uv || architecture.isBlazePose, "backbone",
        "must be 'blazepose' for the head uv"
      ),
      (architecture.isPlausible, "architecture", "describes no network that can be built"),
    ]
  }

  private var scheduleRules: [Rule] {
    [
      (batch >= 2, "batch", "must be at least 2"),
      (
        shards >= 1 && batch % max(1, shards) == 0, "batch",
        "must be up to 32, a multiple of 32, or a multiple of 'shards'"
      ),
      (batch <= 8192, "batch", "must be at most 8192"),
      (batch / max(1, shards) <= 256, "batch", "must be at most 256 per shard"),
      (pictures >= batch, "pictures", "must be at least one batch"),
      (pictures <= 1_000_000_000, "pictures", "must be at most 1,000,000,000"),
      (warmup >= 0, "warmup", "must not be negative"),
      ((0...1).contains(weightDecay), "weight_decay", "must be from 0 to 1"),
      (clip > 0, "clip", "must be above 0"),
      (learningRate > 0 && learningRate < 1, "learning_rate", "must be above 0 and below 1"),
    ]
  }

  private var augmentationRules: [Rule] {
    [
      ((0...0.9).contains(augmentation.cropFactor), "augmentation.crop_factor", "must be from 0 to 0.9"),
      (
        (augmentation.cropProbability > 0) == (augmentation.cropFactor > 0), "augmentation.crop_factor",
        "needs 'crop_probability': give both above 0, or neither"
      ),
      (
        architecture.head.kind != .uv || !augmentation.movesPictures, "augmentation",
        "moves pictures, which the head uv does not learn from: leave out flip, rotation, scale and crops"
      ),
      (
        hidePartMaps == 0 || architecture.head.kind == .partAttention && goal == .body, "hide_part_maps",
        "needs part attention; the other heads have no attention to hide"
      ),
    ]
  }

  private func partRules(hasStart: Bool) -> [Rule] {
    [
      (
        goal != .parts || hasPartBranch, "goal",
        "trains a part branch, which the pooled network has only with 'auxiliary_parts'"
      ),
      (
        goal != .keypoints || architecture.head.kind == .partAttention, "goal",
        "finds keypoints by part attention, which the other heads do not have"
      ),
      (
        !auxiliaryParts || architecture.head.kind == .pooled, "auxiliary_parts",
        "is for the pooled network; part attention has a part branch anyway"
      ),
      (
        strategy != .partsFrozen || goal == .parts || hasPartBranch, "strategy",
        "freezes a part branch, which the pooled network has only with 'auxiliary_parts'"
      ),
      (
        strategy != .partsFrozen || goal == .parts || hasStart, "strategy",
        "needs a start, a network whose part branch is trained (--head parts makes one)"
      ),
      (
        losses.surface.map { $0 > 0 && $0 <= 1000 } ?? true, "losses.surface",
        "must be above 0, at most 1000"
      ),
      (
        losses.surface == nil || hasPartBranch, "losses.surface",
        "needs a part branch, which the pooled network has only with 'auxiliary_parts'"
      ),
    ]
  }

  private var clipRules: [Rule] {
    let clips = clips ?? Clips()
    return [
      (
        (goal == .temporal) == (self.clips != nil), "clips",
        "are what a temporal network learns from, and no other"
      ),
      ((1...100_000).contains(clips.count), "clips", "must be from 1 to 100,000"),
      (
        TemporalNetwork.possibleFrames.contains(clips.network.frames), "clips.network.frames",
        "must be 1, 3, 9 or 27"
      ),
      (clips.network.isPlausible, "clips.network.width", "must be from 4 to 4096"),
      (
        (0...Renderer.mostFrames - Clips.seenFrames).contains(clips.spareFrames), "clips.spare_frames",
        "must be from 0 to \(Renderer.mostFrames - Clips.seenFrames)"
      ),
    ]
  }

  private var rendererRules: [Rule] {
    [
      (
        renderer.fill.lowerBound > 0 && renderer.fill.upperBound <= 1, "renderer.fill",
        "must be above 0 and at most 1"
      ),
      ((0...100).contains(renderer.maxObjects), "renderer.max_objects", "must be from 0 to 100"),
      (
        renderer.headings.lowerBound >= -360 && renderer.headings.upperBound <= 360, "renderer.headings",
        "must be from -360 to 360"
      ),
    ]
  }
}

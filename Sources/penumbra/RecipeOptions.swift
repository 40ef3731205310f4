public import ArgumentParser
import Foundation
import Networks
import Rendering
public import Training

extension TrainingTarget: ExpressibleByArgument {}
extension TrainingBackbone: ExpressibleByArgument {}
extension Recipe.Strategy: ExpressibleByArgument {}
extension Architecture.FrozenBackbone: ExpressibleByArgument {}
extension Losses.Visible: ExpressibleByArgument {}

/// The augmentations that are switched on by name.
struct Augment: ExpressibleByArgument {
  private(set) var augmentation = Augmentation()
  /// The first unknown name, if any.
  private(set) var unknown: String?

  init() {}

  init(argument: String) {
    for name in argument.split(separator: ",") {
      switch name {
      case "flip": augmentation.flip = true
      case "rotation": augmentation.rotation = true
      case "scale": augmentation.scale = true
      case "noise": augmentation.noise = true
      default: unknown = String(name)
      }
    }
  }

  var defaultValueDescription: String { "" }
}

/// What a network is trained for, on which pictures, and how.
struct RecipeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Training target: gap, attention, uv, parts (a backbone that segments body parts, as a start for the first two), "
        + "keypoints (joints in the crop and whether they are seen), or temporal, which lifts those of 27 frames that "
        + "the network --start finds.",
      valueName: "head"))
  var head: TrainingTarget

  /// What makes the feature map.
  @Option(
    help:
      "Backbone: blazepose, BlazePose's encoder at 256 pixels, which has learned from photographs; or resnet18, from nothing."
  )
  var backbone = TrainingBackbone.resNet18

  @Option(
    help: ArgumentHelp(
      "For blazepose: what of the encoder stays as it starts, all or the early layers, up to maps of 16 × 16 (default: "
        + "nothing).", valueName: "layers"))
  var freezeBackbone: Architecture.FrozenBackbone?

  @Option(help: "Number of training pictures, each rendered once; for temporal, of windows of the clips.")
  var pictures = 432_000

  @Option(help: "Pictures per step, in shards of 32 (default: 32, or 128 for temporal).")
  var batch: Int?

  @Option(help: "Maximum step size (default: 5e-4, 3e-4 on blazepose, or 1e-3 for temporal).")
  var learningRate: Float?

  @Option(
    help: ArgumentHelp(
      """
      When the part loss is on, for attention or with --auxiliary-parts: never (unsup), throughout (parts), throughout \
      with the part branch of --start frozen (parts-frozen), or for the first --part-share of the run (parts-unsup, the \
      default).
      """, valueName: "strategy"))
  var strategy: Recipe.Strategy?

  @Option(help: "For parts-unsup: share of the run with the part loss on.")
  var partShare: Float = 0.4

  @Flag(
    help: """
      For gap: train the backbone also through a part branch like attention's; it is not used at inference.
      """)
  var auxiliaryParts = false

  @Option(
    help: ArgumentHelp(
      """
      Weight of dense correspondence: while the part loss is on, the part branch also predicts which point of the skin \
      every pixel shows; 5 works well.
      """, valueName: "weight"))
  var surface: Float?

  @Option(
    help: ArgumentHelp(
      "For attention: probability that a picture's attention is made uniform for one to eight of the 24 parts.",
      valueName: "probability"))
  var hidePartMaps: Float = 0

  @Option(
    help: ArgumentHelp(
      """
      Joints in the losses: all, those that the renderer knows to be visible (exact), or those that the body's limbs \
      as cylinders do not hide (cylinders).
      """, valueName: "joints"))
  var visibility = Losses.Visible.all

  @Option(
    help: ArgumentHelp(
      "Augmentations, separated by commas: flip, rotation, scale, noise (channels) (default: none).",
      valueName: "list"))
  var augment = Augment()

  @Option(
    help: ArgumentHelp(
      "Probability that part of the person's box is cut off.", valueName: "probability"))
  var cropProbability: Float = 0

  @Option(help: ArgumentHelp("Share of its side that the box then loses.", valueName: "share"))
  var cropFactor: Float = 0

  @Option(
    help: ArgumentHelp(
      "Probability that the photograph ends inside the crop, black beyond (default: 0, or 0.25 on blazepose).",
      valueName: "probability"))
  var edgeProbability: Float?

  @Option(
    help: ArgumentHelp(
      """
      Occluders to paste, one to seven over every picture: shapes, bodies (limbs of other people), or a folder of PNGs \
      with an alpha channel, made for pictures of 256 pixels.
      """, valueName: "source"))
  var occluders = OccluderLibrary.none

  @Option(
    help: """
      Share of pictures with domain randomisation: rotated panorama and light, recoloured background, up to six random \
      objects (default: 0.7, or 0.3 on blazepose).
      """)
  var randomizationShare: Float?

  @Option(name: .customLong("strange-share"), help: .hidden)
  var strangeShare: Float?

  @Option(help: "For resnet18: side of the crop in pixels (default: 96).")
  var side: Int?

  @Option(help: "For resnet18: channels after the stem; 64 is its full width (default: 32).")
  var width: Int?

  @Option(help: "For resnet18: stride of the last stage; 1 makes its map twice as fine (default: 1).")
  var lastStride: Int?

  @Option(help: "For temporal: number of clips, rendered once and kept beside the network.")
  var clips: Int?

  @Option(help: "For temporal: how many frames it looks at, 27, 9, 3 or 1 (default: 27).")
  var frames: Int?

  @Flag(help: "For temporal: take keypoints that are said to be hidden like all others (default: as zeros).")
  var withoutLabels = false

  @Option(help: "Seed of the initial weights and of every picture.")
  var seed: UInt64 = 1

  func validate() throws {
    let batch = batch ?? 32
    guard batch >= 2, batch <= 32 || batch % 32 == 0 else {
      throw ValidationError("--batch must be from 2 to 32, or a multiple of 32")
    }
    guard backbone == .blazePose || freezeBackbone == nil else {
      throw ValidationError("--freeze-backbone is for --backbone blazepose; others start from nothing")
    }
    guard backbone == .resNet18 || (side ?? width ?? lastStride) == nil else {
      throw ValidationError(
        "--side, --width and --last-stride are for --backbone resnet18; blazepose is of one size")
    }
    guard strategy == nil || head == .attention || auxiliaryParts else {
      throw ValidationError("--strategy is for --head attention, or for --head gap with --auxiliary-parts")
    }
    guard head != .uv || backbone == .blazePose else {
      throw ValidationError("--head uv is for --backbone blazepose")
    }
    try checkNumber(lastStride, of: "--last-stride", in: 1...2)
    guard head == .temporal || (clips ?? frames) == nil && !withoutLabels else {
      throw ValidationError("--clips, --frames and --without-labels are for --head temporal")
    }
    if let name = augment.unknown {
      throw ValidationError(
        "--augment takes flip, rotation, scale and noise, separated by commas; \(name) is unknown")
    }
  }

  /// Refuses a recipe that breaks a rule.
  func check(hasStart: Bool) throws {
    guard let issue = recipe.validationIssue(hasStart: hasStart) else { return }
    let sentence = issue.sentence.replacing(/'([a-z_.]+)'/) { Self.option(of: String($0.1)) }
    throw ValidationError("\(Self.option(of: issue.key)) \(sentence)")
  }

  /// The option that sets a recipe's key.
  private static func option(of key: String) -> String {
    "--" + key.split(separator: ".").last!.replacing("_", with: "-")
  }

  /// The recipe of the options.
  var recipe: Recipe {
    if head == .temporal { return temporalRecipe }
    var recipe =
      switch backbone {
      case .resNet18:
        Recipe.standard(for: head, side: side ?? 96, width: width ?? 32, lastStride: lastStride ?? 1)
      case .blazePose: Recipe.blazePose(for: head, frozen: freezeBackbone)
      }
    recipe.pictures = pictures
    if let batch { (recipe.batch, recipe.shards) = (batch, max(1, batch / 32)) }
    if let learningRate { recipe.learningRate = learningRate }
    (recipe.partShare, recipe.seed) = (partShare, seed)
    (recipe.strategy, recipe.auxiliaryParts) = (strategy ?? .partsUnsup, auxiliaryParts)
    (recipe.hidePartMaps, recipe.losses.visibility) = (hidePartMaps, visibility)
    recipe.losses.surface = surface
    let edges = edgeProbability ?? recipe.augmentation.edgeProbability
    recipe.augmentation = augment.augmentation
    recipe.augmentation.edgeProbability = edges.flatMap { $0 == 0 ? nil : $0 }
    (recipe.augmentation.cropProbability, recipe.augmentation.cropFactor) = (cropProbability, cropFactor)
    recipe.augmentation.occluders = occluders
    if let share = strangeShare ?? randomizationShare { recipe.renderer.randomizationShare = share }
    return recipe
  }
  /// The recipe of a temporal network; the network of keypoints is another file's matter.
  private var temporalRecipe: Recipe {
    var clips = Recipe.Clips()
    if let count = self.clips { clips.count = count }
    if let frames { clips.network.frames = frames }
    clips.network.usesLabels = !withoutLabels
    var recipe = Recipe.temporal(clips: clips)
    (recipe.pictures, recipe.seed) = (pictures, seed)
    if let batch { recipe.batch = batch }
    if let learningRate { recipe.learningRate = learningRate }
    if let randomizationShare { recipe.renderer.randomizationShare = randomizationShare }
    return recipe
  }
}

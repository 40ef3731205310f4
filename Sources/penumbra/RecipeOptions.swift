public import ArgumentParser
import Foundation
import Networks
import Rendering
public import Training

extension TrainingTarget: ExpressibleByArgument {}
extension Recipe.Strategy: ExpressibleByArgument {}
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
      "gap, attention, or parts: a backbone that segments body parts, as a start for both.",
      valueName: "head"))
  var head: TrainingTarget

  @Option(help: "The number of training pictures, each rendered once.")
  var pictures = 432_000

  @Option(help: "Pictures a step, in shards of 32.")
  var batch = 32

  @Option(help: "The maximum step size.")
  var learningRate: Float = 5e-4

  @Option(
    help: ArgumentHelp(
      """
      When body parts are supervised, for attention or with --auxiliary-parts: never, throughout, throughout with \
      the part branch of --start frozen, or during the first --part-share of the run (the default).
      """, valueName: "strategy"))
  var strategy: Recipe.Strategy?

  @Option(help: "For parts-unsup: the share of the run during which parts are supervised.")
  var partShare: Float = 0.4

  @Flag(
    help: """
      For gap: an auxiliary part branch like attention's, which trains the backbone; estimates do not use it.
      """)
  var auxiliaryParts = false

  @Option(
    help: ArgumentHelp(
      """
      While parts are supervised, also train the part branch to predict the surface point of each pixel, with this \
      weight; 5 works well.
      """, valueName: "weight"))
  var surface: Float?

  @Option(
    help: ArgumentHelp(
      "The probability that a picture's attention is uniform for one to eight of the 24 parts, for attention.",
      valueName: "probability"))
  var hidePartMaps: Float = 0

  @Option(
    help: ArgumentHelp(
      """
      The joints that losses include: all, those visible by the renderer's ground truth (exact), or those not \
      hidden by limbs as cylinders (cylinders).
      """, valueName: "joints"))
  var visibility = Losses.Visible.all

  @Option(
    help: ArgumentHelp(
      "Augmentations, separated by commas: flip, rotation, scale, noise (channels); none unless given.",
      valueName: "list"))
  var augment = Augment()

  @Option(
    help: ArgumentHelp(
      "The probability that only part of the person's box is shown.", valueName: "probability"))
  var cropProbability: Float = 0

  @Option(help: ArgumentHelp("The share of its side that the box then loses.", valueName: "share"))
  var cropFactor: Float = 0

  @Option(
    help: ArgumentHelp(
      """
      One to seven occluders over every picture: shapes, bodies (limbs of other people), or a folder of PNGs with \
      an alpha channel, made for pictures of 256 pixels; none unless given.
      """, valueName: "source"))
  var occluders = OccluderLibrary.none

  @Option(
    help:
      "The share of pictures with domain randomisation: rotated, recoloured and cluttered surroundings.")
  var randomizationShare = Renderer.Settings.training.randomizationShare

  @Option(name: .customLong("strange-share"), help: .hidden)
  var strangeShare: Float?

  @Option(help: "The side of the crop in pixels.")
  var side = 96

  @Option(help: "Channels after the stem of a ResNet-18; 64 is its full width.")
  var width = 32

  @Option(help: "The stride of the last stage: 1 leaves its map twice as fine.")
  var lastStride = 1

  @Option(help: "Seed of the initial weights and of all pictures.")
  var seed: UInt64 = 1

  func validate() throws {
    guard batch >= 2, batch <= 32 || batch % 32 == 0 else {
      throw ValidationError("--batch must be from 2 to 32, or a multiple of 32")
    }
    guard strategy == nil || head == .attention || auxiliaryParts else {
      throw ValidationError("--strategy is for --head attention, or for --head gap with --auxiliary-parts")
    }
    if let name = augment.unknown {
      throw ValidationError(
        "--augment takes flip, rotation, scale and noise, with commas between; \(name) is none of them")
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
    var recipe = Recipe.standard(for: head, side: side, width: width, lastStride: lastStride)
    recipe.pictures = pictures
    (recipe.batch, recipe.shards, recipe.learningRate) = (batch, max(1, batch / 32), learningRate)
    (recipe.partShare, recipe.seed) = (partShare, seed)
    (recipe.strategy, recipe.auxiliaryParts) = (strategy ?? .partsUnsup, auxiliaryParts)
    (recipe.hidePartMaps, recipe.losses.visibility) = (hidePartMaps, visibility)
    recipe.losses.surface = surface
    recipe.augmentation = augment.augmentation
    (recipe.augmentation.cropProbability, recipe.augmentation.cropFactor) = (cropProbability, cropFactor)
    recipe.augmentation.occluders = occluders
    recipe.renderer.randomizationShare = strangeShare ?? randomizationShare
    return recipe
  }
}

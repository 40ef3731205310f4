import Archives
public import ArgumentParser
import Foundation
import Networks
import Tensors
public import Training

extension Recipe.Strategy: ExpressibleByArgument {}
extension Losses.Visible: ExpressibleByArgument {}

/// The augmentations that are switched on by name.
struct Augment: ExpressibleByArgument {
  private(set) var augmentation = Augmentation()
  /// A name that means nothing, if there is one.
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

/// `penumbra train`: teaches a network on rendered people.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Teach a network on rendered people.",
    discussion: """
      Beside FILE.safetensors stand FILE.csv, the log of losses, and FILE.checkpoint, from which the same command \
      goes on after an interruption; the result is the same as without one. The recipe that the built-in networks \
      were made by is in docs/training.md.
      """)

  @Option(
    help: ArgumentHelp(
      "gap, attention, or parts: a backbone that tells body parts apart, as a start for both.",
      valueName: "head"))
  var head: TaughtHead

  @Option(help: ArgumentHelp("The network's file.", valueName: "file"))
  var out: String

  @Option(
    help: ArgumentHelp(
      "A network whose weights to start from, where names agree; repeat for what the first lacks.",
      valueName: "file"))
  var start: [String] = []

  @Option(help: "The pictures to learn from, each rendered once.")
  var pictures = 432_000

  @Option(help: "Pictures a step, in shards of 32.")
  var batch = 32

  @Option(help: "The largest step size.")
  var learningRate: Float = 5e-4

  @Option(
    help: ArgumentHelp(
      """
      When body parts are supervised, for attention or with --auxiliary-parts: never, throughout, throughout by \
      the part branch of --start which then does not change, or for the first --part-share of the run (the default).
      """, valueName: "strategy"))
  var strategy: Recipe.Strategy?

  @Option(help: "For parts-unsup: the share of the run during which parts are supervised.")
  var partShare: Float = 0.4

  @Flag(
    help: """
      For gap: a part branch like attention's beside the head, which teaches the backbone; estimates leave it out.
      """)
  var auxiliaryParts = false

  @Option(
    help: ArgumentHelp(
      """
      While parts are supervised, also teach the part branch which point of the skin every pixel shows, with this \
      weight; 5 does well.
      """, valueName: "weight"))
  var surface: Float?

  @Option(
    help: ArgumentHelp(
      "With this chance a picture's attention looks everywhere for one to eight of the 24 parts, for attention.",
      valueName: "chance"))
  var hidePartMaps: Float = 0

  @Option(
    help: ArgumentHelp(
      """
      The joints that losses are about: all, those in sight by the renderer (exact), or those that the body's limbs \
      as cylinders do not hide (cylinders).
      """, valueName: "joints"))
  var visibility = Losses.Visible.all

  @Option(
    help: ArgumentHelp(
      "What pictures go through, by name and comma: flip, rotation, scale, noise (channels); none unless given.",
      valueName: "list"))
  var augment = Augment()

  @Option(help: ArgumentHelp("The chance that only part of the person's box is shown.", valueName: "chance"))
  var cropProbability: Float = 0

  @Option(help: ArgumentHelp("The share of its side that the box then loses.", valueName: "share"))
  var cropFactor: Float = 0

  @Option(
    help: ArgumentHelp(
      """
      One to seven occluders over every picture: shapes, bodies (limbs of other people), or a folder of PNGs with \
      an alpha channel, made for pictures of 256 pixels; none unless given.
      """, valueName: "source"))
  var occluders = Occluders.none

  @Option(help: "The share of pictures whose surroundings are turned over, recoloured and cluttered.")
  var strangeShare = Studio.Settings.training.estrangementChance

  @Option(help: "The side of the crop in pixels.")
  var side = 96

  @Option(help: "Channels after the stem of a ResNet-18; 64 is its full width.")
  var width = 32

  @Option(help: "The stride of the last stage: 1 leaves its map twice as fine.")
  var lastStride = 1

  @Option(help: "Decides the first weights and every picture.")
  var seed: UInt64 = 1

  @Option(help: "Threads; one a processor unless given. They do not change the result.")
  var workers: Int?

  @OptionGroup var body: BodyOptions

  func validate() throws {
    let name = URL(filePath: out).lastPathComponent
    guard !out.isEmpty, ![".", "..", "/"].contains(name) else {
      throw ValidationError("--out must name a file; call it NAME.safetensors")
    }
    guard !["csv", "checkpoint"].contains(URL(filePath: out).pathExtension) else {
      throw ValidationError(
        "--out \(out) would take the place of the run's log or checkpoint; call it NAME.safetensors")
    }
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
    guard workers.map({ $0 >= 1 }) ?? true else { throw ValidationError("--workers must be at least 1") }
    if let fault = recipe.fault(hasStart: !start.isEmpty) {
      let sentence = fault.sentence.replacing(/'([a-z_.]+)'/) { Self.option(of: String($0.1)) }
      throw ValidationError("\(Self.option(of: fault.key)) \(sentence)")
    }
  }

  /// The option that sets a recipe's key.
  private static func option(of key: String) -> String {
    let name = key.split(separator: ".").last!
    return "--" + (name == "estrangementChance" ? "strange-share" : name.replacing("_", with: "-"))
  }

  /// The recipe that the options spell.
  var recipe: Recipe {
    var recipe = Recipe(teaching: head, side: side, width: width, lastStride: lastStride)
    recipe.pictures = pictures
    (recipe.batch, recipe.shards, recipe.learningRate) = (batch, max(1, batch / 32), learningRate)
    (recipe.partShare, recipe.seed) = (partShare, seed)
    (recipe.strategy, recipe.auxiliaryParts) = (strategy ?? .partsUnsup, auxiliaryParts)
    (recipe.hidePartMaps, recipe.losses.visibility) = (hidePartMaps, visibility)
    recipe.losses.surface = surface
    recipe.augmentation = augment.augmentation
    (recipe.augmentation.cropProbability, recipe.augmentation.cropFactor) = (cropProbability, cropFactor)
    recipe.augmentation.occluders = occluders
    recipe.studio.estrangementChance = strangeShare
    return recipe
  }

  func run() throws {
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: out, isDirectory: &isFolder), isFolder.boolValue {
      throw Failure(.cannotCreate, "\(out): is a folder; name a file in it")
    }
    let recipe = recipe
    let studio = try BuiltInStudio.load(.training, body: body.load().model, settings: recipe.studio)
    let weights = try start.reduce(into: [:]) { weights, file in
      weights.merge(try Archive(contentsOf: file).tensors()) { first, _ in first }
    }
    let trainer: Trainer
    do { trainer = try Trainer(recipe, studio: studio, start: weights) } catch let error as TrainingError {
      throw Failure(.badData, "\(start.last ?? "--start"): \(error)")
    }
    var run = try TrainingRun(trainer, path: out)
    let before = run.trainer.step * batch
    Console.writeError(
      "seed \(seed), \(pictures) pictures"
        + (start.isEmpty
          ? "" : ", \(trainer.taken) of \(trainer.result.tensors.count) tensors from the start")
        + (before > 0 ? ", going on after \(before)" : ""))
    Interruption.watch()
    let progress = ProgressLine("Training \(head.rawValue)")
    let isFinished = try run.run(workers: workers ?? Workers.available) { seen, loss in
      progress.show(seen, of: pictures)
      return !Interruption.isRequested
    }
    guard isFinished else {
      progress.clear()
      throw Failure(.interrupted, "\(out): interrupted; the same command goes on from the checkpoint")
    }
    try run.writeNetwork()
    progress.close("\(out): learned from \(run.trainer.step * batch) pictures")
  }
}

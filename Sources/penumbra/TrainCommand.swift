import Archives
import ArgumentParser
import Foundation
import Networks
import Tensors
import Training

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

  @Option(help: ArgumentHelp("A network whose weights to start from, where names agree.", valueName: "file"))
  var start: String?

  @Option(help: "The pictures to learn from, each rendered once.")
  var pictures = 432_000

  @Option(help: "Pictures a step, in shards of 32.")
  var batch = 32

  @Option(help: "The largest step size.")
  var learningRate: Float = 5e-4

  @Option(help: "For attention: the share of the run during which parts are supervised.")
  var partShare: Float = 0.4

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
    guard batch >= 2, batch <= 32 || batch % 32 == 0 else {
      throw ValidationError("--batch must be from 2 to 32, or a multiple of 32")
    }
    guard pictures >= batch else { throw ValidationError("--pictures must be at least one batch") }
    guard side % 32 == 0, (32...512).contains(side) else {
      throw ValidationError("--side must be a multiple of 32 from 32 to 512")
    }
    guard (4...256).contains(width) else { throw ValidationError("--width must be from 4 to 256") }
    guard (1...2).contains(lastStride) else { throw ValidationError("--last-stride must be 1 or 2") }
    guard (0...1).contains(partShare) else { throw ValidationError("--part-share must be from 0 to 1") }
    guard (0...1).contains(strangeShare) else {
      throw ValidationError("--strange-share must be from 0 to 1")
    }
    guard learningRate > 0, learningRate < 1 else {
      throw ValidationError("--learning-rate must be above 0 and below 1")
    }
    guard workers.map({ $0 >= 1 }) ?? true else { throw ValidationError("--workers must be at least 1") }
  }

  /// The recipe that the options spell.
  var recipe: Recipe {
    var recipe = Recipe(teaching: head, side: side, width: width, lastStride: lastStride)
    recipe.pictures = pictures
    (recipe.batch, recipe.shards, recipe.learningRate) = (batch, max(1, batch / 32), learningRate)
    (recipe.partShare, recipe.seed) = (partShare, seed)
    recipe.studio.estrangementChance = strangeShare
    return recipe
  }

  func run() throws {
    let recipe = recipe
    let studio = try BuiltInStudio.load(.training, body: body.load().model, settings: recipe.studio)
    let weights = try start.map { try Archive(contentsOf: $0).tensors() } ?? [:]
    var run = try TrainingRun(Trainer(recipe, studio: studio, start: weights), path: out)
    let before = run.trainer.step * batch
    Console.writeError(
      "seed \(seed), \(pictures) pictures" + (before > 0 ? ", going on after \(before)" : ""))
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
    progress.close("\(out): learned from \(pictures) pictures")
  }
}

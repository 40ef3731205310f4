import Models
import Archives
import ArgumentParser
import Foundation
import Networks
import Rendering
import Tensors
import Training

/// `penumbra train`: trains a network on rendered people.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a network on rendered people.",
    discussion: """
      Also writes FILE.csv, the log of losses, and FILE.checkpoint, from which the same command continues after an \
      interruption, with the same result as without one. docs/training.md contains the recipes of the built-in networks.
      """)

  @OptionGroup var recipe: RecipeOptions

  @Option(help: ArgumentHelp("Weight file to write.", valueName: "file"))
  var out: String

  @Option(
    help: ArgumentHelp(
      "Network to take initial weights from, where names agree; repeat for tensors that the first lacks.",
      valueName: "file"))
  var start: [String] = []

  @Option(help: "Number of threads (default: one for each processor); does not change the result.")
  var workers: Int?

  @OptionGroup var body: BodyOptions
  @OptionGroup var quiet: QuietOption

  func validate() throws {
    let name = URL(filePath: out).lastPathComponent
    guard !out.isEmpty, ![".", "..", "/"].contains(name) else {
      throw ValidationError("--out must name a file; call it NAME.safetensors")
    }
    guard !["csv", "checkpoint"].contains(URL(filePath: out).pathExtension) else {
      throw ValidationError(
        "--out \(out) would overwrite the run's log or checkpoint; call it NAME.safetensors")
    }
    try OutputFile.safetensors.checkEnding(of: out)
    try checkNumber(workers, of: "--workers", in: NumberLimits.workers)
    try recipe.check(hasStart: !start.isEmpty)
  }

  func run() throws {
    quiet.apply()
    if try isFolder(out) {
      throw Failure(.cannotCreate, "\(out): is a folder; name a file in it")
    }
    try OutputFile.safetensors.checkPlace(out, inputs: start)
    let lock = try FolderLock(on: out)
    defer { withExtendedLifetime(lock) {} }
    Interruption.watch()
    let trainer = recipe.head == .temporal ? try temporalTrainer() : try trainer()
    try train(trainer)
  }

  /// What learns from rendered people.
  private func trainer() throws -> Trainer {
    let recipe = recipe.recipe
    let renderer = try BuiltInRenderer.load(
      .training, body: body.load().model, settings: recipe.renderer, withSkin: recipe.needsSkin)
    // BlazePose's encoder starts from BlazePose, unless a network is given that has been trained further.
    let own =
      recipe.architecture.backbone == .blazePose ? [try LoadedNetwork.path(of: LandmarkModel.name)] : []
    let weights = try (start + own).reduce(into: [:]) { weights, file in
      weights.merge(try Archive(contentsOf: file).tensors()) { first, _ in first }
    }
    do { return try Trainer(recipe, renderer: renderer, start: weights) } catch let error as TrainingError {
      throw Failure(.badData, "\(start.last ?? "--start"): \(error)")
    }
  }

  /// What learns from the keypoints of rendered clips, which are kept in a file beside the network.
  private func temporalTrainer() throws -> Trainer {
    guard let start = start.first, self.start.count == 1 else {
      throw Failure(.usage, "--head temporal needs one --start, a network made by --head keypoints")
    }
    let recipe = recipe.recipe
    let progress = ProgressLine("Rendering clips")
    let count = recipe.clips?.count ?? 0
    let trainer = try Trainer(
      lifting: NetworkFile(contentsOf: start).weights(), by: recipe,
      renderer: {
        try BuiltInRenderer.load(.training, body: body.load().model, settings: recipe.renderer)
      }, motions: BuiltInRenderer.motions(), in: URL(filePath: out).deletingLastPathComponent().path,
      workers: workers ?? Workers.available
    ) {
      progress.show($0, of: count)
      return !Interruption.isRequested
    }
    progress.clear()
    guard let trainer else {
      throw Failure(.interrupted, "\(out): interrupted; the same command goes on with the clips")
    }
    return trainer
  }

  private func train(_ trainer: Trainer) throws {
    let recipe = trainer.recipe
    var run = try TrainingRun(trainer, path: out)
    let before = run.trainer.step * recipe.batch
    Console.writeNotice(
      "seed \(recipe.seed), \(recipe.pictures) pictures"
        + (start.isEmpty || trainer.usedNames.isEmpty
          ? "" : ", \(trainer.usedNames.count) of \(trainer.result.tensors.count) tensors from the start")
        + (before > 0 ? ", continuing after \(before)" : ""))
    // The maps of a step have the sizes of those before.
    Tensor.limitKeptMemory(toAdd: 4e9)
    let progress = ProgressLine("Training \(self.recipe.head.rawValue)")
    let isFinished = try run.run(workers: workers ?? Workers.available) { seen, loss in
      progress.show(seen, of: recipe.pictures)
      return !Interruption.isRequested
    }
    guard isFinished else {
      progress.clear()
      throw Failure(.interrupted, "\(out): interrupted; the same command continues from the checkpoint")
    }
    try run.writeNetwork()
    progress.close("\(out): trained on \(run.trainer.step * recipe.batch) pictures")
  }
}

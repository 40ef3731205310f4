import Archives
import Foundation
import Networks
import Rendering
import Sweeps
import Synchronization
import Tensors
import Training

/// The training runs of an experiment, each in a folder of its own from which it goes on or is taken as it is.
///
/// A folder is `OUT/VARIANT/seed-SEED-KEY`; the key follows from recipe, body and start, so that a run of other
/// settings never takes the place of one that is there.
struct ExperimentRuns {
  /// One training run.
  struct Run {
    let variant: String
    let seed: UInt64
    let recipe: Recipe
    /// The run whose network it starts from, by its place in the list; it stands before this one.
    let startRun: Int?
    /// The file that it starts from, unless it is another run's.
    let startFile: String?
    let folder: String
    /// How many steps lead here from a run that starts from nothing.
    let depth: Int

    var network: String { folder + "/network.safetensors" }
    var log: String { folder + "/network.csv" }
    var isFinished: Bool { FileManager.default.fileExists(atPath: network) }
    var title: String { "\(variant), seed \(seed)" }
  }

  let runs: [Run]
  private let body: LoadedBody

  /// Lists the runs of a plan.
  ///
  /// - Throws: `ArchiveError` or a failure when a file to start from cannot be read.
  init(_ plan: ExperimentPlan, body: LoadedBody, in out: String) throws {
    self.body = body
    var (runs, keys): ([Run], [String]) = ([], [])
    var places: [String: [UInt64: Int]] = [:]
    func add(_ variant: ExperimentPlan.Variant) throws {
      guard places[variant.name] == nil, case .training(var recipe, let start) = variant.source else {
        return
      }
      var startFile: String?
      var startPlaces: [UInt64: Int] = [:]
      switch start {
      case .file(let path): startFile = path
      case .variant(let name):
        let other = plan.variants.first { $0.name == name }!
        switch other.source {
        case .ready(let source): startFile = try LoadedModel.path(of: source)
        case .training:
          try add(other)
          startPlaces = places[name]!
        }
      case nil: break
      }
      let startKey = try startFile.map(Self.fingerprint(ofFile:)) ?? ""
      for seed in plan.seeds {
        recipe.seed = seed
        var hash = Fingerprint()
        for part in [
          recipe.legacyJSON, body.source.fingerprint, startPlaces[seed].map { keys[$0] } ?? startKey,
        ] {
          hash.add(Data(part.utf8))
        }
        places[variant.name, default: [:]][seed] = runs.count
        runs.append(
          Run(
            variant: variant.name, seed: seed, recipe: recipe, startRun: startPlaces[seed],
            startFile: startFile, folder: "\(out)/\(variant.name)/seed-\(seed)-\(hash.text.prefix(8))",
            depth: startPlaces[seed].map { runs[$0].depth + 1 } ?? 0))
        keys.append(hash.text)
      }
    }
    for variant in plan.variants { try add(variant) }
    self.runs = runs
  }

  private static func fingerprint(ofFile path: String) throws -> String {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw Failure(.noInput, "\(path): cannot be read; check the path")
    }
    var hash = Fingerprint()
    hash.add(data)
    return hash.text
  }

  /// Trains what is not finished, several runs side by side where one leaves threads idle.
  ///
  /// - Throws: a failure with the code of an interruption after Ctrl-C, when the checkpoints are on disk.
  func train(workers: Int) throws {
    let open = runs.indices.filter { !runs[$0].isFinished }
    guard !open.isEmpty else { return }
    let total = open.reduce(0) { $0 + runs[$1].recipe.pictures }
    let line = ProgressLine(
      "Training \(open.count) network\(open.count == 1 ? "" : "s")")
    let seen = Mutex<[Int: Int]>([:])
    let failure = Mutex<(any Error)?>(nil)
    for depth in 0...(open.map { runs[$0].depth }.max() ?? 0) {
      // Every variant once before any a second time: what is there after an interruption can be compared.
      let wave = open.filter { runs[$0].depth == depth }.sorted { (turn($0), $0) < (turn($1), $1) }
      let shards = wave.map { runs[$0].recipe.shards }.max() ?? 1
      let abreast = max(1, workers / max(1, shards))
      Workers.run(wave.count, workers: abreast) { index, _ in
        guard !Interruption.isRequested, failure.withLock({ $0 == nil }) else { return }
        let run = runs[wave[index]]
        do {
          let isFinished = try train(run, workers: max(1, workers / abreast)) { pictures in
            let all = seen.withLock {
              $0[wave[index]] = pictures
              return $0.values.reduce(0, +)
            }
            line.show(all, of: total)
            return !Interruption.isRequested && failure.withLock { $0 == nil }
          }
          if isFinished { line.note("\(run.title): \(run.network)") }
        } catch {
          failure.withLock { $0 = $0 ?? error }
        }
      }
      if let error = failure.withLock({ $0 }) {
        line.clear()
        throw error
      }
      if let run = wave.map({ runs[$0] }).first(where: { !$0.isFinished }) {
        line.clear()
        throw Failure(
          .interrupted, "\(run.folder): interrupted; the same command goes on from the checkpoint")
      }
    }
    line.close("\(open.count) network\(open.count == 1 ? "" : "s") trained on \(total) pictures")
  }

  /// How many runs of the same variant stand before one.
  private func turn(_ run: Int) -> Int { runs[..<run].count { $0.variant == runs[run].variant } }

  private func train(_ run: Run, workers: Int, _ goesOn: (Int) -> Bool) throws -> Bool {
    try makeFolder(run.folder)
    let start = run.startRun.map { runs[$0].network } ?? run.startFile
    let renderer = try BuiltInRenderer.load(.training, body: body.model, settings: run.recipe.renderer)
    let weights = try start.map { try Archive(contentsOf: $0).tensors() } ?? [:]
    let trainer: Trainer
    do { trainer = try Trainer(run.recipe, renderer: renderer, start: weights) } catch let error
      as TrainingError
    {
      throw Failure(.badData, "\(start ?? run.folder): \(error) (the start of '\(run.variant)')")
    }
    var training = try TrainingRun(trainer, path: run.network)
    guard try training.run(workers: workers, shouldContinue: { pictures, _ in goesOn(pictures) }) else {
      return false
    }
    try training.writeNetwork()
    return true
  }
}

extension LoadedModel {
  /// The file of a built-in network or of a path.
  static func path(of source: String) throws -> String {
    ModelOptions.builtIn.contains(source) ? try Fixtures.path("networks/\(source).safetensors") : source
  }
}

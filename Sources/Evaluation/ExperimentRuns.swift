import Archives
import Bodies
import Foundation
import Models
import Networks
import Rendering
import Synchronization
import Tensors
public import Training

/// The training runs of an experiment, each in a folder of its own in which it is resumed or taken as finished.
///
/// A folder is `OUT/VARIANT/seed-SEED-KEY`; the key follows from recipe, body and start, so that a run of other
/// settings never overwrites an existing one.
public struct ExperimentRuns: Sendable {
  /// One training run.
  public struct Run: Sendable {
    /// The variant, and the seed of this run.
    public let variant: String, seed: UInt64
    /// The recipe, with the seed.
    public let recipe: Recipe
    /// The index of the run whose network it starts from; less than its own.
    let startRun: Int?
    /// The file that it starts from, unless it is another run's.
    let startFile: String?
    /// The folder of its files.
    public let folder: String
    /// The number of runs that precede it, from one that starts from nothing.
    let depth: Int

    /// The file of the network.
    public var network: String { folder + "/network.safetensors" }
    /// The log of its losses.
    public var log: String { folder + "/network.csv" }
    /// Whether the network is there.
    ///
    /// - Throws: `ArchiveError` when that cannot be told: it would be trained again.
    public func isFinished() throws -> Bool { try isThere(network) }
    /// Variant and seed.
    public var title: String { "\(variant), seed \(seed)" }
  }

  /// The runs, each after the one that it starts from.
  public let runs: [Run]
  private let body: BodyModel
  /// The variants that are ready networks.
  private let readyNames: [String]
  /// The folders of poses and panoramas, and of everything that is written.
  private let fixtures: String, out: String

  /// Lists the runs of a plan.
  ///
  /// - Parameters:
  ///   - body: the body of all people.
  ///   - fixtures: the project's folder `Fixtures`.
  ///   - out: the folder of the experiment.
  /// - Throws: `ArchiveError` when a file to start from cannot be read.
  init(
    _ plan: ExperimentPlan, body: SMPLBody, fixtures: String,
    in out: String
  ) throws {
    (self.body, self.fixtures, self.out) = (body.model, fixtures, out)
    var (runs, keys): ([Run], [String]) = ([], [])
    var indices: [String: [UInt64: Int]] = [:]
    func add(_ variant: ExperimentPlan.Variant) throws {
      guard indices[variant.name] == nil, case .training(var recipe, let start) = variant.source else {
        return
      }
      var startFile: String?
      var startIndices: [UInt64: Int] = [:]
      switch start {
      case .file(let path): startFile = path
      case .variant(let name):
        let other = plan.variants.first { $0.name == name }!
        switch other.source {
        case .ready(let source): startFile = try LoadedNetwork.path(of: source)
        case .training:
          try add(other)
          startIndices = indices[name]!
        }
      case nil: break
      }
      let startKey = try startFile.map(Self.fingerprint(ofFile:)) ?? ""
      for seed in plan.seeds {
        recipe.seed = seed
        var hash = Fingerprint()
        for part in [
          recipe.legacyJSON, body.source.fingerprint, startIndices[seed].map { keys[$0] } ?? startKey,
        ] {
          hash.add(Data(part.utf8))
        }
        indices[variant.name, default: [:]][seed] = runs.count
        runs.append(
          Run(
            variant: variant.name, seed: seed, recipe: recipe, startRun: startIndices[seed],
            startFile: startFile, folder: "\(out)/\(variant.name)/seed-\(seed)-\(hash.text.prefix(8))",
            depth: startIndices[seed].map { runs[$0].depth + 1 } ?? 0))
        keys.append(hash.text)
      }
    }
    for variant in plan.variants { try add(variant) }
    self.runs = runs
    readyNames = plan.variants.filter { if case .ready = $0.source { true } else { false } }.map(\.name)
  }

  private static func fingerprint(ofFile path: String) throws -> String {
    var hash = Fingerprint()
    // A network, of whatever size.
    hash.add(try fileContents(path, limit: .max))
    return hash.text
  }

  /// Which of the works that do not need one another a run belongs to: those that start from one another are one.
  func chain(of run: Int) -> Int {
    var root = run
    while let start = runs[root].startRun { root = start }
    return roots.firstIndex(of: root)!
  }

  /// The runs that start from no other, each variant once before any a second time.
  private var roots: [Int] {
    runs.indices.filter { runs[$0].startRun == nil }.sorted { (turn($0), $0) < (turn($1), $1) }
  }

  /// The number of chains.
  var chains: Int { roots.count }

  /// Trains what is not finished, several runs concurrently where one leaves threads idle.
  ///
  /// - Parameter isOwn: whether a run of a chain is trained here.
  /// - Throws: `EvaluationError` of the kind `interrupted` after a cancellation, when the checkpoints are on disk;
  ///   what training throws.
  func train(_ context: WorkContext = WorkContext(), where isOwn: (_ chain: Int) -> Bool = { _ in true })
    throws
  {
    var open: [Int] = []
    for (index, run) in runs.enumerated() {
      if try run.isFinished() {
        FolderLock.removeLeftovers(of: run.network)
      } else if isOwn(chain(of: index)) {
        open.append(index)
      }
    }
    guard !open.isEmpty else { return }
    let title = "\(open.count) network\(open.count == 1 ? "" : "s")"
    let total = open.reduce(0) { $0 + runs[$1].recipe.renderedPictures }
    let reporter = context.progress("Training \(title)")
    let seen = Mutex<[Int: Int]>([:])
    for depth in 0...(open.map { runs[$0].depth }.max() ?? 0) {
      // Each variant once before any a second time: after an interruption the finished ones can be compared.
      let batchOfRuns = open.filter { runs[$0].depth == depth }.sorted { (turn($0), $0) < (turn($1), $1) }
      do {
        try train(batchOfRuns, context, reporter) { run, pictures in
          let all = seen.withLock {
            $0[run] = pictures
            return $0.values.reduce(0, +)
          }
          reporter.show(all, of: total)
        }
      } catch {
        reporter.clear()
        throw error
      }
    }
    reporter.close("\(title) trained on \(total) pictures")
  }

  /// Trains runs that do not depend on one another.
  private func train(
    _ batchOfRuns: [Int], _ context: WorkContext, _ reporter: any ProgressReporter,
    progress: @Sendable (_ run: Int, _ pictures: Int) -> Void
  ) throws {
    let shards = batchOfRuns.map { runs[$0].recipe.shards }.max() ?? 1
    let concurrentRuns = max(1, context.workers / max(1, shards))
    let hasFailed = CancellationFlag()
    _ = try Workers.map(batchOfRuns.count, workers: concurrentRuns) { index throws in
      guard !context.cancellation.isRequested else { return }
      let run = runs[batchOfRuns[index]]
      do {
        let isFinished = try train(run, workers: max(1, context.workers / concurrentRuns)) { pictures in
          progress(batchOfRuns[index], pictures)
          return !context.cancellation.isRequested && !hasFailed.isRequested
        }
        if isFinished { reporter.note("\(run.title): \(run.network)") }
      } catch {
        hasFailed.request()
        throw error
      }
    }
    if let run = try batchOfRuns.map({ runs[$0] }).first(where: { try !$0.isFinished() }) {
      guard context.cancellation.isRequested else {
        throw EvaluationError(
          .noInput, run.network, "cannot be read after training; run the same command again")
      }
      throw EvaluationError(
        .interrupted, run.folder, "interrupted; the same command continues from the checkpoint")
    }
  }

  /// The number of runs of the same variant before one.
  private func turn(_ run: Int) -> Int { runs[..<run].count { $0.variant == runs[run].variant } }

  private func train(_ run: Run, workers: Int, shouldContinue: (Int) -> Bool) throws -> Bool {
    try makeFolder(run.folder)
    let lock = try FolderLock(on: run.network)
    defer { withExtendedLifetime(lock) {} }
    // Another process may have trained it since this one began.
    if try run.isFinished() { return true }
    let start = run.startRun.map { runs[$0].network } ?? run.startFile
    let trainer =
      run.recipe.clips == nil
      ? try trainer(run, from: start)
      : try temporalTrainer(run, from: start!, workers: workers, shouldContinue: shouldContinue)
    guard let trainer else { return false }
    var training = try TrainingRun(trainer, path: run.network)
    // The windows of clips take hardly any time beside their pictures, which are all there now.
    let isFinished = try training.run(workers: workers) { pictures, _ in
      shouldContinue(run.recipe.clips == nil ? pictures : run.recipe.renderedPictures)
    }
    guard isFinished else { return false }
    try training.writeNetwork()
    return true
  }

  /// What learns from the keypoints of clips, which are kept in the folder of all runs; nil when told to stop.
  private func temporalTrainer(
    _ run: Run, from start: String, workers: Int, shouldContinue: (Int) -> Bool
  ) throws -> Trainer? {
    try Trainer(
      lifting: NetworkFile(contentsOf: start).weights(), by: run.recipe,
      renderer: {
        try BuiltInRenderer.load(.training, body: body, settings: run.recipe.renderer, from: fixtures)
      }, motions: BuiltInRenderer.motions(from: fixtures), in: out, workers: workers
    ) { clips in shouldContinue(clips * (run.recipe.clips?.frames ?? 0)) }
  }

  /// What learns from pictures of people.
  private func trainer(_ run: Run, from start: String?) throws -> Trainer {
    let renderer = try BuiltInRenderer.load(
      .training, body: body, settings: run.recipe.renderer, withSkin: run.recipe.needsSkin, from: fixtures)
    let weights = try start.map { try Archive(contentsOf: $0).tensors() } ?? [:]
    do {
      return try Trainer(run.recipe, renderer: renderer, start: weights)
    } catch let error as TrainingError {
      throw EvaluationError(.badData, start ?? run.folder, "\(error) (the start of '\(run.variant)')")
    }
  }

  // MARK: Measuring

  /// A network to be measured: its title, its name in tables, the network, and the folder of its measurements.
  typealias Measured = (title: String, name: String, network: MeasuredNetwork, folder: String)

  /// The networks of a variant, one a seed, or the one that is ready.
  ///
  /// - Parameters:
  ///   - isOwn: whether the networks of a chain are wanted; ready ones are counted after all chains.
  ///   - standIn: a network in place of a run's, which is then not read.
  func measured(
    _ variant: ExperimentPlan.Variant, where isOwn: (_ chain: Int) -> Bool = { _ in true },
    standIn: (Run) throws -> MeasuredNetwork? = { _ in nil }
  ) throws -> [Measured] {
    if case .ready(let source) = variant.source {
      guard isOwn(chains + readyNames.firstIndex(of: variant.name)!) else { return [] }
      return [
        (
          variant.name, LoadedNetwork.name(of: source), try MeasuredNetwork(source: source),
          "\(out)/\(variant.name)/measured"
        )
      ]
    }
    let own = runs.indices.filter { runs[$0].variant == variant.name && isOwn(chain(of: $0)) }
    return try own.map { index in
      let run = runs[index]
      let network = try standIn(run) ?? MeasuredNetwork(source: run.network)
      return (run.title, "seed \(run.seed)", network, run.folder + "/measured")
    }
  }
}

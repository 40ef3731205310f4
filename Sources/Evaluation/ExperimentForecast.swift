import Models
import Networks
import Rendering
import Tensors
import Training

/// What an experiment would do, and about how long that takes: each kind of step is tried once.
struct ExperimentForecast {
  private let plan: ExperimentPlan, runs: ExperimentRuns, people: MeasuredPeople
  private let workers: Int
  private let duration: (_ seconds: Double) -> String

  /// A forecast of a plan's runs and measurements.
  ///
  /// - Parameter duration: writes seconds for people.
  init(
    _ plan: ExperimentPlan, _ runs: ExperimentRuns, _ people: MeasuredPeople, workers: Int,
    duration: @escaping (_ seconds: Double) -> String
  ) {
    (self.plan, self.runs, self.people) = (plan, runs, people)
    (self.workers, self.duration) = (workers, duration)
  }

  /// Tells the forecast, a line for each step as it is known.
  ///
  /// - Throws: what reading networks and measurements throws.
  func write(_ line: (String) -> Void) throws {
    var total = 0.0
    let settings = plan.settings
    line(
      "\(plan.name): \(runs.runs.count) training runs, \(plan.measured.count) variants measured on "
        + "\(settings.people) people, seed \(settings.seed), stride \(settings.stride)")
    var stepSeconds: [Recipe: Double] = [:]
    for run in runs.runs {
      let start =
        run.startRun.map { " from \(runs.runs[$0].title)" } ?? run.startFile.map { " from \($0)" } ?? ""
      let what = "train \(run.title): \(run.recipe.pictures) pictures\(start)"
      guard try !run.isFinished() else {
        line("\(what), finished (\(run.folder))")
        continue
      }
      var kind = run.recipe
      // The time of a temporal network is that of its clips, not of its steps.
      (kind.seed, kind.pictures) = (0, kind.clips == nil ? kind.batch * 4 : kind.pictures)
      let step = try stepSeconds[kind] ?? secondsOfStep(kind)
      stepSeconds[kind] = step
      let seconds = step * Double(run.recipe.steps) / Double(max(1, workers / max(1, run.recipe.shards)))
      total += seconds
      line("\(what), about \(duration(seconds)) (\(run.folder))")
    }
    var personSeconds: [String: Double] = [:]
    for variant in plan.measured { total += try measuring(variant, &personSeconds, line) }
    line("about \(duration(total)) on \(workers) thread\(workers == 1 ? "" : "s")")
  }

  /// Tells how long the networks of a variant are measured; those of one architecture take as long.
  private func measuring(
    _ variant: ExperimentPlan.Variant, _ personSeconds: inout [String: Double], _ line: (String) -> Void
  ) throws -> Double {
    var total = 0.0
    let networks = try runs.measured(
      variant,
      standIn: { run in
        guard case .training(let recipe, _) = variant.source else { return nil }
        return try run.isFinished() ? nil : MeasuredNetwork(randomFor: recipe)
      })
    for network in networks {
      let measurement = RobustnessMeasurement(
        label: network.title, network: network.network, people: people, folder: network.folder)
      let missing = try measurement.missing()
      var seconds = 0.0
      for part in missing where part.people > 0 {
        let key = "\(part.condition.name) \(network.network.kind)"
        let each = try personSeconds[key] ?? measurement.secondsOfPerson(part.condition)
        personSeconds[key] = each
        seconds += each * Double(part.people) / Double(workers)
      }
      total += seconds
      let parts = missing.map { part in
        let done = plan.settings.people - part.people
        return part.condition.name + (done == 0 ? "" : part.people == 0 ? " (done)" : " (\(done) done)")
      }
      line(
        "measure \(network.title): \(parts.joined(separator: ", "))"
          + (seconds > 0 ? ", about \(duration(seconds))" : ""))
    }
    return total
  }

  /// Seconds of one step's share of rendering clips and of finding their keypoints, which is nearly all of the work.
  private func secondsOfClips(_ recipe: Recipe, _ renderer: Renderer) throws -> Double {
    guard case .temporal(let network) = try MeasuredNetwork(randomFor: recipe) else { return 0 }
    let (clips, motions) = (recipe.clips!, try BuiltInRenderer.motions(from: people.fixtures))
    let start = ContinuousClock.now
    _ = try ClipKeypoints.clip(
      0, frames: clips.frames, seed: 1, seenBy: network.keypoints, renderer: renderer, motions: motions)
    return (ContinuousClock.now - start).seconds * Double(clips.count) / Double(recipe.steps)
  }

  /// Seconds of one training step, after a first one.
  private func secondsOfStep(_ recipe: Recipe) throws -> Double {
    var recipe = recipe
    // Without a start there is nothing to freeze; a frozen branch takes a little less time.
    if recipe.strategy == .partsFrozen { recipe.strategy = .parts }
    let renderer = try BuiltInRenderer.load(
      .training, body: people.body.model, settings: recipe.renderer, withSkin: recipe.needsSkin,
      from: people.fixtures)
    if recipe.clips != nil { return try secondsOfClips(recipe, renderer) }
    // A frozen encoder takes the same time whatever is in it.
    let weights =
      recipe.frozenBackbone != nil ? Network(learning: recipe.architecture).initialWeights(seed: 1) : [:]
    var trainer = try Trainer(recipe, renderer: renderer, start: weights)
    _ = try trainer.advance(workers: workers)
    let start = ContinuousClock.now
    _ = try trainer.advance(workers: workers)
    return (ContinuousClock.now - start).seconds
  }
}

import Networks
import Sweeps
import Tensors
import Training

/// What an experiment would do, and about how long that takes: every kind of step is tried once.
struct ExperimentForecast {
  private let plan: ExperimentPlan, runs: ExperimentRuns, people: MeasuredPeople
  private let out: String, workers: Int

  init(
    _ plan: ExperimentPlan, _ runs: ExperimentRuns, _ people: MeasuredPeople, in out: String, workers: Int
  ) {
    (self.plan, self.runs, self.people) = (plan, runs, people)
    (self.out, self.workers) = (out, workers)
  }

  func lines() throws -> [String] {
    var (lines, total): ([String], Double) = ([], 0)
    let settings = plan.settings
    lines.append(
      "\(plan.name): \(runs.runs.count) training runs, \(plan.measured.count) variants measured on "
        + "\(settings.people) people, seed \(settings.seed), stride \(settings.stride)")
    var stepSeconds: [Recipe: Double] = [:]
    for run in runs.runs {
      let start =
        run.startRun.map { " from \(runs.runs[$0].title)" } ?? run.startFile.map { " from \($0)" } ?? ""
      let what = "train \(run.title): \(run.recipe.pictures) pictures\(start)"
      guard !run.isFinished else {
        lines.append("\(what), finished (\(run.folder))")
        continue
      }
      var kind = run.recipe
      (kind.seed, kind.pictures) = (0, max(run.recipe.batch, run.recipe.batch * 4))
      let step = try stepSeconds[kind] ?? secondsOfStep(kind)
      stepSeconds[kind] = step
      let seconds = step * Double(run.recipe.steps) / Double(max(1, workers / max(1, run.recipe.shards)))
      total += seconds
      lines.append("\(what), about \(ProgressLine.duration(seconds)) (\(run.folder))")
    }
    for variant in plan.measured { try addMeasuring(variant, to: &lines, &total) }
    lines.append("about \(ProgressLine.duration(total)) on \(workers) thread\(workers == 1 ? "" : "s")")
    return lines
  }

  private func addMeasuring(
    _ variant: ExperimentPlan.Variant, to lines: inout [String], _ total: inout Double
  ) throws {
    var networks: [(title: String, regressor: Regressor, folder: String)] = []
    switch variant.source {
    case .ready(let source):
      let model = try LoadedModel(label: variant.name, source: source)
      networks = [(variant.name, model.regressor, "\(out)/\(variant.name)/measured")]
    case .training(let recipe, _):
      for run in runs.runs where run.variant == variant.name {
        let regressor =
          run.isFinished
          ? try LoadedModel(label: variant.name, source: run.network).regressor
          : try Regressor.random(recipe.architecture, seed: 1)
        networks.append((run.title, regressor, run.folder + "/measured"))
      }
    }
    for network in networks {
      let measurement = RobustnessMeasurement(
        label: network.title, regressor: network.regressor, people: people, folder: network.folder,
        workers: workers)
      let missing = try measurement.missing()
      let seconds = missing.reduce(0.0) { sum, part in
        part.people == 0
          ? sum : sum + measurement.secondsOfPerson(part.section) * Double(part.people) / Double(workers)
      }
      total += seconds
      let parts = missing.map { part in
        let done = plan.settings.people - part.people
        return part.section.name + (done == 0 ? "" : part.people == 0 ? " (done)" : " (\(done) done)")
      }
      lines.append(
        "measure \(network.title): \(parts.joined(separator: ", "))"
          + (seconds > 0 ? ", about \(ProgressLine.duration(seconds))" : ""))
    }
  }

  /// Seconds of one training step, the first aside.
  private func secondsOfStep(_ recipe: Recipe) throws -> Double {
    var recipe = recipe
    // Without a start there is nothing to freeze; a frozen branch takes a little less time.
    if recipe.strategy == .partsFrozen { recipe.strategy = .parts }
    let studio = try BuiltInStudio.load(.training, body: people.body.model, settings: recipe.studio)
    var trainer = try Trainer(recipe, studio: studio)
    _ = try trainer.advance(workers: workers)
    let start = ContinuousClock.now
    _ = try trainer.advance(workers: workers)
    return (ContinuousClock.now - start).seconds
  }
}

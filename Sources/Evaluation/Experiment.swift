public import Models
public import Records
import Networks
public import Tensors

/// Trains the variants of a plan, measures all of them on the same people, and summarises the results.
///
/// Trained networks and measurements are kept in the experiment's folder and used again.
public struct Experiment: Sendable {
  /// A variant's name and its measured runs.
  public typealias MeasuredVariant = (name: String, runs: [ExperimentSummary.Run])

  /// What is trained and measured.
  public let plan: ExperimentPlan
  /// The training runs.
  public let runs: ExperimentRuns
  private let people: MeasuredPeople

  /// Prepares an experiment.
  ///
  /// - Parameters:
  ///   - body: the body of all people.
  ///   - fixtures: the project's folder `Fixtures`.
  ///   - out: the folder of the experiment.
  /// - Throws: `EvaluationError`, `ArchiveError` or `PictureError` when a file cannot be read.
  public init(
    _ plan: ExperimentPlan, body: SMPLBody, fixtures: String,
    in out: String
  ) throws {
    self.plan = plan
    runs = try ExperimentRuns(
      plan, body: body, fixtures: fixtures, in: out)
    people = try MeasuredPeople(body, plan.settings, fixtures: fixtures)
  }

  /// What would be trained and measured, and about how long it takes, a line for each step.
  ///
  /// - Parameter duration: writes seconds for people.
  /// - Throws: what reading networks and measurements throws.
  public func forecast(
    workers: Int, duration: @escaping (_ seconds: Double) -> String, _ line: (String) -> Void
  ) throws {
    try ExperimentForecast(plan, runs, people, workers: workers, duration: duration).write(line)
  }

  /// Trains and measures what is not on disk.
  ///
  /// - Parameter shard: which of the networks are trained and measured, where other processes have the rest; a network has
  ///   files of its own, which one process writes at a time.
  /// - Returns: nil where networks of other shards are not measured yet.
  /// - Throws: `EvaluationError` of the kind `interrupted` after a cancellation; the same call resumes.
  public func run(
    _ context: WorkContext = WorkContext(), shard: Shard? = nil
  ) throws -> (summary: ExperimentSummary, variants: [MeasuredVariant])? {
    if let shard {
      try runs.train(context, where: shard.owns)
      for variant in plan.measured {
        for network in try runs.measured(variant, where: shard.owns) {
          _ = try measurement(of: network).run(context)
        }
      }
      guard try isMeasured() else { return nil }
    }
    try runs.train(context)
    let variants = try plan.measured.map { variant -> MeasuredVariant in
      let measured = try runs.measured(variant).map { network in
        ExperimentSummary.Run(
          name: network.name, fingerprint: network.network.fingerprint,
          robustness: try measurement(of: network).run(context))
      }
      return (variant.name, measured)
    }
    let summary = ExperimentSummary(
      name: plan.name, settings: plan.settings, reference: plan.reference, variants: variants)
    return (summary, variants)
  }

  private func measurement(of network: ExperimentRuns.Measured) -> RobustnessMeasurement {
    RobustnessMeasurement(
      label: network.title, network: network.network, people: people, folder: network.folder)
  }

  /// Whether every network is trained, and measured in every condition.
  private func isMeasured() throws -> Bool {
    guard try runs.runs.allSatisfy({ try $0.isFinished() }) else { return false }
    return try plan.measured.allSatisfy { variant in
      try runs.measured(variant).allSatisfy { network in
        try measurement(of: network).missing().allSatisfy { $0.people == 0 }
      }
    }
  }
}

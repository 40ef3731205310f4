public import Bodies
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
  private let people: MeasuredPeople, networks: NetworkCatalog

  /// Prepares an experiment.
  ///
  /// - Parameters:
  ///   - fingerprint: that of the body.
  ///   - networks: finds ready networks.
  ///   - fixtures: the project's folder `Fixtures`.
  ///   - out: the folder of the experiment.
  /// - Throws: `EvaluationError`, `ArchiveError` or `PictureError` when a file cannot be read.
  public init(
    _ plan: ExperimentPlan, body: BodyModel, fingerprint: String, networks: NetworkCatalog, fixtures: String,
    in out: String
  ) throws {
    (self.plan, self.networks) = (plan, networks)
    runs = try ExperimentRuns(
      plan, body: body, fingerprint: fingerprint, networks: networks, fixtures: fixtures, in: out)
    people = try MeasuredPeople(body, fingerprint: fingerprint, plan.settings, fixtures: fixtures)
  }

  /// What would be trained and measured, and about how long it takes, a line for each step.
  ///
  /// - Parameter duration: writes seconds for people.
  /// - Throws: what reading networks and measurements throws.
  public func forecast(workers: Int, duration: @escaping (_ seconds: Double) -> String) throws -> [String] {
    try ExperimentForecast(plan, runs, people, networks: networks, workers: workers, duration: duration)
      .lines()
  }

  /// Trains and measures what is not on disk.
  ///
  /// - Throws: `EvaluationError` of the kind `interrupted` after a cancellation; the same call resumes.
  public func run(
    _ context: WorkContext = WorkContext()
  ) throws -> (summary: ExperimentSummary, variants: [MeasuredVariant]) {
    try runs.train(context)
    let variants = try plan.measured.map { variant -> MeasuredVariant in
      let measured = try runs.measured(variant, networks: networks).map { network in
        let measurement = RobustnessMeasurement(
          label: network.title, regressor: network.regressor, people: people, folder: network.folder)
        return ExperimentSummary.Run(
          name: network.name, fingerprint: network.regressor.fingerprint,
          robustness: try measurement.run(context))
      }
      return (variant.name, measured)
    }
    let summary = ExperimentSummary(
      name: plan.name, settings: plan.settings, reference: plan.reference, variants: variants)
    return (summary, variants)
  }
}

import Archives
import ArgumentParser
import Evaluation
import Figures
import Foundation
import Networks
import Pictures
import Sweeps
import Tensors

/// `penumbra experiment`: variants of a network, trained and measured alike, side by side.
struct ExperimentCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "experiment",
    abstract: "Train variants of a network and measure each under occlusion.",
    discussion: """
      FILE is JSON that lists variants, how they are trained, and how they are measured; docs/formats.md lists its \
      keys. All variants are measured on the same rendered people: unoccluded, behind objects, and with patches at \
      every position of a grid. Tables and figures give means over people with 95 % confidence intervals.

      Trained networks and measurements are kept in the folder and used again when the same command is given \
      again, after an interruption or a change of the file.
      """)

  @Argument(help: ArgumentHelp("Experiment file.", valueName: "file"))
  var file: String

  @Option(help: ArgumentHelp("Folder of all results (default: Reports/NAME).", valueName: "dir"))
  var out: String?

  @Flag(help: "Only list what would be trained and measured, and about how long it takes.")
  var dryRun = false

  @Option(help: "Number of threads (default: one for each processor); does not change the result.")
  var workers: Int?

  @OptionGroup var body: BodyOptions

  func validate() throws {
    guard workers.map({ $0 >= 1 }) ?? true else { throw ValidationError("--workers must be at least 1") }
  }

  func run() throws {
    let plan = try ExperimentPlan(contentsOf: file, networks: .shipped)
    let out = out ?? "Reports/\(plan.name)"
    let context = Interruption.context(workers: workers ?? Workers.available)
    let body = try body.load()
    let fixtures = try Fixtures.folder()
    let runs = try ExperimentRuns(
      plan, body: body.model, fingerprint: body.source.fingerprint, networks: .shipped, fixtures: fixtures,
      in: out)
    let people = try MeasuredPeople(
      body.model, fingerprint: body.source.fingerprint, plan.settings, fixtures: fixtures)
    if dryRun {
      let forecast = ExperimentForecast(
        plan, runs, people, networks: .shipped, workers: context.workers, duration: ProgressLine.duration)
      for line in try forecast.lines() { Console.writeLine(line) }
      return
    }
    Interruption.watch()
    try makeFolder(out)
    try runs.train(context)
    let variants = try plan.measured.map { variant in
      (
        name: variant.name,
        runs: try runs.measured(variant, networks: .shipped).map { network in
          let measurement = RobustnessMeasurement(
            label: network.title, regressor: network.regressor, people: people, folder: network.folder)
          return ExperimentSummary.Run(
            name: network.name, fingerprint: network.regressor.fingerprint,
            robustness: try measurement.run(context))
        }
      )
    }
    let summary = ExperimentSummary(
      name: plan.name, settings: plan.settings, reference: plan.reference, variants: variants)
    try write(summary, variants, runs, to: out)
  }

  private func write(
    _ summary: ExperimentSummary, _ variants: [(name: String, runs: [ExperimentSummary.Run])],
    _ runs: ExperimentRuns, to out: String
  ) throws {
    let table = ExperimentTable(summary)
    try AtomicFile.write(table.markdown, to: "\(out)/table.md")
    try AtomicFile.write(JSONValue(encoding: summary).text, to: "\(out)/results.json")
    try Npz.write(ExperimentSummary.arrays(of: variants, summary), to: "\(out)/results.npz")
    let curves = runs.runs.map { run in
      TrainingCurve(
        name: run.title, variant: run.variant,
        log: (try? String(contentsOfFile: run.log, encoding: .utf8)) ?? "")
    }
    let report = ExperimentReport(summary, curves: curves)
    try AtomicFile.write(report.pdf(), to: "\(out)/report.pdf")
    try makeFolder("\(out)/figures")
    for figure in report.figures() {
      try AtomicFile.write(figure.picture.pngData(), to: "\(out)/figures/\(figure.name).png")
    }
    for line in table.headlines { Console.writeLine(line) }
    Console.writeLine()
    for file in ExperimentPlan.outputFiles { Console.writeLine("\(out)/\(file)") }
  }
}

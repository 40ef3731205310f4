import Archives
import ArgumentParser
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
    abstract: "Train variants of a network and measure what makes them robust.",
    discussion: """
      FILE is json that lists variants, what they are trained on, and how they are measured; docs/formats.md \
      tells its keys. Every variant is measured on the same rendered people: in whole pictures, behind objects, \
      and with patches slid over the picture. Tables and figures give means over people with bounds of 95 %.

      Networks that are trained and numbers that are measured stay in the folder, and are taken from there when \
      the same command is given again, after an interruption or a change of the file.
      """)

  @Argument(help: ArgumentHelp("The experiment.", valueName: "file"))
  var file: String

  @Option(help: ArgumentHelp("Where everything goes; Reports/NAME unless given.", valueName: "dir"))
  var out: String?

  @Flag(help: "Only tell what would be trained and measured, and about how long it takes.")
  var dryRun = false

  @Option(help: "Threads; one a processor unless given. They do not change the result.")
  var workers: Int?

  @OptionGroup var body: BodyOptions

  func validate() throws {
    guard workers.map({ $0 >= 1 }) ?? true else { throw ValidationError("--workers must be at least 1") }
  }

  func run() throws {
    let plan = try ExperimentPlan(contentsOf: file)
    let out = out ?? "Reports/\(plan.name)"
    let workers = workers ?? Workers.available
    let body = try body.load()
    let runs = try ExperimentRuns(plan, body: body, in: out)
    let people = try MeasuredPeople(body, plan.settings)
    if dryRun {
      for line in try ExperimentForecast(plan, runs, people, in: out, workers: workers).lines() {
        Console.writeLine(line)
      }
      return
    }
    Interruption.watch()
    try makeFolder(out)
    try runs.train(workers: workers)
    let variants = try plan.measured.map { variant in
      (
        name: variant.name,
        runs: try networks(of: variant, runs, in: out).map { network in
          let measurement = RobustnessMeasurement(
            label: network.title, regressor: network.model.regressor, people: people, folder: network.folder,
            workers: workers)
          return ExperimentSummary.Run(
            name: network.name, fingerprint: network.model.regressor.fingerprint,
            robustness: try measurement.run())
        }
      )
    }
    let summary = ExperimentSummary(
      name: plan.name, settings: plan.settings, reference: plan.reference, variants: variants)
    try write(summary, variants, runs, to: out)
  }

  /// What is written beside the variants' folders.
  static let files = ["table.md", "results.json", "results.npz", "report.pdf", "figures"]

  private typealias Trained = (title: String, name: String, folder: String, model: LoadedModel)

  /// The networks of a variant, one a seed or the one that is ready.
  private func networks(of variant: ExperimentPlan.Variant, _ runs: ExperimentRuns, in out: String) throws
    -> [Trained]
  {
    if case .ready(let source) = variant.source {
      let model = try LoadedModel(label: variant.name, source: source)
      return [(variant.name, model.name, "\(out)/\(variant.name)/measured", model)]
    }
    return try runs.runs.filter { $0.variant == variant.name }.map { run in
      let model = try LoadedModel(label: variant.name, source: run.network)
      return (run.title, "seed \(run.seed)", run.folder + "/measured", model)
    }
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
    for file in Self.files { Console.writeLine("\(out)/\(file)") }
  }
}

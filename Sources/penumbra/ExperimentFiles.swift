import Archives
import Evaluation
import Figures
import Foundation
import Pictures
import Presentation

/// The results of an experiment as files: tables, numbers, figures.
struct ExperimentFiles {
  private let summary: ExperimentSummary
  private let variants: [Experiment.MeasuredVariant]
  private let runs: ExperimentRuns

  init(_ summary: ExperimentSummary, _ variants: [Experiment.MeasuredVariant], _ runs: ExperimentRuns) {
    (self.summary, self.variants, self.runs) = (summary, variants, runs)
  }

  /// Writes all files to a folder, and prints the most important numbers and the paths.
  func write(to out: String) throws {
    let table = ExperimentTable(summary)
    try AtomicFile.write(table.markdown, to: "\(out)/table.md")
    try AtomicFile.write(JSONValue(encoding: summary).text, to: "\(out)/results.json")
    try Npz.write(ExperimentSummary.arrays(of: variants, summary), to: "\(out)/results.npz")
    let curves = try runs.runs.map { run in
      let hasLog = try isThere(run.log)
      return TrainingCurve(
        name: run.title, variant: run.variant,
        log: hasLog ? String(decoding: try fileContents(run.log), as: UTF8.self) : "")
    }
    let report = ExperimentReport(summary, curves: curves)
    try report.document().write(to: "\(out)/report.pdf")
    try makeFolder("\(out)/figures")
    for figure in report.figures() {
      try AtomicFile.write(figure.picture.pngData(), to: "\(out)/figures/\(figure.name).png")
    }
    for line in table.headlines { Console.writeLine(line) }
    Console.writeLine()
    for file in ExperimentPlan.outputFiles { Console.writeLine("\(out)/\(file)") }
  }
}

import Archives
import ArgumentParser
import Figures
import Foundation
import Sweeps
import Tensors

/// `penumbra demo`: everything at once, on what the repository ships.
struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Sweep three pictures with both built-in networks and draw the report.",
    discussion: "Needs nothing but the repository. Given again, it goes on where it stopped.")

  @Option(help: ArgumentHelp("The folder of records, figures and report.", valueName: "dir"))
  var out = "Reports/demo"

  @Option(help: "Pixels of a 224-pixel crop from one place to the next.")
  var stride = 4

  /// Rendered people that no network has learned from, each with its truth beside it.
  static let people = ["person-1", "person-2", "person-3"]

  func validate() throws {
    guard (1...Occluder.referenceSide).contains(stride) else {
      throw ValidationError("--stride is \(stride); give 1 to \(Occluder.referenceSide) pixels")
    }
  }

  func run() throws {
    Interruption.watch()
    let body = try BodyOptions.parse([]).load()
    let models = try ModelOptions.builtIn.map { try LoadedModel(label: $0, source: $0) }
    var outcomes: [[PictureSweep.Outcome]] = []
    for name in Self.people {
      let stem = try Fixtures.path("people/\(name)")
      let sweep = PictureSweep(
        picture: try BoxOptions.parse([]).load(stem + ".png"),
        truth: try LoadedTruth(contentsOf: stem + ".json", body: body), body: body,
        settings: SweepSettings(grid: Grid(stride: stride)))
      outcomes.append(try sweep.record(models, in: out))
    }
    let records = outcomes.flatMap { $0.map(\.record) }
    let report = try Report(records, body: body.model, files: outcomes.flatMap { $0.map(\.path) })
    try AtomicFile.write(report.pdf(), to: "\(out)/report.pdf")
    try ReportCommand.writeFigures(of: report, into: "\(out)/figures")

    for outcome in outcomes {
      let findings = outcome.map { Findings($0.record) }
      Console.writeLine()
      Console.writeLine(findings[0].picture)
      for line in FindingsTable(findings).lines.prefix(while: { !$0.isEmpty }) { Console.writeLine(line) }
    }
    Console.writeLine()
    Console.writeLine("\(out)/report.pdf")
  }
}

import Networks
import Archives
import ArgumentParser
import Figures
import Models
import Presentation
import Records
import Sweeps

/// `penumbra demo`: everything at once, on what the repository ships.
struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Sweep three pictures with both built-in networks and draw the report.",
    discussion: "Needs only what comes with the program. The same command continues an interrupted run.")

  @Option(help: ArgumentHelp("Folder of records, figures and report.", valueName: "dir"))
  var out = "Reports/demo"

  @Option(help: "Step between positions, in pixels of a 224-pixel crop.")
  var stride = 4

  @OptionGroup var quiet: QuietOption

  /// Rendered people that no network has learned from, each with its truth beside it.
  static let people = ["person-1", "person-2", "person-3"]

  func validate() throws {
    guard (1...Occlusion.referenceSide).contains(stride) else {
      throw ValidationError("--stride is \(stride); give 1 to \(Occlusion.referenceSide) pixels")
    }
  }

  func run() throws {
    quiet.apply()
    Interruption.watch()
    let body = try SMPLBody()
    let models = try LoadedNetwork.builtIn.map { name in
      SMPLModel(try LoadedNetwork(label: name, source: name), body: body, convolutions: .fastest)
    }
    var options = SweepOptions()
    options.positions = PositionRule(stride: stride)
    options.command = ShellCommand.current
    let outcomes = try Self.people.map { name in
      let stem = try Fixtures.path("people/\(name)")
      let sweep = PictureSweep(
        try PictureInput(contentsOf: stem + ".png"),
        truth: try LoadedGroundTruth(contentsOf: stem + ".json", body: body.model), options: options)
      return try sweep.record(models, in: out)
    }
    let records = outcomes.flatMap { $0.map(\.record) }
    let report = Report(records, body: body.model)
    try report.document().write(to: "\(out)/report.pdf")
    try ReportCommand.writeFigures(of: report, into: "\(out)/figures")

    for outcome in outcomes {
      Console.writeLine()
      Console.writeLine(outcome[0].record.settings.picture.name)
      for line in FindingsTable(of: outcome.map(\.record)).headlines { Console.writeLine(line) }
    }
    Console.writeLine()
    Console.writeLine("\(out)/report.pdf")
  }
}

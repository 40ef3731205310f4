import Networks
import Archives
import ArgumentParser
import Explorer
import Figures
import Models
import Pictures
import Presentation
import Records
import Sweeps

/// `penumbra demo`: everything at once, on what the repository ships.
struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract:
      "Sweep a photograph and three rendered people with the built-in networks; draw the report, and a page to explore.",
    discussion: "Needs only what comes with the program. The same command continues an interrupted run.")

  @Option(help: ArgumentHelp("Folder of records, figures and report.", valueName: "dir"))
  var out = "Reports/demo"

  @Option(help: "Step between positions, in pixels of a 224-pixel crop.")
  var stride = 5

  @OptionGroup var quiet: QuietOption

  /// A photograph, without truth.
  static let photograph = "astronaut.png"
  /// Rendered people that no network has learned from, each with its truth beside it.
  static let people = ["person-1", "person-2", "person-3"]

  /// The most bytes of the page: small enough to be sent by mail and opened at once.
  static let pageLimit = 3_000_000

  func validate() throws {
    guard (1...Occlusion.referenceSide).contains(stride) else {
      throw ValidationError("--stride is \(stride); give 1 to \(Occlusion.referenceSide) pixels")
    }
  }

  func run() throws {
    quiet.apply()
    Interruption.watch()
    let body = try SMPLBody()
    let models = try LoadedNetwork.builtInModels(body: body, convolutions: .fastest)
    var options = SweepOptions()
    options.positions = PositionRule(stride: stride)
    options.command = ShellCommand.current
    let found = try PictureInput(contentsOf: Fixtures.path(Self.photograph))
    let photograph = found.with(box: try PersonBox.find.box(in: found, person: nil))
    var outcomes = [try PictureSweep(photograph, options: options).record(models, in: out)]
    outcomes += try Self.people.map { name in
      let stem = try Fixtures.path("people/\(name)")
      let sweep = PictureSweep(
        try PictureInput(contentsOf: stem + ".png"),
        truth: try LoadedGroundTruth(contentsOf: stem + ".json", body: body.model), options: options)
      return try sweep.record(models, in: out)
    }
    try Interruption.endAtOnce(out)
    let comparable = try outcomes.map { try ComparableRecords($0.map { ($0.path, $0.record) }).records }
    let reports = PictureReport.grouped(comparable.flatMap { $0 }, body: body.model)
    let report = Report(reports)
    try report.document().write(to: "\(out)/report.pdf")
    try ReportCommand.writeFigures(of: report, into: "\(out)/figures")
    let page = try ExplorerFile("\(out)/explorer.html").write(
      reports, bodies: [.builtIn()], limit: Self.pageLimit)

    for records in comparable {
      Console.writeLine()
      Console.writeLine(records[0].settings.picture.name)
      for line in FindingsTable(of: records).headlines { Console.writeLine(line) }
    }
    Console.writeLine()
    Console.writeLine("\(out)/report.pdf")
    Console.writeLine(page)
  }
}

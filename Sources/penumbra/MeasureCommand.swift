import Archives
import ArgumentParser
import Bodies
import Models
import Presentation
import Records
import Sweeps

/// `penumbra measure`: errors made anew from the joints that a record holds, without the network.
struct MeasureCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "measure",
    abstract: "Measure the errors of a record against a ground truth, without the network.",
    discussion: """
      Takes the joints that a finished sweep recorded, or the bodies for joints that are regressed from a body, and \
      writes a record of their errors beside it. This turns a sweep made without ground truth, whose distances are \
      displacements, into one of errors.
      """)

  @Argument(help: "Record of a finished sweep.")
  var record: String

  @Option(help: ArgumentHelp("Ground truth: joints or body, JSON or npz.", valueName: "file"))
  var truth: String?

  @OptionGroup var joints: JointsOption

  @Option(
    help: ArgumentHelp(
      "Record to write (default: the name of the first with .measured before .zarr).", valueName: "dir"))
  var out: String?

  @OptionGroup var body: BodyOptions

  @Flag(help: "Print one JSON object and nothing else.")
  var json = false

  func validate() throws {
    if truth == nil, joints.joints == nil {
      throw ValidationError(
        "Give --truth, --joints or both: what errors are measured from, and over which joints")
    }
  }

  func run() throws {
    let (found, joints) = (try SweepRecord(finished: record), try joints.skeleton())
    var measured = found
    var what = found.settings.truth?.name ?? found.settings.quantity
    if let truth {
      let body = try body.load()
      let truth = try LoadedGroundTruth.reading(truth, body: body.model)
      measured = try found.measured(against: truth, body: body, over: joints, file: record)
      what = truth.source.name
    } else if let joints {
      measured = try found.measured(over: joints, file: record)
    }
    let out = out ?? (record.hasSuffix(".zarr") ? String(record.dropLast(5)) : record) + ".measured.zarr"
    try measured.write(to: out)
    let findings = Findings(measured)
    if json { return try Console.writeJSON(findings) }
    Console.writeLine("\(out): \(findings.positions) positions, \(what)")
    Console.writeLine()
    for line in FindingsTable(of: [measured]).lines { Console.writeLine(line) }
  }
}

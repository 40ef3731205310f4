import Archives
import ArgumentParser
import Figures
import Foundation
import Models
import Pictures
import Presentation
import Sweeps

/// `penumbra check`: whether a network is run as it should be.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Look for mistakes in how a network is run: units, axes, order, batches, place of the input.",
    discussion: """
      Asks the network about one picture, mirrored, again, in another order and with some hundred windows hidden, and \
      writes a page of findings with what the network saw. Take an upright person whose face or feet can be seen. Findings \
      are ok, to be looked at, or wrong; with one that is wrong the exit code is 65.
      """)

  @Argument(
    help:
      "Network, as --model of the other commands takes it: 'worker: COMMAND', a weight file, gap, attention.")
  var model: String

  @Argument(help: "Picture of one person.")
  var picture: String

  @OptionGroup var box: BoxOptions
  @OptionGroup var body: BodyOptions
  @OptionGroup var means: MeanOptions

  @Option(help: ArgumentHelp("How long a worker may take to start or to answer.", valueName: "seconds"))
  var workerTimeout = WorkerModel.patience

  @Option(
    help: ArgumentHelp("Page to write, .pdf or .png (default: Reports/check/LABEL.pdf).", valueName: "file"))
  var out: String?

  @Flag(help: "Print one JSON object and nothing else.")
  var json = false

  private var models: ModelOptions {
    var options = ModelOptions()
    (options.models, options.means, options.workerTimeout) = ([model], means, workerTimeout)
    return options
  }

  func validate() throws {
    try models.validate()
    if let out, !["pdf", "png"].contains(URL(filePath: out).pathExtension.lowercased()) {
      throw ValidationError("--out is \(out); give a name that ends in .pdf or .png")
    }
  }

  func run() throws {
    Interruption.watch()
    try Interruption.endAtOnce(picture)
    let input = try box.load(picture)
    let model = try models.load(body: try body.load(), crop: box.crop)[0]
    let out = out ?? "Reports/check/\(model.identity.label).pdf"
    let check = try ModelCheck(model, on: input)
    let page = try CheckPage(check)
    try makeFolder(URL(filePath: out).deletingLastPathComponent().path)
    let report = CheckReport(page)
    if out.lowercased().hasSuffix(".png") {
      try AtomicFile.write(report.picture().pngData(), to: out)
    } else {
      try AtomicFile.write(report.document().data, to: out)
    }
    if json {
      try Console.writeJSON(
        Result(model: model.identity, picture: input.source, page: out, findings: check.findings))
    } else {
      for line in page.text { Console.writeLine(line) }
      Console.writeLine()
      Console.writeLine("\(out): the same with what the network saw")
    }
    let wrong = page.counts.wrong
    if wrong > 0 {
      throw Failure(
        .badData,
        "\(model.identity.label): \(wrong) \(wrong == 1 ? "finding is" : "findings are") wrong; see \(out)")
    }
  }

  /// What `--json` prints.
  private struct Result: Encodable {
    let model: ModelIdentity
    let picture: SourceFile
    let page: String
    let findings: [ModelCheck.Finding]
  }
}

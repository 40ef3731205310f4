import Archives
import ArgumentParser
import Evaluation
import Records
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

  @OptionGroup var shares: ShardOption
  @OptionGroup var body: BodyOptions
  @OptionGroup var quiet: QuietOption

  func validate() throws {
    try checkNumber(workers, of: "--workers", in: NumberLimits.workers)
  }

  func run() throws {
    quiet.apply()
    let plan = try ExperimentPlan(contentsOf: file)
    let out = out ?? "Reports/\(plan.name)"
    let context = Interruption.context(workers: workers ?? Workers.available)
    let body = try body.load()
    let experiment = try Experiment(
      plan, body: body, fixtures: Fixtures.folder(), in: out)
    if dryRun {
      return try experiment.forecast(workers: context.workers, duration: ProgressLine.duration) {
        Console.writeLine($0)
      }
    }
    Interruption.watch()
    try makeFolder(out)
    // Its shares write the results together.
    let lock = try FolderLock(on: "\(out)/results.json", isShared: shares.shard != nil)
    defer { withExtendedLifetime(lock) {} }
    guard let results = try experiment.run(context, shard: shares.shard) else {
      return Console.writeLine(
        "shard \(shares.shard!) of \(plan.name) is complete; other networks are not measured yet, and whoever comes last, or "
          + "the same command without --shard, writes the results to \(out)")
    }
    try Interruption.endAtOnce(out)
    try ExperimentFiles(results.summary, results.variants, experiment.runs).write(to: out)
  }
}

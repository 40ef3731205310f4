import Archives
import ArgumentParser
import Bodies
import Evaluation
import Foundation
import Models
import Pictures
import Presentation
import Records
import Rendering
import Sweeps
import Tensors

/// `penumbra benchmark`: the numbers of networks on pictures and occluders that a file fixes.
struct BenchmarkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmark",
    abstract: "Measure networks on a benchmark of occlusion that can be quoted.",
    discussion: """
      The file fixes pictures, occluders, positions, joints and root (docs/benchmarks/README.md). Rendered people are made in \
      DIR/pictures; the pictures of a dataset are given with --dataset and --images. Every picture is swept as by penumbra \
      sweep; the same command continues. Prints the table, and writes DIR/NAME.json with all numbers and intervals and \
      DIR/NAME.pdf with a paragraph of methods.
      """)

  @Argument(help: ArgumentHelp("Definition of the benchmark.", valueName: "file"))
  var file: String

  @OptionGroup var models: ModelOptions

  @Option(
    help: ArgumentHelp(
      "Annotations of the dataset that the benchmark is of, as for sweep.", valueName: "file|dir"))
  var dataset: String?

  @Option(help: ArgumentHelp("Folder that the dataset's picture names are relative to.", valueName: "dir"))
  var images: String?

  @Option(
    help: ArgumentHelp("Folder of SMPL's bodies and J_regressor_h36m.npy, as for sweep.", valueName: "dir"))
  var bodyDir: String?

  @OptionGroup var body: BodyOptions
  @OptionGroup var shares: ShardOption

  @Option(help: ArgumentHelp("Folder of records and results (default: Reports/NAME).", valueName: "dir"))
  var out: String?

  @Option(help: ArgumentHelp("Number of threads (default: one for each processor).", valueName: "n"))
  var workers: Int?

  @Option(help: "Limit of the program's memory, such as 1500MB.")
  var memory = Megabytes(2000)

  @OptionGroup var arithmetic: ArithmeticOptions

  @Flag(help: "Print one JSON object and nothing else.")
  var json = false

  @OptionGroup var quiet: QuietOption

  func validate() throws {
    try checkNumber(workers, of: "--workers", in: NumberLimits.workers)
    if (dataset == nil) != (images == nil) { throw ValidationError("--dataset and --images go together") }
  }

  func run() throws {
    quiet.apply()
    Interruption.watch()
    let benchmark = try Benchmark(contentsOf: file)
    let occlusions = try benchmark.occluders.map { try occlusion($0) }
    let out = out ?? "Reports/\(benchmark.name)"
    let (models, body): ([any PoseModel], SMPLBody)
    var truthBody: SMPLBody?
    let share: SetShare
    let set: PictureSet
    let sums: [DatasetSensitivity]?
    var annotations: SourceFile?
    switch benchmark.pictures {
    case .rendered(let count, let seed, let side, let hasObjects):
      guard dataset == nil, bodyDir == nil else {
        throw Failure(
          .usage, "\(file): is a benchmark of rendered people; leave out --dataset, --images and --body-dir")
      }
      body = try self.body.load()
      models = try self.models.load(body: body, crop: nil, convolutions: arithmetic.algorithm)
      share = self.share(benchmark, models, occlusions)
      // The people are of the built-in body, whatever body the networks predict.
      let own = try SMPLBody()
      truthBody = own
      let renderer = try BuiltInRenderer.load(
        .heldOut, body: own.model, settings: hasObjects ? .occluded : .unoccluded)
      let people = RenderedFolder("\(out)/pictures", renderer, seed: seed, side: side)
      // Shards of one benchmark render at the same time.
      try people.claim()
      try people.write(count: count, ProgressLine("Rendering"))
      set = PictureSet(
        title: title(benchmark), pictures: (0..<count).map { "pictures/\(RenderedFolder.pictureName($0))" },
        out: out)
      sums = try sweep(set, share, models, occlusions, benchmark, own)
    case .dataset(let title, let names):
      guard let dataset, let images else {
        throw Failure(.usage, "\(file): is a benchmark of \(title); give its --dataset and --images")
      }
      var words = ["--dataset", dataset, "--images", images, "--joints", benchmark.joints.name]
      if let bodyDir { words += ["--body-dir", bodyDir] }
      let options = try DatasetOptions.parse(words)
      let file = try options.read()
      let loaded = try options.bodies(self.body, measured: file.measured)
      let (all, folder) = try options.rows(of: file)
      body = loaded.neutral
      let rows = try Benchmark.rows(all, named: names, in: dataset)
      annotations = SourceFile(
        name: URL(filePath: dataset).lastPathComponent, fingerprint: Dataset.fingerprint(of: rows))
      models = try self.models.load(body: body, crop: nil, convolutions: arithmetic.algorithm)
      share = self.share(benchmark, models, occlusions)
      let sweep = DatasetSweep(
        file: self.title(benchmark), rows: rows, images: folder, bodies: loaded.bodies,
        bodyFingerprint: loaded.fingerprint, out: out)
      set = sweep.set
      sums = try sweep.run(
        models, under: OccluderChoice(plain: occlusions, parts: [], fills: []), images: folder,
        options: sweepOptions(benchmark), body: body.model, share: share)
    }
    let known = try SetShare.all(in: out).first { $0.isOf(share, set) }
    guard sums != nil, let known else {
      return try ShardReport(share.shard, records: []).write(
        "\(set.pictures.count - (known?.missing ?? 0)) of \(set.pictures.count) pictures are there", out: out,
        json: json, last: "whoever comes last writes the results")
    }
    try Interruption.endAtOnce(out)
    let summary = try OcclusionSummary.reading(
      known.swept.records, joints: benchmark.joints, body: body, truthBody: truthBody, seed: benchmark.seed)
    try write(
      BenchmarkResult(
        summary, of: benchmark, annotations: annotations, nobodyFound: known.swept.without),
      benchmark, in: out)
  }

  /// What the means over pictures are called after.
  private func title(_ benchmark: Benchmark) -> String { "\(benchmark.name)-means" }

  /// Writes and tells the results.
  private func write(_ result: BenchmarkResult, _ benchmark: Benchmark, in out: String) throws {
    let title =
      "\(benchmark.name), version \(benchmark.version), definition \(benchmark.digest.prefix(12))"
    let path = "\(out)/\(benchmark.name)"
    try result.summary.write(title: title, pdf: "\(path).pdf", json: nil)
    try AtomicFile.write(JSONValue(encoding: result).text, to: "\(path).json")
    if json { return try Console.writeJSON(result) }
    for line in OcclusionPages(result.summary, title: title).lines { Console.writeLine(line) }
    Console.writeLine()
    if !result.nobodyFound.isEmpty {
      Console.writeLine("left out, nobody found: \(result.nobodyFound.joined(separator: ", "))")
    }
    Console.writeLine(title)
    Console.writeLine("\(path).json")
    Console.writeLine("\(path).pdf")
  }

  /// Sweeps rendered people.
  private func sweep(
    _ set: PictureSet, _ share: SetShare, _ models: [any PoseModel], _ occlusions: [Occlusion],
    _ benchmark: Benchmark, _ body: SMPLBody
  ) throws -> [DatasetSensitivity]? {
    try set.sweep(share) { number in
      let path = "\(set.out)/\(set.pictures[number])"
      let truth = try LoadedGroundTruth(
        contentsOf: path.dropLast(".png".count) + ".json", body: body.model)
      let sweep = PictureSweep(
        try PictureInput(contentsOf: path), truth: truth, body: body.model, options: sweepOptions(benchmark))
      do {
        return try sweep.record(models, under: occlusions.map { PlacedOcclusion($0) }, in: set.out)
          .flatMap(\.self).map { (path: $0.path, record: $0.record) }
      } catch let error as ModelError where error.kind == .nobodyFound {
        Console.writeNotice("left out: \(error.description)")
        return []
      }
    }
  }

  private func sweepOptions(_ benchmark: Benchmark) -> SweepOptions {
    var options = SweepOptions()
    options.positions = benchmark.positions
    if case .rendered = benchmark.pictures { options.joints = benchmark.joints }
    (options.memory, options.workers) = (memory.value, workers ?? Workers.available)
    options.command = ShellCommand.current
    return options
  }

  /// The share of this process; notes of other definitions and other networks are no notes of it.
  private func share(
    _ benchmark: Benchmark, _ models: [any PoseModel], _ occlusions: [Occlusion]
  ) -> SetShare {
    SetShare(
      shares.shard ?? Shard(1, of: 1)!,
      networks: models.flatMap { [$0.identity.label, $0.identity.fingerprint] },
      occlusions: occlusions.map(\.name) + [benchmark.digest])
  }

  private func occlusion(_ occluder: Benchmark.Occluder) throws -> Occlusion {
    guard let shape = ShapeChoice(argument: occluder.shape) else {
      throw Failure(.badData, "\(file): '\(occluder.shape)' is no shape; give one as for sweep --shape")
    }
    guard let fill = FillChoice(argument: occluder.fill) else {
      throw Failure(.badData, "\(file): '\(occluder.fill)' is no fill; give one as for sweep --fill")
    }
    return Occlusion(size: occluder.size, shape: try shape.load(), fill: try fill.load())
  }
}

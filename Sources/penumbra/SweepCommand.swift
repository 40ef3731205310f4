import ArgumentParser
import Evaluation
import Foundation
import Networks
import Pictures
import Sweeps
import Tensors

/// `penumbra sweep`: slides a patch over a picture and records what networks say.
struct SweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep",
    abstract: "Slide a patch over a picture and record what networks say at every place.",
    discussion: """
      Writes one Zarr group per network, DIR/PICTURE.MODEL.zarr. A sweep that was interrupted goes on where it \
      stopped when the same command is given again. With --dataset, every row of an annotation file is swept, and \
      what they sum up to is printed and written to SET.MODEL.npz.
      """)

  @Argument(help: "A PNG or JPEG picture of one person; leave it out with --dataset.")
  var picture: String?

  @OptionGroup var box: BoxOptions
  @OptionGroup var models: ModelOptions

  @Option(
    help: ArgumentHelp(
      "The true joints or body, json or npz; without it, distances are displacements from the clean prediction.",
      valueName: "file"))
  var truth: String?

  @OptionGroup var body: BodyOptions
  @OptionGroup var patch: PatchOptions
  @OptionGroup var dataset: DatasetOptions

  @Option(help: ArgumentHelp("The folder of the records; Reports/PICTURE unless given.", valueName: "dir"))
  var out: String?

  @Option(
    help: ArgumentHelp(
      "The most crops that a network is given at once, 16 or what --memory allows unless given; changes no result.",
      valueName: "n"))
  var batch: Int?

  @Option(
    help: ArgumentHelp(
      "How many threads work, one a processor unless given; changes no result.", valueName: "n"))
  var workers: Int?

  @Option(help: "What the program may take, such as 1500MB; fewer crops are worked on at once where needed.")
  var memory = Megabytes(2000)

  @OptionGroup var arithmetic: ArithmeticOptions

  @Option(
    help: ArgumentHelp(
      "Kept with the record; draws the places that a sweep with --tolerance is checked at, and nothing else.",
      valueName: "n"))
  var seed: UInt64 = 0

  @Flag(help: "Print one JSON object and nothing else.")
  var json = false

  func validate() throws {
    if (picture == nil) == (dataset.dataset == nil) {
      throw ValidationError("Give a picture, or --dataset and --images")
    }
    if dataset.dataset != nil, truth != nil || box.isGiven {
      throw ValidationError(
        "A dataset has its own truth and boxes; leave out --truth, --box, --bbox and --openpose")
    }
    // Readers of JSON know no larger whole numbers.
    if seed > Int64.max { throw ValidationError("--seed is \(seed); give at most \(Int64.max)") }
    if let batch, batch < 1 { throw ValidationError("--batch is \(batch); give at least 1") }
    if let workers, workers < 1 { throw ValidationError("--workers is \(workers); give at least 1") }
  }

  func run() throws {
    Interruption.watch()
    if let file = dataset.dataset, let images = dataset.images { return try run(on: file, images) }
    let picture = try box.load(picture!)
    let body = try body.load()
    let truth = try truth.map { try LoadedTruth(contentsOf: $0, body: body) }
    let models = try models.load()
    let sweep = PictureSweep(picture: picture, truth: truth, body: body, settings: try settings)
    let folder = out ?? "Reports/\(picture.stem)"
    let outcomes = try sweep.record(models, in: folder)
    let findings = outcomes.map { Findings($0.record) }
    if json {
      return try Console.writeJSON(
        SweepReport(
          results: zip(outcomes, findings).map { outcome, findings in
            SweepReport.Result(outcome, findings)
          }))
    }
    for outcome in outcomes {
      let info = outcome.record.info
      Console.writeLine("\(info.label): \(info.sizes), \(outcome.path)")
      if let filling = info.filling { Console.writeLine("\(info.label): \(filling)") }
      if let arithmetic = info.arithmetic { Console.writeLine("\(info.label): \(arithmetic)") }
    }
    Console.writeLine()
    for line in FindingsTable(findings).lines { Console.writeLine(line) }
  }
}

extension SweepCommand {
  private var settings: SweepSettings {
    get throws {
      try SweepSettings(
        occluder: patch.occluder, grid: patch.places, batch: batch, memory: memory,
        workers: workers ?? Workers.available, seed: seed, tolerance: patch.tolerance?.value,
        convolutions: arithmetic.way)
    }
  }

  private func run(on file: String, _ images: String) throws {
    let loaded = try dataset.bodies(body)
    let out = out ?? "Reports/\(URL(filePath: file).deletingPathExtension().lastPathComponent)"
    let sweep = DatasetSweep(
      file: file, rows: try dataset.rows(of: Dataset(contentsOf: file), in: images), bodies: loaded.bodies,
      bodyFingerprint: loaded.fingerprint, out: out)
    let sums = try sweep.run(
      models.load(), file: file, images: images, body: loaded.neutral, crop: box.crop, settings: settings,
      out: out)
    if json { return try Console.writeJSON(DatasetSweep.Summary(sums, of: file)) }
    for line in DatasetSweep.lines(sums) { Console.writeLine(line) }
  }
}

/// What `penumbra sweep --json` prints.
private struct SweepReport: Encodable {
  /// One network's record and findings.
  struct Result: Encodable {
    let record: String
    let patchPixels: Int, stridePixels: Int, sidePixels: Int
    let wallSeconds: Double
    let placesPerSecond: Double
    let tolerance: Double?
    let interpolation: SweepRecord.Info.Interpolation?
    let findings: Findings

    enum CodingKeys: String, CodingKey {
      case record, findings
      case patchPixels = "patch_px"
      case stridePixels = "stride_px"
      case sidePixels = "side_px"
      case wallSeconds = "wall_s"
      case placesPerSecond = "places_per_second"
      case tolerance = "tolerance_mm"
      case interpolation
    }

    init(_ outcome: PictureSweep.Outcome, _ findings: Findings) {
      let info = outcome.record.info
      record = outcome.path
      patchPixels = info.occluder.size(on: info.side)
      stridePixels = info.grid.stride(on: info.side)
      sidePixels = info.side
      wallSeconds = outcome.seconds
      placesPerSecond = outcome.seconds > 0 ? Double(outcome.measuredPlaces) / outcome.seconds : 0
      (tolerance, interpolation) = (info.tolerance, info.interpolation)
      self.findings = findings
    }
  }
  let results: [Result]
  let peakMemory = Memory.peakMegabytes

  enum CodingKeys: String, CodingKey {
    case results
    case peakMemory = "peak_memory_mb"
  }
}

import Archives
import ArgumentParser
import Bodies
import Evaluation
import Foundation
import Models
import Pictures
import Presentation
import Records
import Sweeps
import Tensors

/// `penumbra sweep`: slides an occluder over a picture and records what networks predict.
struct SweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep",
    abstract: "Slide an occluder over a picture and record the predictions at every position.",
    discussion: """
      Writes one Zarr group per network and settings, DIR/PICTURE.MODEL.square40.zarr. Of a clip (a folder with --clip, or with a \
      temporal network) maps are those of the middle frame. The same command continues an \
      interrupted sweep; with --shard several processes share it, on one machine or on many (docs/cluster.md). Of several pictures, folders or patterns, and with --dataset of every row of an annotation \
      file, the means over pictures are printed, drawn and written to SET.MODEL.npz.
      """)

  @Argument(help: "Pictures of one person each, or folders of such; leave them out with --dataset.")
  var pictures: [String] = []

  @OptionGroup var box: BoxOptions
  @OptionGroup var models: ModelOptions
  @OptionGroup var clips: ClipOptions

  @OptionGroup var truth: TruthOptions
  @OptionGroup var body: BodyOptions
  @OptionGroup var occlusion: OcclusionOptions
  @OptionGroup var dataset: DatasetOptions

  @Flag(
    name: .customLong("layers"),
    help: "Also record how far each layer of a network moves from what it makes of the unoccluded picture.")
  var measuresLayers = false

  @OptionGroup var shares: ShardOption
  private var shard: Shard? { shares.shard }

  @Option(help: ArgumentHelp("Folder of the records (default: Reports/PICTURE).", valueName: "dir"))
  var out: String?

  @Option(
    help: ArgumentHelp(
      "Maximum number of crops in a batch (default: 16, or what --memory allows); changes no result.",
      valueName: "n"))
  var batch: Int?

  @Option(
    help: ArgumentHelp(
      "Number of threads (default: one for each processor); changes no result.", valueName: "n"))
  var workers: Int?

  @Option(help: "Limit of the program's memory, such as 1500MB; fewer crops run at once where needed.")
  var memory = Megabytes(2000)

  @OptionGroup var arithmetic: ArithmeticOptions

  @Option(
    help: ArgumentHelp(
      "Seed stored with the record; chooses the positions that a sweep with --tolerance is checked at, and nothing else.",
      valueName: "n"))
  var seed: UInt64 = 0

  @Flag(help: "Print one JSON object and nothing else.")
  var json = false

  @OptionGroup var quiet: QuietOption

  func validate() throws {
    if pictures.isEmpty == (dataset.dataset == nil) {
      throw ValidationError("Give pictures, or --dataset and --images")
    }
    if dataset.dataset != nil, truth.truth != nil || box.isGiven || box.person != nil {
      throw ValidationError(
        "A dataset has its own ground truth and boxes; leave out --truth, --box, --bbox, --openpose and --person"
      )
    }
    if occlusion.preset?.measuresChange == true, truth.truth != nil || dataset.dataset != nil {
      throw ValidationError(
        "--preset zeiler compares with the unoccluded picture; leave out --truth, and give pictures, not --dataset"
      )
    }
    // Readers of JSON know no larger whole numbers.
    if seed > Int64.max { throw ValidationError("--seed is \(seed); give at most \(Int64.max)") }
    try checkNumber(batch, of: "--batch", in: NumberLimits.batch)
    try checkNumber(workers, of: "--workers", in: NumberLimits.workers)
  }

  func run() throws {
    quiet.apply()
    Interruption.watch()
    if let file = dataset.dataset { return try run(on: file) }
    let list = try PictureList(pictures)
    let body = try body.load()
    let models = try loadedModels(body)
    if try clips.isClip(pictures, for: models) {
      let input = try clips.load(list, box) { try truth.path(of: $0) }
      return try run(on: input, body, models)
    }
    guard list.paths.count == 1 else { return try run(on: list, body, models) }
    let input = try box.load(list.paths[0], truth: truth.path(of: list.paths[0]))
    try run(on: input, body, models)
  }

  /// One picture, or the middle frame of a clip.
  private func run(on input: PictureInput, _ body: SMPLBody, _ models: [any PoseModel]) throws {
    guard shard == nil || occlusion.tolerance == nil else {
      throw Failure(
        .usage,
        "--shard shares out positions that are all computed; leave out --tolerance, or give several pictures")
    }
    let truth = try truth.load(of: input.path, body)
    var options = try options(for: models)
    options.positions = try occlusion.rule(for: models, in: input)
    options.shard = shard
    let sweep = PictureSweep(input, truth: truth, body: body.model, options: options)
    let out = out ?? "Reports/\(input.stem)"
    let placed = try occlusion.choice().placed(in: sweep, models)
    guard !placed.isEmpty else {
      throw Failure(.badData, "\(input.path): shows none of the parts that --shape names")
    }
    let outcomes = try sweep.record(models, under: placed, in: out)
    if let shard, let open = outcomes.joined().first(where: { !$0.record.isComplete }) {
      let computed = open.record.positions.count - open.record.missingPositions
      return try ShardReport(shard, records: outcomes.joined().map(\.path)).write(
        "\(computed) of \(open.record.positions.count) positions are there", out: out, json: json)
    }
    if json { return try Console.writeJSON(SweepReport(outcomes)) }
    if outcomes.count == 1 { return try write(outcomes[0]) }
    for outcome in outcomes.flatMap(\.self) { Console.writeLine(outcome.path) }
    Console.writeLine()
    let comparison = OccluderComparison(outcomes.flatMap { $0.map(\.record) })
    for line in comparison.map({ OccluderTable($0).lines }) ?? [] { Console.writeLine(line) }
    for (occlusion, outcomes) in zip(placed, outcomes) {
      write(LayerTable(of: outcomes.map(\.record)), of: occlusion.occlusion.name)
    }
  }

  /// Writes how far layers move under one of several occlusions.
  private func write(_ table: LayerTable, of occlusion: String) {
    guard !table.lines.isEmpty else { return }
    Console.writeLine("\n\(occlusion)")
    for line in table.lines.dropFirst() { Console.writeLine(line) }
  }

  /// The networks, their layers measured where that is asked for and can be.
  private func loadedModels(_ body: SMPLBody) throws -> [any PoseModel] {
    let loaded = try models.load(body: body, crop: box.crop, convolutions: arithmetic.algorithm)
    guard measuresLayers || occlusion.preset?.measuresChange == true else { return loaded }
    return loaded.map { model in
      if let measuring = model.measuringLayers { return measuring }
      Console.writeNotice(
        "penumbra: \(model.identity.label): tells nothing of its layers; its joints are recorded")
      return model
    }
  }

  /// Says what came out of a picture under one occlusion.
  private func write(_ outcomes: [SweepOutcome]) throws {
    for outcome in outcomes {
      for line in RecordSummary(outcome.record).lines(path: outcome.path) { Console.writeLine(line) }
    }
    Console.writeLine()
    let joints = try dataset.joints.map { try Skeleton.given($0) }
    let comparable = try ComparableRecords(outcomes.map { ($0.path, $0.record) }, joints: joints)
    for note in comparable.notes { Console.writeNotice("penumbra: \(note)") }
    for line in FindingsTable(of: comparable.records).lines { Console.writeLine(line) }
    for line in LayerTable(of: comparable.records).lines { Console.writeLine(line) }
  }

  /// Several pictures, one after the other; those in which nobody was found are left out.
  private func run(on list: PictureList, _ body: SMPLBody, _ models: [any PoseModel]) throws {
    try truth.checkIsFolder()
    let people = try box.people()
    var results: [SweepReport.Result] = []
    let shown = try list.whereFound(by: people, person: box.person)
    let paths = shown.map { list.paths[$0] }
    let set = PictureSet(
      title: list.name, pictures: shown.map { list.names[$0] }, out: out ?? "Reports/\(list.name)")
    // Figures beside the pictures would be pictures of the next run, or take the place of one.
    let folders = paths.map { URL(filePath: $0).standardizedFileURL.deletingLastPathComponent().path }
    guard !folders.contains(URL(filePath: set.out).standardizedFileURL.path) else {
      throw Failure(.usage, "\(set.out): is the folder of the pictures; give another --out")
    }
    // What is missing is told before the first picture is swept.
    for path in paths { _ = try truth.path(of: path) }
    var options = try options(for: models, isSet: true)
    let choice = try occlusion.choice()
    var left = 0
    let share = try shard.map { try self.share(of: $0, models, choice, options, of: paths) }
    let sums = try set.sweep(share) { number in
      let (path, stem) = (paths[number], list.stems[shown[number]])
      do {
        let input = try box.load(path, people: people, stem: stem, truth: try truth.path(of: path))
        options.positions = try occlusion.rule(for: models, in: input)
        let sweep = PictureSweep(
          input, truth: try truth.load(of: path, body), body: body.model, options: options)
        let placed = try choice.placed(in: sweep, models)
        if placed.isEmpty {
          Console.writeNotice("left out: \(path): shows none of the parts that --shape names")
        }
        let outcomes = try sweep.record(models, under: placed, in: set.out).flatMap(\.self)
        results += SweepReport.results(of: outcomes)
        return outcomes.map { (path: $0.path, record: $0.record) }
      } catch let error as ModelError where error.kind == .nobodyFound {
        Console.writeNotice("left out: \(error.description)")
        left += 1
        return []
      }
    }
    guard left < set.pictures.count else {
      throw Failure(.badData, "\(list.name): nobody is found in any of the pictures; give boxes with --bbox")
    }
    guard let sums else { return try write(share!, of: set, records: results.map(\.record)) }
    if !choice.plain.isEmpty { try set.draw(sums, body: body.model) }
    if json {
      return try Console.writeJSON(SweepReport(results, .init(sums, of: set)))
    }
    for result in results { Console.writeLine(result.record) }
    Console.writeLine()
    if !choice.parts.isEmpty {
      Console.writeNotice("penumbra: penumbra influence \(set.out) sums up the parts")
    }
    write(sums)
    let occlusions = results.reduce(into: [String]()) {
      if !$0.contains($1.occlusion) { $0.append($1.occlusion) }
    }
    // A share has the layers of its own pictures alone.
    for occlusion in occlusions where shard == nil {
      write(LayerTable(meansOf: results.filter { $0.occlusion == occlusion }.map(\.findings)), of: occlusion)
    }
  }

  /// This process's share of a set; notes of sweeps with other networks or settings are no notes of it.
  private func share(
    of shard: Shard, _ models: [any PoseModel], _ choice: OccluderChoice, _ options: SweepOptions,
    of paths: [String] = []
  ) throws -> SetShare {
    SetShare(
      shard, networks: models.flatMap { [$0.identity.label, $0.identity.fingerprint] + $0.layers },
      occlusions: choice.names,
      settings: try JSONValue(
        encoding: ShareSettings(options, hasTruth: truth.truth != nil, pictures: paths)))
  }

  /// What of the options decides the numbers of a set's records.
  private struct ShareSettings: Encodable {
    let positions: PositionRule
    let isOnPerson: Bool, hasTruth: Bool
    let tolerance: Double?
    let joints: Skeleton?
    let seed: UInt64
    /// The bytes of every picture: another folder of the same name may have pictures of the same names.
    let pictureBytes: [Int]?

    init(_ options: SweepOptions, hasTruth: Bool, pictures: [String]) throws(ArchiveError) {
      pictureBytes =
        pictures.isEmpty ? nil : try pictures.map { (path) throws(ArchiveError) in try fileSize(path) ?? 0 }
      (positions, isOnPerson, self.hasTruth) = (options.positions, options.isOnPerson, hasTruth)
      (tolerance, joints) = (options.tolerance, options.joints)
      // It decides where an adaptive sweep is checked, and nothing else.
      seed = options.tolerance == nil ? 0 : options.seed
    }
  }

  /// Says what is there of a set that others have not finished.
  private func write(_ share: SetShare, of set: PictureSet, records: [String]) throws {
    let known = try SetShare.all(in: set.out).first { $0.isOf(share, set) }
    let others = (known?.missingShards ?? []).map(\.description).joined(separator: ", ")
    try ShardReport(share.shard, records: records).write(
      "\(set.pictures.count - (known?.missing ?? 0)) of \(set.pictures.count) pictures are there; shards "
        + "\(others) are not finished", out: set.out, json: json)
  }

  /// Writes the means over pictures, one occlusion after the other.
  private func write(_ sums: [DatasetSensitivity]) {
    for line in SensitivityTable.lines(of: sums) { Console.writeLine(line) }
  }

  /// The options, with the joints that were asked for, or those that networks of different bodies share in a set.
  private func options(for models: [any PoseModel], isSet: Bool = false) throws -> SweepOptions {
    var options = try plainOptions(for: models)
    options.joints = try dataset.joints.map { try Skeleton.given($0) }
    if isSet { options.joints = options.joints ?? JointsOption.shared(by: models) }
    return options
  }

  private func plainOptions(for loaded: [any PoseModel]) throws -> SweepOptions {
    var options = SweepOptions()
    options.positions = try occlusion.rule(for: loaded)
    (options.batch, options.memory) = (batch, memory.value)
    (options.workers, options.seed) = (workers ?? Workers.available, seed)
    options.tolerance = occlusion.tolerance?.value
    options.isOnPerson = occlusion.isOnPerson
    options.command = ShellCommand.current
    return options
  }

  private func run(on file: String) throws {
    let set = try dataset.read()
    let loaded = try dataset.bodies(body, measured: set.measured)
    let (rows, images) = try dataset.rows(of: set)
    let sweep = DatasetSweep(
      file: file, rows: rows, images: images, bodies: loaded.bodies, bodyFingerprint: loaded.fingerprint,
      out: out ?? "Reports/\(URL(filePath: file).deletingPathExtension().lastPathComponent)")
    let models = try loadedModels(loaded.neutral)
    let choice = try occlusion.choice()
    let options = try plainOptions(for: models)
    let share = try shard.map { try self.share(of: $0, models, choice, options) }
    let sums = try sweep.run(
      models, under: choice, images: images, options: options,
      body: loaded.neutral.model, share: share)
    guard let sums else { return try write(share!, of: sweep.set, records: []) }
    if json { return try Console.writeJSON(PictureSet.Summary(sums, of: sweep.set)) }
    write(sums)
  }
}

import Models
import Archives
import ArgumentParser
import Bodies
import Evaluation
import Foundation
import Pictures
import Presentation
import Rendering
import Tensors
import Training

/// `penumbra evaluate`: how far networks are off on rendered people.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure networks on rendered people that they never saw.",
    discussion: """
      The seed gives poses, clothes and headings; the surroundings are panoramas that the built-in networks were not \
      trained on. The table compares the networks with two predictions that do not look at the picture: the mean pose, \
      facing the camera, and the constant joints that fit best, both from other people.

      With --dataset, pictures with published annotations are used instead; the same command continues an interrupted \
      evaluation.
      """)

  @Option(help: "Number of people.")
  var people = 1000

  @Option(help: "Seed of the random people.")
  var seed: UInt64 = 20_000

  @Flag(help: "Put objects and other people in front of some of them, as in training.")
  var occluded = false

  @Option(
    help: ArgumentHelp(
      "Let people move, and measure in the middle of so many frames, of which temporal networks see all (default: people "
        + "who stand still).", valueName: "n"))
  var frames: Int?

  @OptionGroup var models: ModelOptions
  @OptionGroup var body: BodyOptions
  @OptionGroup var dataset: DatasetOptions

  @Option(
    help: ArgumentHelp(
      "Method to cut out and resize a dataset's boxes: spin, pare (PARE's evaluation), demo (PARE's demo) or blazepose "
        + "(default: the network's own).", valueName: "spin|pare|demo|blazepose"))
  var crop: CropMethod?

  @Option(
    help: ArgumentHelp("Folder of a dataset's records and npz files.", valueName: "dir"))
  var out = "Reports/evaluation"

  @Flag(help: "Print one JSON object and nothing else.")
  var json = false

  @OptionGroup var quiet: QuietOption

  func validate() throws {
    guard (1...10_000_000).contains(people) else {
      throw ValidationError("--people must be from 1 to 10000000")
    }
    guard dataset.dataset != nil || crop == nil && dataset.joints == nil else {
      throw ValidationError("--\(crop == nil ? "joints" : "crop") needs --dataset")
    }
    guard (1...Renderer.mostFrames).contains(frames ?? 1) else {
      throw ValidationError("--frames is \(frames ?? 1); give 1 to \(Renderer.mostFrames)")
    }
    guard dataset.dataset == nil || frames == nil else {
      throw ValidationError("--frames is for rendered people; leave it out with --dataset")
    }
    guard dataset.dataset == nil || !occluded else {
      throw ValidationError("--occluded is for rendered people; leave it out with --dataset")
    }
  }

  func run() throws {
    quiet.apply()
    if dataset.dataset != nil { return try runOnDataset() }
    let smpl = try body.load()
    let body = smpl.model
    let loaded = try models.load(body: smpl, crop: nil)
    let people = people
    let settings: Renderer.Settings = occluded ? .occluded : .unoccluded
    let renderer = try BuiltInRenderer.load(.heldOut, body: body, settings: settings)
    let evaluation = RenderedEvaluation(
      renderer, count: people, seed: seed,
      clips: try frames.map { (try BuiltInRenderer.motions(), $0) })
    // Baselines must not know the people they are held against, so they are fitted to others, of another seed.
    let others = renderer.people(0..<1024, seed: seed ^ 0x6D65_616E, side: 16)
    // A network without a body is measured over the joints that it shares with the others.
    let measuresShared = loaded.contains { $0.body == nil }
    var (results, shared): ([Results.Entry], [Results.Shared]) = ([], [])
    for model in loaded {
      let label = model.identity.label
      let progress = ProgressLine("Evaluating \(label)")
      let start = ContinuousClock.now
      let accuracy = try evaluation.accuracy(of: model, shared: measuresShared) {
        progress.show($0, of: people)
      }
      progress.clear()
      let wall = (ContinuousClock.now - start).seconds
      if let body = accuracy.body { results.append(.init(label: label, accuracy: body, wall: wall)) }
      if let joints = accuracy.shared { shared.append(.init(label: label, accuracy: joints)) }
    }
    let report = Results(
      models: results, shared: shared, meanPose: evaluation.accuracy(of: MeanParameters(of: others)),
      constantJoints: .init(evaluation.accuracy(of: ConstantJoints(fitting: others))), count: people,
      seed: seed)
    if json { return try Console.writeJSON(report) }
    for line in report.lines { Console.writeLine(line) }
  }

  private func runOnDataset() throws {
    Interruption.watch()
    let set = try dataset.read()
    let (bodies, neutral, fingerprint) = try dataset.bodies(body, measured: set.measured)
    let (rows, images) = try dataset.rows(of: set)
    let url = URL(filePath: set.path)
    let evaluation = DatasetEvaluation(
      name: url.deletingPathExtension().lastPathComponent, rows: rows, images: images,
      models: try models.load(body: neutral, crop: crop), bodies: bodies, out: out,
      settings: [
        // Other pictures of the same names must not be mixed with these.
        "images_fingerprint": .string(try images.fingerprint(of: rows.map(\.image))),
        "dataset": .string(url.lastPathComponent), "subset": .string(dataset.subset.rawValue),
        "subsample": .integer(dataset.step), "gender": .string(dataset.gender.rawValue),
        "body_fingerprint": .string(fingerprint),
      ])
    let outcomes = try evaluation.run(Interruption.context())
    let report = DatasetReport(
      of: set, subset: dataset.subset.rawValue, subsample: dataset.step, gender: dataset.gender.rawValue,
      count: rows.count, models: outcomes.map(DatasetReport.Entry.init))
    if json { return try Console.writeJSON(report) }
    for line in report.lines { Console.writeLine(line) }
  }

  /// What is printed.
  struct Results: Encodable {
    struct Entry: Encodable {
      let label: String
      let accuracy: Accuracy
      let wall: Double

      enum CodingKeys: String, CodingKey {
        case label
        case wall = "wall_s"
      }

      func encode(to encoder: any Encoder) throws {
        try accuracy.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(label, forKey: .label)
        try container.encode(wall, forKey: .wall)
      }
    }
    /// The errors over the joints that bodies share.
    struct Shared: Encodable {
      let label: String
      let accuracy: SharedJointAccuracy

      enum CodingKeys: String, CodingKey { case label }

      func encode(to encoder: any Encoder) throws {
        try accuracy.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(label, forKey: .label)
      }
    }
    /// The errors of the constant joints.
    struct Constant: Encodable {
      let mpjpe: Float, alignedMPJPE: Float

      enum CodingKeys: String, CodingKey {
        case mpjpe = "mpjpe_mm"
        case alignedMPJPE = "pa_mpjpe_mm"
      }

      init(_ errors: (mpjpe: Float, alignedMPJPE: Float)) {
        (mpjpe, alignedMPJPE) = (errors.mpjpe, errors.alignedMPJPE)
      }
    }
    let models: [Entry]
    /// Empty where all networks predict bodies.
    let shared: [Shared]
    let meanPose: Accuracy
    let constantJoints: Constant
    let constantJointsMPJPE: Float
    let count: Int
    let seed: UInt64
    let peakMemory = ProcessMemory.peakMegabytes

    enum CodingKeys: String, CodingKey {
      case models, count, seed
      case shared = "common12"
      case peakMemory = "peak_memory_mb"
      case meanPose = "mean_pose"
      case constantJoints = "constant_joints"
      case constantJointsMPJPE = "constant_joints_mpjpe_mm"
    }

    init(
      models: [Entry], shared: [Shared], meanPose: Accuracy, constantJoints: Constant, count: Int,
      seed: UInt64
    ) {
      (self.models, self.meanPose, self.constantJoints) = (models, meanPose, constantJoints)
      self.shared = shared
      constantJointsMPJPE = constantJoints.mpjpe
      (self.count, self.seed) = (count, seed)
    }

    var lines: [String] {
      func row(_ label: String, _ mpjpe: Float, _ aligned: Float, _ pve: Float?) -> [String] {
        let shares = [meanPose.mpjpe, constantJoints.mpjpe].map {
          "\(NumberFormat.whole(100 * mpjpe / $0)) %"
        }
        return [label] + [mpjpe, aligned, pve].map { NumberFormat.tenths($0) } + shares
      }
      func row(_ label: String, _ a: Accuracy) -> [String] { row(label, a.mpjpe, a.alignedMPJPE, a.pve) }
      let table = TextTable(
        [["", "MPJPE", "PA-MPJPE", "PVE", "of the mean pose", "of constant joints"]]
          + models.map { row($0.label, $0.accuracy) } + [row("mean pose", meanPose)]
          + [row("constant joints", constantJoints.mpjpe, constantJoints.alignedMPJPE, nil)])
      let bodies =
        [
          "\(count) people, seed \(seed); errors in mm, \(Joint.count) joints, the pelvis, always 0, among them"
        ] + table.lines
      guard !shared.isEmpty else { return bodies }
      let joints = TextTable(
        [["", "MPJPE", "PA-MPJPE", "nobody found"]]
          + shared.map { entry in
            [
              entry.label, NumberFormat.tenths(entry.accuracy.mpjpe),
              NumberFormat.tenths(entry.accuracy.alignedMPJPE),
            ]
              + ["\(NumberFormat.tenths(100 * entry.accuracy.missed)) %"]
          })
      return bodies + [
        "",
        "the same people; the \(Skeleton.common12.count) joints of common12, which bodies share, about the middle of the "
          + "hips; bodies define them by centimetres apart",
      ] + joints.lines
    }
  }
}

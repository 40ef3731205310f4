import Archives
public import ArgumentParser
import Bodies
public import Evaluation
import Foundation
import Models
import Pictures
import Tensors

extension Dataset.Subset: ExpressibleByArgument {}

/// Whose body the truth of a dataset is posed with.
public enum TruthGender: String, ExpressibleByArgument, CaseIterable {
  case neutral, annotated
}

/// Which pictures of people a command evaluates networks on.
struct DatasetOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Annotations: a file of SPIN, PARE, 4D-Humans, VIBE or mmhuman3d, or 3DPW's sequences, a file or a folder.",
      valueName: "file|dir"))
  var dataset: String?

  @Option(help: ArgumentHelp("Folder that the dataset's picture names are relative to.", valueName: "dir"))
  var images: String?

  @Option(
    help: ArgumentHelp(
      "Folder of SMPL_NEUTRAL, SMPL_MALE and SMPL_FEMALE (pkl or npz) and J_regressor_h36m.npy.",
      valueName: "dir"))
  var bodyDir: String?

  @Option(help: "Rows of 3DPW: all, the test split, or the sequences of 3DPW-OCC.")
  var subset = Dataset.Subset.all

  @Option(help: ArgumentHelp("Use only every K-th row of the subset.", valueName: "k"))
  var subsample = 1

  @Option(help: .hidden)
  var every: Int?

  @Option(help: "Body of the ground truth: neutral, or that of the annotated gender.")
  var gender = TruthGender.neutral

  @Option(
    help: ArgumentHelp(
      "Joints that errors are over: of a dataset h36m14 or h36m17 (default: h36m17 for MPI-INF-3DHP, else h36m14); of a "
        + "sweep of pictures any skeleton, such as common12 (default: those of the truth or the network).",
      valueName: "skeleton"))
  var joints: String?

  @Flag(help: "Leave out rows whose pictures are missing.")
  var skipMissing = false

  @Flag(help: "Leave out rows whose numbers make no sense, such as NaN.")
  var skipInvalid = false

  /// Every so many rows are looked at.
  var step: Int { every ?? subsample }

  /// The joints of Human3.6M's regressor that were asked for.
  private var evaluated: Skeleton? { [.h36m14, .h36m17].first { $0.name == joints } }

  func validate() throws {
    try checkNumber(step, of: "--subsample", in: 1...1_000_000)
    if (dataset == nil) != (images == nil) {
      throw ValidationError("--dataset and --images go together")
    }
    let isPlain =
      subset == .all && step == 1 && gender == .neutral && !skipMissing && !skipInvalid
      && bodyDir == nil
    if dataset != nil, let joints, evaluated == nil {
      throw ValidationError("--joints is \(joints); of a dataset give h36m14 or h36m17")
    }
    guard dataset != nil || isPlain else {
      throw ValidationError(
        "--subset, --subsample, --gender, --skip-missing, --skip-invalid and --body-dir need --dataset"
      )
    }
  }

  /// Reads the dataset, and says what was guessed.
  func read() throws -> Dataset {
    let dataset = try Dataset(contentsOf: dataset!, joints: evaluated)
    for guess in dataset.guesses { Console.writeNotice("penumbra: \(dataset.path): \(guess)") }
    return dataset
  }

  /// The rows to look at, all of whose pictures are there, and where these are; says what was guessed.
  func rows(of dataset: Dataset) throws -> (rows: [Dataset.Row], images: PictureFolder) {
    let images = try PictureFolder(images!, for: dataset.rows.map(\.image))
    if let guess = images.guess { Console.writeNotice("penumbra: \(dataset.path): \(guess)") }
    let all = try valid(in: dataset)
    if let outside = images.firstOutside(all.map(\.image)) {
      throw Failure(
        .badData, "\(dataset.path): names the picture \(outside), which is outside of --images \(images.path)"
      )
    }
    let rows = try there(in: images, all)
    if gender == .annotated, !dataset.namesGenders {
      throw Failure(
        .badData,
        "\(dataset.path): no row has a gender in words (male, female); --gender neutral takes the neutral body for all"
      )
    }
    guard !rows.isEmpty else {
      throw Failure(
        .badData, "\(dataset.path): no rows are left; check --subset, --subsample and --images")
    }
    return (rows, images)
  }

  /// Every so many rows of the subset; those among them that make no sense are left out on demand.
  private func valid(in dataset: Dataset) throws -> [Dataset.Row] {
    let all =
      dataset.rows.map { (index: $0.index, image: $0.image, row: Optional($0), problem: "") }
      + dataset.invalid.map { (index: $0.index, image: $0.image, row: nil, problem: $0.problem) }
    let chosen = all.sorted { $0.index < $1.index }.filter { subset.contains($0.image) }.enumerated()
      .filter { $0.offset % step == 0 }.map(\.element)
    let invalid = chosen.filter { $0.row == nil }
    if let first = invalid.first, !skipInvalid {
      throw Failure(
        .badData,
        "\(dataset.path): row \(first.index) (\(first.image)): \(first.problem)"
          + (invalid.count > 1 ? ", and \(invalid.count - 1) more rows make no sense" : "")
          + "; mend the file, or --skip-invalid")
    }
    for row in invalid { Console.writeNotice("invalid: row \(row.index) (\(row.image)): \(row.problem)") }
    return chosen.compactMap(\.row)
  }

  private func there(in images: PictureFolder, _ rows: [Dataset.Row]) throws -> [Dataset.Row] {
    // What cannot be looked at now may be there: reading it tells.
    let missing = rows.filter { row in
      var status = stat()
      return stat(images.path(of: row.image), &status) != 0 && [ENOENT, ENOTDIR].contains(errno)
    }
    guard !missing.isEmpty else { return rows }
    guard skipMissing else {
      let names = missing.prefix(3).map(\.image).joined(separator: ", ")
      throw Failure(
        .noInput,
        "\(images.path): \(missing.count) of \(rows.count) pictures are missing: \(names)"
          + (missing.count > 3 ? ", …" : "") + "; give another --images, or --skip-missing")
    }
    for row in missing { Console.writeNotice("missing: \(row.image)") }
    let isMissing = Set(missing.map(\.index))
    return rows.filter { !isMissing.contains($0.index) }
  }

  /// The bodies that rows are measured with, the one for predictions, and a fingerprint of all.
  func bodies(
    _ options: BodyOptions, measured joints: Skeleton
  ) throws -> (bodies: DatasetBodies, neutral: SMPLBody, fingerprint: String) {
    func load(_ name: String) throws -> SMPLBody {
      guard let bodyDir else {
        guard name == "SMPL_NEUTRAL" else {
          throw Failure(.usage, "--gender annotated needs --body-dir with SMPL_MALE and SMPL_FEMALE")
        }
        return try options.load()
      }
      let path = try BodyFiles.path(of: name, in: bodyDir)
      var options = options
      options.body = path
      return try options.load()
    }
    func measured(_ body: SMPLBody) throws -> DatasetBodies.Measured {
      guard let joints = joints == .h36m17 ? body.allEvaluationJoints : body.evaluationJoints else {
        throw Failure(
          .noInput,
          "\(body.source.name): J_regressor_h36m.npy is missing beside it; give its folder with --joint-regressors"
        )
      }
      return (body.model, joints)
    }
    let neutral = try load("SMPL_NEUTRAL")
    var gendered: [Dataset.Gender: DatasetBodies.Measured] = [:]
    var fingerprint = neutral.source.fingerprint
    if gender == .annotated {
      for gender in Dataset.Gender.allCases {
        let body = try load("SMPL_\(gender.rawValue.uppercased())")
        gendered[gender] = try measured(body)
        fingerprint += " \(body.source.fingerprint)"
      }
    }
    return (DatasetBodies(neutral: try measured(neutral), gendered: gendered), neutral, fingerprint)
  }
}

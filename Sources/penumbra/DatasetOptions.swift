import Archives
public import ArgumentParser
import Bodies
public import Evaluation
import Foundation
import Networks
import Pictures
import Sweeps
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
      "An annotation file of SPIN or PARE, such as 3dpw_test.npz, or a folder of 3DPW's sequence files.",
      valueName: "file|dir"))
  var dataset: String?

  @Option(help: ArgumentHelp("The folder that the dataset's picture names begin in.", valueName: "dir"))
  var images: String?

  @Option(
    help: ArgumentHelp(
      "The folder of SMPL_NEUTRAL, SMPL_MALE and SMPL_FEMALE (pkl or npz) and J_regressor_h36m.npy.",
      valueName: "dir"))
  var bodyDir: String?

  @Option(help: "Of 3DPW: all rows, the test split, or the sequences of 3DPW-OCC.")
  var subset = Dataset.Subset.all

  @Option(help: ArgumentHelp("Look at every K-th row of the subset only.", valueName: "k"))
  var every = 1

  @Option(help: "Pose the truth with the neutral body, or with that of the annotated gender.")
  var gender = TruthGender.neutral

  @Flag(help: "Leave out rows whose pictures are missing.")
  var skipMissing = false

  func validate() throws {
    if every < 1 { throw ValidationError("--every is \(every); give at least 1") }
    if (dataset == nil) != (images == nil) {
      throw ValidationError("--dataset and --images go together")
    }
    let isPlain = subset == .all && every == 1 && gender == .neutral && !skipMissing && bodyDir == nil
    guard dataset != nil || isPlain else {
      throw ValidationError("--subset, --every, --gender, --skip-missing and --body-dir are for --dataset")
    }
  }

  /// The rows to look at, all of whose pictures are there.
  func rows(of dataset: Dataset, in images: String) throws -> [Dataset.Row] {
    let rows = dataset.rows.filter { subset.contains($0.image) }.enumerated()
      .filter { $0.offset % every == 0 }.map(\.element)
    let missing = rows.filter { !FileManager.default.fileExists(atPath: "\(images)/\($0.image)") }
    let isMissing = Set(missing.map(\.index))
    let there = rows.filter { !isMissing.contains($0.index) }
    if !missing.isEmpty {
      guard skipMissing else {
        let names = missing.prefix(3).map(\.image).joined(separator: ", ")
        throw Failure(
          .noInput,
          "\(images): \(missing.count) of \(rows.count) pictures are missing: \(names)"
            + (missing.count > 3 ? ", …" : "") + "; give another --images, or --skip-missing")
      }
      for row in missing { Console.writeError("missing: \(row.image)") }
    }
    guard !there.isEmpty else {
      throw Failure(
        .badData, "\(dataset.path): no row is left to look at; check --subset, --every and --images")
    }
    return there
  }

  /// The bodies that rows are measured with, the one for predictions, and a fingerprint of all.
  func bodies(
    _ options: BodyOptions
  ) throws -> (bodies: DatasetBodies, neutral: LoadedBody, fingerprint: String) {
    func load(_ name: String) throws -> LoadedBody {
      guard let bodyDir else {
        guard name == "SMPL_NEUTRAL" else {
          throw Failure(.usage, "--gender annotated needs --body-dir with SMPL_MALE and SMPL_FEMALE")
        }
        return try options.load()
      }
      let paths = ["pkl", "npz"].map { "\(bodyDir)/\(name).\($0)" }
      guard let path = paths.first(where: FileManager.default.fileExists) else {
        throw Failure(.noInput, "\(bodyDir): has no \(name).pkl or \(name).npz")
      }
      var options = options
      options.body = path
      return try options.load()
    }
    func measured(_ body: LoadedBody) throws -> DatasetBodies.Measured {
      guard let joints = body.evaluationJoints else {
        throw Failure(
          .noInput,
          "\(body.source.name): J_regressor_h36m.npy is not beside it; give its folder with --joint-regressors"
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

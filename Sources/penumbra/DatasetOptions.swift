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
      "Annotation file of SPIN or PARE, such as 3dpw_test.npz, or folder of 3DPW's sequence files.",
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

  @Flag(help: "Leave out rows whose pictures are missing.")
  var skipMissing = false

  /// Every so many rows are looked at.
  var step: Int { every ?? subsample }

  func validate() throws {
    if step < 1 { throw ValidationError("--subsample is \(step); give at least 1") }
    if (dataset == nil) != (images == nil) {
      throw ValidationError("--dataset and --images go together")
    }
    let isPlain = subset == .all && step == 1 && gender == .neutral && !skipMissing && bodyDir == nil
    guard dataset != nil || isPlain else {
      throw ValidationError("--subset, --subsample, --gender, --skip-missing and --body-dir need --dataset")
    }
  }

  /// The rows to look at, all of whose pictures are there.
  func rows(of dataset: Dataset, in images: String) throws -> [Dataset.Row] {
    let rows = dataset.rows.filter { subset.contains($0.image) }.enumerated()
      .filter { $0.offset % step == 0 }.map(\.element)
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
      for row in missing { Console.writeNotice("missing: \(row.image)") }
    }
    if gender == .annotated, !dataset.namesGenders {
      throw Failure(
        .badData,
        "\(dataset.path): no row has a gender in words (male, female); --gender neutral takes the neutral body for all"
      )
    }
    guard !there.isEmpty else {
      throw Failure(
        .badData, "\(dataset.path): no rows are left; check --subset, --subsample and --images")
    }
    return there
  }

  /// The bodies that rows are measured with, the one for predictions, and a fingerprint of all.
  func bodies(
    _ options: BodyOptions
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
      guard let joints = body.evaluationJoints else {
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

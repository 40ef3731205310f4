import Archives
import ArgumentParser
import Bodies
import Foundation
import Models
import Sweeps

/// Where the joints of pictures really are.
struct TruthOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Ground truth: joints or body, JSON or npz, or a folder with such a file for each picture. Without it, distances "
        + "are displacements from the clean prediction.",
      valueName: "file|dir"))
  var truth: String?

  /// The ground truth of a picture: the file that was given, or that of the same name in the folder; nil without.
  ///
  /// - Throws: a failure where the folder has none; `RecordError` when a file cannot be read or makes no sense.
  func load(of picture: String, _ body: SMPLBody) throws -> LoadedGroundTruth? {
    try path(of: picture).map { try .reading($0, body: body.model) }
  }

  /// The file of a picture; nil without ground truth.
  ///
  /// - Throws: a failure where the folder has none; `ArchiveError` where that cannot be told.
  func path(of picture: String) throws -> String? {
    guard let truth else { return nil }
    guard try isFolder(truth) else { return truth }
    let stem = URL(filePath: picture).deletingPathExtension().lastPathComponent
    let endings = ["json", "npz", "npy", "pkl", "pt", "pth", "joblib", "safetensors"]
    let paths = endings.map { "\(truth)/\(stem).\($0)" }
    guard let path = try paths.first(where: { try isThere($0) }) else {
      throw Failure(.noInput, "\(truth): contains no \(stem).json or \(stem).npz, the truth of \(picture)")
    }
    return path
  }

  /// Refuses one file for several pictures.
  func checkIsFolder() throws {
    guard let truth, try !isFolder(truth) else { return }
    guard try isThere(truth) else {
      throw Failure(.noInput, "\(truth): no such folder; check the path")
    }
    throw Failure(
      .usage, "\(truth): is the ground truth of one picture; give a folder with a file for each of them")
  }
}

extension LoadedGroundTruth {
  /// Reads a ground truth, and says on standard error what in it was taken for what.
  ///
  /// - Throws: `RecordError` when the file cannot be read or makes no sense.
  static func reading(_ path: String, body: BodyModel?) throws -> LoadedGroundTruth {
    let truth = try LoadedGroundTruth(contentsOf: path, body: body)
    for note in truth.notes { Console.writeNotice("penumbra: \(path): \(note)") }
    return truth
  }
}

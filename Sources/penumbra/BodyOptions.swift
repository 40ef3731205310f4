import ArgumentParser
import Models

/// Which body model turns a network's rotations into joints.
struct BodyOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Body model in SMPL's layout, or a folder with SMPL_NEUTRAL (default: the built-in one).",
      valueName: "file|dir"))
  var body: String?

  @Option(
    help: ArgumentHelp(
      """
      Folder of J_regressor_h36m.npy (for the 14 evaluation joints), J_regressor_extra.npy and \
      smpl_partSegmentation_mapping.pkl (default: the body's folder).
      """,
      valueName: "dir"))
  var jointRegressors: String?

  /// Reads the body, and what belongs to it where that is there.
  func load() throws -> SMPLBody {
    let body = try SMPLBody(contentsOf: body, regressors: jointRegressors)
    for note in body.notes { Console.writeNotice("penumbra: \(note)") }
    return body
  }
}

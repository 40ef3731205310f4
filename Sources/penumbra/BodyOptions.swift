import ArgumentParser
import Models

/// Which body model turns a network's rotations into joints.
struct BodyOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("A body model in SMPL's layout; the built-in one unless given.", valueName: "file"))
  var body: String?

  @Option(
    help: ArgumentHelp(
      """
      The folder of J_regressor_h36m.npy, for the 14 evaluation joints, of J_regressor_extra.npy and of \
      smpl_partSegmentation_mapping.pkl; the body's folder unless given.
      """,
      valueName: "dir"))
  var jointRegressors: String?

  /// Reads the body, and what belongs to it where that is there.
  func load() throws -> SMPLBody { try SMPLBody(contentsOf: body, regressors: jointRegressors) }
}

import Archives
import Bodies
import Pictures
import Training

/// The studio with what the project ships.
enum BuiltInStudio {
  /// Which panoramas stand behind people: those that networks learn from, or those they never saw.
  enum Surroundings { case training, heldOut }

  /// A studio with the given body, the shipped poses and panoramas.
  static func load(
    _ surroundings: Surroundings, body: BodyModel, settings: Studio.Settings
  ) throws -> Studio {
    let names = surroundings == .training ? Studio.trainingPanoramas : Studio.heldOutPanoramas
    return Studio(
      body: body, poses: try Archive(contentsOf: Fixtures.path("poses.npz")).tensor("pose"),
      panoramas: try names.map { try Picture(contentsOf: Fixtures.path("panoramas/\($0).jpg")) },
      settings: settings)
  }
}

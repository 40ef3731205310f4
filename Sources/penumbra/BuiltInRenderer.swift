import Bodies
import Rendering

extension BuiltInRenderer {
  /// The renderer with the poses and panoramas of the folder that the program finds.
  static func load(
    _ surroundings: Surroundings, body: BodyModel, settings: Renderer.Settings
  ) throws -> Renderer {
    try load(surroundings, body: body, settings: settings, from: Fixtures.folder())
  }
}

internal import Archives
public import Bodies
public import Pictures

/// The renderer with the recorded poses and the panoramas that the project ships.
public enum BuiltInRenderer {
  /// Which panoramas are behind people: those that networks are trained on, or those held out.
  public enum Surroundings: Sendable {
    case training, heldOut

    /// The names of the panoramas.
    public var names: [String] {
      self == .training ? Renderer.trainingPanoramas : Renderer.heldOutPanoramas
    }
  }

  /// Reads poses and panoramas and makes a renderer with the given body.
  ///
  /// - Parameter folder: the project's folder `Fixtures`; that of ``Fixtures/folder()`` unless given.
  /// - Throws: `ArchiveError` or `PictureError` when a file cannot be read.
  public static func load(
    _ surroundings: Surroundings, body: BodyModel, settings: Renderer.Settings, from folder: String? = nil
  ) throws -> Renderer {
    let folder = try folder ?? Fixtures.folder()
    return Renderer(
      body: body, poses: try Archive(contentsOf: "\(folder)/poses.npz").tensor("pose"),
      panoramas: try panoramas(surroundings, from: folder), settings: settings)
  }

  /// The panoramas of the project's folder `Fixtures`.
  ///
  /// - Throws: `PictureError` when one cannot be read.
  public static func panoramas(_ surroundings: Surroundings, from folder: String) throws -> [Picture] {
    try surroundings.names.map { try Picture(contentsOf: "\(folder)/panoramas/\($0).jpg") }
  }
}

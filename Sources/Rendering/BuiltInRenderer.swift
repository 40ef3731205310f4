internal import Archives
public import Bodies
public import Pictures
public import Tensors

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
  /// - Parameters:
  ///   - withSkin: whether the layout of the body's skin is read, which training the head `uv` needs.
  ///   - folder: the project's folder `Fixtures`; that of ``Fixtures/folder()`` unless given.
  /// - Throws: `ArchiveError` or `PictureError` when a file cannot be read.
  public static func load(
    _ surroundings: Surroundings, body: BodyModel, settings: Renderer.Settings, withSkin: Bool = false,
    from folder: String? = nil
  ) throws -> Renderer {
    let folder = try folder ?? Fixtures.folder()
    return Renderer(
      body: body, poses: try Archive(contentsOf: "\(folder)/poses.npz").tensor("pose"),
      panoramas: try panoramas(surroundings, from: folder), settings: settings,
      surfaceLayout: withSkin ? try surfaceLayout(of: body, from: folder) : nil)
  }

  /// The recorded motions that the project ships.
  ///
  /// - Throws: `ArchiveError` when the file cannot be read.
  public static func motions(from folder: String? = nil) throws -> Motions {
    let archive = try Archive(contentsOf: "\(folder ?? Fixtures.folder())/motions.npz")
    return Motions(
      poses: try archive.tensor("pose"), ways: try archive.tensor("translation"),
      first: try archive.tensor("first").elements.map { Int($0) })
  }

  /// The layout of the built-in body's skin; nil for another body.
  ///
  /// - Throws: `ArchiveError` or `BodyError` when the file cannot be read.
  package static func surfaceLayout(of body: BodyModel, from folder: String) throws -> SurfaceLayout? {
    let file = "\(folder)/body_uv.npz"
    let archive = try Archive(contentsOf: file)
    var arrays: [String: Tensor] = [:]
    for name in SurfaceLayout.arrayNames where archive.names.contains(name) {
      arrays[name] = try archive.tensor(name)
    }
    return try SurfaceLayout(arrays, of: body, from: file)
  }

  /// The panoramas of the project's folder `Fixtures`.
  ///
  /// - Throws: `PictureError` when one cannot be read.
  public static func panoramas(_ surroundings: Surroundings, from folder: String) throws -> [Picture] {
    try surroundings.names.map { try Picture(contentsOf: "\(folder)/panoramas/\($0).jpg") }
  }
}

/// A texture that occluders can show: a part of a panorama that is behind nobody who is measured.
public enum BuiltInTexture {
  /// A square of two thirds of the height of a panorama, at a place that the seed draws.
  ///
  /// - Throws: `ArchiveError` or `PictureError` when the panoramas cannot be read.
  public static func picture(seed: UInt64) throws -> Picture {
    let panoramas = try BuiltInRenderer.panoramas(.training, from: Fixtures.folder())
    var random = SeededGenerator(seed: seed)
    let panorama = panoramas[random.integer(below: panoramas.count)]
    return panorama.square(of: panorama.height * 2 / 3, using: &random)
  }
}

extension Picture {
  /// A square of some side at a place that is drawn.
  public func square(of side: Int, using random: inout SeededGenerator) -> Picture {
    precondition(side > 0 && side < min(width, height), "a square of \(side) in \(width) × \(height)")
    let left = random.integer(below: width - side)
    let top = random.integer(below: height - side)
    var square: [UInt8] = []
    square.reserveCapacity(side * side * 3)
    for row in top..<top + side {
      let start = (row * width + left) * 3
      square += pixels[start..<start + side * 3]
    }
    return Picture(width: side, height: side, pixels: square)
  }
}

extension Losses {
  /// The terms of the loss, each multiplied by its weight.
  public struct Terms: Sendable, Equatable {
    /// Part segmentation.
    public var parts: Float = 0
    /// Projected joints.
    public var joints2D: Float = 0
    /// 3D joints, with the middle of the hips at the origin.
    public var joints3D: Float = 0
    /// Rotation matrices.
    public var rotations: Float = 0
    /// Shape parameters.
    public var betas: Float = 0
    /// The term that keeps the camera's scale positive.
    public var camera: Float = 0
    /// Dense correspondence.
    public var surface: Float = 0
    /// What of the crop shows the visible person, with the head `uv` as all that follow.
    public var saliency: Float = 0
    /// What of the skin is seen.
    public var seenSurface: Float = 0
    /// Where the seen skin is.
    public var partialSurface: Float = 0
    /// Where all of the skin is.
    public var filledSurface: Float = 0
    /// The steps between neighbours on the skin.
    public var smoothness: Float = 0
    /// The joints that the skin gives.
    public var surfaceJoints: Float = 0
    /// Which joints are seen, with the head `keypoints`.
    public var visibility: Float = 0

    /// No loss.
    public init() {}

    /// The names of the terms in logs, in the order of ``values``.
    public static let names = [
      "parts", "joints_2d", "joints_3d", "rotations", "betas", "camera", "surface", "saliency",
      "seen_surface",
      "partial_surface", "filled_surface", "smoothness", "surface_joints", "visibility",
    ]

    /// All terms, in the order of ``names``.
    package var values: [Float] {
      get { Self.paths.map { self[keyPath: $0] } }
      set { for (path, value) in zip(Self.paths, newValue) { self[keyPath: path] = value } }
    }

    private static var paths: [WritableKeyPath<Terms, Float>] {
      [
        \.parts, \.joints2D, \.joints3D, \.rotations, \.betas, \.camera, \.surface, \.saliency, \.seenSurface,
        \.partialSurface, \.filledSurface, \.smoothness, \.surfaceJoints,
        \.visibility,
      ]
    }

    /// Their sum.
    public var total: Float { values.reduce(0, +) }

    /// Adds the terms of another loss, divided by a number of shards.
    mutating func add(_ other: Terms, dividedBy shards: Int = 1) {
      values = zip(values, other.values).map { $0 + $1 / Float(shards) }
    }
  }
}

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

    /// No loss.
    public init() {}

    /// The names of the terms in logs, in the order of ``values``.
    public static let names = [
      "parts", "joints_2d", "joints_3d", "rotations", "betas", "camera", "surface",
    ]

    /// All terms, in the order of ``names``.
    package var values: [Float] {
      get { [parts, joints2D, joints3D, rotations, betas, camera, surface] }
      set {
        (parts, joints2D, joints3D) = (newValue[0], newValue[1], newValue[2])
        (rotations, betas, camera, surface) = (newValue[3], newValue[4], newValue[5], newValue[6])
      }
    }

    /// Their sum.
    public var total: Float { values.reduce(0, +) }

    /// Adds the terms of another loss, divided by a number of shards.
    mutating func add(_ other: Terms, dividedBy shards: Int = 1) {
      values = zip(values, other.values).map { $0 + $1 / Float(shards) }
    }
  }
}

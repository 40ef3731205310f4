public import Bodies
public import Pictures
public import Tensors

/// A rendered picture of a person and everything that is true of it.
public struct RenderedPerson: Sendable {
  /// The picture, `side × side`.
  public package(set) var picture: Picture
  /// Per pixel 0 for the background, p + 1 for part p of the person alone: what stands in front erases nothing.
  public package(set) var parts: [UInt8]
  /// Per pixel of the person what point of the skin is seen; empty unless asked for.
  ///
  /// Of no meaning where `parts` is 0.
  package var surface: [SurfacePoint] = []
  /// Per pixel whether something in front of the person covers it; empty unless asked for.
  package var covered: [Bool] = []
  /// Rotations of the joints, `[24, 3, 3]`; the first is the orientation in camera axes x right, y down, z away.
  public package(set) var rotations: Tensor
  /// The same as 24 axis-angle vectors, 72 numbers in radians.
  public package(set) var pose: [Float]
  /// Shape parameters, 10 of them.
  public let betas: [Float]
  /// Where the person stands in the crop.
  public package(set) var camera: WeakPerspectiveCamera
  /// The 24 joints in metres, as the body model gives them.
  public package(set) var joints: [Point]
  /// The 24 joints in the crop: −1…1 from left to right and from top to bottom.
  public package(set) var joints2D: [SIMD2<Float>]
  /// What hides each joint, if anything.
  public package(set) var visibility: [Visibility]
  /// How many objects and people were put in front.
  public package(set) var occluders: Int
  /// The share of the picture that the person alone covers.
  public package(set) var coverage: Float
  /// The number of the panorama behind, among those that the studio was given.
  public let panorama: Int
}

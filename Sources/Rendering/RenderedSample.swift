public import Bodies
public import Pictures
public import Tensors

/// A rendered picture of a person with its ground truth.
public struct RenderedSample: Sendable {
  /// The picture, `side × side`.
  public package(set) var picture: Picture
  /// Per pixel 0 for the background, p + 1 for part p of the person, also where an occluder hides it.
  public package(set) var parts: [UInt8]
  /// Per pixel of the person the surface point that it shows; empty unless requested.
  ///
  /// Undefined where `parts` is 0.
  package var denseCorrespondence: [SurfacePoint] = []
  /// Per pixel whether an occluder in front of the person covers it; empty unless requested.
  package var covered: [Bool] = []
  /// The person's skin in the renderer's layout; nil unless requested.
  package var surface: SurfaceTruth?
  /// Rotations of the joints, `[24, 3, 3]`; the first is the orientation in camera axes x right, y down, z away.
  public package(set) var rotations: Tensor
  /// The same rotations as 24 axis-angle vectors, 72 numbers in radians.
  public package(set) var pose: [Float]
  /// Shape parameters, 10 of them.
  public let betas: [Float]
  /// The camera that projects the person into the crop.
  public package(set) var camera: WeakPerspectiveCamera
  /// The 24 joints in metres, as the body model computes them, in camera axes.
  public package(set) var joints: [Point]
  /// The 24 joints in the crop: −1…1 from left to right and from top to bottom.
  public package(set) var joints2D: [SIMD2<Float>]
  /// What hides each joint, if anything.
  public package(set) var visibility: [Visibility]
  /// The number of objects and people in front.
  public package(set) var occluders: Int
  /// The share of the picture that the person alone covers.
  public package(set) var coverage: Float
  /// The index of the panorama behind, among those of the renderer.
  public let panorama: Int
}

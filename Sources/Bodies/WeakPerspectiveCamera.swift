/// The camera that the networks estimate: a scale and a shift, equivalent to a far perspective camera.
///
/// Axes: x right, y down, z away from the camera. The focal length is 5000 pixels and the principal point the
/// middle of the crop (SPIN, Kolotouros et al. 2019).
public struct WeakPerspectiveCamera: Sendable, Equatable {
  /// The scale: half the crop's side holds 1/scale metres.
  public var scale: Float
  /// The shift, metres, to the right and down.
  public var tx: Float, ty: Float

  /// The focal length of the equivalent perspective camera, pixels.
  public static let focalLength: Float = 5000

  /// A camera of the three numbers that a network puts out.
  public init(scale: Float, tx: Float, ty: Float) {
    self.scale = scale
    self.tx = tx
    self.ty = ty
  }

  /// Where the body's origin is in the camera's frame, metres, for a crop of `side` pixels.
  public func translation(side: Int) -> Point {
    Point(tx, ty, 2 * Self.focalLength / (Float(side) * scale + 1e-9))
  }

  /// The camera of a body that has moved, metres in the camera's axes, for crops of `side` pixels.
  public func shifted(by way: Point, side: Int) -> WeakPerspectiveCamera {
    let depth = translation(side: side).z + way.z
    return WeakPerspectiveCamera(
      scale: 2 * Self.focalLength / (Float(side) * depth), tx: tx + way.x, ty: ty + way.y)
  }

  /// The position of a body's point in the crop: −1…1 from left to right and from top to bottom.
  public func project(_ point: Point, side: Int) -> SIMD2<Float> {
    let p = point + translation(side: side)
    return SIMD2(p.x, p.y) * (Self.focalLength / p.z * 2 / Float(side))
  }

  /// The position of a body's point in pixels from the crop's top left corner.
  public func pixel(of point: Point, side: Int) -> SIMD2<Float> {
    (project(point, side: side) + 1) * (Float(side) / 2)
  }
}

public import Bodies
public import Tensors

/// What a crop shows of one body: its silhouette, and which joints can be seen.
public struct BodyView: Sendable {
  /// 1 where a pixel's middle lies on the body, else 0, `[side, side]`.
  public let mask: Tensor
  /// What can be seen of SMPL's 24 joints, as far as the body itself hides them.
  public let visibility: [Visibility]

  /// The fewest samples a side that visibility is judged on.
  private static let samples = 256

  /// Looks at a body of rotations `[24, 3, 3]` and betas `[10]` through a camera, in a crop of `side` pixels.
  public init(
    of body: BodyModel, rotations: Tensor, betas: Tensor, camera: WeakPerspectiveCamera, side: Int
  ) {
    let posed = body.posed(
      rotations: rotations.reshaped([1, 24, 3, 3]), betas: betas.reshaped([1, BodyModel.shapeCount]))
    let vertices = posed.vertices.points
    let rasterizer = Rasterizer()
    /// Places in samples, with the depth in metres.
    func samples(_ points: [Point], _ count: Int) -> [Point] {
      let depth = camera.translation(side: side).z
      return points.map { point in
        let place = (camera.project(point, side: side) + 1) * (Float(count) / 2)
        return Point(place.x, place.y, point.z + depth)
      }
    }
    func draw(_ count: Int) {
      rasterizer.clear(width: count, height: count)
      samples(vertices, count).withUnsafeBufferPointer { points in
        body.faces.withUnsafeBufferPointer { rasterizer.draw(points, $0) }
      }
    }
    draw(side)
    mask = Tensor([side, side], rasterizer.silhouette.map { $0 ? 1 : 0 })

    let fine = max(side, Self.samples)
    draw(fine)
    visibility = Visibility.ofJoints(
      samples(posed.joints.points, fine), in: rasterizer,
      samplesPerMetre: camera.scale * Float(fine) / 2,
      faceParts: Rasterizer.faceParts(body.faces, vertexParts: body.parts))
  }
}

extension WeakPerspectiveCamera {
  /// The camera of three numbers, scale, shift right, shift down.
  public init(_ numbers: Tensor) {
    let numbers = numbers.elements
    self.init(scale: numbers[0], tx: numbers[1], ty: numbers[2])
  }

  /// The three numbers, `[3]`.
  public var numbers: Tensor { Tensor([3], [scale, tx, ty]) }
}

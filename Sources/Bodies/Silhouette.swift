public import Tensors

/// What a crop shows of one body: its outline, and which joints can be seen.
public struct Silhouette: Sendable {
  /// 1 where a pixel's middle is on the body, else 0, `[side, side]`.
  public let mask: Tensor
  /// Per pixel p + 1 where part p of the body is seen, else 0.
  public let parts: [UInt8]
  /// The positions of SMPL's joints in the crop, pixels.
  public let positions: [SIMD2<Float>]
  /// What can be seen of SMPL's joints, as far as the body itself hides them.
  public let visibility: [Visibility]

  /// The minimum of samples a side that visibility is judged on.
  private static let minSamples = 256

  /// Looks at a body of rotations `[24, 3, 3]` and betas `[10]` through a camera, in a crop of `side` pixels.
  public init(
    of body: BodyModel, rotations: Tensor, betas: Tensor, camera: WeakPerspectiveCamera, side: Int
  ) {
    let posed = body.posed(
      rotations: rotations.reshaped([1, Joint.count, 3, 3]),
      betas: betas.reshaped([1, BodyModel.shapeCount]))
    let vertices = posed.vertices.points
    let rasterizer = Rasterizer()
    /// Positions in samples, with the depth in metres.
    func samples(_ points: [Point], _ count: Int) -> [Point] {
      let depth = camera.translation(side: side).z
      return points.map { point in
        let position = (camera.project(point, side: side) + 1) * (Float(count) / 2)
        return Point(position.x, position.y, point.z + depth)
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
    let faceParts = Rasterizer.faceParts(body.faces, vertexParts: body.parts)
    parts = rasterizer.partLabels(faceParts)
    positions = samples(posed.joints.points, side).map { SIMD2($0.x, $0.y) }

    let fine = max(side, Self.minSamples)
    draw(fine)
    visibility = Visibility.ofJoints(
      samples(posed.joints.points, fine), in: rasterizer,
      samplesPerMetre: camera.scale * Float(fine) / 2,
      faceParts: faceParts)
  }
}

extension WeakPerspectiveCamera {
  /// The camera of three numbers among others: scale, shift right, shift down, `[…, 3]`.
  public init(_ numbers: Tensor, at index: Int = 0) {
    self = numbers.withElements { numbers in
      WeakPerspectiveCamera(
        scale: numbers[index * 3], tx: numbers[index * 3 + 1], ty: numbers[index * 3 + 2])
    }
  }

  /// The three numbers, `[3]`.
  public var numbers: Tensor { Tensor([3], [scale, tx, ty]) }
}

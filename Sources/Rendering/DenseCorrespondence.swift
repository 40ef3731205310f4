internal import Bodies

/// A point of the body's surface, the label of dense correspondence.
///
/// `x`, `y`, `z`: the point on the mean body at rest, −1…1 in its box on each axis (left of the body, up, front);
/// `w`: metres beyond the middle of the hips, along the viewing axis (Güler et al. 2018).
package typealias SurfacePoint = SIMD4<Float>

extension Renderer {
  /// Per pixel the surface point that one of its four samples shows, a sample of the pixel's part.
  ///
  /// - Parameters:
  ///   - vertices: of the person, `V × 3`, in metres.
  ///   - origin: the depth of the middle of the hips, in metres.
  func denseCorrespondence(
    _ rasterizer: Rasterizer, parts: [UInt8], vertices: UnsafePointer<Float>, origin: Float, side: Int
  ) -> [SurfacePoint] {
    let triangles = rasterizer.triangles
    return (0..<side * side).map { pixel in
      guard parts[pixel] > 0 else { return .zero }
      for sample in 0..<4 {
        let (row, column) = (2 * (pixel / side) + sample >> 1, 2 * (pixel % side) + sample & 1)
        let triangle = Int(triangles[row * 2 * side + column])
        guard triangle >= 0, faceParts[triangle] + 1 == parts[pixel] else { continue }
        // Faces are smaller than pixels: their centres are close enough.
        let face = body.faces[triangle]
        let depth =
          (vertices[3 * Int(face.x) + 2] + vertices[3 * Int(face.y) + 2] + vertices[3 * Int(face.z) + 2]) / 3
        return SurfacePoint(restingFaces[triangle], depth - origin)
      }
      return .zero
    }
  }

  /// The centres of the faces of a body at rest, −1…1 in its box.
  static func restingFaces(_ template: [Point], _ faces: [SIMD3<Int32>]) -> [Point] {
    let low = template.reduce(Point(repeating: .infinity)) { pointwiseMin($0, $1) }
    let high = template.reduce(Point(repeating: -.infinity)) { pointwiseMax($0, $1) }
    return faces.map { face in
      let centre = (template[Int(face.x)] + template[Int(face.y)] + template[Int(face.z)]) / 3
      return (centre * 2 - low - high) / (high - low)
    }
  }
}

internal import Bodies
package import Tensors

/// A point of the skin: where it lies on the body at rest, and how far away it is.
///
/// `x`, `y`, `z`: the place on the mean body at rest, −1…1 from end to end of its box on each axis (left of the body,
/// up, front); `w`: metres beyond the middle of the hips, along the viewing axis.
package typealias SurfacePoint = SIMD4<Float>

extension Losses {
  /// The surface's loss and its gradient with respect to what the network says of it, `[N, map, map, 4]`.
  ///
  /// Dense correspondence (Güler et al. 2018) as a teacher of the backbone: a part label does not tell the front of
  /// a chest from its back, the place on the body does. The mean square over the channels and over the pixels of
  /// the persons, whatever stands in front of them; the map is enlarged to the picture, as the part logits are.
  package func surface(_ said: Tensor, people: [RenderedPerson], side: Int) -> (
    value: Float, gradient: Tensor
  ) {
    precondition(
      people.allSatisfy { $0.surface.count == side * side }, "people rendered without their surface")
    let drawn = people.reduce(0) { $0 + $1.parts.count { $0 > 0 } }
    let factor = Self.overall * (surface ?? 0) / Float(max(drawn, 1) * SurfacePoint.scalarCount)
    let (sum, gradient) = Self.enlarged(said, side: side) { index, large in
      let person = people[index]
      var gradient = Tensor(large.shape)
      var total = 0.0
      large.withElements { large in
        gradient.withMutableElements { gradient in
          for pixel in 0..<side * side where person.parts[pixel] > 0 {
            let truth = person.surface[pixel]
            var sum: Float = 0
            for c in 0..<SurfacePoint.scalarCount {
              let at = pixel * SurfacePoint.scalarCount + c
              let off = large[at] - truth[c]
              sum += off * off
              gradient[at] = 2 * factor * off
            }
            total += Double(sum)
          }
        }
      }
      return (total, gradient)
    }
    return (Float(sum) * factor, gradient)
  }
}

extension Studio {
  /// Per pixel the point of the skin that one of its four samples shows: one of the part that the pixel is.
  ///
  /// - Parameters:
  ///   - vertices: of the person, `V × 3`, in metres.
  ///   - origin: the depth of the middle of the hips.
  func surface(
    _ rasterizer: Rasterizer, parts: [UInt8], vertices: UnsafePointer<Float>, origin: Float, side: Int
  ) -> [SurfacePoint] {
    let triangles = rasterizer.triangles
    return (0..<side * side).map { pixel in
      guard parts[pixel] > 0 else { return .zero }
      for sample in 0..<4 {
        let (row, column) = (2 * (pixel / side) + sample >> 1, 2 * (pixel % side) + sample & 1)
        let triangle = Int(triangles[row * 2 * side + column])
        guard triangle >= 0, faceParts[triangle] + 1 == parts[pixel] else { continue }
        // Faces are smaller than pixels: their middles will do.
        let face = body.faces[triangle]
        let depth =
          (vertices[3 * Int(face.x) + 2] + vertices[3 * Int(face.y) + 2] + vertices[3 * Int(face.z) + 2]) / 3
        return SurfacePoint(restingFaces[triangle], depth - origin)
      }
      return .zero
    }
  }

  /// The middles of the faces of a body at rest, as shares of its box: −1…1.
  static func restingFaces(_ template: [Point], _ faces: [SIMD3<Int32>]) -> [Point] {
    let low = template.reduce(Point(repeating: .infinity)) { pointwiseMin($0, $1) }
    let high = template.reduce(Point(repeating: -.infinity)) { pointwiseMax($0, $1) }
    return faces.map { face in
      let middle = (template[Int(face.x)] + template[Int(face.y)] + template[Int(face.z)]) / 3
      return (middle * 2 - low - high) / (high - low)
    }
  }
}

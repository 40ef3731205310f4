internal import Bodies
public import Pictures
public import Presentation

/// A body as a shaded surface, seen by the network's camera or from its right.
extension BodySurface {
  /// The body over the crop that the camera belongs to, as a picture of `side` pixels.
  public func overlay(on crop: Picture, side: Int, opacity: Double = 0.92) -> Picture {
    let canvas = Canvas(pictureWidth: Double(side), height: Double(side), scale: 1)
    draw(on: canvas, over: crop, in: Rect(0, 0, Double(side), Double(side)), opacity: opacity)
    return canvas.picture()
  }

  private func draw(on canvas: Canvas, over crop: Picture, in rect: Rect, opacity: Double) {
    canvas.draw(crop, in: rect)
    canvas.draw(front(samples: Int(rect.width)), in: rect, opacity: opacity)
  }

  /// The overlay and, beside it, the body from its right side, `2 · side` by `side` pixels.
  public func sheet(on crop: Picture, side: Int) -> Picture {
    let canvas = Canvas(pictureWidth: Double(2 * side), height: Double(side), scale: 1)
    let (left, right) = (
      Rect(0, 0, Double(side), Double(side)), Rect(Double(side), 0, Double(side), Double(side))
    )
    draw(on: canvas, over: crop, in: left, opacity: 0.92)
    canvas.draw(fromTheSide(samples: side), in: right)
    return canvas.picture()
  }

  /// The body as the camera sees it; nothing elsewhere.
  func front(samples: Int) -> Bitmap {
    let pixelsPerMetre = camera.scale * Float(samples) / 2
    return shaded(samples) { vertex in
      let pixel = camera.pixel(of: vertex, side: samples)
      return Point(pixel.x, pixel.y, vertex.z * pixelsPerMetre)
    }
  }

  /// The body turned by a quarter, so that its depth shows, in the middle, at the camera's scale or, where its depth does
  /// not fit into a share of the width, as much smaller.
  func fromTheSide(samples: Int, share: Double = 1) -> Bitmap {
    let half = Float(samples) / 2
    let depths = vertices.map(\.z)
    let (near, far) = (depths.min() ?? 0, depths.max() ?? 0)
    let middle = (near + far) / 2
    let fit = min(1, 2 * Float(share) * 0.96 / max((far - near) * camera.scale, 1e-6))
    let heights = vertices.map(\.y)
    // A smaller body stays about its own middle.
    let centre = ((heights.min() ?? 0) + (heights.max() ?? 0)) / 2
    return shaded(samples) { vertex in
      let turned = Point(
        (middle - vertex.z) * fit, (vertex.y - centre) * fit + centre + camera.ty, vertex.x * fit)
      return turned * (camera.scale * half) + Point(half, half, 0)
    }
  }

  /// Light falls from the viewer's upper left; four samples make a pixel.
  private func shaded(_ side: Int, _ position: (Point) -> Point) -> Bitmap {
    let points = vertices.map { position($0) * 2 }
    var normals = [Point](repeating: .zero, count: points.count)
    let raster = Rasterizer()
    raster.clear(width: 2 * side, height: 2 * side)
    points.withUnsafeBufferPointer { points in
      faces.withUnsafeBufferPointer { faces in
        raster.draw(points, faces)
        normals.withUnsafeMutableBufferPointer { Rasterizer.normals(of: points, faces, into: $0) }
      }
    }
    var pixels = [UInt32](repeating: 0, count: side * side)
    for y in 0..<side {
      for x in 0..<side {
        var (light, covered): (Float, Float) = (0, 0)
        for sample in 0..<4 {
          let (column, row) = (2 * x + (sample & 1), 2 * y + (sample >> 1))
          let triangle = raster.triangles[row * 2 * side + column]
          guard triangle >= 0 else { continue }
          let face = faces[Int(triangle)]
          let (i, j, k) = (Int(face.x), Int(face.y), Int(face.z))
          let w = Rasterizer.barycentrics(column: column, row: row, points[i], points[j], points[k])
          var normal = normals[i] * w.x
          normal += normals[j] * w.y
          normal += normals[k] * w.z
          light += Self.shade(normal)
          covered += 0.25
        }
        guard covered > 0 else { continue }
        let shade = Double(light / 4 / covered)
        let lit = Colour(
          min(colour.red * shade, 1), min(colour.green * shade, 1), min(colour.blue * shade, 1),
          opacity: Double(covered))
        pixels[y * side + x] = Bitmap.pixel(lit)
      }
    }
    return Bitmap(width: side, height: side, pixels: pixels)
  }

  /// How bright a surface of a normal is: some light from everywhere, most from above, a little from the eye.
  private static func shade(_ normal: Point) -> Float {
    let square: Float = (normal * normal).sum()
    let unit = normal / max(square.squareRoot(), 1e-6)
    let light = Point(-0.35, -0.5, -0.79)
    let lit: Float = max((unit * light).sum(), 0)
    let facing = max(-unit.z, 0)
    return 0.30 + 0.55 * lit + 0.22 * facing * facing
  }
}

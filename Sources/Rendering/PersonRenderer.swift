import Bodies
import Tensors

/// Draws people into a picture: projection, lighting and shading, with buffers reused from person to person.
///
/// Used by one thread at a time.
final class PersonRenderer {
  let side: Int
  /// The picture so far, colours 0…1, and a buffer of the same size for filters.
  let colours: UnsafeMutablePointer<SIMD4<Float>>
  let spare: UnsafeMutablePointer<SIMD4<Float>>
  /// Per pixel, the share that occluders in front of the person cover.
  let cover: UnsafeMutablePointer<Float>

  private let renderer: Renderer
  private let vertices: UnsafeMutableBufferPointer<SIMD3<Float>>
  private let screen: UnsafeMutableBufferPointer<SIMD3<Float>>
  private let normals: UnsafeMutableBufferPointer<SIMD3<Float>>
  /// Per vertex the red, green and blue light on a matt white surface, and the specular light.
  private let lit: UnsafeMutablePointer<SIMD4<Float>>

  init(_ renderer: Renderer, side: Int) {
    self.renderer = renderer
    self.side = side
    let count = renderer.body.vertexCount
    colours = .allocate(capacity: side * side)
    spare = .allocate(capacity: side * side)
    cover = .allocate(capacity: side * side)
    vertices = .allocate(capacity: count)
    screen = .allocate(capacity: count)
    normals = .allocate(capacity: count)
    lit = .allocate(capacity: count)
    colours.initialize(repeating: .zero, count: side * side)
    spare.initialize(repeating: .zero, count: side * side)
    cover.initialize(repeating: 0, count: side * side)
    vertices.initialize(repeating: .zero)
    screen.initialize(repeating: .zero)
    normals.initialize(repeating: .zero)
    lit.initialize(repeating: .zero, count: count)
  }

  deinit {
    colours.deallocate()
    spare.deallocate()
    cover.deallocate()
    vertices.deallocate()
    screen.deallocate()
    normals.deallocate()
    lit.deallocate()
  }

  /// Draws a person over the picture, two by two samples a pixel.
  ///
  /// `coordinates` are the vertices, `V × 3`; `rasterizer` keeps the samples. With `covers`, the covered share is
  /// recorded in `cover`.
  func draw(
    _ person: Person, _ coordinates: UnsafePointer<Float>, scene: Scene, with rasterizer: Rasterizer,
    covers: Bool = false
  ) {
    project(coordinates, person.camera)
    let (columns, rows) = extent()
    rasterizer.clear(width: 2 * side, height: 2 * side)
    guard !columns.isEmpty, !rows.isEmpty else { return }
    renderer.body.faces.withUnsafeBufferPointer { faces in
      rasterizer.draw(UnsafeBufferPointer(screen), faces)
      Rasterizer.normals(of: UnsafeBufferPointer(vertices), faces, into: normals)
      light(scene)
      shade(person.clothing, faces: faces, rasterizer, columns: columns, rows: rows, covers: covers)
    }
  }

  private func project(_ coordinates: UnsafePointer<Float>, _ camera: WeakPerspectiveCamera) {
    let shift = camera.translation(side: side)
    // In samples, of which there are two to a pixel.
    let focal = 2 * WeakPerspectiveCamera.focalLength
    let middle = Float(side)
    for i in 0..<vertices.count {
      let p = SIMD3(coordinates[3 * i], coordinates[3 * i + 1], coordinates[3 * i + 2])
      let q = p + shift
      let factor = focal / q.z
      vertices[i] = p
      screen[i] = SIMD3(q.x * factor + middle, q.y * factor + middle, q.z)
    }
  }

  /// The columns and rows of pixels that the person's box touches.
  private func extent() -> (columns: Range<Int>, rows: Range<Int>) {
    var (left, top, right, bottom) = (Float.infinity, Float.infinity, -Float.infinity, -Float.infinity)
    for p in screen {
      left = min(left, p.x)
      top = min(top, p.y)
      right = max(right, p.x)
      bottom = max(bottom, p.y)
    }
    func pixels(_ low: Float, _ high: Float) -> Range<Int> {
      let edge = Float(side)
      let first = Int(max(0, min(low / 2, edge)))
      return first..<max(first, Int(max(0, min(high / 2 + 1, edge))))
    }
    return (pixels(left, right), pixels(top, bottom))
  }

  private func light(_ scene: Scene) {
    let light = renderer.panoramas[scene.panorama].light
    let view = scene.view.transpose
    let (x, y, z) = (view.row0, view.row1, view.row2)
    // The mean over all directions of the cosine, clamped at zero, is a quarter.
    let sun = light.tint * (4 * scene.sunShare * scene.level)
    let ambientShare = (1 - scene.sunShare) * scene.level
    // Halfway between the light and the viewer, in the panorama's axes.
    let middle = light.direction - z
    let halfway = middle / max((middle * middle).sum().squareRoot(), 1e-6)
    light.ambient.withUnsafeBufferPointer { ambient in
      let ambient = ambient.baseAddress!
      for i in 0..<normals.count {
        let n = x * normals[i].x + y * normals[i].y + z * normals[i].z
        let soft = Light.ambient(ambient, facing: n)
        let direct = max(0, (n * light.direction).sum())
        let specular = max(0, (n * halfway).sum())
        let sharp = specular * specular * specular * specular
        // Surroundings nearer than the panorama reflect light too: no side is ever black.
        let filled = soft.replacing(with: 0, where: soft .< 0) * 0.8 + 0.2
        var value = filled * ambientShare + sun * direct
        value.w = sharp * sharp * sharp * 2 * scene.level
        lit[i] = value
      }
    }
  }

  private func shade(
    _ clothing: Clothing, faces: UnsafeBufferPointer<SIMD3<Int32>>, _ rasterizer: Rasterizer,
    columns: Range<Int>, rows: Range<Int>, covers: Bool
  ) {
    let triangles = rasterizer.triangles.baseAddress!
    let faces = faces.baseAddress!
    let screen = screen.baseAddress!
    let width = 2 * side
    ValueNoise.cube.withUnsafeBufferPointer { noise in
      renderer.template.withUnsafeBufferPointer { template in
        renderer.regions.withUnsafeBufferPointer { regions in
          for row in rows {
            for column in columns {
              var sum = SIMD4<Float>.zero
              var drawn: Float = 0
              for sample in 0..<4 {
                let (x, y) = (2 * column + sample & 1, 2 * row + sample >> 1)
                let triangle = triangles[y * width + x]
                guard triangle >= 0 else { continue }
                let face = faces[Int(triangle)]
                let (i, j, k) = (Int(face.x), Int(face.y), Int(face.z))
                let w = Rasterizer.barycentrics(column: x, row: y, screen[i], screen[j], screen[k])
                let light = lit[i] * w.x + lit[j] * w.y + lit[k] * w.z
                let point = template[i] * w.x + template[j] * w.y + template[k] * w.z
                let nearest = w.x >= w.y && w.x >= w.z ? i : w.y >= w.z ? j : k
                let albedo = clothing.colour(region: regions[nearest], at: point, noise: noise.baseAddress!)
                let colour = albedo * light + albedo.w * light.w
                sum += colour.replacing(with: 1, where: colour .> 1)
                drawn += 1
              }
              guard drawn > 0 else { continue }
              let pixel = row * side + column
              colours[pixel] = colours[pixel] * (1 - drawn / 4) + sum * 0.25
              if covers { cover[pixel] = max(cover[pixel], drawn / 4) }
            }
          }
        }
      }
    }
  }
}

internal import Bodies
internal import Presentation
import Tensors

/// Numbers on the surface of a body, seen along z: flat colours, which are those of the bar, and lines for the shape.
struct BodySurfaceMap {
  /// The surface, metres: x right, y down, z away.
  let points: [Point]
  let faces: [SIMD3<Int32>]
  /// What is shown; nil for the extent alone.
  let map: BodyMap?
  let key: ColourKey
  /// The colour of parts without a number.
  let unmeasured: Colour

  /// Samples along the side of a pixel.
  private static let samples = 3
  /// A step in depth between samples that is an edge of a limb before what is behind it, metres.
  private static let step: Float = 0.012

  /// The body from edge to edge, with a margin.
  private var box: (low: Point, high: Point) {
    let margin = Point(repeating: 0.02)
    let low = points.reduce(points[0]) { pointwiseMin($0, $1) }
    return (low - margin, points.reduce(points[0]) { pointwiseMax($0, $1) } + margin)
  }

  /// Width divided by height.
  var aspect: Double { Double((box.high.x - box.low.x) / (box.high.y - box.low.y)) }

  /// The body as a picture so many pixels high; nothing around it.
  func bitmap(height: Int) -> Bitmap {
    let width = max(1, min(Int(bounded: Double(height) * aspect), 16 * height))
    let (columns, rows) = (width * Self.samples, height * Self.samples)
    let perMetre = Float(rows) / (box.high.y - box.low.y)
    let raster = Rasterizer()
    raster.clear(width: columns, height: rows)
    let placed = points.map { point in
      Point((point.x - box.low.x) * perMetre, (point.y - box.low.y) * perMetre, point.z)
    }
    placed.withUnsafeBufferPointer { points in
      faces.withUnsafeBufferPointer { raster.draw(points, $0) }
    }
    let lines = Lines(raster, perMetre: perMetre, step: Self.step)
    var pixels = [UInt32](repeating: 0, count: width * height)
    for y in 0..<height {
      for x in 0..<width {
        var sum = SIMD4<Double>()
        for row in y * Self.samples..<(y + 1) * Self.samples {
          for column in x * Self.samples..<(x + 1) * Self.samples {
            sum += sample(column, row, raster, placed, lines)
          }
        }
        guard sum.w > 0 else { continue }
        let colour = Colour(
          sum.x / sum.w, sum.y / sum.w, sum.z / sum.w,
          opacity: sum.w / Double(Self.samples * Self.samples))
        pixels[y * width + x] = Bitmap.pixel(colour)
      }
    }
    return Bitmap(width: width, height: height, pixels: pixels)
  }

  /// The colour of a sample, times its opacity.
  private func sample(
    _ column: Int, _ row: Int, _ raster: Rasterizer, _ placed: [Point], _ lines: Lines
  ) -> SIMD4<Double> {
    let line = lines.strength(column, row)
    let triangle = raster.triangles[row * raster.width + column]
    guard triangle >= 0 else { return SIMD4(Self.ink, 1) * Double(line) }
    let face = faces[Int(triangle)]
    let (i, j, k) = (Int(face.x), Int(face.y), Int(face.z))
    let w = Rasterizer.barycentrics(column: column, row: row, placed[i], placed[j], placed[k])
    guard let map else { return SIMD4() }
    func mean(_ values: [Double]) -> Double {
      Double(w.x) * values[i] + Double(w.y) * values[j] + Double(w.z) * values[k]
    }
    let share = mean(map.shares)
    let colour =
      share < 0.5 ? unmeasured : key.colour(of: mean(map.sums) / share)
    let flat = SIMD3(colour.red, colour.green, colour.blue)
    // On dark colours a line is pale.
    let darkness = min(max(1.4 - (flat * SIMD3(0.3, 0.6, 0.1)).sum() * 7, 0), 1)
    let ink = Self.ink + (Self.pale - Self.ink) * darkness
    return SIMD4(flat + (ink - flat) * Double(line), 1)
  }

  private static let ink = SIMD3(0.16, 0.18, 0.21), pale = SIMD3(0.72, 0.74, 0.78)

  /// Where lines are drawn: around the body, along limbs before others, and, thinner, in its folds.
  private struct Lines {
    let width: Int
    private var strengths: [Float]

    init(_ raster: Rasterizer, perMetre: Float, step: Float) {
      let (width, height) = (raster.width, raster.height)
      self.width = width
      let depths = raster.depths
      var strengths = [Float](repeating: 0, count: width * height)
      func draw(_ column: Int, _ row: Int, radius: Int, _ strength: Float) {
        for y in max(0, row - radius)...min(height - 1, row + radius) {
          for x in max(0, column - radius)...min(width - 1, column + radius) {
            strengths[y * width + x] = max(strengths[y * width + x], strength)
          }
        }
      }
      let reach = 4
      for row in reach..<height - reach {
        for column in reach..<width - reach {
          let here = row * width + column
          let depth = depths[here]
          for other in [here + 1, here + width] {
            let next = depths[other]
            guard depth.isFinite || next.isFinite else { continue }
            if !depth.isFinite || !next.isFinite {
              draw(column, row, radius: 2, 1)
            } else if abs(next - depth) > step {
              draw(column, row, radius: 1, 0.85)
            }
          }
          guard depth.isFinite else { continue }
          // A fold is deeper than what is on both sides of it.
          for offset in [reach, reach * width] {
            let (before, after) = (depths[here - offset], depths[here + offset])
            guard before.isFinite, after.isFinite else { continue }
            let fold = (2 * depth - before - after) * perMetre / Float(reach)
            let nearest = max(abs(before - depth), abs(after - depth))
            if fold > 1.1, nearest < 6 * step { draw(column, row, radius: 0, min((fold - 1.1) * 0.5, 0.5)) }
          }
        }
      }
      self.strengths = strengths
    }

    func strength(_ column: Int, _ row: Int) -> Float { strengths[row * width + column] }
  }
}

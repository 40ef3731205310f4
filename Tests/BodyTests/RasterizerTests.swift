import Bodies
import Tensors
import TestSupport
import Testing

/// Draws into a rasterizer from arrays.
func draw(_ points: [Point], _ faces: [SIMD3<Int32>], into rasterizer: Rasterizer) {
  points.withUnsafeBufferPointer { points in
    faces.withUnsafeBufferPointer { rasterizer.draw(points, $0) }
  }
}

@Suite("Rasterizer") struct RasterizerTests {
  @Test("agrees with a test of every sample against every triangle")
  func agreesWithReference() {
    var generator = SeededGenerator(seed: 3)
    let (width, height) = (37, 29)
    let points = (0..<150).map { index -> Point in
      // A third of the triangles is smaller than a sample, some lie outside the picture.
      let spread: Float = index / 3 % 3 == 0 ? 0.8 : 15
      let triangle = index / 3
      let (x, y) = (Float(triangle * 7 % 50), Float(triangle * 11 % 40))
      let middle = Point(x - 5, y - 5, 5)
      let offset = Point(generator.normal() * spread, generator.normal() * spread, generator.normal())
      return middle + offset
    }
    let faces = (Int32(0)..<50).map { SIMD3<Int32>(0, 1, 2) &+ 3 &* $0 }
    let rasterizer = Rasterizer()
    rasterizer.clear(width: width, height: height)
    draw(points, faces, into: rasterizer)

    var drawn = 0
    for row in 0..<height {
      for column in 0..<width {
        let (triangle, depth, isClear) = nearest(column, row, points, faces)
        // A centre within a hair of an edge may fall to either side.
        guard isClear else { continue }
        let sample = row * width + column
        #expect(rasterizer.triangles[sample] == triangle, "column \(column), row \(row)")
        if triangle >= 0 {
          drawn += 1
          #expect(abs(Double(rasterizer.depths[sample]) - depth) < 1e-3)
        } else {
          #expect(rasterizer.depths[sample] == .infinity)
        }
      }
    }
    #expect(drawn > 300)
  }

  /// The definition: the nearest of the triangles whose three edges have the centre on their inner side.
  private func nearest(
    _ column: Int, _ row: Int, _ points: [Point], _ faces: [SIMD3<Int32>]
  ) -> (triangle: Int32, depth: Double, isClear: Bool) {
    var best = (triangle: Int32(-1), depth: Double.infinity, isClear: true)
    let p = SIMD3(Double(column) + 0.5, Double(row) + 0.5, 0)
    for (index, face) in faces.enumerated() {
      let corners = [face.x, face.y, face.z].map { SIMD3<Double>(points[Int($0)]) }
      func area(_ a: SIMD3<Double>, _ b: SIMD3<Double>, _ c: SIMD3<Double>) -> Double {
        (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
      }
      let whole = area(corners[0], corners[1], corners[2])
      guard whole < 0 else { continue }
      let weights = (0..<3).map { area(p, corners[($0 + 1) % 3], corners[($0 + 2) % 3]) / whole }
      if weights.contains(where: { abs($0) < 1e-3 }) && weights.allSatisfy({ $0 > -1e-3 }) {
        best.isClear = false
      }
      guard weights.allSatisfy({ $0 >= 0 }) else { continue }
      let depth = (0..<3).reduce(0.0) { $0 + weights[$1] * corners[$1].z }
      if depth < best.depth { best = (Int32(index), depth, best.isClear) }
    }
    return best
  }

  @Test("shows the front of a triangle only")
  func backFaces() {
    let points = [Point(0, 0, 1), Point(0, 10, 1), Point(10, 0, 1)]
    let rasterizer = Rasterizer()
    rasterizer.clear(width: 10, height: 10)
    draw(points, [SIMD3(0, 2, 1)], into: rasterizer)
    #expect(rasterizer.silhouette.allSatisfy { !$0 })
    draw(points, [SIMD3(0, 1, 2)], into: rasterizer)
    #expect(rasterizer.silhouette.count { $0 } >= 45)
  }

  @Test("leaves no hole between adjacent triangles")
  func noHoles() {
    var generator = SeededGenerator(seed: 5)
    let cells = 23
    let side = 64
    let step = Float(side) / Float(cells)
    var points: [Point] = []
    for row in 0...cells {
      for column in 0...cells {
        let isInside = (1..<cells).contains(row) && (1..<cells).contains(column)
        let wobble = isInside ? step * 0.3 : 0
        let x = Float(column) * step + generator.uniform(-1...1) * wobble
        let y = Float(row) * step + generator.uniform(-1...1) * wobble
        points.append(Point(x, y, 2))
      }
    }
    var faces: [SIMD3<Int32>] = []
    for row in 0..<cells {
      for column in 0..<cells {
        let a = Int32(row * (cells + 1) + column)
        let below = a + Int32(cells) + 1
        faces += [SIMD3(a, below, a + 1), SIMD3(a + 1, below, below + 1)]
      }
    }
    let rasterizer = Rasterizer()
    rasterizer.clear(width: side, height: side)
    draw(points, faces, into: rasterizer)
    #expect(rasterizer.silhouette.allSatisfy { $0 })
  }

  @Test("is empty after it is cleared, at any size")
  func cleared() {
    let rasterizer = Rasterizer()
    for (width, height) in [(8, 8), (3, 5), (8, 8), (8, 8)] {
      rasterizer.clear(width: width, height: height)
      #expect(rasterizer.triangles.count == width * height)
      #expect(rasterizer.silhouette.allSatisfy { !$0 })
      draw([Point(0, 0, 1), Point(0, 20, 1), Point(20, 0, 1)], [SIMD3(0, 1, 2)], into: rasterizer)
      #expect(rasterizer.silhouette.contains(true))
    }
  }

  @Test("gives barycentric weights that reproduce the centre of the sample")
  func barycentrics() {
    let (a, b, c) = (Point(1, 2, 3), Point(4, 19, 5), Point(17, 3, 7))
    let w = Rasterizer.barycentrics(column: 6, row: 5, a, b, c)
    let p = a * w.x + b * w.y + c * w.z
    expectClose([w.sum(), p.x, p.y], [1, 6.5, 5.5])
  }

  @Test("labels a face with the smallest part among its vertices, and samples with part + 1")
  func labels() {
    let parts = Rasterizer.faceParts([SIMD3(0, 1, 2), SIMD3(2, 1, 0)], vertexParts: [7, 4, 9])
    #expect(parts == [4, 4])
    let rasterizer = Rasterizer()
    rasterizer.clear(width: 2, height: 1)
    draw([Point(0, -1, 1), Point(0, 2, 1), Point(1, 0, 1)], [SIMD3(0, 1, 2)], into: rasterizer)
    #expect(rasterizer.partLabels(parts) == [5, 0])
  }

  @Test("finds the outward normals of an octahedron")
  func normals() {
    let points = [
      Point(1, 0, 0), Point(-1, 0, 0), Point(0, 1, 0), Point(0, -1, 0), Point(0, 0, 1), Point(0, 0, -1),
    ]
    let faces: [SIMD3<Int32>] = [
      SIMD3(0, 2, 4), SIMD3(2, 1, 4), SIMD3(1, 3, 4), SIMD3(3, 0, 4), SIMD3(2, 0, 5), SIMD3(1, 2, 5),
      SIMD3(3, 1, 5), SIMD3(0, 3, 5),
    ]
    var normals = [Point](repeating: .zero, count: 6)
    points.withUnsafeBufferPointer { points in
      faces.withUnsafeBufferPointer { faces in
        normals.withUnsafeMutableBufferPointer { Rasterizer.normals(of: points, faces, into: $0) }
      }
    }
    for (normal, point) in zip(normals, points) {
      expectClose([normal.x, normal.y, normal.z], [point.x, point.y, point.z])
    }
  }
}

extension Rasterizer {
  /// The part of every face: the smallest label among those of its three vertices, as the paper's
  /// ground truth has it.
  public static func faceParts(_ faces: [SIMD3<Int32>], vertexParts: [UInt8]) -> [UInt8] {
    faces.map { min(vertexParts[Int($0.x)], vertexParts[Int($0.y)], vertexParts[Int($0.z)]) }
  }

  /// Part labels by sample: 0 where nothing was drawn, part + 1 where a face of that part is nearest.
  public func partLabels(_ faceParts: [UInt8]) -> [UInt8] {
    triangles.map { $0 < 0 ? 0 : faceParts[Int($0)] + 1 }
  }

  /// Per sample whether anything was drawn.
  public var silhouette: [Bool] { triangles.map { $0 >= 0 } }

  /// Outward normals of unit length at the vertices, each the mean over its faces weighted by their area.
  ///
  /// A vertex of no face gets a normal of zero.
  public static func normals(
    of points: UnsafeBufferPointer<SIMD3<Float>>, _ faces: UnsafeBufferPointer<SIMD3<Int32>>,
    into normals: UnsafeMutableBufferPointer<SIMD3<Float>>
  ) {
    normals.update(repeating: .zero)
    let count = normals.count
    guard let points = points.baseAddress, let normals = normals.baseAddress else { return }
    for face in faces {
      let (i, j, k) = (Int(face.x), Int(face.y), Int(face.z))
      let a = points[i]
      let u = points[j] - a
      let v = points[k] - a
      let cross = SIMD3(u.y * v.z - u.z * v.y, u.z * v.x - u.x * v.z, u.x * v.y - u.y * v.x)
      normals[i] += cross
      normals[j] += cross
      normals[k] += cross
    }
    for vertex in 0..<count {
      let square = (normals[vertex] * normals[vertex]).sum()
      if square > 0 { normals[vertex] /= square.squareRoot() }
    }
  }
}

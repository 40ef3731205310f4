import Archives
public import Bodies
import Foundation
import Pictures
public import Rendering
public import Tensors
import Testing

/// A renderer with the small body, the recorded poses and one panorama.
public enum SmallRenderer {
  /// The body of 1000 vertices, with regions.
  public static let body = Result {
    let archive = try Archive(contentsOf: fixture("body_1000.npz"))
    let names = ["v_template", "shapedirs", "J_regressor", "weights", "kintree_table", "f", "part", "region"]
    return try BodyModel(
      Dictionary(uniqueKeysWithValues: names.map { ($0, try archive.tensor($0)) }), from: "body_1000.npz")
  }

  /// The recorded poses, `[P, 72]`.
  public static let poses = Result { try Archive(contentsOf: fixture("poses.npz")).tensor("pose") }

  /// A renderer before a plain panorama.
  public static func make(
    _ settings: Renderer.Settings = Renderer.Settings(), red: UInt8 = 120, green: UInt8 = 150,
    blue: UInt8 = 90
  ) throws -> Renderer {
    try Renderer(
      body: body.get(), poses: poses.get(),
      panoramas: [Picture(width: 128, height: 64, red: red, green: green, blue: blue)], settings: settings)
  }

  /// A renderer before a photograph, with all arrays of the body.
  public static func inCity() throws -> Renderer {
    Renderer(
      body: try whole("body_1000.npz"), poses: try poses.get(),
      panoramas: [try Picture(contentsOf: fixture("panoramas/city.jpg"))])
  }

  /// A renderer with the large body, whose skin has a layout, before the panoramas that networks are trained on.
  public static func withSkin(_ settings: Renderer.Settings) throws -> Renderer {
    try BuiltInRenderer.load(
      .training, body: whole("body.npz"), settings: settings, withSkin: true, from: fixture(""))
  }

  private static func whole(_ file: String) throws -> BodyModel {
    let archive = try Archive(contentsOf: fixture(file))
    var arrays: [String: Tensor] = [:]
    for name in BodyModel.arrayNames where archive.has(name) { arrays[name] = try archive.tensor(name) }
    return try BodyModel(arrays, from: file)
  }
}

/// Writes an opaque white square with a black transparent right half as a PNG.
public func writeCutout(_ path: String, side: Int = 128, alpha: Bool = true) throws {
  let script = """
    import struct, sys, zlib
    side, alpha = int(sys.argv[2]), sys.argv[3] == "1"
    pixel = lambda x: (b"\\xff\\xff\\xff" + (b"\\xff" if alpha else b"")) if 2 * x < side else bytes(4 if alpha else 3)
    rows = (b"\\0" + b"".join(pixel(x) for x in range(side))) * side
    chunk = lambda name, data: struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    open(sys.argv[1], "wb").write(b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 6 if alpha else 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    """
  let process = Process()
  process.executableURL = URL(filePath: "/usr/bin/env")
  process.arguments = ["python3", "-c", script, path, String(side), alpha ? "1" : "0"]
  try process.run()
  process.waitUntilExit()
  #expect(process.terminationStatus == 0)
}

/// Records an issue unless the surface point of each pixel, posed, is under the pixel and at its depth.
///
/// `people` are 64 pixels wide.
package func expectCorrespondence(
  _ people: [RenderedSample], _ renderer: Renderer, symmetric tolerance: Float = 0, pixels: Float = 3
) throws {
  let (side, body) = (64, renderer.body)
  let rest = body.posed(
    rotations: Tensor([Matrix3](repeating: .identity, count: 24)).reshaped([1, 24, 3, 3]),
    betas: Tensor([1, 10])
  ).vertices.points
  let low = rest.reduce(Point(repeating: .infinity)) { pointwiseMin($0, $1) }
  let high = rest.reduce(Point(repeating: -.infinity)) { pointwiseMax($0, $1) }
  var (compared, near, deep) = (0, 0, 0)
  for person in people {
    let posed = body.posed(
      rotations: person.rotations.reshaped([1, 24, 3, 3]), betas: Tensor([1, 10], person.betas))
    let (vertices, joints) = (posed.vertices.points, posed.joints.points)
    for pixel in 0..<side * side where person.parts[pixel] > 0 && pixel % 3 == 0 {
      let said = person.denseCorrespondence[pixel]
      let place = (Point(said.x, said.y, said.z) + 1) / 2 * (high - low) + low
      let away = rest.map { (($0 - place) * ($0 - place)).sum() }
      let vertex = away.indices.min { away[$0] < away[$1] }!
      // The small body's vertices are up to 6 cm apart.
      guard away[vertex] < 0.04 * 0.04 else { continue }
      let seen = person.camera.pixel(of: vertices[vertex], side: side)
      let off = SIMD2(seen.x, seen.y) - SIMD2(Float(pixel % side), Float(pixel / side))
      let depth = vertices[vertex].z - (joints[1].z + joints[2].z) / 2
      compared += 1
      if (off * off).sum() < pixels * pixels { near += 1 }
      if abs(depth - said.w) < 0.08 + tolerance { deep += 1 }
    }
  }
  #expect(compared > 500)
  #expect(Float(near) > 0.95 * Float(compared), "\(near) of \(compared) are under their pixel")
  #expect(Float(deep) > 0.95 * Float(compared), "\(deep) of \(compared) are at their depth")
}

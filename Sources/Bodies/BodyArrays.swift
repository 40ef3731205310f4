import Tensors

/// The arrays of a body file, checked as they are taken.
struct BodyArrays {
  let arrays: [String: Tensor]
  let file: String
  /// What no body in metres comes near: its vertices would be hundreds of metres apart.
  private static let limits: [String: Float] = [
    "v_template": 1e6, "shapedirs": 10, "posedirs": 10, "J_regressor": 100, "weights": 100,
  ]

  init(_ arrays: [String: Tensor], _ file: String) {
    self.arrays = arrays
    self.file = file
  }

  func error(_ array: String, _ problem: String, _ advice: String) -> BodyError {
    BodyError(file: file, array: array, problem: problem, advice: advice)
  }

  func array(_ name: String, _ shape: [Int]) throws(BodyError) -> Tensor {
    guard let array = try optional(name, shape) else {
      throw error(name, "is missing", "give an SMPL body file, with SMPL's names of arrays")
    }
    return array
  }

  func optional(_ name: String, _ shape: [Int]) throws(BodyError) -> Tensor? {
    guard let array = arrays[name] else { return nil }
    guard array.shape == shape else {
      if shape.contains(Joint.count), array.count % shape.filter({ $0 != Joint.count }).reduce(1, *) == 0 {
        throw error(
          name, "has the shape \(text(array.shape)) instead of \(text(shape))",
          "only bodies with SMPL's 24 joints are supported, not SMPL-H or SMPL-X")
      }
      throw error(
        name, "has the shape \(text(array.shape)) instead of \(text(shape))",
        "check that all arrays come from one body")
    }
    guard array.isFinite else {
      throw error(
        name, "contains values that are infinite or not numbers", "download or convert the file again")
    }
    if let limit = Self.limits[name], array.elements.contains(where: { abs($0) > limit }) {
      throw error(
        name, "contains absurd numbers, beyond ±\(Int(limit))", "download or convert the file again")
    }
    return array
  }

  func text(_ shape: [Int]) -> String { shape.map(String.init).joined(separator: "×") }

  func template() throws(BodyError) -> Tensor {
    let rows = arrays["v_template"]?.shape.first ?? 0
    let template = try array("v_template", [rows, 3])
    guard rows > 0 else {
      throw error("v_template", "contains no vertices", "download or convert the file again")
    }
    let points = template.points
    let extent = points.reduce(points[0], pointwiseMax) - points.reduce(points[0], pointwiseMin)
    guard extent.max() <= 20 else {
      throw error("v_template", "spans more than 20 m", "give the body in metres")
    }
    return template
  }

  func shapeDirections(vertices: Int) throws(BodyError) -> Tensor {
    let stored = arrays["shapedirs"]?.shape.last ?? 10
    guard stored >= BodyModel.shapeCount else {
      throw error("shapedirs", "contains \(stored) shapes, fewer than 10", "give a body with at least 10")
    }
    return try array("shapedirs", [vertices, 3, stored])
  }

  /// The tree is fixed, so the file's is only compared with it; the root's parent may be any number that is no joint's.
  func checkTree() throws(BodyError) {
    let tree = try array("kintree_table", [2, Joint.count]).elements
    for joint in 1..<Joint.count where tree[joint] != Float(Joint.parents[joint]) {
      throw error(
        "kintree_table",
        "does not connect joint \(joint) to joint \(Joint.parents[joint])",
        "only bodies with SMPL's skeleton are supported")
    }
  }

  func faces(vertices: Int) throws(BodyError) -> [SIMD3<Int32>] {
    guard let stored = arrays["f"] else { return [] }
    let array = try array("f", [stored.shape.first ?? 0, 3])
    let limit = Float(vertices)
    return try array.withElements { corners throws(BodyError) in
      guard corners.allSatisfy({ $0 >= 0 && $0 < limit }) else {
        throw error(
          "f", "refers to vertices that the body of \(vertices) does not have",
          "download or convert the file again")
      }
      return (0..<corners.count / 3).map { face -> SIMD3<Int32> in
        let c = corners.baseAddress! + face * 3
        return SIMD3(Int32(c[0]), Int32(c[1]), Int32(c[2]))
      }
    }
  }

  func labels(_ name: String, vertices: Int, below limit: UInt8) throws(BodyError) -> [UInt8]? {
    guard let array = try optional(name, [vertices]) else { return nil }
    return try array.withElements { labels throws(BodyError) in
      guard labels.allSatisfy({ $0 >= 0 && $0 < Float(limit) }) else {
        throw error(name, "contains labels outside 0…\(limit - 1)", "download or convert the file again")
      }
      return labels.map { UInt8($0) }
    }
  }
}

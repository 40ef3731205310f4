public import Tensors

/// A body in SMPL's form: a shape and a pose in, vertices and joints out.
///
/// Metres, in the model's own frame: +y up, +z front, +x to the body's left, before the global rotation (Loper
/// et al., SMPL, 2015).
public struct BodyModel: Sendable {
  /// The number of shape parameters that are used.
  public static let shapeCount = 10

  /// The names of the arrays that are read, needed ones first.
  public static let arrayNames = [
    "v_template", "shapedirs", "J_regressor", "weights", "kintree_table", "posedirs", "f", "part", "region",
  ]

  /// Names that are taken for some of these where they are missing.
  public static let otherNames = Array(BodyLayout.otherNames.keys)

  /// The number of vertices.
  public let vertexCount: Int
  /// The triangles, as vertices counterclockwise from outside; empty when the file has none.
  public let faces: [SIMD3<Int32>]
  /// For every vertex, the joint whose part of the body it belongs to.
  ///
  /// The file's own labels, or else the joint of the largest skinning weight.
  public let parts: [UInt8]
  /// For every vertex, the raw value of its ``BodyRegion``, when the file has them.
  public let regions: [UInt8]?
  /// What in the file was taken for what, a sentence each; empty of a file with SMPL's names and shapes.
  public let notes: [String]

  /// The resting body, `[V, 3]`.
  package let template: Tensor
  /// Offsets per shape parameter, `[V, 3, ≥ 10]`.
  package let shapeDirections: Tensor
  /// Offsets per pose feature, `[V, 3, 207]`; none means zeros.
  let poseDirections: Tensor?
  /// The joints of the resting body, `[24, 3]`, and their offsets per shape parameter, `[10, 24, 3]`.
  package let restJoints: Tensor, restJointDirections: Tensor
  package let skinning: SkinningWeights

  /// Reads the arrays by the names of SMPL's own files.
  ///
  /// Needed: `v_template` `[V, 3]`, `shapedirs` `[V, 3, ≥ 10]`, `J_regressor` `[24, V]`, `weights` `[V, 24]`,
  /// `kintree_table` `[2, 24]`. Optional: `posedirs` `[V, 3, 207]`, `f` `[F, 3]`, and the labels `part` and
  /// `region` `[V]`. Also taken are the names of smplx's buffers (`lbs_weights`, `parents`, `faces_tensor`), a prefix
  /// that all have, and directions that are flat or turned over, which shows by their shapes. Rows of `weights` and of `J_regressor` whose sum is off 1 by rounding, as in files of
  /// 16-bit floats, are divided by it.
  ///
  /// - Throws: an array is missing, has another shape, holds what is not a number, or has another skeleton.
  public init(_ arrays: [String: Tensor], from file: String) throws(BodyError) {
    let layout = try BodyLayout(arrays, file)
    notes = layout.notes
    let read = BodyArrays(layout.arrays, file)
    template = try read.template()
    vertexCount = template.shape[0]
    let v = vertexCount
    shapeDirections = try read.shapeDirections(vertices: v)
    poseDirections = try read.optional("posedirs", [v, 3, 207])
    try read.checkTree()
    let weights = Self.undoingRounding(try read.array("weights", [v, Joint.count]))
    let regressor = Self.undoingRounding(try read.array("J_regressor", [Joint.count, v]))
    faces = try read.faces(vertices: v)
    parts = try read.labels("part", vertices: v, below: UInt8(Joint.count)) ?? Self.dominantJoints(weights)
    regions = try read.labels("region", vertices: v, below: UInt8(BodyRegion.allCases.count))
    skinning = SkinningWeights(weights)

    restJoints = product(regressor, template)
    let stored = shapeDirections.shape[2]
    let directions = product(regressor, shapeDirections.reshaped([v, 3 * stored]))
    var joints = Tensor([Self.shapeCount, Joint.count, 3])
    for l in 0..<Self.shapeCount {
      for j in 0..<Joint.count { for c in 0..<3 { joints[l, j, c] = directions[j, c * stored + l] } }
    }
    restJointDirections = joints
  }

  /// Divides rows by their sum where it is off 1 by no more than rounding to 16 bits can explain.
  private static func undoingRounding(_ matrix: Tensor) -> Tensor {
    let (rows, columns) = (matrix.shape[0], matrix.shape[1])
    var result = matrix
    result.withMutableElements { elements in
      for r in 0..<rows {
        let row = UnsafeMutableBufferPointer(rebasing: elements[r * columns..<(r + 1) * columns])
        var sum = 0.0
        for value in row { sum += Double(value) }
        guard abs(sum - 1) > 1e-6, abs(sum - 1) < 1e-2 else { continue }
        for c in 0..<columns { row[c] = Float(Double(row[c]) / sum) }
      }
    }
    return result
  }

  private static func dominantJoints(_ weights: Tensor) -> [UInt8] {
    weights.withElements { weights in
      (0..<weights.count / Joint.count).map { v in
        UInt8(
          (1..<Joint.count).reduce(0) {
            weights[v * Joint.count + $1] > weights[v * Joint.count + $0] ? $1 : $0
          })
      }
    }
  }
}

/// What a vertex of the body is made of, as far as colour goes.
public enum BodyRegion: UInt8, CaseIterable, Sendable {
  case skin, hair, shirt, trousers, shoes, eyes
  /// What is inside the mouth and behind the eyes.
  case inner
}

import Tensors

/// The arrays of a body file under SMPL's names and in SMPL's order, whatever of the usual forms they had.
///
/// Files made of smplx's buffers name arrays otherwise and flatten some; many have everything behind one prefix.
struct BodyLayout {
  private(set) var arrays: [String: Tensor]
  /// What was taken for what, a sentence each.
  private(set) var notes: [String] = []
  private let file: String

  /// Names that smplx and others give SMPL's arrays.
  static let otherNames = [
    "lbs_weights": "weights", "faces_tensor": "f", "faces": "f", "parents": "kintree_table",
  ]

  /// - Throws: `BodyError` when the file is of another model, or an array may lie in two ways.
  init(_ given: [String: Tensor], _ file: String) throws(BodyError) {
    (arrays, self.file) = (given, file)
    try dropPrefix()
    for (name, own) in Self.otherNames.sorted(by: { $0.key < $1.key }) where arrays[own] == nil {
      guard let array = arrays[name] else { continue }
      arrays[own] = name == "parents" ? try Self.tree(array) ?? array : array
      notes.append("\(name) taken for \(own)")
    }
    guard let template = arrays["v_template"], let v = try vertexCount(template) else { return }
    arrays["v_template"] = template.reshaped([v, 3])
    try refuseOtherModels(v)
    try turn("shapedirs", vertices: v)
    try turn("posedirs", vertices: v, width: 9 * (Joint.count - 1))
    for name in ["J_regressor", "weights"] {
      let wanted = name == "weights" ? [v, Joint.count] : [Joint.count, v]
      guard let array = arrays[name], array.shape == wanted.reversed(), array.shape != wanted else {
        continue
      }
      take(array.transposed, as: name)
    }
  }

  private func error(_ array: String, _ problem: String, _ advice: String) -> BodyError {
    BodyError(file: file, array: array, problem: problem, advice: advice)
  }

  private mutating func take(_ array: Tensor, as name: String) {
    func text(_ shape: [Int]) -> String { shape.map(String.init).joined(separator: "×") }
    notes.append("\(name) of \(text(arrays[name]?.shape ?? [])) taken for \(text(array.shape))")
    arrays[name] = array
  }

  /// Takes away what all names have in front, such as `smpl.` in a checkpoint of a network.
  private mutating func dropPrefix() throws(BodyError) {
    guard arrays["v_template"] == nil else { return }
    let prefixes = arrays.keys.filter { $0.hasSuffix(".v_template") }
      .map { String($0.dropLast("v_template".count)) }.sorted()
    guard let prefix = prefixes.first else { return }
    guard prefixes.count == 1 else {
      throw error(
        "v_template", "is there \(prefixes.count) times, behind \(prefixes.joined(separator: " and "))",
        "save the arrays of one body alone")
    }
    for (name, array) in arrays where name.hasPrefix(prefix) {
      arrays[String(name.dropFirst(prefix.count))] = array
    }
    notes.append("arrays behind \(prefix) taken")
  }

  /// The two rows of a tree, from the parents alone.
  private static func tree(_ parents: Tensor) throws(BodyError) -> Tensor? {
    guard parents.shape == [Joint.count] else { return nil }
    return Tensor([2, Joint.count], parents.elements + (0..<Joint.count).map(Float.init))
  }

  /// How many vertices a template has, which may be one of a batch of one; nil where it is no template.
  private func vertexCount(_ template: Tensor) throws(BodyError) -> Int? {
    let shape =
      template.shape.first == 1 && template.shape.count == 3
      ? Array(template.shape.dropFirst()) : template.shape
    guard shape.count == 2, shape[1] == 3, shape[0] > 0 else { return nil }
    return shape[0]
  }

  /// Other models of the same family, by their numbers of joints.
  private static let otherModels = [
    55: "SMPL-X", 52: "SMPL+H", 16: "MANO, a hand", 5: "FLAME, a head", 33: "SMAL, an animal",
    35: "SMAL, an animal",
  ]

  private func refuseOtherModels(_ v: Int) throws(BodyError) {
    let advice = "give SMPL itself, with \(Joint.count) joints, such as SMPL_NEUTRAL.pkl"
    for name in ["J_regressor", "weights", "kintree_table"] {
      guard let array = arrays[name], array.shape.count == 2 else { continue }
      let joints =
        name == "kintree_table" ? array.shape[1] : array.shape[0] == v ? array.shape[1] : array.shape[0]
      if joints != Joint.count, let model = Self.otherModels[joints] {
        throw error(name, "has \(joints) joints: this is a file of \(model)", advice)
      }
    }
    if let directions = arrays["posedirs"],
      directions.shape.contains(4 * (Joint.count - 1) + 1) || directions.shape.contains(4 * (Joint.count - 1))
    {
      throw error("posedirs", "has quaternions' pose correctives: this is a file of STAR", advice)
    }
  }

  /// Brings directions to `[V, 3, n]`: from `[3·V, n]`, `[n, 3·V]` or `[n, V, 3]`.
  private mutating func turn(_ name: String, vertices v: Int, width: Int? = nil) throws(BodyError) {
    guard let array = arrays[name] else { return }
    let shape = array.shape
    if shape.count == 2 {
      let isTall = shape[0] == 3 * v && width ?? shape[1] == shape[1]
      let isWide = shape[1] == 3 * v && width ?? shape[0] == shape[0]
      guard !(isTall && isWide) else {
        throw error(
          name, "of \(shape[0])×\(shape[1]) may lie in two ways", "save it as \(v)×3×\(width ?? shape[1])")
      }
      if isTall { take(array.reshaped([v, 3, shape[1]]), as: name) }
      if isWide { take(array.transposed.reshaped([v, 3, shape[0]]), as: name) }
    } else if shape.count == 3, shape[1...].elementsEqual([v, 3]), !shape[..<2].elementsEqual([v, 3]) {
      take(array.reshaped([shape[0], 3 * v]).transposed.reshaped([v, 3, shape[0]]), as: name)
    }
  }
}

extension Tensor {
  /// A matrix with rows and columns exchanged.
  fileprivate var transposed: Tensor {
    let (rows, columns) = (shape[0], shape[1])
    return withElements { elements in
      Tensor([columns, rows]) { output in
        for r in 0..<rows {
          for c in 0..<columns { output[c * rows + r] = elements[r * columns + c] }
        }
      }
    }
  }
}

import Archives
import Bodies
import Tensors
import TestSupport
import Testing

@Suite("Forms of body files") struct BodyLayoutTests {
  static func transposed(_ matrix: Tensor) -> Tensor {
    let (rows, columns) = (matrix.shape[0], matrix.shape[1])
    return Tensor([columns, rows], (0..<columns * rows).map { matrix[$0 % rows, $0 / rows] })
  }

  /// The joints and vertices of a body in some pose.
  static func posed(_ arrays: [String: Tensor]) throws -> (Tensor, notes: [String]) {
    let body = try BodyModel(arrays, from: "body.npz")
    let (rotations, betas) = randomPoses(2)
    return (body.joints(rotations: rotations, betas: betas), body.notes)
  }

  private static func flat(_ name: String, _ width: Int, turned: Bool) -> [String: Tensor] {
    var arrays = goldenArrays
    let v = goldenBody.vertexCount
    let flat = arrays[name]!.reshaped([3 * v, width])
    arrays[name] = turned ? transposed(flat) : flat
    return arrays
  }

  @Test("flat and turned arrays give the same body, and say so") func turned() throws {
    let expected = try Self.posed(goldenArrays)
    #expect(expected.notes == [])
    let v = goldenBody.vertexCount
    let stored = goldenArrays["shapedirs"]!.shape[2]
    var variants: [[String: Tensor]] = []
    for turned in [false, true] {
      variants += [
        Self.flat("shapedirs", stored, turned: turned), Self.flat("posedirs", 207, turned: turned),
      ]
    }
    for name in ["shapedirs", "posedirs"] {
      // [n, V, 3], and a template and regressor turned over.
      let width = goldenArrays[name]!.shape[2]
      var arrays = Self.flat(name, width, turned: true)
      arrays[name] = arrays[name]!.reshaped([width, v, 3])
      variants.append(arrays)
    }
    var arrays = goldenArrays
    arrays["J_regressor"] = Self.transposed(arrays["J_regressor"]!)
    variants.append(arrays)
    let body = try BodyModel(goldenArrays, from: "a")
    let (rotations, betas) = randomPoses(2)
    let vertices = body.posed(rotations: rotations, betas: betas).vertices
    for variant in variants {
      let found = try Self.posed(variant)
      #expect(found.0 == expected.0)
      #expect(found.notes.count == 1 && found.notes[0].contains("taken for"))
      #expect(
        try BodyModel(variant, from: "a").posed(rotations: rotations, betas: betas).vertices == vertices)
    }
  }

  @Test("names of smplx's buffers, behind a prefix or not", arguments: ["", "smpl.", "model.body_model."])
  func names(prefix: String) throws {
    var arrays: [String: Tensor] = [prefix.isEmpty ? "betas" : "conv1.weight": Tensor([1, 10])]
    for (name, array) in goldenArrays {
      switch name {
      case "weights": arrays[prefix + "lbs_weights"] = array
      case "f": arrays[prefix + "faces_tensor"] = array
      case "kintree_table": arrays[prefix + "parents"] = Tensor([24], Array(array.elements[..<24]))
      default: arrays[prefix + name] = array
      }
    }
    let found = try Self.posed(arrays)
    #expect(try found.0 == Self.posed(goldenArrays).0)
    #expect(found.notes.contains { $0.contains("lbs_weights taken for weights") })
    #expect(found.notes.contains { $0.contains(prefix) } || prefix.isEmpty)
    #expect(try BodyModel(arrays, from: "a").faces == goldenBody.faces)
  }

  private func problem(_ change: (inout [String: Tensor]) -> Void) -> String {
    var arrays = goldenArrays
    change(&arrays)
    do {
      _ = try BodyModel(arrays, from: "body.npz")
      return ""
    } catch { return error.description }
  }

  @Test(
    "other models are refused by name",
    arguments: [
      (55, "SMPL-X"), (52, "SMPL+H"), (16, "MANO"), (5, "FLAME"),
    ])
  func others(joints: Int, name: String) {
    let v = goldenBody.vertexCount
    let line = problem { $0["J_regressor"] = Tensor([joints, v]) }
    #expect(line.contains("J_regressor has \(joints) joints") && line.contains(name), "\(line)")
    #expect(line.contains("SMPL_NEUTRAL"))
    #expect(problem { $0["posedirs"] = Tensor([v, 3, 93]) }.contains("STAR"))
  }

  @Test("two bodies, two ways to lie and numbers that are none are refused by name") func ambiguous() {
    #expect(
      problem {
        let template = $0.removeValue(forKey: "v_template")!
        ($0["a.v_template"], $0["b.v_template"]) = (template, template)
      }.contains("behind a. and b."))
    #expect(problem { $0["shapedirs"]!.withMutableElements { $0[3] = .nan } }.contains("shapedirs contains"))
    #expect(problem { $0["f"]!.withMutableElements { $0[3] = .nan } }.contains("f contains"))
    let v = goldenBody.vertexCount
    #expect(problem { $0["shapedirs"] = Tensor([3 * v, 3 * v]) }.contains("may lie in two ways"))
    #expect(problem { $0["posedirs"] = Tensor([206, 3 * v]) }.contains("posedirs has the shape"))
  }
}

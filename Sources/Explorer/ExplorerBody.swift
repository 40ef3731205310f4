import Archives
import Bodies
public import Models
import Tensors

/// A body whose surface a page may contain, so that predictions can be drawn as bodies.
///
/// A page with a body passes that body on: the built-in one may be, others only as far as their licences allow.
public struct ExplorerBody: Sendable {
  /// The name in the header.
  let name: String
  /// The digest by which records name the body.
  let fingerprint: String
  private let model: BodyModel
  private let licence: String

  private init(name: String, fingerprint: String, model: BodyModel, licence: String) {
    (self.name, self.fingerprint, self.model, self.licence) = (name, fingerprint, model, licence)
  }

  /// The built-in body, with a thousand of its vertices where that file is there: as many as a page can turn.
  ///
  /// - Throws: `ArchiveError` or `BodyError` where the files that come with the program cannot be read.
  public static func builtIn() throws -> ExplorerBody {
    let whole = try SMPLBody()
    let file = try Fixtures.path("body_1000.npz")
    let small = try isThere(file) ? SMPLBody(contentsOf: file) : nil
    return ExplorerBody(
      name: "body", fingerprint: whole.source.fingerprint, model: (small ?? whole).model, licence: "CC0")
  }

  /// Another body, as somebody asks who may pass it on.
  public init(passingOn body: SMPLBody) {
    self.init(
      name: "given", fingerprint: body.source.fingerprint, model: body.model,
      licence: "that of \(body.source.name)")
  }

  /// A body's part of the header.
  struct Header: Encodable {
    let vertices: Int
    let licence: String
    /// For every joint the joint that it hangs on; −1 for the first.
    let parents: [Int]
    let template: PackedArray, shapes: PackedArray, bones: PackedArray, weights: PackedArray,
      faces: PackedArray
    /// The joints of the resting body, and for each of their coordinates its offsets by shape, millimetres.
    let rest: [Double], restShapes: [Double]
  }

  /// The part of the header; the arrays become blocks.
  func header(_ blocks: inout PackedBlocks) -> Header {
    let (count, shapes) = (model.vertexCount, BodyModel.shapeCount)
    let stored = model.shapeDirections.shape[2]
    let template = model.template.elements.map { Double($0) * 1000 }
    let directions = model.shapeDirections.withElements { numbers in
      (0..<count * 3).flatMap { row in (0..<shapes).map { Double(numbers[row * stored + $0]) * 1000 } }
    }
    let (bones, weights) = strongest(4)
    let faces = model.faces.flatMap { [Double($0.x), Double($0.y), Double($0.z)] }
    let rest = model.restJoints.elements.map { (Double($0) * 1000).rounded(to: 2) }
    let offsets = model.restJointDirections
    let restShapes = (0..<Joint.count).flatMap { joint in
      (0..<3).flatMap { axis in
        (0..<shapes).map { (Double(offsets[$0, joint, axis]) * 1000).rounded(to: 3) }
      }
    }
    return Header(
      vertices: count, licence: licence, parents: Joint.parents,
      template: blocks.add(template, shape: [1, count, 3], step: 0.5),
      shapes: blocks.add(directions, shape: [1, count, 3 * shapes], step: 0.1),
      bones: blocks.add(bones, shape: [1, count, 4], step: 1, unit: ""),
      weights: blocks.add(weights, shape: [1, count, 4], step: 0.001, unit: ""),
      faces: blocks.add(faces, shape: [1, model.faces.count, 3], step: 1, unit: ""), rest: rest,
      restShapes: restShapes)
  }

  /// The joints that each vertex follows most, and how much of the whole that is.
  private func strongest(_ most: Int) -> (joints: [Double], weights: [Double]) {
    let skinning = model.skinning
    var (joints, weights): ([Double], [Double]) = ([], [])
    for vertex in 0..<model.vertexCount {
      let own = vertex * skinning.joints..<(vertex + 1) * skinning.joints
      let order = own.sorted {
        (skinning.weights[$0], skinning.indices[$1]) > (skinning.weights[$1], skinning.indices[$0])
      }.prefix(most)
      let sum = order.reduce(0.0) { $0 + Double(skinning.weights[$1]) }
      for slot in 0..<most {
        let index = slot < order.count ? order[slot] : nil
        joints.append(index.map { Double(skinning.indices[$0]) } ?? 0)
        weights.append(index.map { Double(skinning.weights[$0]) / sum } ?? 0)
      }
    }
    return (joints, weights)
  }
}

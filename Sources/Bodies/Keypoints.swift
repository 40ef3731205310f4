public import Tensors

/// What takes keypoints of any order from posed bodies.
public struct Keypoints: Sendable {
  /// The vertices that stand for keypoints 24…44 of `smpl45`, on the surface that SMPL and its kin share.
  public static let pickedVertices = [
    332, 6260, 2800, 4071, 583, 3216, 3226, 3387, 6617, 6624, 6787, 2746, 2319, 2445, 2556, 2673, 6191, 5782,
    5905, 6016, 6133,
  ]
  /// What the picked vertices have to follow, so that a body of another surface is not taken for SMPL's.
  private static let pickedParts: [Set<Joint>] =
    Array(repeating: [.head], count: 5) + Array(repeating: [.leftAnkle, .leftFoot], count: 3)
    + Array(repeating: [.rightAnkle, .rightFoot], count: 3)
    + Array(repeating: [.leftWrist, .leftHand], count: 5)
    + Array(repeating: [.rightWrist, .rightHand], count: 5)

  private let vertexCount: Int
  private let picked: [Int]?
  private let extra: Tensor?
  private let evaluation: Tensor?

  /// Prepares what there is for a body.
  ///
  /// - Parameters:
  ///   - picked: The 21 vertices of `smpl45`; nil for SMPL's own, if the body has its surface.
  ///   - extra: `J_regressor_extra`, `[9, V]`, from the file of that name.
  ///   - evaluation: `J_regressor_h36m`, `[17, V]`.
  /// - Throws: a regressor has another shape or holds what is not a number.
  public init(
    for body: BodyModel, picked: [Int]? = nil, extra: (array: Tensor, file: String)? = nil,
    evaluation: (array: Tensor, file: String)? = nil
  ) throws(BodyError) {
    let v = body.vertexCount
    precondition(picked?.allSatisfy { $0 < v } ?? true, "vertices are picked that the body of \(v) lacks")
    vertexCount = v
    let hasSurface =
      v > Self.pickedVertices.max()!
      && zip(Self.pickedVertices, Self.pickedParts).allSatisfy { vertex, parts in
        Joint(rawValue: Int(body.parts[vertex])).map(parts.contains) ?? false
      }
    self.picked = picked ?? (hasSurface ? Self.pickedVertices : nil)
    func checked(
      _ regressor: (array: Tensor, file: String)?, _ name: String, _ rows: Int
    ) throws(BodyError) -> Tensor? {
      guard let regressor else { return nil }
      return try BodyArrays([name: regressor.array], regressor.file).array(name, [rows, v])
    }
    self.extra = try checked(extra, "J_regressor_extra", 9)
    self.evaluation = try checked(evaluation, "J_regressor_h36m", 17)
  }

  /// Why keypoints of a set cannot be taken; nil if they can.
  public func reasonAgainst(_ set: KeypointSet) -> String? {
    switch set {
    case .smpl24: nil
    case .smpl45, .openpose25, .annotated24, .spin49:
      if picked == nil {
        "picks vertices of SMPL's surface, and this body has another; give an SMPL file with --body"
      } else if extra == nil, set == .annotated24 || set == .spin49 {
        "needs J_regressor_extra.npy; give its folder with --joint-regressors"
      } else {
        nil
      }
    case .h36m17, .h36m14:
      evaluation == nil ? "needs J_regressor_h36m.npy; give its folder with --joint-regressors" : nil
    }
  }

  /// The keypoints of bodies, `[N, count, 3]`, metres, in the bodies' axes; nil where ``reasonAgainst(_:)``
  /// has a reason.
  public func positions(_ set: KeypointSet, of bodies: PosedBodies) -> Tensor? {
    guard reasonAgainst(set) == nil else { return nil }
    precondition(
      bodies.vertices.shape[1] == vertexCount,
      "bodies of \(bodies.vertices.shape[1]) vertices, not \(vertexCount)")
    let n = bodies.joints.shape[0]
    let perBody = (0..<n).map { i -> [Point] in
      let vertices = bodies.vertices.rows(i..<i + 1).reshaped([vertexCount, 3])
      let joints = bodies.joints.rows(i..<i + 1).points
      switch set {
      case .smpl24: return joints
      case .smpl45: return joints + surface(vertices)
      case .openpose25:
        let all = joints + surface(vertices)
        return KeypointSet.openpose.map { all[$0] }
      case .annotated24, .spin49:
        let all = joints + surface(vertices) + product(extra!, vertices).points
        let places = (set == .spin49 ? KeypointSet.openpose : []) + KeypointSet.annotated
        return places.map { all[$0] }
      case .h36m17: return product(evaluation!, vertices).points
      case .h36m14:
        let all = product(evaluation!, vertices).points
        return KeypointSet.h36m14.places(in: .h36m17)!.map { all[$0] - all[0] }
      }
    }
    return Tensor([n, set.count, 3], perBody.flatMap { $0.flatMap { [$0.x, $0.y, $0.z] } })
  }

  private func surface(_ vertices: Tensor) -> [Point] {
    picked!.map { Point(vertices[$0, 0], vertices[$0, 1], vertices[$0, 2]) }
  }
}

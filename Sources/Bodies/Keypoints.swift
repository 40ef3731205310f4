public import Tensors

/// Takes the joints of other skeletons from posed SMPL bodies.
public struct Keypoints: Sendable {
  /// The vertices that are the keypoints of `smpl45` after SMPL's own joints, on the surface that SMPL and its kin share.
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
    precondition(
      picked?.allSatisfy { $0 < v } ?? true, "selects vertices that the body of \(v) does not have")
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

  /// Why the joints of a skeleton cannot be taken; nil if they can.
  public func unavailabilityReason(of skeleton: Skeleton) -> String? {
    if skeleton.basis == Skeleton.h36m17.name || skeleton.name == Skeleton.h36m17.name {
      return evaluation == nil ? "needs J_regressor_h36m.npy; give its folder with --joint-regressors" : nil
    }
    if Self.areOwnJoints(skeleton) { return nil }
    let conversion = SkeletonConversion(from: .smpl54, to: skeleton)
    guard conversion.isComplete,
      skeleton.basis == Skeleton.smpl54.name || skeleton.name == Skeleton.smpl54.name
    else { return "cannot be taken from an SMPL body" }
    let last = conversion.indices.compactMap(\.self).max() ?? 0
    if last >= Joint.count, picked == nil {
      return "needs vertices of SMPL's surface, which this body does not have; give an SMPL file with --body"
    }
    if last >= Joint.count + Self.pickedVertices.count, extra == nil {
      return "needs J_regressor_extra.npy; give its folder with --joint-regressors"
    }
    return nil
  }

  /// Whether a skeleton of no basis, such as `common12`, has SMPL's own joints alone.
  private static func areOwnJoints(_ skeleton: Skeleton) -> Bool {
    skeleton.basis == nil && SkeletonConversion(from: .smpl24, to: skeleton).isComplete
  }

  /// The joints of a skeleton of bodies, `[N, joints, 3]`, metres, in the bodies' axes; nil where
  /// ``unavailabilityReason(of:)`` gives a reason.
  public func positions(_ skeleton: Skeleton, of bodies: PosedBodies) -> Tensor? {
    guard unavailabilityReason(of: skeleton) == nil else { return nil }
    precondition(
      bodies.vertices.shape[1] == vertexCount,
      "bodies of \(bodies.vertices.shape[1]) vertices, not \(vertexCount)")
    if Self.areOwnJoints(skeleton) { return SkeletonConversion(from: .smpl24, to: skeleton)(bodies.joints) }
    let isEvaluation = skeleton.basis == Skeleton.h36m17.name || skeleton.name == Skeleton.h36m17.name
    let conversion = SkeletonConversion(from: isEvaluation ? .h36m17 : .smpl54, to: skeleton)
    let n = bodies.joints.shape[0]
    let perBody = (0..<n).map { i -> [Point] in
      let vertices = bodies.vertices.rows(i..<i + 1).reshaped([vertexCount, 3])
      if isEvaluation { return conversion(product(evaluation!, vertices).points) }
      var all = bodies.joints.rows(i..<i + 1).points
      if let picked { all += picked.map { Point(vertices[$0, 0], vertices[$0, 1], vertices[$0, 2]) } }
      if picked != nil, let extra { all += product(extra, vertices).points }
      return conversion(all)
    }
    return Tensor([n, skeleton.count, 3], perBody.flatMap { $0.flatMap { [$0.x, $0.y, $0.z] } })
  }
}

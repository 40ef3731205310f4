import Bodies
import Tensors
import TestSupport
import Testing

@Suite("Keypoints") struct KeypointTests {
  private static func regressors(in folder: String) throws -> [(array: Tensor, file: String)] {
    try ["extra", "h36m"].map {
      (try tensor("array", in: "golden/\(folder)/data/J_regressor_\($0).npy"), "J_regressor_\($0).npy")
    }
  }

  @Test(
    "of the golden networks' bodies agree with the reference, in every order",
    arguments: ["spin", "pare_resnet50_deconv", "pare_resnet50_upsample", "pare_hrnet_w32_conv"])
  func golden(network: String) throws {
    let body = try BodyModel(arrays(in: "body.npz"), from: "body.npz")
    let regressors = try Self.regressors(in: "networks")
    // The reference picked SMPL's vertices although this body has another surface.
    let keypoints = try Keypoints(
      for: body, picked: Keypoints.pickedVertices, extra: regressors[0], evaluation: regressors[1])
    let expected = "golden/networks/expected/\(network).npz"
    let posed = body.posed(
      rotations: try tensor("rotmat", in: expected), betas: try tensor("betas", in: expected))
    for (skeleton, name) in [
      ("smpl24", "joints24"), ("smpl45", "joints45"), ("spin49", "joints49"), ("h36m17", "h36m17"),
      ("h36m14", "joints14"),
    ] {
      let found = try #require(keypoints.positions(.named(skeleton), of: posed))
      expectClose(found, try tensor(name, in: expected), absolute: 1e-5, relative: 0, name)
    }
    let every53 = posed.vertices.points.enumerated().filter { $0.offset % 6890 % 53 == 0 }.map(\.element)
    expectClose(
      Tensor(every53).elements, try tensor("vertices_every53", in: expected).elements, absolute: 1e-5,
      relative: 0)
  }

  @Test("of bodies in the published file layout", arguments: ["neutral", "male"])
  func bodies(gender: String) throws {
    let body = try BodyModel(
      arrays(in: "golden/small/data/smpl/SMPL_\(gender.uppercased()).pkl"), from: gender)
    let keypoints = try Keypoints(
      for: body, picked: Keypoints.pickedVertices.map { $0 % 256 }, extra: Self.regressors(in: "small")[0])
    let golden = "golden/small/expected/body.npz"
    let posed = body.posed(
      rotations: Rotation.matrices(poses: try tensor("pose", in: golden)),
      betas: try tensor("betas", in: golden))
    expectClose(posed.vertices, try tensor("vertices_\(gender)", in: golden), absolute: 3e-6)
    let found = try #require(keypoints.positions(.named("spin49"), of: posed))
    expectClose(found, try tensor("joints49_\(gender)", in: golden), absolute: 3e-6)
  }

  @Test("are equal in every order that contains them") func order() throws {
    let body = try BodyModel(arrays(in: "body.npz"), from: "body.npz")
    let regressors = try Self.regressors(in: "networks")
    let keypoints = try Keypoints(
      for: body, picked: Keypoints.pickedVertices, extra: regressors[0], evaluation: regressors[1])
    let (rotations, betas) = randomPoses(1)
    let posed = body.posed(rotations: rotations, betas: betas)
    for (name, other) in [
      ("smpl24", "smpl45"), ("smpl24", "smpl54"), ("smpl45", "smpl54"), ("openpose25", "smpl45"),
      ("openpose25", "spin49"), ("annotated24", "spin49"), ("spin49", "smpl54"), ("h36m14", "h36m17"),
    ] {
      let (own, theirs) = (try Skeleton.named(name), try Skeleton.named(other))
      let positions = try #require(keypoints.positions(own, of: posed)).points
      let converted = SkeletonConversion(from: theirs, to: own)(
        try #require(keypoints.positions(theirs, of: posed)).points)
      #expect(positions == converted, "\(name) from \(other)")
    }
  }

  @Test("report what they lack") func reasons() throws {
    let own = try Keypoints(for: goldenBody)
    #expect(own.unavailabilityReason(of: .smpl24) == nil)
    #expect(try own.unavailabilityReason(of: .named("smpl45"))?.contains("SMPL's surface") == true)
    #expect(own.unavailabilityReason(of: .h36m17)?.contains("J_regressor_h36m") == true)
    let picking = try Keypoints(for: goldenBody, picked: Array(0..<21))
    #expect(try picking.unavailabilityReason(of: .named("openpose25")) == nil)
    #expect(try picking.unavailabilityReason(of: .named("spin49"))?.contains("J_regressor_extra") == true)
    let (rotations, betas) = randomPoses(1)
    #expect(
      try picking.positions(.named("spin49"), of: goldenBody.posed(rotations: rotations, betas: betas)) == nil
    )
    // The shipped body has as many vertices as SMPL, in another order.
    let shipped = try BodyModel(arrays(in: "body.npz"), from: "body.npz")
    #expect(try Keypoints(for: shipped).unavailabilityReason(of: .named("smpl45")) != nil)
    let error = #expect(throws: BodyError.self) {
      try Keypoints(for: goldenBody, extra: (Tensor([9, 6890]), "J_regressor_extra.npy"))
    }
    #expect(error?.description.hasPrefix("J_regressor_extra.npy: J_regressor_extra has the shape") == true)
  }
}

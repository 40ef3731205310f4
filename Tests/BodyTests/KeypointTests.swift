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
    "of the golden networks' bodies are those of the reference, in every order",
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
    for (set, name) in [
      (KeypointSet.smpl24, "joints24"), (.smpl45, "joints45"), (.spin49, "joints49"), (.h36m17, "h36m17"),
      (.h36m14, "joints14"),
    ] {
      let found = try #require(keypoints.positions(set, of: posed))
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
    let found = try #require(keypoints.positions(.spin49, of: posed))
    expectClose(found, try tensor("joints49_\(gender)", in: golden), absolute: 3e-6)
  }

  @Test("stand in other orders where their places say") func places() throws {
    let body = try BodyModel(arrays(in: "body.npz"), from: "body.npz")
    let regressors = try Self.regressors(in: "networks")
    let keypoints = try Keypoints(
      for: body, picked: Keypoints.pickedVertices, extra: regressors[0], evaluation: regressors[1])
    let (rotations, betas) = randomPoses(1)
    let posed = body.posed(rotations: rotations, betas: betas)
    var pairs = 0
    for set in KeypointSet.allCases {
      #expect(set.places(in: set) == Array(0..<set.count) && Set(set.names).count == set.count)
      for (place, other) in set.mirror.enumerated() { #expect(set.mirror[other] == place) }
      let own = try #require(keypoints.positions(set, of: posed)).points
      for other in KeypointSet.allCases where other != set {
        guard let places = set.places(in: other) else { continue }
        pairs += 1
        #expect(places.count == set.count)
        let theirs = try #require(keypoints.positions(other, of: posed)).points
        // The evaluation joints of annotated sets are other points of the body.
        if set == .h36m14, other != .h36m17 { continue }
        let origin = set == .h36m14 ? theirs[0] : Point()
        for (place, point) in zip(places, own) { #expect(theirs[place] - origin == point) }
      }
    }
    #expect(pairs == 7)
    #expect(KeypointSet.openpose25.places(in: .h36m17) == nil)
    let annotated = KeypointSet.annotated24.names
    #expect(
      KeypointSet.h36m14.places(in: .annotated24)!.map { annotated[$0] }
        == KeypointSet.h36m14.names.dropLast(4).map {
          $0.hasSuffix("hip") ? $0 + "_lsp" : $0
        } + ["left_elbow", "left_wrist", "neck_lsp", "head_h36m"])
  }

  @Test("say what they lack") func reasons() throws {
    let own = try Keypoints(for: goldenBody)
    #expect(own.reasonAgainst(.smpl24) == nil)
    #expect(own.reasonAgainst(.smpl45)?.contains("SMPL's surface") == true)
    #expect(own.reasonAgainst(.h36m17)?.contains("J_regressor_h36m") == true)
    let picking = try Keypoints(for: goldenBody, picked: Array(0..<21))
    #expect(picking.reasonAgainst(.openpose25) == nil)
    #expect(picking.reasonAgainst(.spin49)?.contains("J_regressor_extra") == true)
    let (rotations, betas) = randomPoses(1)
    #expect(picking.positions(.spin49, of: goldenBody.posed(rotations: rotations, betas: betas)) == nil)
    // The shipped body has as many vertices as SMPL, in another order.
    let shipped = try BodyModel(arrays(in: "body.npz"), from: "body.npz")
    #expect(try Keypoints(for: shipped).reasonAgainst(.smpl45) != nil)
    let error = #expect(throws: BodyError.self) {
      try Keypoints(for: goldenBody, extra: (Tensor([9, 6890]), "J_regressor_extra.npy"))
    }
    #expect(error?.description.hasPrefix("J_regressor_extra.npy: J_regressor_extra has the shape") == true)
  }
}

import Bodies
import Models
import Networks
import Pictures
import TestSupport
import Tensors
import Testing

@Suite("SMPL models") struct SMPLModelTests {
  static let occlusions =
    [
      Occlusion(), Occlusion(size: 71, fill: .value(0.5)),
      Occlusion(size: 50, shape: .rectangle(aspect: 1.6), fill: .colour(red: 0, green: 0, blue: 0)),
      Occlusion(size: 60, shape: .disc, fill: .colour(red: 255, green: 128, blue: 3)),
      Occlusion(size: 33, shape: .disc), Occlusion(size: 224),
    ] + OccluderSamples.fills.map { Occlusion(size: 60, fill: $0) }
    + [
      Occlusion(size: 60, shape: OccluderSamples.mask),
      Occlusion(size: 90, shape: OccluderSamples.mask, fill: .blur(12)),
      Occlusion(size: 60, shape: .disc, fill: .noise(3)),
    ]

  /// Centred grids are clipped on two sides, lists on all four, a region on none.
  static let rules = [
    PositionRule(stride: 56), PositionRule(.corner, stride: 60),
    PositionRule(stride: 16, region: [20, 20, 20, 20]),
    PositionRule(list: [[1, 2], [63, 30], [30, 63.5], [31.4, 30.2], [20, 60], [1, 2]]),
  ]

  @Test(
    "planned predictions are within 0.01 mm of those of whole passes, at every shape, fill and position",
    arguments: [Architecture.Head.Kind.pooled, .partAttention], [Regressor.Convolutions.direct, .winograd])
  func planned(head: Architecture.Head.Kind, convolutions: Regressor.Convolutions) throws {
    let model = try SmallNetworks.model(head, convolutions)
    for occlusion in Self.occlusions {
      let whole = try model.prepare(SmallNetworks.picture, box: nil, occlusion: occlusion)
      for rule in Self.rules {
        let positions = try #require(rule.positions(of: occlusion, in: whole.frame))
        let windows = (0..<positions.count).map { positions[$0].window }
        let planned = try whole.planned(for: positions, batch: 3, attention: false)
        #expect(planned.frame == whole.frame)
        let (found, expected) = (try planned.predict(at: windows), try whole.predict(at: windows))
        let label = "\(occlusion.name), \(rule)"
        expectClose(found.joints, expected.joints, absolute: 1e-5, relative: 0, label)
        expectClose(found.body!.rotations, expected.body!.rotations, absolute: 1e-5, relative: 0, label)
        expectClose(found.camera!, expected.camera!, absolute: 1e-5, relative: 1e-5, label)
        for window in windows {
          let cost = planned.cost(of: window)
          #expect(cost.share > 0 && cost.share <= 1 && cost.shapeClass < planned.shapeClasses)
        }
      }
    }
  }

  @Test("planned predictions with attention give that of whole passes") func plannedAttention() throws {
    let model = try SmallNetworks.model(.partAttention)
    let whole = try model.prepare(SmallNetworks.picture, box: nil, occlusion: Occlusion())
    let positions = PositionRule(stride: 56).positions(of: Occlusion(), in: whole.frame)!
    let windows = (0..<positions.count).map { positions[$0].window }
    let planned = try whole.planned(for: positions, batch: 5, attention: true)
    let (found, expected) = (
      try planned.predict(at: windows, attention: true), try whole.predict(at: windows, attention: true)
    )
    expectClose(try #require(found.attention), try #require(expected.attention), absolute: 1e-5, relative: 0)
    #expect(try whole.predict(at: windows).attention == nil)
  }

  @Test("windows that were not planned, and the unoccluded image, are whole passes, to the bit")
  func unplanned() throws {
    let model = try SmallNetworks.model(.pooled)
    let whole = try model.prepare(SmallNetworks.picture, box: nil, occlusion: Occlusion())
    let positions = PositionRule(.corner, stride: 60).positions(of: Occlusion(), in: whole.frame)!
    let planned = try whole.planned(for: positions, batch: 4, attention: false)
    let other = window(y: 13, x: 5, size: 11, side: 64)
    for windows in [[nil], [other], [nil, positions[0].window, other]] as [[Window?]] {
      #expect(try planned.predict(at: windows).joints == whole.predict(at: windows).joints)
    }
    #expect(planned.cost(of: other).share == 1)
  }

  @Test(
    "the unoccluded prediction is the network's own, to the bit",
    arguments: [Architecture.Head.Kind.pooled, .partAttention])
  func clean(head: Architecture.Head.Kind) throws {
    let model = try SmallNetworks.model(head)
    let crop = SmallNetworks.picture.normalised()
    let expected = try SmallNetworks.regressor(head).estimate(
      crop.reshaped([1] + crop.shape), withAttention: true)
    let found = try model.prepare(SmallNetworks.picture, box: nil, occlusion: Occlusion())
      .predict(at: [nil], attention: true)
    #expect(found.body!.rotations == expected.rotations && found.body!.betas == expected.betas)
    #expect(found.camera == expected.camera && found.attention == expected.attention)
    #expect(
      found.joints
        == SmallNetworks.body.model.joints(rotations: expected.rotations, betas: expected.betas))
    #expect(model.outputs.contains(.attention) == (expected.attention != nil))
    #expect(model.outputs.isSuperset(of: [.body, .camera]) && model.skeleton == .smpl24)
  }

  @Test("an occluder predicts what its pixels in the picture predict, to the bit") func painted() throws {
    let model = try SmallNetworks.model(.partAttention)
    let occlusion = Occlusion(size: 56, fill: .colour(red: 10, green: 0, blue: 250))
    let window = window(y: -5, x: 40, size: 16, side: 64)
    var painted = SmallNetworks.picture
    for y in window.y.pixels { for x in window.x.pixels { painted[x, y] = (10, 0, 250) } }
    let occluded = try model.prepare(SmallNetworks.picture, box: nil, occlusion: occlusion)
      .predict(at: [window])
    let expected = try model.prepare(painted, box: nil, occlusion: occlusion).predict(at: [nil])
    #expect(occluded.joints == expected.joints && occluded.camera == expected.camera)
    // A rectangle as high as wide is the square.
    let square = Occlusion(size: 56, shape: .rectangle(aspect: 1), fill: occlusion.fill)
    let same = try model.prepare(SmallNetworks.picture, box: nil, occlusion: square).predict(at: [window])
    #expect(same.joints == occluded.joints)
  }

  @Test("a patch of the picture's own colour changes joints by less than 0.01 mm")
  func nothingHidden() throws {
    let model = try SmallNetworks.model(.pooled)
    let gray = Picture(width: 64, height: 64, red: 7, green: 70, blue: 170)
    let prepared = try model.prepare(
      gray, box: nil, occlusion: Occlusion(fill: .colour(red: 7, green: 70, blue: 170)))
    let positions = PositionRule(stride: 56).positions(of: Occlusion(), in: prepared.frame)!
    let found = try prepared.planned(for: positions, batch: 16, attention: false)
      .predict(at: (0..<positions.count).map { positions[$0].window })
    let clean = try prepared.predict(at: [nil]).joints
    for index in 0..<positions.count {
      expectClose(found.joints.rows(index..<index + 1), clean, absolute: 1e-5, relative: 0)
    }
    // Whole passes of one crop are one arithmetic on one input.
    #expect(try prepared.predict(at: [positions[5].window]).joints == clean)
  }

  // MARK: Joints

  @Test("joints of a skeleton are SMPL's, Human3.6M's by its regressor, or counterparts") func joints() throws
  {
    let small = "golden/small/data"
    let body = try SMPLBody(
      contentsOf: fixture("\(small)/smpl/SMPL_NEUTRAL.npz"), regressors: fixture(small))
    let model = try SmallNetworks.model(.pooled, body: body)
    let found = try model.prepare(SmallNetworks.picture, box: nil, occlusion: Occlusion())
      .predict(at: [nil, window(y: 20, x: 20, size: 20, side: 64)])
    #expect(try model.joints(.smpl24, of: found) == found.joints)
    let parameters = try #require(found.body)
    #expect(
      try model.joints(.h36m14, of: found)
        == body.evaluationJoints?.positions(rotations: parameters.rotations, betas: parameters.betas))
    let common = try model.joints(.common12, of: found)
    #expect(common.shape == [2, 12, 3])
    for (joint, name) in Skeleton.common12.joints.enumerated() {
      let own = Skeleton.smpl24.index(of: name)!
      for n in 0..<2 { #expect(common[n, joint, 1] == found.joints[n, own, 1]) }
    }
    let error = #expect(throws: ModelError.self) { try model.joints(.named("coco17"), of: found) }
    #expect(error?.kind == .badData)
    #expect(
      error?.description.contains("small: ") == true && error?.description.contains("nose, left_eye") == true)
    #expect(body.source.name == "SMPL_NEUTRAL.npz")
  }

  @Test("without Human3.6M's regressor, its joints are refused in one line") func noRegressor() throws {
    let model = try SmallNetworks.model(.pooled)
    let found = try model.prepare(SmallNetworks.picture, box: nil, occlusion: Occlusion()).predict(at: [nil])
    let error = #expect(throws: ModelError.self) { try model.joints(.h36m14, of: found) }
    #expect(error?.description.contains("body_1000.npz") == true)
    #expect(error?.description.contains("--joint-regressors") == true)
  }

  @Test("a model of other joints converts them by name, and names those it lacks") func converted() throws {
    let model = DummyModel()
    let prepared = try model.prepare(DummyModel.picture(), box: nil, occlusion: Occlusion())
    let found = try prepared.predict(at: [nil])
    let feet = try Skeleton(name: "feet", joints: ["right_foot", "left_foot"])
    #expect(
      try model.joints(feet, of: found).points == [DummyModel.restingJoints[4], DummyModel.restingJoints[3]])
    let error = #expect(throws: ModelError.self) { try model.joints(.smpl24, of: found) }
    #expect(error?.description.contains("lack pelvis, left_hip") == true)
  }

  // MARK: What a model says of itself

  @Test("the fingerprint follows weights and precision, not the algorithm of convolutions") func identity()
    throws
  {
    let model = try SmallNetworks.model(.pooled)
    #expect(model.identity.label == "small" && model.identity.name == "small.safetensors")
    #expect(model.identity.kind == "pooled")
    #expect(try SmallNetworks.model(.partAttention).identity.kind == "part attention")
    #expect(try SmallNetworks.model(.pooled, .winograd).identity == model.identity)
    #expect(try SmallNetworks.model(.pooled, seed: 10).identity.fingerprint != model.identity.fingerprint)
    #expect(try SmallNetworks.model(.partAttention).identity.fingerprint != model.identity.fingerprint)
    if Regressor.Convolutions.bfloat16.isSupported {
      let other = try SmallNetworks.model(.pooled, .bfloat16)
      #expect(other.identity.fingerprint == model.identity.fingerprint + "-bfloat16")
    }
    #expect(model.arithmetic?.convolutions == "direct")
    #expect(try SmallNetworks.model(.pooled, .winograd).arithmetic?.convolutions == "winograd")
  }

  @Test("the plain model has direct convolutions, and joints within 0.01 mm") func plain() throws {
    #expect(try SmallNetworks.model(.pooled).plain == nil)
    let fast = try SmallNetworks.model(.partAttention, .winograd)
    let plain = try #require(fast.plain)
    #expect(
      plain.plain == nil && plain.identity == fast.identity && plain.arithmetic?.convolutions == "direct")
    let window = window(y: 20, x: 20, size: 20, side: 64)
    func joints(_ model: any PoseModel) throws -> Tensor {
      try model.prepare(SmallNetworks.picture, box: nil, occlusion: Occlusion()).predict(at: [window]).joints
    }
    expectClose(try joints(fast), try joints(plain), absolute: 1e-5, relative: 0)
    #expect(try joints(plain) == joints(SmallNetworks.model(.partAttention)))
  }

  @Test("the batch is the largest that fits into the memory, and grows with it") func batch() throws {
    let model = try SmallNetworks.model(.pooled, .winograd)
    for workers in [1, 2] {
      for batch in [1, 2, 4, 8, 12, 16] {
        let bytes = model.memory(batch: batch, workers: workers)
        #expect(model.batch(within: bytes, workers: workers) == batch)
        #expect(model.memory(batch: batch + 1, workers: workers) > bytes)
      }
      let least = model.memory(batch: 1, workers: workers)
      #expect(model.batch(within: least - 1, workers: workers) == nil)
      #expect(model.batch(within: 1e15, workers: workers) == 16)
    }
    #expect(model.memory(batch: 4, workers: 2) > model.memory(batch: 4, workers: 1))
  }

  @Test("the crop is that of the network's published code, unless another is given") func crop() throws {
    let full = LoadedNetwork(
      label: "pare", name: "pare",
      regressor: try .random(
        Architecture(
          side: 224, backbone: .resNet(block: .basic, blocks: [1, 1, 1, 1], width: 8, lastStride: nil),
          head: .partAttention(.init(branch: .init(depth: 1, width: 8), shapeWidth: 8))), seed: 1))
    #expect(full.cropMethod == .pare && SMPLModel(full, body: SmallNetworks.body).cropName == "pare")
    #expect(try SmallNetworks.model(.partAttention).crop == .spin)
    let demo = try SmallNetworks.model(.pooled, crop: .demo)
    #expect(demo.cropName == "demo")
    let picture = DummyModel.picture(width: 90, height: 120)
    let box = Box(x: 10, y: 10, width: 70, height: 90)
    let found = try demo.prepare(picture, box: box, occlusion: Occlusion())
    #expect(try found.frame == PictureFrame(side: 64, of: picture, box: box, by: .demo))
    let crop = try picture.networkInput(around: box, side: 64, by: .demo)
    #expect(
      try found.predict(at: [nil]).camera
        == SmallNetworks.regressor(.pooled).estimate(crop.reshaped([1, 64, 64, 3])).camera)
  }

  @Test("built-in networks have names, kinds and fingerprints of their own") func builtIn() throws {
    let networks = try ["gap-small", "attention-small"].map { try LoadedNetwork(label: "x", source: $0) }
    #expect(
      networks.map(\.name) == ["gap-small", "attention-small"]
        && networks.map(\.kind) == ["pooled", "part attention"])
    // As records of version 0.1.0 carry them.
    #expect(networks[0].regressor.fingerprint == "00f31ece2f416f19")
    #expect(networks[1].regressor.fingerprint != networks[0].regressor.fingerprint)
    let file = try LoadedNetwork(label: "y", source: fixture("networks/gap-small.safetensors"))
    #expect(
      file.name == "gap-small.safetensors" && file.regressor.fingerprint == networks[0].regressor.fingerprint)
  }
}

@Suite("Predictions") struct PredictionsTests {
  @Test("stacked parts are laid end to end; what some lack, all lack") func stacking() {
    func part(_ n: Int, camera: Bool, attention: Bool) -> Predictions {
      Predictions(
        joints: Tensor([n, 5, 3], repeating: Float(n)),
        body: (Tensor([n, 24, 3, 3], repeating: Float(n)), Tensor([n, 10], repeating: Float(n))),
        camera: camera ? Tensor([n, 3], repeating: Float(n)) : nil,
        attention: attention ? Tensor([n, 2, 2, 5], repeating: Float(n)) : nil)
    }
    let all = Predictions(stacking: [
      part(1, camera: true, attention: true), part(2, camera: true, attention: false),
    ])
    #expect(all.count == 3 && all.attention == nil && all.confidence == nil)
    #expect(all.joints.shape == [3, 5, 3] && all.joints[0, 0, 0] == 1 && all.joints[2, 4, 2] == 2)
    #expect(all.camera?.elements == [1, 1, 1, 2, 2, 2, 2, 2, 2])
    #expect(all.body?.rotations.shape == [3, 24, 3, 3] && all.body?.betas.shape == [3, 10])
  }
}

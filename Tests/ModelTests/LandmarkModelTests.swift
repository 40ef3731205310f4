import Archives
import Bodies
import Foundation
import Models
import Networks
import Pictures
import TestSupport
import Tensors
import Testing

/// The crops of `Fixtures/golden/blazepose.npz` and what LiteRT computes for them.
enum BlazePoseReference {
  static let pictures = [
    "people/person-1.png", "people/person-2.png", "people/person-3.png", "astronaut.png",
  ]
  static let side = 256

  static func archive() throws -> Archive { try Archive(contentsOf: fixture("golden/blazepose.npz")) }

  /// Squares of the repository's pictures, some mirrored.
  static func crops() throws -> [Picture] {
    let table = try archive().tensor("crops")
    let pictures = try pictures.map { try Picture(contentsOf: fixture($0)) }
    return (0..<table.shape[0]).map { row in
      let entry = (0..<4).map { Int(table[row, $0]) }
      let from = pictures[entry[0]]
      var crop = Picture(width: side, height: side, red: 0, green: 0, blue: 0)
      for y in 0..<side {
        for x in 0..<side { crop[entry[3] == 1 ? side - 1 - x : x, y] = from[entry[1] + x, entry[2] + y] }
      }
      return crop
    }
  }

  static func logistic(_ x: Float) -> Float { 1 / (1 + exp(-x)) }
}

@Suite("BlazePose") struct LandmarkModelTests {
  static let file = Result { try NetworkFile(contentsOf: LoadedNetwork.path(of: LandmarkModel.name)) }
  static func network() throws -> LandmarkNetwork { try file.get().landmarkNetwork() }
  static let ways = [Regressor.Convolutions.direct, .winograd].filter(\.isSupported)

  // MARK: Numbers

  @Test("landmarks, visibility and presence are those of its own file by LiteRT", arguments: ways)
  func reference(_ convolutions: Regressor.Convolutions) throws {
    let expected = try BlazePoseReference.archive()
    let crops = try BlazePoseReference.crops()
    #expect(crops.count == 10)
    let input = Tensor(stacking: crops.map { $0.normalised().reshaped([1, 256, 256, 3]) })
    let found = try Self.network().with(convolutions).estimate(input)
    // Sums in another order move landmarks: LiteRT's own kernels are up to 3e-5 m and 5e-3 pixels apart, and ours from
    // them 1e-5 m (AVX-512) to 3e-5 m (AVX2).
    expectClose(found.world, try expected.tensor("world"), absolute: 1e-4, relative: 0, "metres")
    let screen = try expected.tensor("screen")
    expectClose(found.screen, screen, absolute: 2e-2, relative: 0, "pixels, visibility, presence")
    let sure = found.screen.elements.enumerated().filter { $0.offset % 5 > 2 }
      .map { BlazePoseReference.logistic($0.element) }
    let expectedSure = screen.elements.enumerated().filter { $0.offset % 5 > 2 }
      .map { BlazePoseReference.logistic($0.element) }
    expectClose(sure, expectedSure, absolute: 1e-4, relative: 0, "after a logistic function")
    expectClose(
      found.presence.elements.map(BlazePoseReference.logistic), try expected.tensor("presence").elements,
      absolute: 1e-4, relative: 0, "presence of a person")
    // People of several sizes and nobody are among them.
    let metres = try expected.tensor("world").elements
    #expect(screen.elements.max()! > 200 && metres.map(abs).max()! > 0.5)
    if ProcessInfo.processInfo.environment["GOLDEN_MULTIPLES"] != nil {
      func off(_ a: Tensor, _ b: Tensor) -> Float { zip(a.elements, b.elements).map { abs($0 - $1) }.max()! }
      print(
        "blazepose \(convolutions): \(off(found.world, try expected.tensor("world"))) m,",
        off(found.screen, screen), "pixels")
    }
  }

  @Test("as a model: joints in metres, a camera, how sure it is; nothing where nobody is") func predictions()
    throws
  {
    let model = try LandmarkModel(label: "b", source: LandmarkModel.name)
    let expected = try BlazePoseReference.archive()
    let (world, screen) = (try expected.tensor("world"), try expected.tensor("screen"))
    let presence = try expected.tensor("presence").elements
    let crops = try BlazePoseReference.crops()
    let found = try model.predictions(on: crops.map { ($0, nil) })
    #expect(found.joints.shape == [10, 33, 3] && found.body == nil && found.attention == nil)
    #expect(presence.count { $0 < LandmarkModel.leastPresence } == 1)
    let (camera, confidence) = (try #require(found.camera), try #require(found.confidence))
    for (row, presence) in presence.enumerated() {
      let joints = found.joints.rows(row..<row + 1).elements
      guard presence >= LandmarkModel.leastPresence else {
        #expect(joints.allSatisfy(\.isNaN) && confidence.rows(row..<row + 1).elements.allSatisfy(\.isNaN))
        #expect(camera.rows(row..<row + 1).elements.allSatisfy { $0.isNaN })
        continue
      }
      expectClose(joints, world.rows(row..<row + 1).elements.prefix(99), absolute: 1e-4, relative: 0)
      // The camera brings landmarks near their places in the crop: within a tenth of its side.
      let seen = WeakPerspectiveCamera(
        scale: camera[row, 0], tx: camera[row, 1], ty: camera[row, 2])
      for joint in 0..<33 {
        let visibility = BlazePoseReference.logistic(screen[row, joint, 3])
        #expect(abs(confidence[row, joint] - visibility) < 1e-4)
        let place = seen.pixel(
          of: Point(world[row, joint, 0], world[row, joint, 1], 0), side: BlazePoseReference.side)
        let off = place - SIMD2(screen[row, joint, 0], screen[row, joint, 1])
        #expect((off * off).sum().squareRoot() < 40, "\(row), \(model.skeleton.joints[joint])")
      }
    }
    // A picture of the crop's side passes unchanged, alone as well.
    let alone = try model.prepare(crops[0], box: nil, occlusion: Occlusion()).predict(at: [nil])
    expectClose(alone.joints, found.joints.rows(0..<1), absolute: 1e-6, relative: 0)
  }

  @Test("a gray picture has nobody in it: no number is one") func nobody() throws {
    let model = try LandmarkModel(label: "b", source: LandmarkModel.name)
    let gray = Picture(width: 256, height: 256, red: 128, green: 128, blue: 128)
    let found = try model.prepare(gray, box: nil, occlusion: Occlusion()).predict(at: [nil, nil])
    #expect(found.joints.shape == [2, 33, 3] && found.joints.elements.allSatisfy(\.isNaN))
    #expect(found.camera?.elements.allSatisfy(\.isNaN) == true)
    #expect(found.confidence?.elements.allSatisfy(\.isNaN) == true)
  }

  @Test("shares of colours undo the normalisation of pictures, to the bit") func colours() {
    let layer = ColourShares()
    #expect(layer.run([Tensor([1, 1, 1, 3])], []).result.elements == Picture.meanColour)
    let ones = Tensor([1, 1, 1, 3], repeating: 1)
    let slopes = layer.backward(ones, Step(inputs: [ones], weights: [], result: ones, saved: []))
    #expect(slopes.inputs[0].elements == Picture.colourDeviation)
    let picture = DummyModel.picture()
    let shares = layer.run([picture.normalised().reshaped([1, 32, 32, 3])], []).result
    expectClose(shares.elements, picture.pixels.map { Float($0) / 255 }, absolute: 2e-7, relative: 0)
  }

  // MARK: Incremental inference

  static let spans = [0..<16, 30..<46, 100..<141, 117..<133, 240..<256, 255..<256]

  @Test(
    "with patches gives what whole passes give, and computes again only what they change", arguments: ways)
  func incremental(_ convolutions: Regressor.Convolutions) throws {
    let network = try Self.network().with(convolutions)
    let crop = try BlazePoseReference.crops()[0].normalised()
    for batch in [1, 5] {
      let windows = PatchWindows(rows: Self.spans, columns: Self.spans.reversed())
      let inference = try network.incrementalInference(on: crop, windows: windows, batch: batch)
      let positions = windows.positions.enumerated().filter { $0.offset % (batch == 1 ? 7 : 3) == 0 }
        .map(\.element)
      let found = Landmarks(try inference.run(positions).results)
      for (index, position) in positions.enumerated() {
        let whole = try network.estimate(
          windows.patch(position, value: 0).pasted(on: crop).reshaped([1, 256, 256, 3]))
        let label = "\(convolutions), rows \(windows.rows[position.row]), \(windows.columns[position.column])"
        // The last digits of a matrix product depend on how many rows it has; no number of these is above 300.
        expectClose(found.world.rows(index..<index + 1), whole.world, absolute: 2e-6, relative: 0, label)
        expectClose(found.screen.rows(index..<index + 1), whole.screen, absolute: 1e-3, relative: 0, label)
        expectClose(
          found.presence.elements[index...index], whole.presence.elements, absolute: 1e-4, relative: 0, label)
        let share = inference.share(row: position.row, column: position.column)
        #expect(share > 0 && share < 1, "\(label): \(share)")
      }
      #expect(found.world.rows(0..<1) != found.world.rows(1..<2))
    }
    let small = try network.incrementalInference(
      on: crop, windows: PatchWindows(rows: [120..<136], columns: [120..<136]))
    let large = try network.incrementalInference(
      on: crop, windows: PatchWindows(rows: [60..<196], columns: [60..<196]))
    let (a, b) = (small.share(row: 0, column: 0), large.share(row: 0, column: 0))
    #expect(a < 0.6 && a < b && b <= 1)
  }

  @Test("planned predictions of the model are those of whole passes", arguments: ways)
  func planned(_ convolutions: Regressor.Convolutions) throws {
    let model = try LandmarkModel(label: "b", source: LandmarkModel.name, convolutions: convolutions)
    let picture = try Picture(contentsOf: fixture("people/person-1.png"))
    let box = Box(x: 110, y: 40, width: 170, height: 320)
    for occlusion in [
      Occlusion(), Occlusion(size: 60, shape: .disc, fill: .colour(red: 255, green: 128, blue: 3)),
    ] {
      let whole = try model.prepare(picture, box: box, occlusion: occlusion)
      let positions = try #require(
        PositionRule(list: [[150, 90], [190, 138], [230, 180]]).positions(of: occlusion, in: whole.frame))
      let windows = (0..<positions.count).map { positions[$0].window }
      let planned = try whole.planned(for: positions, batch: 2, attention: false)
      let (found, expected) = (try planned.predict(at: windows), try whole.predict(at: windows))
      #expect(expected.joints.isFinite, "somebody is there")
      expectClose(found.joints, expected.joints, absolute: 2e-6, relative: 0)
      expectClose(found.camera!, expected.camera!, absolute: 1e-5, relative: 1e-5)
      expectClose(found.confidence!, expected.confidence!, absolute: 1e-5, relative: 0)
      #expect(windows.allSatisfy { planned.cost(of: $0).share < 1 })
    }
  }

  // MARK: What the model says of itself

  @Test("names, outputs, crop and occluder") func description() throws {
    let model = try LandmarkModel(label: "mine", source: LandmarkModel.name)
    #expect(model.identity.label == "mine" && model.identity.name == "blazepose")
    #expect(model.identity.kind == "landmarks" && model.skeleton == .blazepose33)
    #expect(model.outputs == [.camera, .confidence] && model.cropName == "blazepose" && model.side == 256)
    #expect(model.plain == nil && model.arithmetic?.convolutions == "direct")
    let file = try LandmarkModel(
      label: "f", source: fixture("networks/blazepose.safetensors"), crop: .spin, convolutions: .winograd)
    #expect(file.identity.name == "blazepose.safetensors" && file.cropName == "spin")
    #expect(file.identity.fingerprint == model.identity.fingerprint)
    let plain = try #require(file.plain)
    #expect(plain.cropName == "spin" && plain.identity == file.identity && plain.plain == nil)
    #expect(file.forOneSweep.arithmetic?.convolutions == "winograd")

    // The person's box takes 0.8 of the crop's side, and the occluder is as large beside the person as in other crops.
    let picture = DummyModel.picture(width: 300, height: 280)
    let frame = try model.prepare(
      picture, box: Box(x: 60, y: 50, width: 120, height: 100), occlusion: Occlusion()
    ).frame
    #expect(frame.boxShare == 0.8 && frame.side == 256)
    #expect((frame.x, frame.y) == (45, 25) && (frame.width, frame.height) == (150, 150))
    #expect(Occlusion(size: 40).extent(in: frame) == (37, 37))
    #expect(Occlusion(size: 224).extent(in: frame).width == 205)
    let whole = try model.prepare(picture, box: nil, occlusion: Occlusion()).frame
    #expect(whole.boxShare == 1 && Occlusion(size: 40).extent(in: whole) == (46, 46))
  }

  @Test("the batch is the largest that fits into the memory", arguments: ways)
  func memory(_ convolutions: Regressor.Convolutions) throws {
    let model = try LandmarkModel(label: "b", source: LandmarkModel.name, convolutions: convolutions)
    for batch in [1, 4, 16] {
      let bytes = model.memory(batch: batch, workers: 2)
      #expect(model.batch(within: bytes, workers: 2) == batch)
    }
    #expect(model.batch(within: model.memory(batch: 1, workers: 2) - 1, workers: 2) == nil)
    #expect(model.memory(batch: 1, workers: 1) < 1e9)
  }

  @Test("a camera is fitted exactly where there is one, and as least squares say elsewhere") func camera() {
    var random = SeededGenerator(seed: 5)
    for camera in [
      WeakPerspectiveCamera(scale: 0.9, tx: 0.1, ty: -0.2), .init(scale: 0.4, tx: 0, ty: 0),
      .init(scale: 2.5, tx: -0.3, ty: 0.25),
    ] {
      // Without depth the equivalent far camera is the weak one.
      let points = (0..<33).map { _ in
        SIMD3<Float>(random.uniform(-0.6...0.6), random.uniform(-0.9...0.9), 0)
      }
      let places = points.map { camera.pixel(of: $0, side: 256) }
      let found = WeakPerspectiveCamera(fitting: points, to: places, side: 256)
      expectClose(
        [found.scale, found.tx, found.ty], [camera.scale, camera.tx, camera.ty], absolute: 2e-6,
        relative: 2e-6)
      // Depth has no part in it.
      let deep = points.map { $0 + SIMD3(0, 0, 3) }
      #expect(WeakPerspectiveCamera(fitting: deep, to: places, side: 256) == found)
      // Moved away from it, no camera is nearer.
      let blurred = places.map { $0 + SIMD2(random.uniform(-9...9), random.uniform(-9...9)) }
      let best = WeakPerspectiveCamera(fitting: points, to: blurred, side: 256)
      func distance(_ camera: WeakPerspectiveCamera) -> Float {
        zip(points, blurred).reduce(0) { sum, pair in
          let off = camera.pixel(of: pair.0, side: 256) - pair.1
          return sum + (off * off).sum()
        }
      }
      for step in [-0.02, 0.02] as [Float] {
        var (a, b, c) = (best, best, best)
        a.scale += step
        b.tx += step
        c.ty += step
        for other in [a, b, c] { #expect(distance(other) > distance(best)) }
      }
    }
    // Points in one place, or mirrored ones, have no camera: it is far away, and a number.
    let one = WeakPerspectiveCamera(
      fitting: [SIMD3<Float>](repeating: .zero, count: 33), to: .init(repeating: SIMD2(64, 128), count: 33),
      side: 256)
    #expect(one.scale > 0 && [one.scale, one.tx, one.ty].allSatisfy(\.isFinite))
  }

  // MARK: Files

  @Test("its file is of a network of landmarks, and of no body") func kind() throws {
    let file = try Self.file.get()
    #expect(file.kind == .landmarks && file.checkpoint == nil && file.guesses.isEmpty)
    for error in [
      #expect(throws: ModelError.self) { _ = try file.architecture() },
      #expect(throws: ModelError.self) { _ = try file.regressor() },
      #expect(throws: ModelError.self) { _ = try LoadedNetwork(label: "x", source: LandmarkModel.name) },
    ] {
      #expect(error?.kind == .badData)
      #expect(error?.description.contains("blazepose.safetensors: holds BlazePose") == true)
    }
    #expect(try NetworkFile(contentsOf: fixture("networks/gap.safetensors")).kind == .body)
    #expect(LoadedNetwork.standard == ["blazepose", "gap", "attention"])
    #expect(LoadedNetwork.builtIn.starts(with: LoadedNetwork.standard))
  }

  @Test("a file that lacks a tensor, or has one of another shape or of no number, is refused by its name")
  func damaged() throws {
    let weights = try Self.file.get().weights()
    for name in ["stem.weight", "blocks.7.depthwise.weight", "landmarks.world.bias"] {
      for damage in [nil, Tensor([1]), weights.tensors[name]!.map { _ in .nan }] as [Tensor?] {
        var other = weights
        other.tensors[name] = damage
        let error = #expect(throws: WeightError.self) { try LandmarkNetwork(other) }
        #expect(error.map { "\($0)".contains(name) && "\($0)".contains("blazepose.safetensors") } == true)
      }
    }
  }
}

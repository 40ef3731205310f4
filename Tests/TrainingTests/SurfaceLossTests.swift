import Archives
import Bodies
import Networks
import Rendering
import Tensors
import TestSupport
import Testing
import Training

@Suite("Skin in UV space, in training") struct SurfaceLossTests {
  static let renderer = Result { try SmallRenderer.withSkin(.training) }
  private static let side = 64

  private static func people() throws -> (people: [RenderedSample], layout: SurfaceLayout) {
    let renderer = try renderer.get()
    return (
      renderer.people(0..<2, seed: 3, side: side, with: [.surface, .covered]),
      try #require(renderer.surfaceLayout)
    )
  }

  /// Maps that are right, but for noise.
  private static func maps(
    _ people: [RenderedSample], _ layout: SurfaceLayout, noise: Float
  ) -> Losses.SurfaceMaps {
    var random = SeededGenerator(seed: 4)
    let area = layout.side * layout.side
    func draw() -> Float { noise * random.normal() }
    var seen = [Float](repeating: 0, count: people.count * area * 4)
    var filled = [Float](repeating: 0, count: people.count * area * 3)
    for (n, person) in people.enumerated() {
      for (index, pixel) in layout.pixels.enumerated() {
        let at = n * area + pixel
        for axis in 0..<3 {
          seen[4 * at + axis] = person.surface!.points[index][axis] + draw()
          filled[3 * at + axis] = person.surface!.points[index][axis] + draw()
        }
        seen[4 * at + 3] = (person.surface!.isSeen[index] ? 12 : -12) + 60 * draw()
      }
    }
    let joints = people.flatMap { person in
      person.joints.flatMap { joint in (0..<3).map { joint[$0] - person.joints[0][$0] + draw() } }
    }
    return Losses.SurfaceMaps(
      saliency: Tensor([people.count, 8, 8, 1], (0..<people.count * 64).map { _ in 3 * draw() }),
      seen: Tensor([people.count, layout.side, layout.side, 4], seen),
      filled: Tensor([people.count, layout.side, layout.side, 3], filled),
      joints: Tensor([people.count, 24, 3], joints))
  }

  @Test("the truth has no loss but where cells are covered in part, and noise has one of every kind")
  func truth() throws {
    let (people, layout) = try Self.people()
    func terms(_ noise: Float) -> Losses.Terms {
      Losses().surface(
        Self.maps(people, layout, noise: noise), people: people, layout: layout, side: Self.side
      ).terms
    }
    let (right, wrong) = (terms(0), terms(0.1))
    for path: KeyPath<Losses.Terms, Float> in [
      \.seenSurface, \.partialSurface, \.filledSurface, \.smoothness, \.surfaceJoints,
    ] {
      #expect(right[keyPath: path] < 1e-3 && wrong[keyPath: path] > 10 * right[keyPath: path])
    }
    #expect(wrong.smoothness > 1 && wrong.surfaceJoints > 1 && right.saliency > 0)
    #expect(wrong.total == wrong.values.reduce(0, +) && wrong.parts == 0)
  }

  @Test("gradients are the slopes of finite differences") func gradients() throws {
    let (people, layout) = try Self.people()
    var maps = Self.maps(people, layout, noise: 0.3)
    func loss() -> (terms: Losses.Terms, gradients: Losses.SurfaceMaps) {
      Losses().surface(maps, people: people, layout: layout, side: Self.side)
    }
    let gradients = loss().gradients
    var random = SeededGenerator(seed: 9)
    for path: WritableKeyPath<Losses.SurfaceMaps, Tensor> in [\.saliency, \.seen, \.filled, \.joints] {
      let gradient = gradients[keyPath: path]
      let largest = gradient.elements.map(abs).max()!
      let known = gradient.elements.indices.filter { gradient.elements[$0] != 0 }
      #expect(known.count > 50)
      var agreeing = 0
      for _ in 0..<24 {
        let at = known[random.integer(below: known.count)]
        let step: Float = 0.02
        func moved(_ by: Float) -> Double {
          maps[keyPath: path].withMutableElements { $0[at] += by }
          return loss().terms.values.reduce(0) { $0 + Double($1) }
        }
        let slope = Float((moved(step) - moved(-2 * step)) / Double(2 * step))
        _ = moved(step)
        if abs(slope - gradient.elements[at]) < 0.02 * largest + 1e-3 { agreeing += 1 }
      }
      // An absolute difference has a kink at the truth, which a step may pass.
      #expect(agreeing >= 19, "\(agreeing) of 24")
    }
  }

  private static func recipe() -> Recipe {
    var recipe = Recipe.blazePose(for: .uv, frozen: .all)
    recipe.architecture.head = .uv(hidden: 16, width: 8)
    (recipe.pictures, recipe.batch, recipe.warmup, recipe.seed) = (4, 2, 1, 5)
    return recipe
  }

  @Test("a run learns, is resumed with the same bits, and makes a network whose joints follow from its skin")
  func run() throws {
    try withTemporaryFolder { folder in
      func start(_ name: String) throws -> TrainingRun {
        try TrainingRun(
          Trainer(Self.recipe(), renderer: Self.renderer.get(), start: BlazePoseTrainerTests.start.get()),
          path: "\(folder)/\(name).safetensors")
      }
      var whole = try start("whole")
      let before = whole.trainer.result.tensors
      #expect(try whole.run(workers: 1) { _, loss in loss.isFinite })
      var first = try start("parted")
      #expect(try first.run(workers: 2) { pictures, _ in pictures < 2 } == false)
      var second = try start("parted")
      #expect(second.trainer.step == 1)
      #expect(try second.run(workers: 2) { _, _ in true })
      let after = second.trainer.result.tensors
      #expect(after == whole.trainer.result.tensors)
      for name in ["head.encoder.0.0.weight", "head.inpainting.last.weight", "head.pose_mlp.weight"] {
        #expect(after[name] != before[name], "\(name)")
      }
      let layout = try #require(Self.renderer.get().surfaceLayout)
      #expect(after["head.joint_regressor"] == layout.jointRegressor)
      #expect(after["head.inside"]?.elements == layout.charts.map { $0 > 0 ? 1 : 0 })

      try second.writeNetwork()
      let archive = try Archive(contentsOf: "\(folder)/parted.safetensors")
      let network = try Regressor(
        Weights(archive.tensors(), metadata: archive.metadata, source: "parted"))
      #expect(network.head == .uv && network.architecture == Self.recipe().architecture)
      let answer = try network.estimate(Tensor([1, 256, 256, 3]), withAttention: true)
      let surface = try #require(answer.surface), joints = try #require(answer.joints)
      #expect(
        surface.joined.shape == [1, 64, 64, 7] && joints.shape == [1, 24, 3] && answer.attention == nil)
      for joint in [0, 4, 15, 22] {
        var sum = Point.zero
        for (index, pixel) in surface.filled.points.enumerated() {
          sum += pixel * Float(Float16(layout.jointRegressor[joint, index]))
        }
        for axis in 0..<3 { #expect(abs(sum[axis] - joints[0, joint, axis]) < 1e-4) }
      }
      for pixel in 0..<64 * 64 where layout.charts[pixel] == 0 {
        #expect(surface.partial[0, pixel / 64, pixel % 64, 3] == 0)
      }
    }
  }

  @Test("another body has no layout, other backbones no such head, and moved pictures no truth")
  func refusals()
    throws
  {
    let error = #expect(throws: TrainingError.self) {
      try Trainer(Self.recipe(), renderer: SmallRenderer.make(), start: BlazePoseTrainerTests.start.get())
    }
    #expect(error.map { "\($0)".contains("--body") } == true)
    #expect(Recipe.standard(for: .uv).validationIssue(hasStart: false)?.key == "backbone")
    var recipe = Self.recipe()
    #expect(recipe.validationIssue(hasStart: true) == nil)
    recipe.augmentation.flip = true
    #expect(recipe.validationIssue(hasStart: true)?.key == "augmentation")
  }
}

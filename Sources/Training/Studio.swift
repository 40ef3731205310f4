public import Bodies
public import Pictures
public import Tensors

/// Renders people whose shape, pose and joints are known.
///
/// Every picture is decided by the seed and its index alone: on one machine it is the same, bit for bit, in
/// whatever range and on whatever thread it is asked for. Works on the calling thread; callers share ranges among workers,
/// best in multiples of `Studio.block` that start at one.
public struct Studio: Sendable {
  /// Pictures are posed this many at a time; a range that cuts a block poses it all the same.
  public static let block = 32

  /// Panoramas, by name, that no network learns from: one outdoors, one indoors.
  public static let heldOutPanoramas = ["sunset", "interior"]
  /// Panoramas, by name, that networks learn from.
  public static let trainingPanoramas = ["city", "courtyard", "forest", "night", "studio", "sunrise"]

  /// The body that everybody has, in a shape of their own.
  public let body: BodyModel
  /// How often what happens.
  public let settings: Settings

  /// The mean body's limbs as cylinders.
  package let cylinders: BodyCylinders

  let panoramas: [Panorama]
  let poses: StudioPoses
  /// The mean body at rest: its joints, its vertices, and what its vertices are made of.
  let rest: [Point]
  let template: [Point]
  let regions: [UInt8]
  /// Where the shirt ends, metres up.
  let waist: Float
  let faceParts: [UInt8]
  /// Where the faces lie on the body at rest.
  let restingFaces: [Point]

  /// A studio with a body, recorded poses `[P, 72]` (axis-angle, without heading; P may be 0) and at least one
  /// equirectangular panorama.
  public init(body: BodyModel, poses: Tensor, panoramas: [Picture], settings: Settings = Settings()) {
    precondition(!panoramas.isEmpty, "a studio needs a panorama")
    precondition(
      poses.shape.count == 2 && poses.shape[1] == 72, "\(poses.shape) are not recorded poses [P, 72]")
    self.body = body
    self.settings = settings
    self.panoramas = panoramas.map(Panorama.init)
    let identity = Tensor([Matrix3](repeating: .identity, count: 24)).reshaped([1, 24, 3, 3])
    let resting = body.posed(rotations: identity, betas: Tensor([1, BodyModel.shapeCount]))
    rest = resting.joints.points
    template = resting.vertices.points
    cylinders = BodyCylinders(joints: rest, vertices: template)
    regions = body.regions ?? body.parts.map(Self.region(ofPart:))
    let trousers = zip(template, regions).filter { $0.1 == BodyRegion.trousers.rawValue }
    waist = trousers.map(\.0.y).max() ?? rest[Joint.spine1.rawValue].y
    faceParts = Rasterizer.faceParts(body.faces, vertexParts: body.parts)
    restingFaces = Self.restingFaces(template, body.faces)
    let vectors = poses.reshaped([poses.shape[0] * 24, 3]).points
    self.poses = StudioPoses(
      recorded: (0..<poses.shape[0]).map { Array(vectors[$0 * 24..<$0 * 24 + 24]) },
      skeleton: StudioSkeleton(rest: rest))
  }

  /// What a body without regions wears: trousers, shoes and a shirt by part, skin elsewhere.
  private static func region(ofPart part: UInt8) -> UInt8 {
    let region: BodyRegion =
      switch part {
      case 0, 1, 2, 4, 5: .trousers
      case 7, 8, 10, 11: .shoes
      case 3, 6, 9, 13, 14, 16, 17: .shirt
      default: .skin
      }
    return region.rawValue
  }

  /// The pictures of the given indices, `side` pixels wide and high.
  ///
  /// - Parameters:
  ///   - indices: which pictures of the endless row that the seed stands for; not negative.
  ///   - seed: which row.
  ///   - side: the side of the crop in pixels.
  ///   - margin: pixels that are drawn beside, above and below the crop as well; cameras and 2D joints are then
  ///     those of the larger picture.
  public func people(_ indices: Range<Int>, seed: UInt64, side: Int, margin: Int = 0) -> [RenderedPerson] {
    people(indices, seed: seed, side: side, margin: margin, with: [])
  }

  /// What of a picture is worked out on request only.
  package struct Extras: OptionSet, Sendable {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }
    /// What point of the skin every pixel shows, ``RenderedPerson/surface``.
    package static let surface = Extras(rawValue: 1)
    /// Which pixels something in front of the person covers, ``RenderedPerson/covered``.
    package static let covered = Extras(rawValue: 2)
  }

  /// The same, with more on request.
  package func people(
    _ indices: Range<Int>, seed: UInt64, side: Int, margin: Int = 0, with extras: Extras
  ) -> [RenderedPerson] {
    precondition(
      indices.lowerBound >= 0 && side > 0 && margin >= 0, "pictures \(indices) of \(side) pixels")
    guard !indices.isEmpty else { return [] }
    let painter = StudioPainter(self, side: side + 2 * margin)
    let rasterizers = (person: Rasterizer(), others: Rasterizer())
    var people: [RenderedPerson] = []
    people.reserveCapacity(indices.count)
    for block in indices.lowerBound / Self.block...(indices.upperBound - 1) / Self.block {
      let all = block * Self.block..<(block + 1) * Self.block
      let plans = all.map { plan($0, seed: seed, side: side).widened(by: margin, side: side) }
      // The last digits of a matrix product depend on its size: blocks are always posed as a whole.
      let vertices = posed(plans.flatMap { [$0.person, $0.behind, $0.inFront].compactMap(\.self) })
      vertices.withElements { vertices in
        var next = vertices.baseAddress!
        for (index, plan) in zip(all, plans) {
          let count = 1 + (plan.behind == nil ? 0 : 1) + (plan.inFront == nil ? 0 : 1)
          if indices.contains(index) {
            people.append(render(plan, next, painter, rasterizers, with: extras))
          }
          next += count * body.vertexCount * 3
        }
      }
    }
    return people
  }

  private func posed(_ figures: [StudioFigure]) -> Tensor {
    let rotations = Tensor(figures.flatMap(\.rotations)).reshaped([figures.count, 24, 3, 3])
    let betas = Tensor([figures.count, BodyModel.shapeCount], figures.flatMap(\.betas))
    return body.posed(rotations: rotations, betas: betas).vertices
  }

  /// Draws from the back to the front: surroundings, who stands behind, the person, who and what is in front.
  ///
  /// `vertices` are those of the person, then of the one behind and of the one in front, if there are such.
  private func render(
    _ plan: StudioPlan, _ vertices: UnsafePointer<Float>, _ painter: StudioPainter,
    _ rasterizers: (person: Rasterizer, others: Rasterizer), with extras: Extras
  ) -> RenderedPerson {
    let side = painter.side
    var other = vertices + body.vertexCount * 3
    panoramas[plan.panorama].view(plan.view, slope: plan.slope, side: side, into: painter.colours)
    plan.estrangement?.apply(
      to: painter.colours, cover: painter.cover, side: side, panoramas: panoramas, level: plan.level)
    painter.cover.update(repeating: 0, count: side * side)
    if let behind = plan.behind {
      painter.draw(behind, other, plan: plan, with: rasterizers.others)
      other += body.vertexCount * 3
    }
    painter.draw(plan.person, vertices, plan: plan, with: rasterizers.person)
    if let inFront = plan.inFront {
      painter.draw(inFront, other, plan: plan, with: rasterizers.others, covers: true)
    }
    for object in plan.objects {
      object.draw(
        over: painter.colours, covering: painter.cover, side: side, panoramas: panoramas, level: plan.level)
    }
    let picture = plan.sensor.expose(painter.colours, spare: painter.spare, side: side)

    let person = plan.person
    let joints2D = plan.joints.map { person.camera.project($0, side: side) }
    let depth = person.camera.translation(side: side).z
    let samples = zip(plan.joints, joints2D).map { joint, place in
      Point((place.x + 1) * Float(side), (place.y + 1) * Float(side), joint.z + depth)
    }
    let visibility = Visibility.ofJoints(
      samples, in: rasterizers.person, samplesPerMetre: person.camera.scale * Float(side),
      faceParts: faceParts
    ) { column, row in painter.cover[row / 2 * side + column / 2] > 0.5 }
    let parts = partLabels(rasterizers.person, side: side)
    var rendered = RenderedPerson(
      picture: picture, parts: parts, rotations: Tensor(person.rotations),
      pose: person.pose.flatMap { [$0.x, $0.y, $0.z] }, betas: person.betas, camera: person.camera,
      joints: plan.joints, joints2D: joints2D, visibility: visibility,
      occluders: plan.objects.count + (plan.inFront == nil ? 0 : 1),
      coverage: Float(parts.count { $0 > 0 }) / Float(parts.count), panorama: plan.panorama)
    if extras.contains(.covered) { rendered.covered = (0..<side * side).map { painter.cover[$0] > 0.5 } }
    if extras.contains(.surface) {
      let hips = (plan.joints[1].z + plan.joints[2].z) / 2
      rendered.surface = surface(
        rasterizers.person, parts: parts, vertices: vertices, origin: hips, side: side)
    }
    return rendered
  }

  /// Per pixel the label of most of its four samples, if at least two of them show the person.
  private func partLabels(_ rasterizer: Rasterizer, side: Int) -> [UInt8] {
    let triangles = rasterizer.triangles
    return [UInt8](unsafeUninitializedCapacity: side * side) { labels, count in
      count = side * side
      for row in 0..<side {
        for column in 0..<side {
          var found = SIMD4<UInt8>.zero
          for sample in 0..<4 {
            let triangle = triangles[(2 * row + sample >> 1) * 2 * side + 2 * column + sample & 1]
            if triangle >= 0 { found[sample] = faceParts[Int(triangle)] + 1 }
          }
          labels[row * side + column] = Self.mostFrequent(found)
        }
      }
    }
  }

  private static func mostFrequent(_ found: SIMD4<UInt8>) -> UInt8 {
    if found == .zero { return 0 }
    var best: UInt8 = 0
    var most = 0
    var drawn = 0
    for i in 0..<4 where found[i] > 0 {
      drawn += 1
      var votes = 0
      for j in 0..<4 where found[j] == found[i] { votes += 1 }
      if votes > most { (best, most) = (found[i], votes) }
    }
    return drawn >= 2 ? best : 0
  }
}

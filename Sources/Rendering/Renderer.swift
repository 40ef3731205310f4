public import Bodies
public import Pictures
public import Tensors

/// Renders pictures of people with ground truth: pose, shape, joints, part labels and visibility.
///
/// The seed and a picture's index determine the picture: on one machine it is the same, bit for bit, in any range
/// and on any thread. Works on the calling thread; callers split ranges among workers, best at multiples of
/// ``block``.
public struct Renderer: Sendable {
  /// Pictures are posed this many at a time; a range that cuts a block poses the whole block.
  public static let block = 32

  /// Names of the panoramas that no network is trained on: one outdoors, one indoors.
  public static let heldOutPanoramas = ["sunset", "interior"]
  /// Names of the panoramas that networks are trained on.
  public static let trainingPanoramas = ["city", "courtyard", "forest", "night", "studio", "sunrise"]

  /// The body model; every person has a shape of their own.
  public let body: BodyModel
  /// How often occluders, other people, truncation and domain randomisation occur.
  public let settings: Settings

  /// The limbs of the mean body as cylinders.
  package let cylinders: BodyCylinders

  /// The body's skin in UV space; nil for bodies that none is known of.
  package let surfaceLayout: SurfaceLayout?

  let panoramas: [Panorama]
  let poses: PoseSampler
  /// The mean body at rest: its joints, its vertices, and the region of each vertex.
  let rest: [Point]
  let template: [Point]
  let regions: [UInt8]
  /// Height of the shirt's lower edge, metres.
  let waist: Float
  let faceParts: [UInt8]
  /// The centre of each face on the body at rest, -1…1 in the body's box.
  let restingFaces: [Point]

  /// A renderer with a body, recorded poses `[P, 72]` (axis-angle in radians, without heading; P may be 0) and at
  /// least one equirectangular panorama.
  public init(
    body: BodyModel, poses: Tensor, panoramas: [Picture], settings: Settings = Settings(),
    surfaceLayout: SurfaceLayout? = nil
  ) {
    precondition(!panoramas.isEmpty, "a renderer needs a panorama")
    precondition(
      poses.shape.count == 2 && poses.shape[1] == 72, "\(poses.shape) are not recorded poses [P, 72]")
    self.body = body
    self.settings = settings
    self.surfaceLayout = surfaceLayout
    self.panoramas = panoramas.map(Panorama.init)
    let identity = Tensor([Matrix3](repeating: .identity, count: Joint.count)).reshaped([
      1, Joint.count, 3, 3,
    ])
    let resting = body.posed(rotations: identity, betas: Tensor([1, BodyModel.shapeCount]))
    rest = resting.joints.points
    template = resting.vertices.points
    cylinders = BodyCylinders(joints: rest, vertices: template)
    regions = body.regions ?? body.parts.map(Self.region(ofPart:))
    let trousers = zip(template, regions).filter { $0.1 == BodyRegion.trousers.rawValue }
    waist = trousers.map(\.0.y).max() ?? rest[Joint.spine1.rawValue].y
    faceParts = Rasterizer.faceParts(body.faces, vertexParts: body.parts)
    restingFaces = Self.restingFaces(template, body.faces)
    let vectors = poses.reshaped([poses.shape[0] * Joint.count, 3]).points
    self.poses = PoseSampler(
      recorded: (0..<poses.shape[0]).map {
        Array(vectors[$0 * Joint.count..<$0 * Joint.count + Joint.count])
      },
      limbs: LimbCapsules(rest: rest))
  }

  /// The region of a part, for bodies without regions: trousers, shoes and shirt by part, skin elsewhere.
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

  /// Renders the pictures of the given indices, `side` pixels wide and high.
  ///
  /// - Parameters:
  ///   - indices: which pictures of the seed's unlimited sequence; not negative.
  ///   - seed: which sequence.
  ///   - side: the side of the crop in pixels.
  ///   - margin: pixels that are rendered on each side of the crop as well; cameras and 2D joints are then those of
  ///     the larger picture.
  public func people(_ indices: Range<Int>, seed: UInt64, side: Int, margin: Int = 0) -> [RenderedSample] {
    people(indices, seed: seed, side: side, margin: margin, with: [])
  }

  /// Ground truth that is computed on request only.
  package struct Extras: OptionSet, Sendable {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }
    /// The surface point that each pixel shows, ``RenderedSample/denseCorrespondence``.
    package static let denseCorrespondence = Extras(rawValue: 1)
    /// Which pixels an occluder in front of the person covers, ``RenderedSample/covered``.
    package static let covered = Extras(rawValue: 2)
    /// The points of the skin, ``RenderedSample/surface``; the renderer must have a layout.
    package static let surface = Extras(rawValue: 4)
  }

  /// The same, with further ground truth on request.
  package func people(
    _ indices: Range<Int>, seed: UInt64, side: Int, margin: Int = 0, with extras: Extras
  ) -> [RenderedSample] {
    precondition(
      indices.lowerBound >= 0 && side > 0 && margin >= 0, "pictures \(indices) of \(side) pixels")
    guard !indices.isEmpty else { return [] }
    let canvas = Drawing(self, side: side + 2 * margin)
    var people: [RenderedSample] = []
    people.reserveCapacity(indices.count)
    for block in indices.lowerBound / Self.block...(indices.upperBound - 1) / Self.block {
      let all = block * Self.block..<(block + 1) * Self.block
      let scenes = all.map { scene($0, seed: seed, side: side).widened(by: margin, side: side) }
      // The last digits of a matrix product depend on its size: blocks are always posed as a whole.
      people += render(scenes, canvas, with: extras) { indices.contains(all.lowerBound + $0) }
    }
    return people
  }

  /// Renders a clip: one person who moves as recorded people did, 30 frames a second, all else as it is in the middle frame.
  ///
  /// The crop is the same in all frames, and has the person in each; what is in front stays where it is.
  ///
  /// - Parameter index: which clip of the seed's unlimited sequence; not negative.
  public func clip(
    _ index: Int, frames: Int, motions: Motions, seed: UInt64, side: Int
  ) -> [RenderedSample] {
    clip(index, frames: frames, motions: motions, seed: seed, side: side, only: nil, with: [])
  }

  /// Some frames of a clip, the same as in the whole of it, which need not be in memory at once.
  ///
  /// - Parameter numbers: those of the frames, from 0.
  public func clip(
    _ index: Int, frames: Int, motions: Motions, seed: UInt64, side: Int, only numbers: Range<Int>
  ) -> [RenderedSample] {
    clip(index, frames: frames, motions: motions, seed: seed, side: side, only: numbers, with: [])
  }

  /// The same, or all frames, with further ground truth on request.
  private func clip(
    _ index: Int, frames: Int, motions: Motions, seed: UInt64, side: Int, only: Range<Int>?,
    with extras: Extras
  ) -> [RenderedSample] {
    precondition(index >= 0 && frames > 0 && side > 0, "clip \(index) of \(frames) frames of \(side) pixels")
    let scenes = scenes(ofClip: index, frames: frames, motions: motions, seed: seed, side: side)
    return render(scenes, Drawing(self, side: side), with: extras) { only?.contains($0) ?? true }
  }

  /// As many frames of a clip as are posed at once without much memory.
  public static let mostFrames = 300

  /// The people of some numbers, or, where they move, the middle frames of their clips.
  package func people(
    _ numbers: Range<Int>, moving: (motions: Motions, frames: Int)?, seed: UInt64, side: Int,
    with extras: Extras = []
  ) -> [RenderedSample] {
    guard let (motions, frames) = moving else {
      return people(numbers, seed: seed, side: side, with: extras)
    }
    return numbers.flatMap {
      clip(
        $0, frames: frames, motions: motions, seed: seed, side: side, only: frames / 2..<frames / 2 + 1,
        with: extras)
    }
  }

  /// What pictures of one size are drawn with.
  private struct Drawing {
    let painter: PersonRenderer
    let rasterizers = (person: Rasterizer(), others: Rasterizer())

    init(_ renderer: Renderer, side: Int) { painter = PersonRenderer(renderer, side: side) }
  }

  /// Poses the people of all scenes together, and renders those that are wanted.
  private func render(
    _ scenes: [Scene], _ canvas: Drawing, with extras: Extras = [], where isWanted: (_ index: Int) -> Bool
  ) -> [RenderedSample] {
    let vertices = posed(scenes.flatMap { [$0.person, $0.behind, $0.inFront].compactMap(\.self) })
    var people: [RenderedSample] = []
    vertices.withElements { vertices in
      var next = vertices.baseAddress!
      for (index, scene) in scenes.enumerated() {
        let count = 1 + (scene.behind == nil ? 0 : 1) + (scene.inFront == nil ? 0 : 1)
        if isWanted(index) {
          people.append(render(scene, next, canvas.painter, canvas.rasterizers, with: extras))
        }
        next += count * body.vertexCount * 3
      }
    }
    return people
  }

  private func posed(_ people: [Person]) -> Tensor {
    let rotations = Tensor(people.flatMap(\.rotations)).reshaped([people.count, Joint.count, 3, 3])
    let betas = Tensor([people.count, BodyModel.shapeCount], people.flatMap(\.betas))
    return body.posed(rotations: rotations, betas: betas).vertices
  }

  /// Draws from back to front: surroundings, the person behind, the person, the person and objects in front.
  ///
  /// `vertices` are those of the person, then of the person behind and the person in front, where present.
  private func render(
    _ scene: Scene, _ vertices: UnsafePointer<Float>, _ painter: PersonRenderer,
    _ rasterizers: (person: Rasterizer, others: Rasterizer), with extras: Extras
  ) -> RenderedSample {
    let side = painter.side
    var other = vertices + body.vertexCount * 3
    panoramas[scene.panorama].view(scene.view, slope: scene.slope, side: side, into: painter.colours)
    scene.randomization?.apply(
      to: painter.colours, cover: painter.cover, side: side, panoramas: panoramas, level: scene.level)
    painter.cover.update(repeating: 0, count: side * side)
    if let behind = scene.behind {
      painter.draw(behind, other, scene: scene, with: rasterizers.others)
      other += body.vertexCount * 3
    }
    painter.draw(scene.person, vertices, scene: scene, with: rasterizers.person)
    if let inFront = scene.inFront {
      painter.draw(inFront, other, scene: scene, with: rasterizers.others, covers: true)
    }
    for object in scene.objects {
      object.draw(
        over: painter.colours, covering: painter.cover, side: side, panoramas: panoramas, level: scene.level)
    }
    let picture = scene.cameraNoise.expose(painter.colours, spare: painter.spare, side: side)

    let person = scene.person
    let joints2D = scene.joints.map { person.camera.project($0, side: side) }
    let depth = person.camera.translation(side: side).z
    let samples = zip(scene.joints, joints2D).map { joint, position in
      Point((position.x + 1) * Float(side), (position.y + 1) * Float(side), joint.z + depth)
    }
    let visibility = Visibility.ofJoints(
      samples, in: rasterizers.person, samplesPerMetre: person.camera.scale * Float(side),
      faceParts: faceParts
    ) { column, row in painter.cover[row / 2 * side + column / 2] > 0.5 }
    let parts = partLabels(rasterizers.person, side: side)
    var sample = RenderedSample(
      picture: picture, parts: parts, rotations: Tensor(person.rotations),
      pose: person.pose.flatMap { [$0.x, $0.y, $0.z] }, betas: person.betas, camera: person.camera,
      joints: scene.joints, joints2D: joints2D, visibility: visibility,
      occluders: scene.objects.count + (scene.inFront == nil ? 0 : 1),
      coverage: Float(parts.count { $0 > 0 }) / Float(parts.count), panorama: scene.panorama)
    if extras.contains(.covered) { sample.covered = (0..<side * side).map { painter.cover[$0] > 0.5 } }
    if extras.contains(.surface), let surfaceLayout {
      sample.surface = SurfaceTruth(
        surfaceLayout, of: vertices, person.camera, pelvis: scene.joints[0], in: rasterizers.person,
        side: side
      ) { painter.cover[$0] > 0.5 }
    }
    if extras.contains(.denseCorrespondence) {
      let hips = (scene.joints[1].z + scene.joints[2].z) / 2
      sample.denseCorrespondence = denseCorrespondence(
        rasterizers.person, parts: parts, vertices: vertices, origin: hips, side: side)
    }
    return sample
  }

  /// Per pixel the most frequent label of its four samples, if at least two of them show the person.
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

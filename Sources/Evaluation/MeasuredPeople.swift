import Bodies
import Models
import Pictures
import Rendering
import Tensors

/// The rendered people and textures that networks are measured on.
struct MeasuredPeople: Sendable {
  /// The body of all people.
  let body: SMPLBody
  /// On whom networks are measured, and with which patches.
  let settings: OcclusionRobustness.Settings
  /// The folder of poses and panoramas.
  let fixtures: String
  /// People without occluders (or all behind objects, by the settings), and people behind objects and others, before
  /// held-out panoramas.
  private let clean: Renderer, occluded: Renderer
  /// How people move, and in how many frames, where they do.
  private let moving: (motions: Motions, frames: Int)?
  /// What textured patches are cut from: panoramas that are behind nobody here.
  private let textures: [Picture]

  /// Prepares the renderers.
  ///
  /// - Parameter fixtures: the project's folder `Fixtures`.
  /// - Throws: `ArchiveError` or `PictureError` when a file cannot be read.
  init(
    _ body: SMPLBody, _ settings: OcclusionRobustness.Settings, fixtures: String
  ) throws {
    (self.body, self.settings) = (body, settings)
    self.fixtures = fixtures
    clean = try BuiltInRenderer.load(
      .heldOut, body: body.model, settings: settings.behindObjects ? .behindObjects : .unoccluded,
      from: fixtures)
    occluded = try BuiltInRenderer.load(.heldOut, body: body.model, settings: .occluded, from: fixtures)
    moving = try settings.frames.map { (try BuiltInRenderer.motions(from: fixtures), $0) }
    textures = try BuiltInRenderer.panoramas(.training, from: fixtures)
  }

  /// The people of some numbers, or the middle frames of their clips.
  func people(_ range: Range<Int>, for condition: Condition, side: Int) -> [RenderedSample] {
    renderer(for: condition).people(
      range, moving: moving, seed: UInt64(settings.seed), side: side, with: .covered)
  }

  /// What a network sees of a person: the clip, or the picture alone.
  func clip(of person: RenderedSample, _ number: Int, for condition: Condition, side: Int) -> Clip {
    guard let (motions, frames) = moving else {
      return Clip(frames: [person.picture], name: "\(number)")
    }
    let clip = renderer(for: condition).clip(
      number, frames: frames, motions: motions, seed: UInt64(settings.seed), side: side)
    return Clip(frames: clip.map(\.picture), name: "\(number)")
  }

  private func renderer(for condition: Condition) -> Renderer { condition == .objects ? occluded : clean }

  /// The patch of one person, `[size, size, 3]`, normalised: a square of a panorama, drawn once for each size.
  ///
  /// The square is a tenth to a third of the panorama's height, for any size of the patch.
  func texture(of person: Int, patch: Int, size: Int) -> Tensor {
    var random = SeededGenerator(seed: UInt64(settings.seed) ^ UInt64(patch) << 32, stream: UInt64(person))
    let panorama = textures[random.integer(below: textures.count)]
    let side = Int(random.uniform(0.1...0.33) * Float(panorama.height))
    let square = panorama.square(of: side, using: &random).resized(width: size, height: size)
    return square.normalised()
  }
}

extension RenderedSample {
  /// The person as occlusion statistics need it, rendered with ``Renderer/Extras/covered``.
  var annotatedCrop: AnnotatedCrop {
    let side = Float(picture.width)
    return AnnotatedCrop(
      crop: picture.normalised(), parts: zip(parts, covered).map { $1 ? 0 : $0 }, joints: joints,
      positions: joints2D.map { ($0 + 1) * (side / 2) }, visibility: visibility)
  }
}

import Archives
import Bodies
import Pictures
import Rendering
import Tensors
import TestSupport
import Testing

@Suite("Clips of moving people") struct ClipTests {
  private static let side = 64
  private static func motions() throws -> Motions { try BuiltInRenderer.motions(from: fixture("")) }

  @Test("the same clip for a seed and an index, frame for frame, and another for others") func same() throws {
    let renderer = try SmallRenderer.make()
    let motions = try Self.motions()
    func clip(_ index: Int, seed: UInt64 = 3) -> [RenderedSample] {
      renderer.clip(index, frames: 4, motions: motions, seed: seed, side: Self.side)
    }
    let first = clip(2)
    #expect(first.count == 4)
    for (a, b) in zip(first, clip(2)) { #expect(a.picture == b.picture && a.pose == b.pose) }
    #expect(clip(1)[0].picture != first[0].picture && clip(2, seed: 4)[0].picture != first[0].picture)
  }

  @Test("people move little from frame to frame and far over a clip, and stay in the crop") func motion()
    throws
  {
    let renderer = try SmallRenderer.make(.unoccluded)
    let motions = try Self.motions()
    var (moved, still) = (0, 0)
    for index in 0..<6 {
      let clip = renderer.clip(index, frames: 27, motions: motions, seed: 5, side: Self.side)
      #expect(Set(clip.map(\.betas)).count == 1)
      for frame in clip {
        for (joint, position) in zip(frame.joints, frame.joints2D) {
          #expect(max(abs(position.x), abs(position.y)) < 1)
          let projected = frame.camera.project(joint, side: Self.side)
          #expect(abs(projected.x - position.x) < 1e-5 && abs(projected.y - position.y) < 1e-5)
        }
        #expect(frame.coverage > 0.01)
      }
      func places(_ frame: RenderedSample) -> [Point] {
        let way = frame.camera.translation(side: Self.side)
        return frame.joints.map { $0 + way }
      }
      func largest(_ a: RenderedSample, _ b: RenderedSample) -> Float {
        zip(places(a), places(b)).map { (($0 - $1) * ($0 - $1)).sum().squareRoot() }.max()!
      }
      // A hand in a punch makes ten metres a second.
      for (a, b) in zip(clip, clip.dropFirst()) { #expect(largest(a, b) < 0.5) }
      if largest(clip[0], clip[26]) > 0.15 { moved += 1 } else { still += 1 }
    }
    #expect(moved >= 3, "\(moved) of \(moved + still) move")
  }

  @Test("all but the person stays as it is, what is in front of the person too") func surroundings() throws {
    var settings = Renderer.Settings()
    (settings.objectChance, settings.otherInFrontChance, settings.truncationChance) = (1, 0, 0)
    let renderer = try SmallRenderer.make(settings)
    let clip = renderer.clip(1, frames: 12, motions: try Self.motions(), seed: 6, side: Self.side)
    let (first, last) = (clip[0], clip[11])
    var (same, all) = (0, 0)
    for pixel in 0..<Self.side * Self.side where first.parts[pixel] == 0 && last.parts[pixel] == 0 {
      all += 1
      if (0..<3).allSatisfy({ first.picture.pixels[3 * pixel + $0] == last.picture.pixels[3 * pixel + $0] }) {
        same += 1
      }
    }
    // Edges of the person are soft, and a camera may blur.
    #expect(all > 1000 && Float(same) > 0.9 * Float(all), "\(same) of \(all)")
    #expect(Set(clip.map(\.occluders)).count == 1 && first.occluders > 0)
  }

  @Test("some frames are those of the whole clip, and no others are rendered") func part() throws {
    let (renderer, motions) = (try SmallRenderer.make(.unoccluded), try Self.motions())
    let clip = renderer.clip(1, frames: 9, motions: motions, seed: 6, side: Self.side)
    let part = renderer.clip(1, frames: 9, motions: motions, seed: 6, side: Self.side, only: 4..<6)
    #expect(part.map(\.picture) == clip[4..<6].map(\.picture) && part.map(\.pose) == clip[4..<6].map(\.pose))
  }

  @Test("a take that is too short stands still at its end") func short() {
    let frames = 3
    let poses = Tensor([frames, 72], (0..<frames * 72).map { Float($0 / 72) * 0.1 })
    let ways = Tensor([frames, 3], (0..<frames * 3).map { Float($0 / 3) })
    let renderer = try? SmallRenderer.make(.unoccluded)
    let clip = renderer?.clip(
      0, frames: 40, motions: Motions(poses: poses, ways: ways, first: [0]), seed: 1, side: 16)
    #expect(clip?.count == 40)
    #expect(clip?[38].pose == clip?[39].pose && clip?[0].pose != clip?[39].pose)
  }
}

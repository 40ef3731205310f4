import Bodies
import Rendering
import Tensors
import TestSupport
import Testing

@Suite("Skin in UV space") struct SurfaceTests {
  static let renderer = Result { try SmallRenderer.withSkin(.unoccluded) }

  @Test("the layout is the built-in body's, in six charts, whose neighbours lie close to each other")
  func layout() throws {
    let renderer = try Self.renderer.get()
    let layout = try #require(renderer.surfaceLayout)
    #expect(layout.side == 64 && Set(layout.charts) == Set(0...6))
    #expect(layout.pixels.count == layout.charts.count { $0 > 0 } && layout.pixels.count > 2000)
    for shares in layout.shares { #expect(abs(shares.sum() - 1) < 1e-5 && shares.min() > -1e-5) }
    #expect(try BuiltInRenderer.surfaceLayout(of: SmallRenderer.body.get(), from: fixture("")) == nil)

    let points = renderer.body.template.withElements { layout.points(of: $0.baseAddress!) }
    let lengths = layout.steps.map { distance(points[$0.from], points[$0.to]) }
    #expect(layout.steps.count > layout.pixels.count && lengths.max()! < 0.15)
    #expect(lengths.reduce(0, +) / Float(lengths.count) < 0.04)
  }

  @Test("joints of posed bodies follow from the skin within millimetres") func joints() throws {
    let renderer = try Self.renderer.get()
    let layout = try #require(renderer.surfaceLayout)
    var (sum, worst) = (Float(0), Float(0))
    let people = renderer.people(0..<24, seed: 40, side: 64, with: .surface)
    for person in people {
      let surface = try #require(person.surface)
      for joint in 0..<24 {
        var found = Point.zero
        for (index, pixel) in layout.pixels.enumerated() {
          found += surface.points[index] * layout.jointRegressor[joint, pixel]
        }
        let off = distance(found, person.joints[joint] - person.joints[0])
        (sum, worst) = (sum + off, max(worst, off))
      }
    }
    #expect(sum / Float(24 * people.count) < 0.006 && worst < 0.06, "\(sum / 576), \(worst)")
  }

  @Test("what is seen lies on the person in the picture, and about half of the skin is") func seen() throws {
    let renderer = try Self.renderer.get()
    let layout = try #require(renderer.surfaceLayout)
    for person in renderer.people(0..<8, seed: 41, side: 128, with: .surface) {
      var surface = try #require(person.surface)
      let seen = surface.isSeen.count { $0 }
      #expect((0.2...0.6).contains(Float(seen) / Float(layout.pixels.count)))
      var (inside, right) = (0, 0)
      for (index, point) in surface.points.enumerated() where surface.isSeen[index] {
        let place = person.camera.pixel(of: point + person.joints[0], side: 128)
        let (x, y) = (Int(place.x), Int(place.y))
        if person.parts[y * 128 + x] > 0 { inside += 1 }
        if x >= 64 { right += 1 }
      }
      #expect(Float(inside) > 0.95 * Float(seen))
      surface.hide { $0 % 128 < 64 }
      #expect(surface.isSeen.count { $0 } == right)
      surface.hide { _ in true }
      #expect(!surface.isSeen.contains(true))
    }
    #expect(renderer.people(0..<1, seed: 41, side: 128)[0].surface == nil)
  }

  @Test("objects in front hide skin, and never show any") func objects() throws {
    let alone = try Self.renderer.get()
    let behind = try SmallRenderer.withSkin(.occluded)
    let range = 0..<16
    var (hidden, appeared) = (0, 0)
    for (a, b) in zip(
      alone.people(range, seed: 12, side: 96, with: .surface),
      behind.people(range, seed: 12, side: 96, with: .surface))
    {
      let (a, b) = (try #require(a.surface), try #require(b.surface))
      // The last digits of a product depend on how many bodies are posed together.
      #expect(zip(a.points, b.points).allSatisfy { pointwiseMax($0 - $1, $1 - $0).max() < 1e-5 })
      for (shown, stillShown) in zip(a.isSeen, b.isSeen) {
        if stillShown, !shown { appeared += 1 }
        if shown != stillShown { hidden += 1 }
      }
    }
    // A point at the very edge of what is seen may go either way.
    #expect(hidden > 500 && appeared <= 2, "\(hidden) hidden, \(appeared) appeared")
  }

  private func distance(_ a: Point, _ b: Point) -> Float { ((a - b) * (a - b)).sum().squareRoot() }
}

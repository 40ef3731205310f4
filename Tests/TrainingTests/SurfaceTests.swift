import Bodies
import Foundation
import Tensors
import TestSupport
import Testing
import Training

@Suite("Surface") struct SurfaceTests {
  static let side = 64

  /// Every pixel names a point of the skin; posed, that point lies under the pixel and at the depth that it says.
  static func check(
    _ people: [RenderedPerson], _ studio: Studio, symmetric tolerance: Float = 0, pixels: Float = 3
  ) throws {
    let body = studio.body
    let rest = body.posed(
      rotations: Tensor([Matrix3](repeating: .identity, count: 24)).reshaped([1, 24, 3, 3]),
      betas: Tensor([1, 10])
    ).vertices.points
    let low = rest.reduce(Point(repeating: .infinity)) { pointwiseMin($0, $1) }
    let high = rest.reduce(Point(repeating: -.infinity)) { pointwiseMax($0, $1) }
    var (compared, near, deep) = (0, 0, 0)
    for person in people {
      let posed = body.posed(
        rotations: person.rotations.reshaped([1, 24, 3, 3]), betas: Tensor([1, 10], person.betas))
      let (vertices, joints) = (posed.vertices.points, posed.joints.points)
      for pixel in 0..<side * side where person.parts[pixel] > 0 && pixel % 3 == 0 {
        let said = person.surface[pixel]
        let place = (Point(said.x, said.y, said.z) + 1) / 2 * (high - low) + low
        let away = rest.map { (($0 - place) * ($0 - place)).sum() }
        let vertex = away.indices.min { away[$0] < away[$1] }!
        // The small body's vertices lie up to 6 cm apart.
        guard away[vertex] < 0.04 * 0.04 else { continue }
        let seen = person.camera.pixel(of: vertices[vertex], side: side)
        let off = SIMD2(seen.x, seen.y) - SIMD2(Float(pixel % side), Float(pixel / side))
        let depth = vertices[vertex].z - (joints[1].z + joints[2].z) / 2
        compared += 1
        if (off * off).sum() < pixels * pixels { near += 1 }
        if abs(depth - said.w) < 0.08 + tolerance { deep += 1 }
      }
    }
    #expect(compared > 500)
    #expect(Float(near) > 0.95 * Float(compared), "\(near) of \(compared) lie under their pixel")
    #expect(Float(deep) > 0.95 * Float(compared), "\(deep) of \(compared) lie at their depth")
  }

  @Test("every pixel of a person knows its point of the skin") func points() throws {
    let studio = try SmallStudio.make(.unoccluded)
    let people = studio.people(0..<6, seed: 5, side: Self.side, with: .surface)
    try Self.check(people, studio)
    #expect(
      people.allSatisfy { $0.surface.allSatisfy { abs($0.x) <= 1 && abs($0.y) <= 1 && abs($0.z) <= 1 } })
    let plain = studio.people(0..<6, seed: 5, side: Self.side)
    for (with, without) in zip(people, plain) {
      #expect(with.picture == without.picture && without.surface.isEmpty)
    }
  }

  @Test("turned, cut out and mirrored, it still does", arguments: AugmentationTests.windows, [false, true])
  func augmented(_ window: Augmentation.Window, _ flips: Bool) throws {
    let studio = try SmallStudio.make(.unoccluded)
    let people = studio.people(0..<6, seed: 5, side: Self.side, with: .surface).map { original in
      let person = original.cropped(to: window, side: Self.side)
      return flips ? person.mirrored() : person
    }
    try Self.check(people, studio, symmetric: flips ? 0.02 : 0, pixels: 3 / min(1, window.half))
  }

  @Test("the loss is a mean square over the person's pixels, and its gradient the slope") func loss() throws {
    let people = try SmallStudio.make().people(0..<2, seed: 3, side: 16, with: .surface)
    var random = SeededGenerator(seed: 1)
    var said = Tensor([2, 8, 8, 4], (0..<2 * 8 * 8 * 4).map { _ in 0.5 * random.normal() })
    var losses = Losses()
    losses.surface = 3
    func plain() -> Double {
      var (total, pixels) = (0.0, 0)
      for (n, person) in people.enumerated() {
        for y in 0..<16 {
          for x in 0..<16 where person.parts[y * 16 + x] > 0 {
            pixels += 1
            for c in 0..<4 {
              let off = LossTests.enlarged(said, n, y, x, c) - Double(person.surface[y * 16 + x][c])
              total += off * off
            }
          }
        }
      }
      return 60 * 3 * total / Double(4 * pixels)
    }
    let (value, gradient) = losses.surface(said, people: people, side: 16)
    #expect(abs(Double(value) - plain()) < 1e-3 * plain())
    let largest = gradient.elements.map(abs).max()!
    for _ in 0..<20 {
      let at = random.integer(below: said.count)
      said.withMutableElements { $0[at] += 0.05 }
      let above = plain()
      said.withMutableElements { $0[at] -= 0.1 }
      let below = plain()
      said.withMutableElements { $0[at] += 0.05 }
      #expect(abs(Float((above - below) / 0.1) - gradient.elements[at]) < 1e-2 * largest)
    }
  }
}

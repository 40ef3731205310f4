import Bodies
import Foundation
import Rendering
import Tensors
import TestSupport
import Testing
import Training

@Suite("Dense correspondence in training") struct DenseCorrespondenceLossTests {
  static let side = 64

  @Test("turned, cut out and mirrored, it still does", arguments: AugmentationTests.windows, [false, true])
  func augmented(_ window: Augmentation.Window, _ flips: Bool) throws {
    let renderer = try SmallRenderer.make(.unoccluded)
    let people = renderer.people(0..<6, seed: 5, side: Self.side, with: .denseCorrespondence).map {
      original in
      let person = original.cropped(to: window, side: Self.side)
      return flips ? person.mirrored() : person
    }
    try expectCorrespondence(people, renderer, symmetric: flips ? 0.02 : 0, pixels: 3 / min(1, window.half))
  }

  @Test("the loss is a mean square over the person's pixels, and its gradient the slope") func loss() throws {
    let people = try SmallRenderer.make().people(0..<2, seed: 3, side: 16, with: .denseCorrespondence)
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
              let off =
                LossTests.enlarged(said, n, y, x, c) - Double(person.denseCorrespondence[y * 16 + x][c])
              total += off * off
            }
          }
        }
      }
      return 60 * 3 * total / Double(4 * pixels)
    }
    let (value, gradient) = losses.denseCorrespondence(said, people: people, side: 16)
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

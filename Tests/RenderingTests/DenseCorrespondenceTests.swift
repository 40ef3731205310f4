import Rendering
import Tensors
import TestSupport
import Testing

@Suite("Dense correspondence") struct DenseCorrespondenceTests {
  static let side = 64

  @Test("every pixel of a person knows its point of the skin") func points() throws {
    let renderer = try SmallRenderer.make(.unoccluded)
    let people = renderer.people(0..<6, seed: 5, side: Self.side, with: .denseCorrespondence)
    try expectCorrespondence(people, renderer)
    #expect(
      people.allSatisfy {
        $0.denseCorrespondence.allSatisfy { abs($0.x) <= 1 && abs($0.y) <= 1 && abs($0.z) <= 1 }
      })
    let plain = renderer.people(0..<6, seed: 5, side: Self.side)
    for (with, without) in zip(people, plain) {
      #expect(with.picture == without.picture && without.denseCorrespondence.isEmpty)
    }
  }
}

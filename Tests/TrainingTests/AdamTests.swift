import Foundation
import Tensors
import TestSupport
import Testing
import Training

@Suite("Adam") struct AdamTests {
  @Test("takes the steps of the published algorithm, and shrinks matrices but not vectors") func steps() {
    var random = SeededGenerator(seed: 1)
    func draw(_ shape: [Int]) -> Tensor {
      Tensor(shape, (0..<shape.reduce(1, *)).map { _ in random.normal() })
    }
    var weights = ["matrix": draw([3, 7]), "vector": draw([5])]
    var expected = weights.mapValues { $0.elements.map(Double.init) }
    var first = expected.mapValues { $0.map { _ in 0.0 } }
    var second = first
    var adam = Adam()
    for step in 1...4 {
      let gradients = ["matrix": draw([3, 7]), "vector": draw([5])]
      adam.step(&weights, gradients, rate: 0.01, decay: 0.1)
      for (name, gradient) in gradients {
        for (i, g) in gradient.elements.map(Double.init).enumerated() {
          first[name]![i] = 0.9 * first[name]![i] + 0.1 * g
          second[name]![i] = 0.999 * second[name]![i] + 0.001 * g * g
          let m = first[name]![i] / (1 - pow(0.9, Double(step)))
          let v = second[name]![i] / (1 - pow(0.999, Double(step)))
          let decay = name == "matrix" ? 0.1 * expected[name]![i] : 0
          expected[name]![i] -= 0.01 * (m / (v.squareRoot() + 1e-8) + decay)
        }
      }
    }
    for (name, values) in expected {
      expectClose(weights[name]!.elements, values.map(Float.init), absolute: 2e-6, relative: 2e-6, name)
    }
  }
}

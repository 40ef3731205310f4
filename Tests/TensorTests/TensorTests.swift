import Synchronization
import TestSupport
import Tensors
import Testing

@Suite("Tensors") struct TensorTests {
  @Test("a copy keeps its values when the original changes") func copies() {
    var a = Tensor([2, 3], repeating: 1)
    let b = a
    a[1, 2] = 5
    #expect(b[1, 2] == 1 && a[1, 2] == 5)
  }

  @Test("blocks that are used again do not leak values between tensors") func pooling() {
    for value in 0..<4 {
      let t = Tensor([300, 100], repeating: Float(value))
      #expect(t.elements.allSatisfy { $0 == Float(value) })
    }
  }

  @Test("rows and stacking are inverse") func stacking() {
    let t = Tensor([4, 2], (0..<8).map(Float.init))
    #expect(Tensor(stacking: [t.rows(0..<1), t.rows(1..<4)]) == t)
  }

  @Test("the matrix product agrees with the sum written out") func matrixProduct() {
    var random = SeededGenerator(seed: 1)
    let (m, k, n) = (5, 7, 3)
    let a = Tensor([m, k], (0..<m * k).map { _ in random.normal() })
    let b = Tensor([k, n], (0..<k * n).map { _ in random.normal() })
    let c = product(a, b)
    for i in 0..<m {
      for j in 0..<n {
        let sum = (0..<k).reduce(Float(0)) { $0 + a[i, $1] * b[$1, j] }
        #expect(abs(c[i, j] - sum) < 1e-5)
      }
    }
  }

  @Test("every index is worked once, whatever the number of workers", arguments: [1, 2, 3, 40])
  func workers(count: Int) {
    let seen = Mutex([Int](repeating: 0, count: 50))
    Workers.run(50, workers: count) { index, _ in seen.withLock { $0[index] += 1 } }
    #expect(seen.withLock { $0.allSatisfy { $0 == 1 } })
  }

  @Test("one seed, one sequence; another stream, another") func seeds() {
    func draw(_ seed: UInt64, _ stream: UInt64) -> [UInt64] {
      var g = SeededGenerator(seed: seed, stream: stream)
      return (0..<4).map { _ in g.next() }
    }
    #expect(draw(7, 1) == draw(7, 1))
    #expect(draw(7, 1) != draw(7, 2))
    #expect(draw(8, 1) != draw(7, 1))
    var g = SeededGenerator(seed: 3)
    let normals = (0..<20_000).map { _ in Double(g.normal()) }
    let mean = normals.reduce(0, +) / 20_000
    let variance = normals.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000
    #expect(abs(mean) < 0.03 && abs(variance - 1) < 0.05)
  }
}

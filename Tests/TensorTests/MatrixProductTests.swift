import Tensors
import TestSupport
import Testing

@Suite("Matrix products") struct MatrixProductTests {
  @Test("either library computes what the sums written out are") func libraries() {
    #expect(MatrixProduct.isRight(MatrixProduct.multiplyWithOneDNN))
    // A kernel of a lower level than the processor's is still right, only slow.
    #expect(MatrixProduct.isRight(MatrixProduct.multiplyWithOpenBLAS))
  }

  @Test("a library that is wrong in one number of one shape is found out") func wrongLibrary() {
    #expect(
      !MatrixProduct.isRight { a, b, result, keep, stride in
        MatrixProduct.multiplyWithOneDNN(a, b, into: result, keeping: keep, rowStride: stride)
        if a.rows == 70 { result[129] += 0.01 }
      })
    #expect(
      !MatrixProduct.isRight { a, b, result, keep, stride in
        MatrixProduct.multiplyWithOneDNN(a, b, into: result, keeping: keep, rowStride: stride)
        if a.columns == 257, b.isTransposed { result[3] = .nan }
      })
  }

  @Test("OpenBLAS is used where its kernel is of the level in force, and the summary says so") func choice() {
    let fits = MatrixProduct.level(ofKernel: MatrixProduct.openBLASKernel) == .current
    #expect(MatrixProduct.library == (fits ? .openBLAS : .oneDNN))
    #expect(MatrixProduct.summary.contains(MatrixProduct.openBLASKernel))
    #expect(MatrixProduct.summary.hasPrefix(fits ? "OpenBLAS" : "oneDNN"))
  }

  @Test(
    "kernels of OpenBLAS are told apart by level",
    arguments: [
      ("Haswell", InstructionSet.avx2), ("ZEN", .avx2), ("SkylakeX", .avx512), ("Cooperlake", .avx512),
      ("Sapphirerapids", .avx512), ("Prescott", .baseline), ("Nehalem", .baseline), ("unheard of", .baseline),
    ])
  func kernels(name: String, level: InstructionSet) {
    #expect(MatrixProduct.level(ofKernel: name) == level)
  }

  @Test("products of tensors are sums written out, whatever is transposed, kept, or apart in memory")
  func products() {
    var random = SeededGenerator(seed: 4)
    let (a, b) = (
      Tensor([7, 12], (0..<84).map { _ in random.uniform(-1...1) }),
      Tensor([12, 9], (0..<108).map { _ in random.uniform(-1...1) })
    )
    let expected = (0..<63).map { i in (0..<12).reduce(Float(0)) { $0 + a[i / 9, $1] * b[$1, i % 9] } }
    expectClose(product(a, b).elements, expected, absolute: 1e-6)
    // Rows four floats apart from each other; what is between them stays.
    var wide = Tensor([7, 13], repeating: 2)
    multiply(
      Matrix(a, rows: 7, columns: 12), Matrix(b, rows: 12, columns: 9), into: &wide, keeping: 0.5,
      rowStride: 13)
    for i in 0..<7 {
      expectClose((0..<9).map { wide[i, $0] }, expected[i * 9..<i * 9 + 9].map { $0 + 1 }, absolute: 1e-6)
      #expect((9..<13).allSatisfy { wide[i, $0] == 2 })
    }
  }
}

@Suite("Instruction sets") struct InstructionSetTests {
  @Test("levels are in order, and the one in force is at most the processor's") func order() {
    #expect(InstructionSet.allCases.map(\.rawValue) == ["baseline", "avx2", "avx512"])
    #expect(InstructionSet.baseline < .avx2 && InstructionSet.avx2 < .avx512)
    #expect(InstructionSet.current <= .processor)
  }

  @Test("once arithmetic has begun, the level stays") func limit() {
    let level = InstructionSet.current
    for other in InstructionSet.allCases {
      #expect(InstructionSet.limit(to: other) == (min(other, .processor) == level))
    }
    #expect(InstructionSet.current == level)
  }
}

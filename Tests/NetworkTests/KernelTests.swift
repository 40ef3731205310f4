import Archives
import Networks
import TestSupport
import Tensors
import Testing

/// oneDNN has a reference kernel for every shape, hundreds of times slower than the others.
@Suite("Kernels of oneDNN") struct KernelTests {
  /// Levels of instructions that oneDNN has kernels of its own for; below AVX2 it may lack some.
  static let levels = MemoryTests.levels.filter {
    !$0.hasPrefix("baseline") && InstructionSet.current > .baseline
  }

  @Test("no network falls back to a reference kernel, in whole passes or in areas of them", arguments: levels)
  func none(level: String) async {
    await #expect(processExitsWith: .success) { [level = level as String] in
      MemoryTests.keep(to: level)
      for name in ["gap-small", "attention-small", "parts"] {
        let file = try Archive(contentsOf: fixture("networks/\(name).safetensors"))
        let regressor = try Regressor(Weights(file.tensors(), metadata: file.metadata, source: name))
        for convolutions in [Regressor.Convolutions.direct, .winograd] {
          try KernelTests.run(regressor.with(convolutions))
        }
      }
      for architecture in [Architecture.resNet50(.pooled), .resNet50(.partAttention), .hrNetW32()] {
        try KernelTests.run(Regressor(architecture, KernelTests.zeros(architecture)))
      }
      let found = ConvolutionKernel.implementations
      #expect(found.count > 200)
      for (pass, kernel) in found where kernel.hasPrefix("ref") || kernel.contains(":any") {
        Issue.record("\(kernel): \(pass)")
      }
    }
  }

  /// Runs a network over a crop, and with patches in the middle, at borders and in corners.
  static func run(_ regressor: Regressor) throws {
    let side = regressor.side
    let crop = Tensor([side, side, 3])
    let spans = [0..<1, 0..<side / 6, side / 2..<side / 2 + side / 6, side - 3..<side]
    let inference = try regressor.incrementalInference(
      on: crop, rows: spans, columns: spans, value: 0, batch: 4)
    _ = try inference.estimate([(0, 0), (1, 2), (2, 2), (3, 3), (2, 1)])
    _ = try regressor.estimate(Tensor([2, side, side, 3]))
  }

  static func zeros(_ architecture: Architecture) -> Weights {
    let network = Network(learning: architecture)
    var tensors: [String: Tensor] = [:]
    for parameter in network.graph.parameters { tensors[parameter.name] = Tensor(parameter.shape) }
    for entry in network.statistics {
      tensors[entry.mean] = Tensor([entry.channels])
      tensors[entry.variance] = Tensor([entry.channels], repeating: 1)
    }
    return Weights(tensors)
  }
}

@Suite("Networks without memory") struct NetworkErrorTests {
  @Test("no memory for oneDNN is an error in one line that says what it was for and what to do")
  func outOfMemory() throws {
    let regressor = try Regressor.random(.resNet18(.partAttention, side: 32, width: 8), seed: 1)
    let crops = Tensor([2, 32, 32, 3])
    let expected = try regressor.estimate(crops)
    let inference = try regressor.incrementalInference(
      on: crops.rows(0..<1).reshaped([32, 32, 3]), rows: [0..<8], columns: [0..<8], value: 0)
    func expectError(_ body: () throws -> Void) {
      let error = #expect(throws: NetworkError.self) {
        try NetworkFaults.$isOutOfMemory.withValue(true) { try body() }
      }
      let line = "\(error!)"
      #expect(line.hasPrefix("out of memory for the "))
      #expect(line.contains("--batch") && line.contains("--memory") && !line.contains("\n"))
    }
    expectError { _ = try regressor.estimate(crops) }
    expectError { _ = try inference.estimate([(0, 0)]) }
    let network = Network(learning: regressor.architecture)
    let weights = network.initialWeights(seed: 1)
    expectError { _ = try network.graph.learn(crops, weights, upTo: [network.camera]) }
    #expect(try regressor.estimate(crops).camera == expected.camera, "nothing is left over")
  }
}

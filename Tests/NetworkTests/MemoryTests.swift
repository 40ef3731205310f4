import Foundation
import Networks
import Synchronization
import TestSupport
import Tensors
import Testing

/// No memory is written past its end, whatever the shapes and the processor's instructions.
///
/// `PENUMBRA_GRID` is how many shapes are walked at each level of instructions, or `full`; `PENUMBRA_SEED` says which.
@Suite("Memory of convolutions") struct MemoryTests {
  static let environment = ProcessInfo.processInfo.environment
  static let count =
    environment["PENUMBRA_GRID"].map { $0 == "full" ? 20_000 : Int($0)! } ?? (isDebug ? 20 : 400)
  static let seed = environment["PENUMBRA_SEED"].map { UInt64($0)! } ?? .random(in: 0..<1_000_000)
  static let isDebug: Bool = {
    var isDebug = false
    assert({ isDebug = true }() == ())
    return isDebug
  }()

  /// What our kernels and oneDNN are kept to; the environment's own level, where it sets one.
  static let levels =
    environment["DNNL_MAX_CPU_ISA"] != nil || environment["PENUMBRA_ISA"] != nil
    ? [""] : ["baseline SSE41", "avx2 AVX2", ""]

  /// Keeps a process that has not called oneDNN to a level of instructions, and has it survive large overruns.
  static func keep(to level: String) {
    setenv("PENUMBRA_GUARD", "65536", 1)
    let names = level.split(separator: " ").map(String.init)
    guard names.count == 2 else { return }
    setenv("PENUMBRA_ISA", names[0], 1)
    setenv("DNNL_MAX_CPU_ISA", names[1], 1)
  }

  static func random(_ shape: [Int], _ random: inout SeededGenerator) -> Tensor {
    Tensor(shape, (0..<shape.reduce(1, *)).map { _ in random.uniform(-1...1) })
  }

  /// Each level in a process of its own: the libraries settle on their instructions once.
  @Test("convolutions of all shapes keep to their memory and are the sums written out", arguments: levels)
  func walk(level: String) async {
    let seed = Self.seed
    print("Memory of convolutions: seed \(seed), \(level.isEmpty ? "all instructions" : level)")
    let result = await #expect(
      processExitsWith: .success, observing: [\.standardErrorContent], "seed \(seed)"
    ) { [level = level as String, seed = seed as UInt64] in
      MemoryTests.keep(to: level)
      var random = SeededGenerator(seed: seed)
      for number in 0..<MemoryTests.count {
        let shape = ConvolutionShape.drawn(&random, number)
        let label = "shape \(number) of seed \(seed) (\(level)): \(shape)"
        GuardedMemory.overrun = { Issue.record("\(label): \($0)") }
        try MemoryTests.tryPasses(of: shape, &random, label)
      }
    }
    for line in (result?.standardErrorContent ?? []).split(separator: UInt8(ascii: "\n"))
    where line.starts(with: "penumbra".utf8) {
      Issue.record("seed \(seed): \(String(decoding: line, as: UTF8.self))")
    }
  }

  /// Runs a layer forward, back, and folded for inference, as networks do.
  static func tryPasses(of shape: ConvolutionShape, _ random: inout SeededGenerator, _ label: String) throws {
    let (x, w) = (Self.random(shape.map, &random), Self.random(shape.weights, &random))
    let (gradient, bias) = (Self.random(shape.result, &random), Self.random([shape.outputs], &random))
    let forward = try shape.layer.run([x], [w]).result
    let back = try shape.layer.backward(
      gradient, Step(inputs: [x], weights: [w], result: forward, saved: [], needsInputGradient: true))
    let folded = Convolution(
      name: "c", inputs: shape.inputs, outputs: shape.outputs, side: shape.side, stride: shape.stride,
      padding: shape.padding, isTransposed: shape.isTransposed, hasBias: true, hasResidual: true,
      hasReLU: true)
    let inference = try folded.run([x, gradient], [w, bias]).result
    let biases = bias.elements
    let inferred = zip(0..., zip(forward.elements, gradient.elements)).map {
      max(0, $1.0 + $1.1 + biases[$0 % shape.outputs])
    }
    // A sum that bias, residual and ReLU leave next to nothing of has the rounding of its products all the same.
    let products = min(shape.side, shape.rows) * min(shape.side, shape.columns) * shape.inputs
    let size = Float(products).squareRoot() / 3
    expectNear(inference.elements, inferred, size: size, "inference, \(label)")
    try tryOwnKernels(folded, [x, gradient], [w, bias], inferred, size, shape, label)
    guard shape.products <= 500_000 else {
      #expect(forward.isFinite && back.inputs[0].isFinite && back.weights[0].isFinite, "\(label)")
      return
    }
    let plain = shape.isTransposed ? shape.plain(gradient, x, w) : shape.plain(x, gradient, w)
    let (result, map) = shape.isTransposed ? (plain.data, plain.forward) : (plain.forward, plain.data)
    expectNear(forward.elements, result, "forward, \(label)")
    expectNear(back.inputs[0].elements, map, "gradient of the map, \(label)")
    expectNear(back.weights[0].elements, plain.weights, "gradient of the weights, \(label)")
  }

  /// The same by kernels of our own: every way that the shape allows, and learning by Winograd's filtering.
  static func tryOwnKernels(
    _ folded: Convolution, _ inputs: [Tensor], _ weights: [Tensor], _ expected: [Float],
    _ size: Float, _ shape: ConvolutionShape, _ label: String
  ) throws {
    let ways =
      [2, 4, 6].map { ("tiles of \($0)", folded.usingWinograd(tile: $0)) } + [
        ("own kernels", folded.byOwnKernels(height: inputs[0].shape[1]))
      ]
    for (name, way) in ways {
      guard let way else { continue }
      expectNear(try way.run(inputs, weights).result.elements, expected, size: size, "\(name), \(label)")
    }
    let learning = shape.layer.usingWinogradInTraining
    let forward = try learning.run([inputs[0]], [weights[0]]).result
    let step = Step(inputs: [inputs[0]], weights: [weights[0]], result: forward, saved: [])
    let (fast, plain) = (try learning.backward(inputs[1], step), try shape.layer.backward(inputs[1], step))
    expectNear(fast.inputs[0].elements, plain.inputs[0].elements, "learning, gradient of the map, \(label)")
    expectNear(
      fast.weights[0].elements, plain.weights[0].elements, "learning, gradient of the weights, \(label)")
  }

  /// Sums of thousands of products are rounded alike, whatever their own size.
  static func expectNear(_ found: [Float], _ expected: [Float], size: Float = 1, _ label: String) {
    let largest = expected.reduce(size) { max($0, abs($1)) }
    expectClose(found, expected, absolute: 2e-5 * largest, relative: 0, label)
  }

  /// As soon as a release of oneDNN mends it, this test says so and can go.
  @Test("the overrun that oneDNN is known for is caught", .enabled(if: !GuardedMemory.isBare))
  func knownOverrun() async {
    await #expect(processExitsWith: .success) {
      MemoryTests.keep(to: "avx2 AVX2")
      let shape = ConvolutionShape(
        side: 1, stride: 2, padding: 0, isTransposed: false, batch: 8, rows: 8, columns: 8, inputs: 4,
        outputs: 8)
      let kernel = try shape.kernel(.weights)
      guard kernel.implementation == "jit_1x1:avx2" else { return }
      let found = Mutex<[String]>([])
      GuardedMemory.overrun = { line in found.withLock { $0.append(line) } }
      _ = try kernel.weightGradient(source: Tensor(shape.map), gradient: Tensor(shape.result))
      #expect(
        found.withLock(\.self) == [
          "oneDNN's jit_1x1:avx2, weights pass of a convolution of [8, 8, 8, 4] to [8, 4, 4, 8], side 1, stride 2, "
            + "padding 0, wrote past the end of its scratchpad, 384 bytes"
        ], "found \(found.withLock(\.self))")
    }
  }

  /// Lists what may never reach oneDNN: which of its kernels write past their memory, or compute what they should not.
  ///
  /// `PENUMBRA_KERNELS` is how many shapes are tried, at the level that `DNNL_MAX_CPU_ISA` sets.
  @Test("oneDNN's kernels at fault", .enabled(if: environment["PENUMBRA_KERNELS"] != nil))
  func kernels() throws {
    // Unbuffered: a kernel may take all down, and the last line tells which.
    func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
    say("kernels: seed \(Self.seed)")
    var random = SeededGenerator(seed: Self.seed)
    for number in 0..<Int(Self.environment["PENUMBRA_KERNELS"]!)! {
      let shape = ConvolutionShape.drawn(&random, number)
      say("shape \(number): \(shape)")
      let (x, y) = (Self.random(shape.source, &random), Self.random(shape.target, &random))
      let w = Self.random(shape.weights, &random)
      let plain = shape.products <= 500_000 ? shape.plain(x, y, w) : nil
      let lines = Mutex<[String]>([])
      GuardedMemory.overrun = { line in lines.withLock { $0.append(line) } }
      func note(_ kernel: ConvolutionKernel, _ pass: String, _ found: Tensor, _ expected: [Float]?) {
        let largest = (expected ?? []).reduce(Float(1)) { max($0, abs($1)) }
        let isRight =
          expected.map { zip(found.elements, $0).allSatisfy { abs($0 - $1) <= 1e-5 * largest } }
          ?? found.isFinite
        var faults = lines.withLock(\.self)
        lines.withLock { $0 = [] }
        if !isRight { faults.append("wrong result") }
        let sizes = [
          shape.side, shape.stride, shape.batch, shape.source[1], shape.source[2], shape.source[3],
          shape.target[3],
        ]
        say(
          (["kernel", kernel.implementation, pass] + sizes.map(String.init) + faults).joined(
            separator: "\t"))
      }
      let forward = try shape.kernel(.forward(bias: false, residual: false, limit: 0))
      var made = Tensor(uninitialized: shape.target)
      try forward.run(x, weights: w, bias: nil, into: &made)
      note(forward, "forward", made, plain?.forward)
      let data = try shape.kernel(.data)
      note(data, "data", try data.runData(y, weights: w), plain?.data)
      let weights = try shape.kernel(.weights)
      note(weights, "weights", try weights.weightGradient(source: x, gradient: y), plain?.weights)
    }
  }
}

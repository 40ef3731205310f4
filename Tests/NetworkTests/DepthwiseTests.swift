import Networks
import Tensors
import TestSupport
import Testing

/// One form of depthwise convolution and the map that it is run on.
struct DepthwiseShape: Sendable, CustomStringConvertible {
  let channels: Int, side: Int, stride: Int, before: Int, after: Int, rows: Int, columns: Int

  static let all: [DepthwiseShape] = [3, 8, 16, 24, 40, 864].flatMap { channels in
    [
      (3, 1, 1, 1), (3, 2, 1, 1), (5, 1, 2, 2), (5, 2, 2, 2), (3, 2, 0, 1), (3, 1, 0, 0), (5, 2, 1, 2),
      (5, 1, 2, 3), (3, 1, 2, 0),
    ].flatMap { side, stride, before, after in
      [(7, 9), (6, 5), (2, 3), (1, 1), (1, 4)].filter { min($0.0, $0.1) + before + after >= side }
        // Many channels take long to write out.
        .filter { channels < 100 || (stride == 2 && before == 2) || $0.0 == 1 }
        .map { rows, columns in
          DepthwiseShape(
            channels: channels, side: side, stride: stride, before: before, after: after, rows: rows,
            columns: columns)
        }
    }
  }

  var description: String {
    "\(side)×\(side), stride \(stride), zeros \(before) and \(after), of \(rows)×\(columns)×\(channels)"
  }

  func layer(ceiling: Float?) -> DepthwiseConvolution {
    DepthwiseConvolution(
      name: "d", channels: channels, side: side, stride: stride, padding: before, paddingAfter: after,
      ceiling: ceiling)
  }

  /// Sums large enough that a cut at 6 is felt.
  func tensors(_ random: inout SeededGenerator) -> (map: Tensor, weights: [Tensor]) {
    func draw(_ shape: [Int], _ deviation: Float) -> Tensor {
      Tensor(shape, (0..<shape.reduce(1, *)).map { _ in random.normal(deviation: deviation) })
    }
    return (
      draw([2, rows, columns, channels], 2), [draw([channels, 1, side, side], 1.5), draw([channels], 2)]
    )
  }
}

@Suite("Depthwise convolutions") struct DepthwiseTests {
  /// Each level in a process of its own, which survives what is written past the end and says so.
  @Test(
    "are the sums written out, forward and back, cut off or not, and keep to their memory",
    arguments: MemoryTests.levels)
  func sums(level: String) async {
    #expect(DepthwiseShape.all.count > 150)
    await #expect(processExitsWith: .success) { [level = level as String] in
      MemoryTests.keep(to: level)
      var random = SeededGenerator(seed: 3)
      var (low, high) = (0, 0)
      for shape in DepthwiseShape.all {
        GuardedMemory.overrun = { Issue.record("\(shape) (\(level)): \($0)") }
        let (x, weights) = shape.tensors(&random)
        let sums = Plain.depthwise(
          x, weights[0], weights[1], stride: shape.stride, before: shape.before, after: shape.after)
        for ceiling in [nil, 6] as [Float?] {
          let expected = ceiling == nil ? sums : sums.map { min(max($0, 0), 6) }
          let found = shape.layer(ceiling: ceiling).run([x], weights).result
          #expect(shape.layer(ceiling: ceiling).shape(of: [x.shape]) == expected.shape, "\(shape)")
          expectClose(found, expected, absolute: 1e-4, relative: 1e-5, "\(shape) (\(level))")
          guard ceiling != nil else { continue }
          low += found.elements.count { $0 == 0 }
          high += found.elements.count { $0 == 6 }
        }
        DepthwiseTests.tryBackward(shape, x, weights, &random, level)
      }
      #expect(low > 1000 && high > 1000, "hardly anything is cut off")
    }
  }

  /// Gradients against the same products, added up for the map and for the weights.
  static func tryBackward(
    _ shape: DepthwiseShape, _ x: Tensor, _ weights: [Tensor], _ random: inout SeededGenerator,
    _ level: String
  ) {
    let layer = shape.layer(ceiling: 6)
    let result = layer.run([x], weights).result
    let gradient = Tensor(result.shape, (0..<result.count).map { _ in random.normal() })
    var (map, kernel) = (Tensor(x.shape), Tensor(weights[0].shape))
    var bias = Tensor([shape.channels])
    for n in 0..<result.shape[0] {
      for y in 0..<result.shape[1] {
        for column in 0..<result.shape[2] {
          for c in 0..<shape.channels {
            let isOpen = result[n, y, column, c] > 0 && result[n, y, column, c] < 6
            let slope = isOpen ? gradient[n, y, column, c] : 0
            bias[c] += slope
            for ky in 0..<shape.side {
              for kx in 0..<shape.side {
                let (i, j) = (y * shape.stride + ky - shape.before, column * shape.stride + kx - shape.before)
                guard (0..<shape.rows).contains(i), (0..<shape.columns).contains(j) else { continue }
                map[n, i, j, c] += slope * weights[0][c, 0, ky, kx]
                kernel[c, 0, ky, kx] += slope * x[n, i, j, c]
              }
            }
          }
        }
      }
    }
    func back(_ needsInputGradient: Bool) -> (inputs: [Tensor], weights: [Tensor]) {
      layer.backward(
        gradient,
        Step(
          inputs: [x], weights: weights, result: result, saved: [], needsInputGradient: needsInputGradient))
    }
    let found = back(true)
    let label = "\(shape) (\(level))"
    expectClose(found.inputs[0], map, absolute: 1e-4, relative: 1e-5, "gradient of the map, \(label)")
    expectClose(found.weights[0], kernel, absolute: 1e-4, relative: 1e-5, "gradient of the weights, \(label)")
    expectClose(found.weights[1], bias, absolute: 1e-4, relative: 1e-5, "gradient of the bias, \(label)")
    #expect(back(false).weights == found.weights, "without the map's gradient, \(label)")
  }

  @Test(
    "have the same bits where the zeros around a map are part of it, and in any batch",
    arguments: [3, 24, 40, 864])
  func bits(channels: Int) {
    var random = SeededGenerator(seed: 9)
    for shape in DepthwiseShape.all where shape.channels == channels {
      let (x, weights) = shape.tensors(&random)
      let result = shape.layer(ceiling: 6).run([x], weights).result
      let (rows, columns) = (
        shape.rows + shape.before + shape.after, shape.columns + shape.before + shape.after
      )
      let padded = Plain.tensor([2, rows, columns, channels]) { i in
        let (row, column) = (i[1] - shape.before, i[2] - shape.before)
        guard (0..<shape.rows).contains(row), (0..<shape.columns).contains(column) else { return 0 }
        return x[i[0], row, column, i[3]]
      }
      let bare = DepthwiseConvolution(
        name: "d", channels: channels, side: shape.side, stride: shape.stride, padding: 0, ceiling: 6)
      #expect(bare.run([padded], weights).result == result, "\(shape)")
      #expect(
        shape.layer(ceiling: 6).run([x.rows(1..<2)], weights).result == result.rows(1..<2), "\(shape)")
    }
  }
}

/// Convolutions that cut off their results above, by every method.
@Suite("ReLU6 of convolutions") struct CeilingTests {
  static let forms: [(side: Int, stride: Int, padding: Int, inputs: Int, outputs: Int)] = [
    (3, 1, 1, 16, 32), (3, 2, 1, 3, 24), (1, 1, 0, 24, 144), (1, 1, 0, 144, 33), (2, 1, 0, 32, 7),
    (3, 1, 1, 32, 64),
  ]

  static func tensors(_ shape: [Int], _ deviation: Float, _ random: inout SeededGenerator) -> Tensor {
    Tensor(shape, (0..<shape.reduce(1, *)).map { _ in random.normal(deviation: deviation) })
  }

  @Test("is the plain result between 0 and 6, whatever computes it and is added", arguments: 0..<forms.count)
  func methods(index: Int) throws {
    let form = Self.forms[index]
    var random = SeededGenerator(seed: UInt64(index))
    let x = Self.tensors([2, 7, 9, form.inputs], 1, &random)
    // Results of a deviation of about 6.
    let deviation = 6 / Float(form.inputs * form.side * form.side).squareRoot()
    let weights = [
      Self.tensors([form.outputs, form.inputs, form.side, form.side], deviation, &random),
      Self.tensors([form.outputs], 1, &random),
    ]
    for hasResidual in [false, true] {
      var plain = Convolution(
        name: "c", inputs: form.inputs, outputs: form.outputs, side: form.side, stride: form.stride,
        padding: form.padding, hasBias: true, hasResidual: hasResidual)
      plain.ceiling = 6
      var clipped = plain
      clipped.hasReLU = true
      let added = Self.tensors(plain.shape(of: [x.shape]), 2, &random)
      let inputs = hasResidual ? [x, added] : [x]
      let ways: [(String, (Convolution) -> Convolution?)] =
        [("own kernels", { $0.byOwnKernels(height: 7) }), ("oneDNN", { $0 })]
        + [2, 4, 6].map { tile in ("tiles of \(tile)", { $0.usingWinograd(tile: tile) }) }
      for (name, way) in ways {
        guard let fast = way(clipped), let open = way(plain) else {
          #expect(name.hasPrefix("tiles") && (form.side != 3 || form.stride != 1), "\(name)")
          continue
        }
        let found = try fast.run(inputs, weights).result
        let whole = try open.run(inputs, weights).result
        let expected = whole.map { min(max($0, 0), 6) }
        // oneDNN may make another kernel for what comes after the sums; ours has the same sums.
        expectClose(found, expected, absolute: name == "oneDNN" ? 2e-5 : 0, relative: 0, name)
        #expect(whole.elements.contains { $0 < 0 } && whole.elements.contains { $0 > 6 }, "without a ReLU")
        #expect(found.elements.contains(0) && found.elements.contains(6), "\(name)")
        #expect(found.elements.contains { $0 > 0.1 && $0 < 5.9 }, "\(name)")
      }
    }
  }

  @Test("of a transposed convolution by Winograd's filtering, and of one over bfloat16") func others() throws
  {
    var random = SeededGenerator(seed: 8)
    var layer = Convolution(
      name: "c", inputs: 32, outputs: 16, side: 4, stride: 2, padding: 1, isTransposed: true, hasBias: true)
    layer.ceiling = 6
    let x = Self.tensors([2, 5, 6, 32], 1, &random)
    let weights = [Self.tensors([32, 16, 4, 4], 0.5, &random), Self.tensors([16], 1, &random)]
    func expectClipped(_ plain: any Layer, _ clipped: any Layer, _ weights: [Tensor], _ tolerance: Float)
      throws
    {
      let found = try clipped.run([x], weights).result
      let whole = try plain.run([x], weights).result
      expectClose(found, whole.map { min(max($0, 0), 6) }, absolute: tolerance, relative: 0)
      #expect(found.elements.contains(0) && found.elements.contains(6) && whole.elements.contains { $0 > 7 })
    }
    var clipped = layer
    clipped.hasReLU = true
    let (fast, plain) = (
      try #require(clipped.byOwnKernels(height: 5)), try #require(layer.byOwnKernels(height: 5))
    )
    try expectClipped(plain, fast, weights, 0)

    guard Regressor.Convolutions.bfloat16.isSupported else { return }
    var pointwise = Convolution(
      name: "c", inputs: 32, outputs: 24, side: 1, stride: 1, padding: 0, hasBias: true)
    pointwise.ceiling = 6
    var cut = pointwise
    cut.hasReLU = true
    let more = [Self.tensors([24, 32, 1, 1], 1, &random), Self.tensors([24], 1, &random)]
    try expectClipped(pointwise.inBFloat16, cut.inBFloat16, more, 2e-5)
  }
}

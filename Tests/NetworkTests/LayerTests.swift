import Networks
import Tensors
import TestSupport
import Testing

@Suite("Layers") struct LayerTests {
  static func random(_ shape: [Int], seed: UInt64) -> Tensor {
    var generator = SeededGenerator(seed: seed)
    return Tensor(shape, (0..<shape.reduce(1, *)).map { _ in generator.normal() })
  }

  @Test(
    "a convolution is the sum written out",
    arguments: [(1, 1, 0), (3, 1, 1), (3, 2, 1), (7, 2, 3), (1, 2, 0)], [5, 8])
  func convolution(_ form: (side: Int, stride: Int, padding: Int), _ map: Int) throws {
    let layer = Convolution(
      name: "c", inputs: 5, outputs: 6, side: form.side, stride: form.stride, padding: form.padding,
      hasBias: true)
    let x = Self.random([2, map, map + 1, 5], seed: 1)
    let (w, bias) = (Self.random([6, 5, form.side, form.side], seed: 2), Self.random([6], seed: 3))
    let expected = Plain.convolution(x, w, bias: bias, stride: form.stride, padding: form.padding)
    let actual = try layer.run([x], [w, bias]).result
    #expect(actual.shape == layer.shape(of: [x.shape]))
    expectClose(actual, expected, absolute: 2e-5, relative: 2e-5)
  }

  @Test(
    "a convolution with fewer multiplications is the sum written out, whatever the tiles, borders and added maps",
    arguments: [2, 4, 6],
    [(1, 1), (2, 3), (4, 4), (5, 9), (7, 7), (14, 6), (17, 13)])
  func winograd(tile: Int, map: (rows: Int, columns: Int)) throws {
    for (batch, inputs, outputs, hasResidual, relu) in [
      (1, 16, 32, false, false), (3, 48, 64, true, true), (2, 16, 96, true, false),
    ] {
      let layer = Convolution(
        name: "c", inputs: inputs, outputs: outputs, side: 3, stride: 1, padding: 1, hasBias: true,
        hasResidual: hasResidual,
        hasReLU: relu)
      let x = Self.random([batch, map.rows, map.columns, inputs], seed: 1)
      let added = Self.random([batch, map.rows, map.columns, outputs], seed: 4)
      let (w, bias) = (Self.random([outputs, inputs, 3, 3], seed: 2), Self.random([outputs], seed: 3))
      let fast = try #require(layer.usingWinograd(tile: tile))
      let inputs = hasResidual ? [x, added] : [x]
      let (found, expected) = (
        try fast.run(inputs, [w, bias]).result, try layer.run(inputs, [w, bias]).result
      )
      let largest = expected.elements.map(abs).max()!
      expectClose(found, expected, absolute: 1e-5 * largest, relative: 0)
      // Neither the batch nor the number of tiles before it change a tile.
      let alone = try fast.run(inputs.map { $0.rows(batch - 1..<batch) }, [w, bias]).result
      #expect(alone == found.rows(batch - 1..<batch))
    }
    #expect(
      Convolution(name: "c", inputs: 16, outputs: 32, side: 3, stride: 2, padding: 1).usingWinograd(
        tile: tile)
        == nil)
    #expect(
      Convolution(name: "c", inputs: 3, outputs: 32, side: 3, stride: 1, padding: 1).usingWinograd(tile: tile)
        == nil)
  }

  @Test(
    "by kernels of our own a convolution is the sum written out, and a pixel has the same bits in any batch",
    arguments: [(1, 1, 0), (1, 2, 0), (3, 1, 1), (3, 2, 1), (7, 2, 3), (2, 1, 0)],
    [(1, 5, 1, 7), (2, 8, 3, 25), (3, 13, 40, 32), (1, 4, 513, 70)])
  func ownKernels(
    _ form: (side: Int, stride: Int, padding: Int), _ size: (batch: Int, map: Int, inputs: Int, outputs: Int)
  ) throws {
    guard size.map + 2 * form.padding >= form.side else { return }
    let x = Self.random([size.batch, size.map, size.map + 1, size.inputs], seed: 1)
    let w = Self.random([size.outputs, size.inputs, form.side, form.side], seed: 2)
    let bias = Self.random([size.outputs], seed: 3)
    let plain = Plain.convolution(x, w, bias: bias, stride: form.stride, padding: form.padding)
    let added = Self.random(plain.shape, seed: 4)
    for (hasResidual, relu) in [(false, false), (true, true)] {
      let layer = Convolution(
        name: "c", inputs: size.inputs, outputs: size.outputs, side: form.side, stride: form.stride,
        padding: form.padding, hasBias: true, hasResidual: hasResidual, hasReLU: relu)
      let fast = try #require(layer.byOwnKernels(height: size.map))
      let inputs = hasResidual ? [x, added] : [x]
      let found = try fast.run(inputs, [w, bias]).result
      let expected = zip(plain.elements, added.elements).map { hasResidual ? max($0 + $1, 0) : $0 }
      expectClose(found.elements, expected, absolute: 1e-5 * expected.map(abs).max()!, relative: 0)
      let alone = try fast.run(inputs.map { $0.rows(size.batch - 1..<size.batch) }, [w, bias]).result
      #expect(alone == found.rows(size.batch - 1..<size.batch))
    }
  }

  @Test("a transposed convolution by Winograd's filtering is the sum written out", arguments: [1, 3, 6, 8])
  func subpixel(height: Int) throws {
    var layer = Convolution(
      name: "c", inputs: 32, outputs: 16, side: 4, stride: 2, padding: 1, isTransposed: true)
    (layer.hasBias, layer.hasReLU) = (true, true)
    let x = Self.random([2, height, height + 1, 32], seed: 1)
    let (w, bias) = (Self.random([32, 16, 4, 4], seed: 2), Self.random([16], seed: 3))
    let fast = try #require(layer.byOwnKernels(height: height))
    let plain = Plain.transposedConvolution(x, w, stride: 2, padding: 1)
    let expected = plain.elements.enumerated().map { max($0.element + bias.elements[$0.offset % 16], 0) }
    expectClose(
      try fast.run([x], [w, bias]).result.elements, expected, absolute: 1e-5 * expected.max()!, relative: 0)
    #expect(
      Convolution(
        name: "c", inputs: 2048, outputs: 256, side: 4, stride: 2, padding: 1, isTransposed: true
      ).byOwnKernels(height: 7) == nil, "too many weights to be fetched transformed")
  }

  @Test(
    "in bfloat16 a convolution is the sum over rounded numbers written out",
    .enabled(if: Regressor.Convolutions.bfloat16.isSupported),
    arguments: [(1, 1, 0, false), (3, 1, 1, false), (3, 2, 1, false), (7, 2, 3, false), (4, 2, 1, true)],
    [(1, 16, 32), (3, 5, 6), (2, 64, 25)])
  func rounded(
    _ form: (side: Int, stride: Int, padding: Int, isTransposed: Bool),
    _ size: (batch: Int, inputs: Int, outputs: Int)
  ) throws {
    let layer = Convolution(
      name: "c", inputs: size.inputs, outputs: size.outputs, side: form.side, stride: form.stride,
      padding: form.padding, isTransposed: form.isTransposed, hasBias: !form.isTransposed)
    let channels = form.isTransposed ? [size.inputs, size.outputs] : [size.outputs, size.inputs]
    let x = Self.random([size.batch, 7, 8, size.inputs], seed: 1)
    let (w, bias) = (
      Self.random(channels + [form.side, form.side], seed: 2), Self.random([size.outputs], seed: 3)
    )
    // To the nearest of eight bits, ties to even.
    func rounded(_ tensor: Tensor) -> Tensor {
      tensor.map { value in
        let bits = value.bitPattern
        return Float(bitPattern: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) & 0xFFFF_0000)
      }
    }
    let expected =
      form.isTransposed
      ? Plain.transposedConvolution(rounded(x), rounded(w), stride: form.stride, padding: form.padding)
      : Plain.convolution(rounded(x), rounded(w), bias: bias, stride: form.stride, padding: form.padding)
    let found = try layer.inBFloat16.run([x], form.isTransposed ? [w] : [w, bias]).result
    expectClose(found, expected, absolute: 1e-5 * expected.elements.map(abs).max()!, relative: 0)
  }

  @Test("folded into a convolution, an added map and a ReLU come after the bias") func foldedConvolution()
    throws
  {
    let layer = Convolution(
      name: "c", inputs: 3, outputs: 4, side: 3, stride: 1, padding: 1, hasBias: true, hasResidual: true,
      hasReLU: true)
    let (x, map) = (Self.random([1, 6, 6, 3], seed: 1), Self.random([1, 6, 6, 4], seed: 2))
    let (w, bias) = (Self.random([4, 3, 3, 3], seed: 3), Self.random([4], seed: 4))
    let sum = Plain.convolution(x, w, bias: bias, stride: 1, padding: 1).elements
    expectClose(
      try layer.run([x, map], [w, bias]).result.elements, zip(sum, map.elements).map { max($0 + $1, 0) },
      absolute: 2e-5)
  }

  @Test(
    "a transposed convolution spreads every pixel by its kernel",
    arguments: [(4, 2, 1), (2, 2, 0), (3, 1, 1)])
  func transposed(_ form: (side: Int, stride: Int, padding: Int)) throws {
    let layer = Convolution(
      name: "c", inputs: 5, outputs: 3, side: form.side, stride: form.stride, padding: form.padding,
      isTransposed: true)
    let (x, w) = (Self.random([2, 3, 4, 5], seed: 1), Self.random([5, 3, form.side, form.side], seed: 2))
    expectClose(
      try layer.run([x], [w]).result,
      Plain.transposedConvolution(x, w, stride: form.stride, padding: form.padding), absolute: 2e-5)
  }

  @Test("a transposed convolution that starts bilinear leaves no checkerboard on a flat map")
  func bilinearStart() throws {
    let layer = Convolution(
      name: "c", inputs: 5, outputs: 3, side: 4, stride: 2, padding: 1, isTransposed: true,
      start: .bilinear(1))
    var generator = SeededGenerator(seed: 3)
    let weight = layer.parameters[0].initial(&generator)
    #expect(weight.shape == [5, 3, 4, 4])
    let large = try layer.run([Tensor([1, 4, 4, 5], repeating: 1)], [weight]).result
    for channel in 0..<3 {
      let sum = (0..<5).reduce(Float(0)) { $0 + weight[$1, channel, 1, 1] / 0.5625 }
      #expect(abs(sum) > 1e-3)
      for y in 1..<7 {
        for x in 1..<7 { expectClose([large[0, y, x, channel]], [sum], absolute: 1e-5) }
      }
    }
  }

  @Test(
    "batch normalisation uses the batch's own mean and variance", arguments: [false, true], [false, true])
  func batchNormalization(adds: Bool, relu: Bool) {
    let layer = BatchNormalization(name: "n", channels: 5, hasResidual: adds, hasReLU: relu)
    let x = Self.random([3, 4, 3, 5], seed: 1).map { $0 * 3 + 100 }
    let map = Self.random(x.shape, seed: 2)
    let (scale, offset) = (Self.random([5], seed: 3), Self.random([5], seed: 4))
    let expected = Plain.batchNormalization(
      x, scale: scale, offset: offset, adding: adds ? map : nil, relu: relu)
    expectClose(layer.run(adds ? [x, map] : [x], [scale, offset]).result, expected, absolute: 2e-4)
  }

  @Test("pooling, enlarging and attention are what they are defined to be", arguments: [4, 7])
  func maps(side: Int) {
    let x = Self.random([2, side, side + 2, 6], seed: 5)
    expectClose(MaxPooling().run([x], []).result, Plain.maxPooling(x), absolute: 0, "largest of windows")
    for factor in [2, 4] {
      expectClose(
        Upsampling(factor: factor).run([x], []).result, Plain.upsampling(x, factor: factor), absolute: 2e-6,
        "enlarged \(factor) times")
    }
    expectClose(
      MaxPooling(side: 2, padding: 0).run([x], []).result, Plain.maxPooling(x, side: 2, padding: 0),
      absolute: 0, "largest of windows of 2×2")
    for factor in [2, 3] {
      expectClose(
        Upsampling(factor: factor, alignsCorners: false).run([x], []).result,
        Plain.upsampling(x, factor: factor, alignsCorners: false), absolute: 2e-6,
        "enlarged \(factor) times, middles on middles")
    }
    let deep = Self.random([2, side, side + 2, 12], seed: 6)
    expectClose(
      DepthToSpace().run([deep], []).result, Plain.depthToSpace(deep), absolute: 0, "channels as pixels")
    let softmax = SpatialSoftmax().run([x], []).result
    expectClose(softmax, Plain.spatialSoftmax(x), absolute: 1e-6, "softmax")
    expectClose(
      AttentionPooling().run([x, softmax], []).result, Plain.attended(x, softmax), absolute: 1e-5, "attended")
    let mean = AveragePooling().run([x], []).result
    let pixels = Float(side * (side + 2))
    #expect(mean.shape == [2, 6])
    let sum = (0..<side * (side + 2)).reduce(Float(0)) { $0 + x[1, $1 / (side + 2), $1 % (side + 2), 4] }
    #expect(abs(mean[1, 4] - sum / pixels) < 1e-5)
  }

  @Test("maps of several resolutions are added up and set side by side as written out") func combining() {
    let maps = [
      Self.random([2, 4, 8, 3], seed: 1), Self.random([2, 1, 2, 3], seed: 2),
      Self.random([2, 2, 4, 3], seed: 3),
    ]
    let sum = Plain.tensor([2, 4, 8, 3]) { i in
      max(
        0,
        maps[0][i[0], i[1], i[2], i[3]] + maps[1][i[0], i[1] / 4, i[2] / 4, i[3]]
          + maps[2][i[0], i[1] / 2, i[2] / 2, i[3]])
    }
    expectClose(FusedSum().run(maps, []).result, sum, absolute: 1e-6, "sum")
    let (a, b) = (Self.random([2, 3, 2, 2], seed: 4), Self.random([2, 3, 2, 5], seed: 5))
    let both = Plain.tensor([2, 3, 2, 7]) { i in
      i[3] < 2 ? a[i[0], i[1], i[2], i[3]] : b[i[0], i[1], i[2], i[3] - 2]
    }
    expectClose(Concat().run([a, b], []).result, both, absolute: 0, "side by side")
  }

  @Test("linear maps, one for all or one a joint") func linear() {
    let (x, w, bias) = (
      Self.random([3, 7], seed: 1), Self.random([4, 7], seed: 2), Self.random([4], seed: 3)
    )
    expectClose(
      Linear(name: "l", inputs: 7, outputs: 4).run([x], [w, bias]).result, Plain.linear(x, w, bias))
    let layer = LocallyConnected(name: "p", channels: 5, joints: 24, outputs: 6)
    let (a, m) = (Self.random([2, 5, 24], seed: 4), Self.random([1, 6, 5, 24, 1, 1], seed: 5))
    expectClose(layer.run([a], [m]).result, Plain.locallyConnected(a, m))
  }

  @Test("six numbers become the rotation of the worked example") func rotation() {
    let r = Rotation6D().run([Tensor([1, 6], [1, 2, 3, 4, 5, 6])], []).result
    expectClose(
      r.elements,
      [0.169031, 0.897085, -0.408248, 0.507093, 0.276026, 0.816497, 0.845154, -0.345033, -0.408248],
      absolute: 1e-6)
  }

  @Test("a mean pose is added in the order that the published code reads it") func offset() {
    let layer = AddMean(name: "m", columns: 144, jointsLast: true)
    let mean = Tensor([1, 144], (0..<144).map(Float.init))
    let sum = layer.run([Tensor([1, 144])], [mean]).result
    #expect(sum[0, 6 * 5 + 2] == mean[0, 24 * 2 + 5])
  }

  @Test(
    "Winograd's convolutions of a network that learns, forward and back, are the plain ones",
    arguments: [6, 8, 13], [32, 64, 48])
  func learningByWinograd(side: Int, channels: Int) throws {
    let plain = Convolution(
      name: "c", inputs: channels, outputs: 32, side: 3, stride: 1, padding: 1, hasBias: true)
    let fast = plain.usingWinogradInTraining
    let x = Self.random([3, side, side, channels], seed: 1)
    let weights = [Self.random([32, channels, 3, 3], seed: 2), Self.random([32], seed: 3)]
    let (expected, result) = (try plain.run([x], weights), try fast.run([x], weights))
    #expect(result.result != expected.result, "both went the same way")
    func near(_ a: Tensor, _ b: Tensor) {
      expectClose(a, b, absolute: 2e-5 * b.elements.map(abs).max()!, relative: 0)
    }
    near(result.result, expected.result)
    let gradient = Self.random([3, side, side, 32], seed: 4)
    func back(_ layer: Convolution, _ result: Tensor) throws -> (inputs: [Tensor], weights: [Tensor]) {
      try layer.backward(gradient, Step(inputs: [x], weights: weights, result: result, saved: []))
    }
    let (there, here) = (try back(plain, expected.result), try back(fast, result.result))
    // Channels that do not fill pairs of vectors go back as they would without.
    let pair =
      switch InstructionSet.current {
      case .baseline: 8
      case .avx2: 16
      case .avx512: 32
      }
    #expect((here.inputs[0] != there.inputs[0]) == (channels % pair == 0))
    near(here.inputs[0], there.inputs[0])
    #expect(here.weights[0] != there.weights[0] && here.weights[1] == there.weights[1])
    near(here.weights[0], there.weights[0])
  }

  @Test(
    "in inference a linear layer and the regressor give a row the same bits beside any others",
    arguments: [1, 3, 16, 21])
  func rows(count: Int) throws {
    for head in [
      Architecture.Head.pooled(hidden: 72),
      .partAttention(.init(branch: .init(depth: 1, width: 8), shapeWidth: 8)),
    ] {
      let architecture = Architecture(
        side: 32, backbone: .resNet(block: .basic, blocks: [1, 1, 1, 1], width: 8), head: head)
      let regressor = try Regressor.random(architecture, seed: 3)
      let crops = Self.random([21, 32, 32, 3], seed: 5)
      let whole = try regressor.estimate(crops)
      let first = 21 - count
      let part = try regressor.estimate(crops.rows(first..<21))
      #expect(part.rotations == whole.rotations.rows(first..<21))
      #expect(part.betas == whole.betas.rows(first..<21) && part.camera == whole.camera.rows(first..<21))
    }
  }

  @Test("a layer that runs on one thread gives the same bits in any batch", arguments: [1, 2, 5])
  func batches(count: Int) throws {
    let layer = Convolution(name: "c", inputs: 16, outputs: 32, side: 3, stride: 1, padding: 1)
    let (x, w) = (Self.random([6, 12, 12, 16], seed: 1), Self.random([32, 16, 3, 3], seed: 2))
    #expect(try layer.run([x.rows(0..<count)], [w]).result == layer.run([x], [w]).result.rows(0..<count))
  }
}

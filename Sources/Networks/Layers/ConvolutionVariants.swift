extension Convolution {
  /// The same by Winograd's filtering with tiles of 2 × 2, 4 × 4 or 6 × 6 results; nil where that is not possible.
  ///
  /// Its weights may not change any more.
  package func usingWinograd(tile: Int) -> Convolution? {
    precondition([2, 4, 6].contains(tile), "tiles of \(tile)")
    guard Winograd.suits(self) else { return nil }
    var other = self
    other.method = .winograd(Winograd(tile: tile))
    return other
  }

  /// The same as a product of windows and weights by kernels of our own or, for a transposed one, by Winograd's
  /// filtering over a map of a height; nil where that is not possible.
  ///
  /// Its weights may not change any more.
  package func byOwnKernels(height: Int) -> Convolution? {
    var other = self
    if isTransposed {
      guard let subpixel = SubpixelConvolution(self, height: height) else { return nil }
      other.method = .subpixel(subpixel)
    } else {
      other.method = .windows(WindowProduct())
    }
    return other
  }

  /// The same in training by Winograd's filtering where that is possible: weights are transformed for every batch.
  package var usingWinogradInTraining: Convolution {
    var other = self
    other.trainsByWinograd = Winograd.hasForm(self) && !hasReLU && !hasResidual
    return other
  }

  package var forTraining: any Layer { usingWinogradInTraining }

  package func forInference(over map: [Int], isFused: Bool) -> any Layer {
    let tile = Winograd.tile(height: shape(of: [map])[1], isFused: isFused)
    return usingWinograd(tile: tile) ?? byOwnKernels(height: map[1]) ?? self
  }

  /// The same over maps and weights rounded to bfloat16, products added up in 32 bits; by Winograd's filtering, and of
  /// the picture's colours, it stays as it is.
  package var inBFloat16: any Layer {
    if case .winograd = method { return self }
    guard inputs > 3 else { return self }
    var other = self
    (other.usesBFloat16, other.method) = (true, .oneDNN)
    return other
  }

  package var withOwnCache: any Layer {
    guard packing != nil else { return self }
    var other = self
    other.packing = PackedWeights()
    return other
  }

  package var packedCount: Int {
    switch method {
    case .oneDNN: inputs * outputs * side * side
    case .winograd(let winograd): winograd.packedCount(inputs: inputs, outputs: outputs)
    case .windows: WindowProduct.packedCount(inputs: inputs, outputs: outputs, side: side)
    case .subpixel(let subpixel): subpixel.packedCount(inputs: inputs, outputs: outputs)
    }
  }

  /// Where a transposed convolution's pixels come from is no window of one size.
  package var locality: Locality? {
    guard !isTransposed else { return nil }
    var bare = self
    bare.padding = 0
    let alignment = if case .winograd(let winograd) = method { winograd.tile } else { 1 }
    return Locality(
      receptiveField: ReceptiveField(side: side, stride: stride, padding: padding), border: 0,
      alignment: alignment
    ) { [bare] surroundings, residual, weights throws(NetworkError) in
      try bare.run(residual.map { [surroundings, $0] } ?? [surroundings], weights).result
    }
  }

  package var way: String? {
    switch method {
    case .oneDNN: "oneDNN"
    case .windows, .subpixel: "own"
    case .winograd(let winograd): "winograd \(winograd.tile)"
    }
  }

  package func alternatives(over map: [Int]) -> LayerAlternatives? {
    // What a layer adds and cuts off is the same by every way.
    var plain = self
    (plain.hasResidual, plain.hasReLU) = (false, false)
    var ways: [String: any Layer] = ["oneDNN": plain]
    ways["own"] = plain.byOwnKernels(height: map[1])
    for tile in [2, 4, 6] { ways["winograd \(tile)"] = plain.usingWinograd(tile: tile) }
    let result = shape(of: [map])
    let form = stride > 1 ? " \(isTransposed ? "up" : "down") \(stride)" : ""
    return LayerAlternatives(
      title: "\(side)×\(side)\(form), \(inputs) → \(outputs), \(result[1]) × \(result[2])", ways: ways,
      isMatrixProduct: side == 1 && stride == 1)
  }
}

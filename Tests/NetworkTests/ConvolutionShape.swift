import Networks
import Tensors
import TestSupport

/// One point of the grid of convolutions that the tests walk: a form and the maps that it is run on.
struct ConvolutionShape: Sendable, CustomStringConvertible {
  let side: Int, stride: Int, padding: Int, isTransposed: Bool
  let batch: Int, rows: Int, columns: Int, inputs: Int, outputs: Int

  /// A shape drawn from the grid, the next after `number` others; half of them have maps as small as patches make
  /// them, and every fiftieth may take long.
  static func drawn(_ random: inout SeededGenerator, _ number: Int) -> ConvolutionShape {
    let maxProducts = number % 50 == 49 ? 30_000_000 : 2_000_000
    let networks = [32, 48, 64, 96, 128, 192, 256, 384, 512]
    while true {
      func channels() -> Int {
        random.chance(0.7) ? 1 + random.integer(below: 40) : networks.randomElement(using: &random)!
      }
      func length() -> Int { 1 + random.integer(below: random.chance(0.5) ? 9 : 30) }
      let isTransposed = random.chance(0.15)
      let side = isTransposed ? 4 : [1, 3, 7].randomElement(using: &random)!
      let rows = length()
      let shape = ConvolutionShape(
        side: side, stride: isTransposed ? 2 : 1 + random.integer(below: 2), padding: (side - 1) / 2,
        isTransposed: isTransposed, batch: [1, 2, 3, 8].randomElement(using: &random)!, rows: rows,
        columns: random.chance(0.5) ? rows : length(), inputs: channels(), outputs: channels())
      if shape.products <= maxProducts { return shape }
    }
  }

  var description: String {
    "\(isTransposed ? "transposed convolution" : "convolution") \(side)×\(side), stride \(stride), of "
      + "\(batch)×\(rows)×\(columns)×\(inputs) to \(outputs) channels"
  }

  var layer: Convolution {
    Convolution(
      name: "c", inputs: inputs, outputs: outputs, side: side, stride: stride, padding: padding,
      isTransposed: isTransposed)
  }

  /// The layer's map and result.
  var map: [Int] { [batch, rows, columns, inputs] }
  var result: [Int] { layer.shape(of: [map]) }
  var weights: [Int] { (isTransposed ? [inputs, outputs] : [outputs, inputs]) + [side, side] }

  /// What the convolution reads and makes; a transposed one reads the layer's result and makes its map.
  var source: [Int] { isTransposed ? result : map }
  var target: [Int] { isTransposed ? map : result }

  /// How many products a pass adds up, those on the border counted in.
  var products: Int { target.dropLast().reduce(1, *) * inputs * outputs * side * side }

  /// The kernel of oneDNN for a pass of the convolution.
  func kernel(_ pass: ConvolutionKernel.Pass) throws -> ConvolutionKernel {
    try ConvolutionKernel(
      .init(pass: pass, source: source, result: target, side: side, stride: stride, padding: padding))
  }

  /// The three passes of the convolution as sums written out, of a map that it reads and one that it makes.
  func plain(_ from: Tensor, _ to: Tensor, _ weights: Tensor) -> (
    forward: [Float], data: [Float], weights: [Float]
  ) {
    let (x, y, w) = (from.elements, to.elements, weights.elements)
    var forward = [Double](repeating: 0, count: to.count)
    var (data, change) = (
      [Double](repeating: 0, count: from.count), [Double](repeating: 0, count: weights.count)
    )
    Plain.forEachProduct(from: source, to: target, side: side, stride: stride, padding: padding) { i, k, o in
      forward[o] += Double(x[i] * w[k])
      data[i] += Double(y[o] * w[k])
      change[k] += Double(x[i] * y[o])
    }
    return (forward.map { Float($0) }, data.map { Float($0) }, change.map { Float($0) })
  }
}

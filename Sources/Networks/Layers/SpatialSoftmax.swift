import Foundation
package import Tensors

/// A softmax over all pixels, one for every part; the background's logits are dropped.
///
/// PARE, Kocabas et al. 2021.
///
/// Input: logits `[batch, rows, columns, 1 + parts]`. Result: `[batch, rows, columns, parts]`, each part's weights
/// adding up to 1 over the map.
package struct SpatialSoftmax: Layer {
  /// In training, the maps whose logits are taken for equal, picture by picture; none, or one value a map.
  let hidden: [Bool]

  /// A softmax over every map, or over those that are not hidden: these get the same weight everywhere.
  package init(hidden: [Bool] = []) { self.hidden = hidden }

  package func hidingMaps(_ hidden: [Bool]) -> any Layer { SpatialSoftmax(hidden: hidden) }

  package func shape(of inputs: [[Int]]) -> [Int] { Array(inputs[0].dropLast()) + [inputs[0][3] - 1] }

  package func run(_ inputs: [Tensor], _ weights: [Tensor]) -> (result: Tensor, saved: [Tensor]) {
    let logits = inputs[0]
    let shape = shape(of: [logits.shape])
    let (pixels, parts) = (shape[1] * shape[2], shape[3])
    let result = Tensor(shape) { result in
      withPointers(to: logits) { logits in
        for n in 0..<shape[0] {
          softmax(
            logits + n * pixels * (parts + 1), into: result + n * pixels * parts, pixels: pixels, parts: parts
          )
          eachHidden(n, parts) { j in
            for p in 0..<pixels { result[(n * pixels + p) * parts + j] = 1 / Float(pixels) }
          }
        }
      }
    }
    return (result, [])
  }

  private func softmax(
    _ from: UnsafePointer<Float>, into to: UnsafeMutablePointer<Float>, pixels: Int, parts: Int
  ) {
    var largest = [Float](repeating: -.infinity, count: parts)
    // Thousands of terms: in 32 bits the sum would be the least exact number of the network.
    var total = [Double](repeating: 0, count: parts)
    for p in 0..<pixels {
      for j in 0..<parts { largest[j] = max(largest[j], from[p * (parts + 1) + 1 + j]) }
    }
    for p in 0..<pixels {
      for j in 0..<parts {
        let e = expf(from[p * (parts + 1) + 1 + j] - largest[j])
        to[p * parts + j] = e
        total[j] += Double(e)
      }
    }
    let divisors = total.map { Float($0) }
    for p in 0..<pixels {
      for j in 0..<parts { to[p * parts + j] /= divisors[j] }
    }
  }

  package func backward(_ gradient: Tensor, _ step: Step) -> (inputs: [Tensor], weights: [Tensor]) {
    let shape = gradient.shape
    let (pixels, parts) = (shape[1] * shape[2], shape[3])
    var input = Tensor(step.inputs[0].shape)
    input.withMutablePointer { input in
      withPointers(to: gradient, step.result) { gradient, result in
        for n in 0..<shape[0] {
          let (g, w) = (gradient + n * pixels * parts, result + n * pixels * parts)
          let to = input + n * pixels * (parts + 1)
          var agreement = [Float](repeating: 0, count: parts)
          for p in 0..<pixels {
            for j in 0..<parts { agreement[j] += g[p * parts + j] * w[p * parts + j] }
          }
          for p in 0..<pixels {
            for j in 0..<parts {
              to[p * (parts + 1) + 1 + j] = w[p * parts + j] * (g[p * parts + j] - agreement[j])
            }
          }
          eachHidden(n, parts) { j in
            for p in 0..<pixels { to[p * (parts + 1) + 1 + j] = 0 }
          }
        }
      }
    }
    return ([input], [])
  }

  private func eachHidden(_ picture: Int, _ parts: Int, _ body: (Int) -> Void) {
    guard !hidden.isEmpty else { return }
    for j in 0..<parts where hidden[picture * parts + j] { body(j) }
  }
}

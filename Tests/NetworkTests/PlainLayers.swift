import Foundation
import Tensors

/// The layers as the sums they are defined by, one element at a time: what the fast ones are held against.
enum Plain {
  static func tensor(_ shape: [Int], _ value: ([Int]) -> Float) -> Tensor {
    var index = [Int](repeating: 0, count: shape.count)
    var values: [Float] = []
    for _ in 0..<shape.reduce(1, *) {
      values.append(value(index))
      for d in shape.indices.reversed() {
        index[d] += 1
        if index[d] < shape[d] { break }
        index[d] = 0
      }
    }
    return Tensor(shape, values)
  }

  static func convolution(_ x: Tensor, _ w: Tensor, bias: Tensor?, stride: Int, padding: Int) -> Tensor {
    let side = w.shape[2]
    let (height, width) = (x.shape[1], x.shape[2])
    let shape = [
      x.shape[0], (height + 2 * padding - side) / stride + 1, (width + 2 * padding - side) / stride + 1,
      w.shape[0],
    ]
    return tensor(shape) { i in
      var sum = bias.map { $0[i[3]] } ?? 0
      for ky in 0..<side {
        for kx in 0..<side {
          let (row, column) = (i[1] * stride + ky - padding, i[2] * stride + kx - padding)
          guard (0..<height).contains(row), (0..<width).contains(column) else { continue }
          for c in 0..<x.shape[3] { sum += x[i[0], row, column, c] * w[i[3], c, ky, kx] }
        }
      }
      return sum
    }
  }

  /// Every channel by its own window of `w`, `[channels, 1, side, side]`, in a map of zeros `before` and `after` the given one.
  static func depthwise(
    _ x: Tensor, _ w: Tensor, _ bias: Tensor, stride: Int, before: Int, after: Int
  ) -> Tensor {
    let side = w.shape[2]
    func length(_ n: Int) -> Int { (n + before + after - side) / stride + 1 }
    return tensor([x.shape[0], length(x.shape[1]), length(x.shape[2]), x.shape[3]]) { i in
      var sum = bias[i[3]]
      for ky in 0..<side {
        for kx in 0..<side {
          let (row, column) = (i[1] * stride + ky - before, i[2] * stride + kx - before)
          guard (0..<x.shape[1]).contains(row), (0..<x.shape[2]).contains(column) else { continue }
          sum += x[i[0], row, column, i[3]] * w[i[3], 0, ky, kx]
        }
      }
      return sum
    }
  }

  static func transposedConvolution(_ x: Tensor, _ w: Tensor, stride: Int, padding: Int) -> Tensor {
    let side = w.shape[2]
    var result = Tensor([
      x.shape[0], (x.shape[1] - 1) * stride - 2 * padding + side,
      (x.shape[2] - 1) * stride - 2 * padding + side,
      w.shape[1],
    ])
    for n in 0..<x.shape[0] {
      for y in 0..<x.shape[1] {
        for column in 0..<x.shape[2] {
          for ky in 0..<side {
            for kx in 0..<side {
              let (to, at) = (y * stride + ky - padding, column * stride + kx - padding)
              guard (0..<result.shape[1]).contains(to), (0..<result.shape[2]).contains(at) else { continue }
              for c in 0..<w.shape[0] {
                for o in 0..<w.shape[1] { result[n, to, at, o] += x[n, y, column, c] * w[c, o, ky, kx] }
              }
            }
          }
        }
      }
    }
    return result
  }

  /// Every product that a convolution of `source` (what it reads) to `result` adds up, as three offsets: into the
  /// source-shaped map, into the weights `[out, in, side, side]`, and into the result-shaped map.
  static func forEachProduct(
    from source: [Int], to result: [Int], side: Int, stride: Int, padding: Int,
    _ body: (_ source: Int, _ weight: Int, _ result: Int) -> Void
  ) {
    let (inputs, outputs) = (source[3], result[3])
    for n in 0..<result[0] {
      for y in 0..<result[1] {
        for x in 0..<result[2] {
          let to = ((n * result[1] + y) * result[2] + x) * outputs
          for ky in 0..<side {
            for kx in 0..<side {
              let (row, column) = (y * stride + ky - padding, x * stride + kx - padding)
              guard row >= 0, row < source[1], column >= 0, column < source[2] else { continue }
              let from = ((n * source[1] + row) * source[2] + column) * inputs
              let window = ky * side + kx
              for o in 0..<outputs {
                for i in 0..<inputs { body(from + i, (o * inputs + i) * side * side + window, to + o) }
              }
            }
          }
        }
      }
    }
  }

  static func maxPooling(_ x: Tensor, side: Int = 3, padding: Int = 1) -> Tensor {
    let shape = [
      x.shape[0], (x.shape[1] + 2 * padding - side) / 2 + 1, (x.shape[2] + 2 * padding - side) / 2 + 1,
      x.shape[3],
    ]
    return tensor(shape) { i in
      var best = -Float.infinity
      for ky in 0..<side {
        for kx in 0..<side {
          let (row, column) = (2 * i[1] + ky - padding, 2 * i[2] + kx - padding)
          guard (0..<x.shape[1]).contains(row), (0..<x.shape[2]).contains(column) else { continue }
          best = max(best, x[i[0], row, column, i[3]])
        }
      }
      return best
    }
  }

  static func batchNormalization(_ x: Tensor, scale: Tensor, offset: Tensor, adding map: Tensor?, relu: Bool)
    -> Tensor
  {
    let count = Double(x.count / x.shape[3])
    var means: [Double] = [], variances: [Double] = []
    for c in 0..<x.shape[3] {
      let values = stride(from: c, to: x.count, by: x.shape[3]).map { Double(x.elements[$0]) }
      let mean = values.reduce(0, +) / count
      means.append(mean)
      variances.append(values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count)
    }
    return tensor(x.shape) { i in
      let c = i[3]
      let normal = (Double(x[i[0], i[1], i[2], c]) - means[c]) / (variances[c] + 1e-5).squareRoot()
      let value = Float(normal) * scale[c] + offset[c] + (map?[i[0], i[1], i[2], c] ?? 0)
      return relu ? max(value, 0) : value
    }
  }

  static func depthToSpace(_ x: Tensor) -> Tensor {
    let channels = x.shape[3] / 4
    return tensor([x.shape[0], 2 * x.shape[1], 2 * x.shape[2], channels]) { i in
      x[i[0], i[1] / 2, i[2] / 2, (2 * (i[1] % 2) + i[2] % 2) * channels + i[3]]
    }
  }

  static func upsampling(_ x: Tensor, factor: Int, alignsCorners: Bool = true) -> Tensor {
    let shape = [x.shape[0], x.shape[1] * factor, x.shape[2] * factor, x.shape[3]]
    func place(_ new: Int, of old: Int) -> Float {
      guard !alignsCorners else { return Float(new) * Float(old - 1) / Float(old * factor - 1) }
      return min(max((Float(new) + 0.5) / Float(factor) - 0.5, 0), Float(old - 1))
    }
    return tensor(shape) { i in
      var sum: Float = 0
      let (y, column) = (place(i[1], of: x.shape[1]), place(i[2], of: x.shape[2]))
      for row in 0..<x.shape[1] {
        for k in 0..<x.shape[2] {
          sum += max(0, 1 - abs(y - Float(row))) * max(0, 1 - abs(column - Float(k))) * x[i[0], row, k, i[3]]
        }
      }
      return sum
    }
  }

  static func spatialSoftmax(_ x: Tensor) -> Tensor {
    tensor([x.shape[0], x.shape[1], x.shape[2], x.shape[3] - 1]) { i in
      var total = 0.0
      for row in 0..<x.shape[1] {
        for column in 0..<x.shape[2] { total += exp(Double(x[i[0], row, column, i[3] + 1])) }
      }
      return Float(exp(Double(x[i[0], i[1], i[2], i[3] + 1])) / total)
    }
  }

  static func attended(_ x: Tensor, _ w: Tensor) -> Tensor {
    tensor([x.shape[0], x.shape[3], w.shape[3]]) { i in
      var sum: Float = 0
      for row in 0..<x.shape[1] {
        for column in 0..<x.shape[2] { sum += w[i[0], row, column, i[2]] * x[i[0], row, column, i[1]] }
      }
      return sum
    }
  }

  static func locallyConnected(_ a: Tensor, _ w: Tensor) -> Tensor {
    let joints = a.shape[2]
    return tensor([a.shape[0], joints * w.shape[1]]) { i in
      let (joint, output) = (i[1] / w.shape[1], i[1] % w.shape[1])
      return (0..<a.shape[1]).reduce(0) { $0 + a[i[0], $1, joint] * w[0, output, $1, joint, 0, 0] }
    }
  }

  static func linear(_ x: Tensor, _ w: Tensor, _ bias: Tensor) -> Tensor {
    tensor([x.shape[0], w.shape[0]]) { i in
      (0..<x.shape[1]).reduce(bias[i[1]]) { $0 + x[i[0], $1] * w[i[1], $1] }
    }
  }
}

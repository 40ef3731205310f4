internal import CKernels
package import Tensors

extension Tensor {
  /// The sum of two tensors of one shape.
  package func plus(_ other: Tensor) -> Tensor {
    precondition(shape == other.shape, "\(shape) and \(other.shape) do not add up")
    var sum = self
    let count = count
    sum.withMutableElements { kernel_add(other.address, count, $0.baseAddress!) }
    withExtendedLifetime(other) {}
    return sum
  }

  /// The channels of all pixels (or rows of a matrix) added up.
  var channelSums: Tensor {
    let channels = shape.last!
    let (sums, squares) = (Tensor(uninitialized: [channels]), Tensor(uninitialized: [channels]))
    let zero = Tensor([channels])
    kernel_moments(address, count / channels, channels, zero.address, sums.address, squares.address)
    withExtendedLifetime((self, zero)) {}
    return sums
  }

  /// `self · scale + offset (+ map)`, per channel, then, if asked, nothing below zero.
  func scaled(by scale: Tensor, offset: Tensor, adding map: Tensor? = nil, relu: Bool) -> Tensor {
    let result = Tensor(uninitialized: shape)
    let channels = shape.last!
    kernel_scale_offset(
      address, map?.address, count / channels, channels, scale.address, offset.address, relu ? 1 : 0,
      result.address)
    withExtendedLifetime((self, scale, offset, map)) {}
    return result
  }

  /// Every so many pixels of a map `[batch, rows, columns, channels]`, along rows and columns, from the first on.
  func pixels(every stride: Int, like shape: [Int]) -> Tensor {
    let channels = self.shape[3]
    let result = Tensor(uninitialized: [shape[0], shape[1], shape[2], channels])
    eachPixel(every: stride, rows: shape[1], columns: shape[2]) { at, index in
      (result.address + index * channels).update(from: address + at * channels, count: channels)
    }
    return result
  }

  /// A map of the given shape that has the pixels of this one at every so many of its own, and zeros between them.
  func spread(every stride: Int, over shape: [Int]) -> Tensor {
    let channels = shape[3]
    let result = Tensor(shape)
    result.eachPixel(every: stride, rows: self.shape[1], columns: self.shape[2]) { at, index in
      (result.address + at * channels).update(from: address + index * channels, count: channels)
    }
    return result
  }

  /// The positions of every so many pixels among all of this map, and their numbers.
  private func eachPixel(
    every stride: Int, rows: Int, columns: Int, _ body: (_ at: Int, _ index: Int) -> Void
  ) {
    for n in 0..<shape[0] {
      for y in 0..<rows {
        for x in 0..<columns {
          body(
            (n * shape[1] + y * stride) * shape[2] + x * stride, (n * rows + y) * columns + x)
        }
      }
    }
  }
}

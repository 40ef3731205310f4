internal import CKernels
package import Tensors

extension Tensor {
  /// The sum of two tensors of one shape.
  package func plus(_ other: Tensor) -> Tensor {
    precondition(shape == other.shape, "\(shape) and \(other.shape) do not add up")
    var sum = self
    let count = count
    sum.withMutablePointer { sum in withPointers(to: other) { kernel_add($0, count, sum) } }
    return sum
  }

  /// The channels of all pixels (or rows of a matrix) added up.
  var channelSums: Tensor { moments(shift: Tensor([shape.last!])).sums }

  /// The sums over all pixels of `x − shift` and of its square, per channel.
  func moments(shift: Tensor) -> (sums: Tensor, squares: Tensor) {
    let channels = shape.last!
    let pixels = count / channels
    var sums = Tensor(uninitialized: [channels]), squares = Tensor(uninitialized: [channels])
    withPointers(to: self, shift) { map, shift in
      withMutablePointers(to: &sums, &squares) { sums, squares in
        kernel_moments(map, pixels, channels, shift, sums, squares)
      }
    }
    return (sums, squares)
  }

  /// `self · scale + offset (+ residual)`, per channel, then, if asked, nothing below zero.
  func scaled(by scale: Tensor, offset: Tensor, residual: Tensor? = nil, relu: Bool) -> Tensor {
    let channels = shape.last!
    return Tensor(shape) { result in
      withPointers(to: self, residual, scale, offset) { map, residual, scale, offset in
        kernel_scale_offset(
          map, residual, count / channels, channels, scale, offset, relu ? 1 : 0, result)
      }
    }
  }

  /// The gradient `a · self + b · map + offset` of a map that was scaled per channel, this one being the gradient of
  /// the result.
  ///
  /// - Parameters:
  ///   - mask: the result of the ReLU that followed: where it is 0, the gradient is taken for 0.
  ///   - keepsMasked: whether to give the masked gradient too.
  func throughScale(
    _ a: Tensor, map: Tensor, _ b: Tensor, offset: Tensor, mask: Tensor?, keepsMasked: Bool = false
  ) -> (input: Tensor, masked: Tensor?) {
    let channels = shape.last!
    let pixels = count / channels
    var input = Tensor(uninitialized: shape), masked = Tensor(uninitialized: keepsMasked ? shape : [0])
    withPointers(to: self, mask, map, a, b, offset) { gradient, mask, map, a, b, offset in
      withMutablePointers(to: &input, &masked) { input, masked in
        kernel_gradient_input(
          gradient, mask, map, pixels, channels, a, b, offset, input, keepsMasked ? masked : nil)
      }
    }
    return (input, keepsMasked ? masked : nil)
  }

  /// Every so many pixels of a map `[batch, rows, columns, channels]`, along rows and columns, from the first on.
  func pixels(every stride: Int, like shape: [Int]) -> Tensor {
    let channels = self.shape[3]
    return Tensor([shape[0], shape[1], shape[2], channels]) { result in
      withPointers(to: self) { map in
        eachPixel(every: stride, rows: shape[1], columns: shape[2]) { at, index in
          (result + index * channels).update(from: map + at * channels, count: channels)
        }
      }
    }
  }

  /// A map of the given shape that has the pixels of this one at every so many of its own, and zeros between them.
  func spread(every stride: Int, over shape: [Int]) -> Tensor {
    let channels = shape[3]
    let zeros = Tensor(shape)
    var result = zeros
    result.withMutablePointer { result in
      withPointers(to: self) { map in
        zeros.eachPixel(every: stride, rows: self.shape[1], columns: self.shape[2]) { at, index in
          (result + at * channels).update(from: map + index * channels, count: channels)
        }
      }
    }
    return result
  }

  /// The indices of every so many pixels among all of this map, and their numbers.
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

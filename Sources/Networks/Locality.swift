internal import Tensors

/// How a layer computes part of a map: what a change of its input can reach, and no more.
///
/// Its result at a pixel follows from a window of its first input around it.
package struct Locality: Sendable {
  /// Which pixels of the first input a pixel of the result follows from.
  let receptiveField: ReceptiveField
  /// The value of pixels outside of the map.
  let border: Float
  /// Areas begin at multiples of this many pixels of the result; rounding would differ elsewhere.
  let alignment: Int
  /// The result over areas whose surroundings the input holds, `[areas, rows, columns, channels]`.
  ///
  /// `residual` is the second input over the areas, for a layer that has one.
  let run:
    @Sendable (_ surroundings: Tensor, _ residual: Tensor?, _ weights: [Tensor])
      throws(NetworkError) -> Tensor
}

/// Windows of `side` pixels, one every `stride` pixels, the first `padding` pixels before the border.
package struct ReceptiveField: Hashable, Sendable {
  let side: Int, stride: Int, padding: Int

  /// Along one axis, the pixels of a result of `length` whose windows touch the given pixels of the input.
  func result(of span: Range<Int>, length: Int) -> Range<Int> {
    let first = max(0, (span.lowerBound + padding - side + stride) / stride)
    let last = min(length - 1, (span.upperBound - 1 + padding) / stride)
    return first..<max(first, last + 1)
  }

  /// Along one axis, the pixels of the input that the given pixels of the result look at; they may be outside.
  func input(of span: Range<Int>) -> Range<Int> {
    let start = span.lowerBound * stride - padding
    return start..<start + (span.count - 1) * stride + side
  }
}

package import Tensors

/// A layer whose result at a pixel follows from a window of its first input around it.
///
/// Such a layer can work out part of a map: what a change of its input can reach, and no more.
package protocol LocalLayer: Layer {
  /// Where the windows lie.
  var reach: Reach { get }
  /// Whether this one works so.
  var isLocal: Bool { get }
  /// What stands for pixels outside of the map.
  var border: Float { get }
  /// Areas begin at multiples of this many pixels of the result; rounding would differ elsewhere.
  var grain: Int { get }
  /// The result over areas whose surroundings the input holds, `[areas, rows, columns, channels]`.
  ///
  /// - Parameter added: the second input over the areas, for a layer that has one.
  func run(over surroundings: Tensor, adding added: Tensor?, _ weights: [Tensor]) -> Tensor
}

extension LocalLayer {
  package var isLocal: Bool { true }
  package var grain: Int { 1 }
}

/// Windows of `side` pixels, one every `stride` pixels, the first `padding` pixels before the border.
package struct Reach: Hashable, Sendable {
  let side: Int, stride: Int, padding: Int

  /// Along one axis, the pixels of a result of `length` whose windows touch the given pixels of the input.
  func result(of span: Range<Int>, length: Int) -> Range<Int> {
    let first = max(0, (span.lowerBound + padding - side + stride) / stride)
    let last = min(length - 1, (span.upperBound - 1 + padding) / stride)
    return first..<max(first, last + 1)
  }

  /// Along one axis, the pixels of the input that the given pixels of the result look at; they may lie outside.
  func input(of span: Range<Int>) -> Range<Int> {
    let start = span.lowerBound * stride - padding
    return start..<start + (span.count - 1) * stride + side
  }
}

package import Tensors

/// The places of a sweep: every row position with every column position, in row-major order.
public struct Places: Hashable, Sendable {
  /// The pixels that the patch covers along one axis, and where its centre is.
  public struct Window: Hashable, Sendable {
    /// The covered pixels, clipped to the crop; never empty.
    public let pixels: Range<Int>

    /// The centre in pixels from the crop's edge; the first pixel reaches from 0 to 1.
    ///
    /// A patch of the centred grid keeps its centre when the border clips it; a clipped window of the script's
    /// grid has the centre of what is left of it.
    public let centre: Float
  }

  /// One place of the patch.
  public struct Place: Hashable, Sendable {
    /// Position in the map.
    public let row: Int, column: Int

    /// The covered pixels.
    public let y: Window, x: Window
  }

  /// The windows down the crop.
  public let rows: [Window]

  /// The windows across the crop.
  public let columns: [Window]

  /// The number of places.
  public var count: Int { rows.count * columns.count }

  /// The place at an index in row-major order.
  public subscript(_ index: Int) -> Place {
    let (row, column) = index.quotientAndRemainder(dividingBy: columns.count)
    return Place(row: row, column: column, y: rows[row], x: columns[column])
  }

  /// A crop `[side, side, 3]` with a patch of one value on each place, `[places, side, side, 3]`.
  package static func covered(_ crop: Tensor, at places: [Place], with value: Float) -> Tensor {
    let side = crop.shape[1]
    var crops = Tensor(stacking: places.map { _ in crop.reshaped([1] + crop.shape) })
    crops.withMutableElements { pixels in
      for (offset, place) in places.enumerated() {
        for row in place.y.pixels {
          let start = ((offset * side + row) * side + place.x.pixels.lowerBound) * 3
          UnsafeMutableBufferPointer(rebasing: pixels[start..<start + place.x.pixels.count * 3])
            .update(repeating: value)
        }
      }
    }
    return crops
  }
}

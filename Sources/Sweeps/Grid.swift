/// Where a sweep puts the patch.
///
/// The stride is given in pixels of a 224-pixel crop, as the occluder's size is; positions are worked out in
/// the network's own pixels, with the stride scaled, rounded and at least 1.
public struct Grid: Codable, Hashable, Sendable {
  /// How positions follow from the stride.
  public enum Kind: String, Codable, CaseIterable, Sendable {
    /// The patch is centred on every stride-th pixel, starting with the first, and clipped at the border.
    ///
    /// A stride of one pixel gives one value per pixel, and a coarser map is a subset of that one.
    case centred

    /// Windows start at 0 and the last one is clipped, as in the published script; one that would start beyond the
    /// crop is left out.
    case script
  }

  /// How positions follow from the stride.
  public var kind: Kind

  /// Distance between positions in pixels of a 224-pixel crop.
  public var stride: Int

  /// A grid of the given kind with a position every `stride` pixels of a 224-pixel crop.
  public init(_ kind: Kind = .centred, stride: Int = 4) {
    precondition(stride > 0, "a stride of \(stride) pixels")
    self.kind = kind
    self.stride = stride
  }

  /// The distance between positions in pixels of a crop of `side` pixels.
  public func stride(on side: Int) -> Int { Occluder.scaled(stride, to: side) }

  /// The places of `occluder` on a crop of `side` pixels.
  public func places(of occluder: Occluder, on side: Int) -> Places {
    let size = occluder.size(on: side)
    let step = stride(on: side)
    let windows: [Places.Window]
    switch kind {
    case .centred:
      // An odd patch is centred on the middle of its pixel, an even one on the pixel's upper left corner.
      windows = Swift.stride(from: 0, to: side, by: step).map { pixel in
        let start = pixel - size / 2
        return Places.Window(
          pixels: max(0, start)..<min(side, start + size), centre: Float(start) + Float(size) / 2)
      }
    case .script:
      let count = min((side - size + step - 1) / step + 1, (side - 1) / step + 1)
      windows = (0..<count).map { index in
        let pixels = index * step..<min(side, index * step + size)
        return Places.Window(pixels: pixels, centre: Float(pixels.lowerBound + pixels.upperBound) / 2)
      }
    }
    return Places(rows: windows, columns: windows)
  }
}

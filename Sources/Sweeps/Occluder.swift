/// The square patch that hides part of a crop.
///
/// Its size is given in pixels of a 224-pixel crop, whatever the side of the network's own crop, so that one
/// setting hides the same share of the picture from every network.
public struct Occluder: Codable, Hashable, Sendable {
  /// The crop side that sizes and strides are given for.
  public static let referenceSide = 224

  /// Side in pixels of a 224-pixel crop.
  public var size: Int

  /// What a hidden pixel becomes, in normalised space: 0 is the mean colour of ImageNet, a warm gray.
  public var value: Float

  /// A patch of `size` pixels of a 224-pixel crop, filled with `value`.
  public init(size: Int = 40, value: Float = 0) {
    precondition(size > 0 && size <= Self.referenceSide, "an occluder of \(size) pixels")
    self.size = size
    self.value = value
  }

  /// The patch's side in pixels of a crop of `side` pixels: scaled, rounded (halves up), at least 1.
  public func size(on side: Int) -> Int { Self.scaled(size, to: side) }

  /// A length in pixels of a 224-pixel crop in pixels of another: rounded (halves up), at least 1.
  static func scaled(_ length: Int, to side: Int) -> Int {
    max(1, (2 * length * side + referenceSide) / (2 * referenceSide))
  }
}

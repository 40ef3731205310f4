public import Pictures

/// What a network sees: so many pixels, and which part of the picture they show.
public struct PictureFrame: Codable, Hashable, Sendable {
  /// The side of what the network sees, in its own pixels.
  public let side: Int
  /// The part of the picture that was cut, in pixels of the picture: upper left corner, width and height.
  public let x: Double, y: Double, width: Double, height: Double
  /// The share of the frame's side that the side of the person's box takes; 1 where the crop is as large as the box.
  public let boxShare: Double

  enum CodingKeys: String, CodingKey {
    case side = "side_px"
    case x, y, width, height
    case boxShare = "box_share"
  }

  /// A frame of `side` pixels over a part of the picture.
  public init(side: Int, x: Double, y: Double, width: Double, height: Double, boxShare: Double = 1) {
    precondition(side > 0 && width > 0 && height > 0, "a frame of \(side) pixels over \(width) × \(height)")
    (self.side, self.x, self.y, self.width, self.height) = (side, x, y, width, height)
    self.boxShare = boxShare
  }

  /// The frame of a square picture that is a crop already.
  public init(wholeOf side: Int) {
    self.init(side: side, x: 0, y: 0, width: Double(side), height: Double(side))
  }

  /// The frame of a crop as a method cuts it.
  ///
  /// - Throws: `PictureError` where the box misses the picture or has no extent.
  public init(side: Int, of picture: Picture, box: Box?, by method: CropMethod) throws(PictureError) {
    let cut = try picture.partCut(around: box, side: side, by: method)
    self.init(
      side: side, x: cut.x, y: cut.y, width: cut.width, height: cut.height,
      boxShare: box == nil ? 1 : 1 / method.margin)
  }

  /// Where a coordinate across the frame is in the picture.
  public func pictureX(_ x: Float) -> Double { self.x + Double(x) / Double(side) * width }
  /// Where a coordinate down the frame is in the picture.
  public func pictureY(_ y: Float) -> Double { self.y + Double(y) / Double(side) * height }

  /// Where a point of another frame of the same picture is in this one, in pixels of each; it may be outside.
  public func point(_ x: Float, _ y: Float, in other: PictureFrame) -> (x: Double, y: Double) {
    guard other != self else { return (Double(x), Double(y)) }
    // Records of version 0.1.0 do not contain where a crop without a box was: there both frames are of one crop.
    let areWhole = self == PictureFrame(wholeOf: side) && other == PictureFrame(wholeOf: other.side)
    func pixel(
      _ value: Float, _ start: KeyPath<PictureFrame, Double>, _ length: KeyPath<PictureFrame, Double>
    ) -> Double {
      let share = Double(value) / Double(other.side)
      if areWhole { return share * Double(side) }
      let inPicture = other[keyPath: start] + share * other[keyPath: length]
      return (inPicture - self[keyPath: start]) / self[keyPath: length] * Double(side)
    }
    return (pixel(x, \.x, \.width), pixel(y, \.y, \.height))
  }
}

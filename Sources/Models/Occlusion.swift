public import Networks
public import Pictures
public import Tensors

/// What hides part of a picture: a shape, what it is filled with, and how large it is.
///
/// The size is a share of the side of the person's box: so many pixels of a box of 224. The same setting so hides the same
/// part of the person from networks of any crop (Kocabas et al., PARE, 2021, use a square of 40).
public struct Occlusion: Codable, Hashable, Sendable {
  /// The side that sizes and strides are given for.
  public static let referenceSide = 224
  /// How many times as high as wide an occluder may be.
  public static let aspects: ClosedRange<Float> = 0.01...100

  /// The outline.
  public enum Shape: Hashable, Sendable {
    /// As high as wide.
    case square
    /// So many times as high as wide.
    case rectangle(aspect: Float)
    /// The disc in the square.
    case disc
    /// The outline that a picture's opacity draws, so many times as high as wide.
    case mask(OccluderFile<Cutout>, aspect: Float)
  }

  /// What hidden pixels become.
  public enum Fill: Hashable, Sendable {
    /// One value in all channels of the normalised picture; 0 is the mean colour of ImageNet, a warm gray.
    case value(Float)
    /// A colour of the picture: red, green and blue, 0…255.
    case colour(red: UInt8, green: UInt8, blue: UInt8)
    /// The mean colour of the picture.
    case mean
    /// The picture out of focus, by a Gaussian of so many pixels of a box of 224.
    case blur(Float)
    /// Noise of a seed: pixels of a box of 224, each of a colour of its own.
    case noise(UInt64)
    /// A pattern, once over the person's box and mirrored beyond; it stays where it is when the occluder moves.
    case texture(OccluderFile<Picture>)
    /// Another picture in this one's place, such as the scene without the person.
    case image(OccluderFile<Picture>)

    /// Whether it is one colour wherever the picture comes from.
    public var isPlain: Bool {
      switch self {
      case .value, .colour: true
      case .mean, .blur, .noise, .texture, .image: false
      }
    }
  }

  /// The outline.
  public var shape: Shape
  /// What hidden pixels become.
  public var fill: Fill
  /// The width in pixels of a box of 224.
  public var size: Int

  /// An occlusion; unless given otherwise the published one, a gray square of 40.
  public init(size: Int = 40, shape: Shape = .square, fill: Fill = .value(0)) {
    precondition(size > 0 && size <= Self.referenceSide, "an occluder of \(size) pixels")
    (self.size, self.shape, self.fill) = (size, shape, fill)
  }

  /// The height and width in pixels of a frame: scaled, rounded (halves up), at least 1.
  public func extent(in frame: PictureFrame) -> (height: Int, width: Int) {
    let width = Self.scaled(size, to: frame)
    let aspect: Float
    switch shape {
    case .square, .disc: return (width, width)
    case .rectangle(let own), .mask(_, let own): aspect = own
    }
    let height = (Float(size) * aspect).rounded()
    return (Self.scaled(max(1, min(Int(height), Self.referenceSide)), to: frame), width)
  }

  /// A length in pixels of a box of 224 in pixels of a frame: rounded (halves up), at least 1.
  static func scaled(_ length: Int, to frame: PictureFrame) -> Int {
    // In whole numbers where the crop is the box, so that no size depends on the rounding of a division.
    guard frame.boxShare != 1 else {
      return max(1, (2 * length * frame.side + referenceSide) / (2 * referenceSide))
    }
    let exact = Double(length) * Double(frame.side) * frame.boxShare / Double(referenceSide)
    return max(1, Int(bounded: exact + 0.5, .down))
  }

  /// What an occluder of one colour shows in a frame, wherever it is.
  ///
  /// - Parameter texture: what it shows instead of its fill, for its whole extent, normalised `[height, width, 3]`.
  public func content(in frame: PictureFrame, texture: Tensor? = nil) -> Patch.Content {
    let extent = extent(in: frame)
    let coverage = coverage(extent)
    if coverage == nil, texture == nil, case .value(let value) = fill { return .value(value) }
    return .pixels(texture ?? Self.filled(extent, normalisedColour), coverage: coverage)
  }

  /// What covers a window of a frame.
  ///
  /// - Parameter texture: as for ``content(in:texture:)``, which makes the pixels of many windows once.
  public func patch(at window: Window, in frame: PictureFrame, texture: Tensor? = nil) -> Patch {
    window.covered(by: content(in: frame, texture: texture))
  }

  /// Whether it covers less than the rectangle about it.
  var isOutlined: Bool {
    switch shape {
    case .square, .rectangle: false
    case .disc, .mask: true
    }
  }

  /// How much of every pixel the occluder covers, 0…255, where a frame's pixel is `step` pixels wide; nil for rectangles.
  func coverage(in frame: PictureFrame, step: Int) -> (bytes: [UInt8], shape: [Int])? {
    let extent = extent(in: frame)
    guard let mask = coverage((extent.height * step, extent.width * step)) else { return nil }
    return (mask.elements.map { UInt8(level: $0 * 255) }, [1] + mask.shape)
  }

  /// How much of every pixel of an extent the occluder covers, `[height, width]`, 0…1; nil for rectangles, and for a mask that
  /// was not read.
  public func coverage(_ extent: (height: Int, width: Int)) -> Tensor? {
    switch shape {
    case .square, .rectangle: nil
    case .disc: Self.disc(extent)
    case .mask(let file, _):
      file.content.map { mask in
        Tensor(
          [extent.height, extent.width],
          mask.resized(width: extent.width, height: extent.height).pixels.map { min(max($0.w, 0), 1) })
      }
    }
  }

  /// The same in a frame, where a file draws the outline; nil for every other shape.
  public func maskCoverage(in frame: PictureFrame) -> Tensor? {
    guard case .mask = shape else { return nil }
    return coverage(extent(in: frame))
  }

  /// A colour over a whole extent, normalised `[height, width, 3]`.
  static func filled(_ extent: (height: Int, width: Int), _ colour: [Float]) -> Tensor {
    Tensor([extent.height, extent.width, 3], (0..<extent.height * extent.width).flatMap { _ in colour })
  }

  /// How much of every pixel the disc in a square covers, `[side, side]`, from 8 × 8 samples a pixel.
  private static func disc(_ extent: (height: Int, width: Int)) -> Tensor {
    let samples = 8
    let radius = Float(extent.width) / 2
    let values = (0..<extent.height).flatMap { y in
      (0..<extent.width).map { x -> Float in
        let inside = (0..<samples * samples).count { i in
          let dx = Float(x) + (Float(i % samples) + 0.5) / Float(samples) - radius
          let dy = Float(y) + (Float(i / samples) + 0.5) / Float(samples) - radius
          return dx * dx + dy * dy <= radius * radius
        }
        return Float(inside) / Float(samples * samples)
      }
    }
    return Tensor([extent.height, extent.width], values)
  }
}

extension Window {
  /// The patch that shows an occluder's content over the window.
  public func covered(by content: Patch.Content) -> Patch {
    Patch(rows: y.pixels, columns: x.pixels, content: content, top: y.start, left: x.start)
  }
}

import Networks
public import Pictures
import Tensors

/// What hidden pixels become in one picture.
///
/// Fills are made in the picture, not in what a network sees of it: so networks of any crop see the same behind the
/// occluder, each cut out as it cuts the picture.
public enum Filler: Sendable {
  /// A colour, in the values of pictures, 0…255; not rounded.
  case colour([Float])
  /// Another picture of the same size.
  case picture(Picture)
}

extension Occlusion {
  /// What the fill makes of a picture.
  ///
  /// - Parameter box: the person's, in pixels of the picture; nil takes the picture as a crop already. Grain and blur are
  ///   given in pixels of a box of 224.
  /// - Throws: `ModelError` where the fill is a file that was not read.
  public func filler(in picture: Picture, box: Box?) throws(ModelError) -> Filler {
    let square = (box ?? Box(wholeOf: picture)).square
    let unit = square.width / Double(Self.referenceSide)
    switch fill {
    case .value(let value):
      return .colour(zip(Picture.colourDeviation, Picture.meanColour).map { 255 * (value * $0 + $1) })
    case .colour(let red, let green, let blue): return .colour([Float(red), Float(green), Float(blue)])
    case .mean: return .colour(picture.averageColour)
    case .blur(let deviation):
      // A picture has no detail that a blur of a hundredth of a pixel could take.
      return .picture(picture.blurred(deviation: max(0.01, Double(deviation) * unit)))
    case .noise(let seed):
      return .picture(
        Picture(noiseOf: seed, width: picture.width, height: picture.height, cell: max(1, unit)))
    case .texture(let file):
      return .picture(try file.read().tiled(over: square, width: picture.width, height: picture.height))
    case .image(let file):
      return .picture(try file.read().covering(width: picture.width, height: picture.height))
    }
  }

  /// What the occluder shows in a frame of a picture, wherever it is.
  ///
  /// - Throws: `PictureError` where the box misses the picture; `ModelError` as ``filler(in:box:)``.
  func content(
    in frame: PictureFrame, of picture: Picture, box: Box?, by method: CropMethod
  ) throws -> Patch.Content {
    guard !fill.isPlain else { return content(in: frame) }
    let extent = extent(in: frame)
    let coverage = coverage(extent)
    switch try filler(in: picture, box: box) {
    case .colour(let colour):
      return .pixels(Self.filled(extent, Picture.normalised(colour)), coverage: coverage)
    case .picture(let filler):
      return .whole(
        try filler.networkInput(around: box, side: frame.side, by: method, like: picture), coverage: coverage)
    }
  }
}

/// A picture that an occluder shows, or whose opacity is its outline: its name and digest, and what was read.
public struct OccluderFile<Content: Sendable>: Sendable, Hashable {
  /// The file's name and a digest of what it contains.
  public let source: SourceFile
  /// What it contains; nil where only a record's settings are known.
  public let content: Content?

  /// A file that was read, or that is known by name.
  public init(source: SourceFile, content: Content?) { (self.source, self.content) = (source, content) }

  /// What it contains.
  ///
  /// - Throws: `ModelError` where it was not read.
  func read() throws(ModelError) -> Content {
    guard let content else {
      throw ModelError(.badData, "\(source.name): the file that the occluder shows was not given")
    }
    return content
  }

  /// Whether both are of the same file.
  public static func == (a: Self, b: Self) -> Bool { a.source == b.source }
  /// Feeds the source.
  public func hash(into hasher: inout Hasher) { hasher.combine(source) }
}

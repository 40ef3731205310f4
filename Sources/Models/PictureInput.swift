public import Bodies
import Foundation
public import Pictures
public import Tensors

/// A picture, and the part of it that shows the person.
public struct PictureInput: Sendable {
  /// The picture.
  public let picture: Picture
  /// Its file.
  public let path: String
  /// The person's box in its pixels; nil takes it as a crop already.
  public let box: Box?
  /// The file's name and a digest of the pixels.
  public let source: SourceFile
  /// What results are called after; the file's name without its ending unless given.
  public let stem: String
  /// The clip whose middle frame the picture is; nil of a picture by itself.
  public var clip: Clip?

  /// The largest side in pixels of the crop that people look at.
  public static let displaySide = 480

  /// A picture of the given parts.
  public init(picture: Picture, path: String, box: Box?, source: SourceFile, stem: String? = nil) {
    (self.picture, self.path, self.box, self.source) = (picture, path, box, source)
    self.stem = stem ?? URL(filePath: path).deletingPathExtension().lastPathComponent
  }

  /// Reads a picture.
  ///
  /// - Throws: `PictureError` when it cannot be read.
  public init(contentsOf path: String, box: Box? = nil) throws {
    let picture = try Picture(contentsOf: path)
    self.init(
      picture: picture, path: path, box: box,
      source: SourceFile(
        name: URL(filePath: path).lastPathComponent, fingerprint: picture.fingerprint.text))
  }

  /// The same picture with another box.
  ///
  /// - Parameter stem: what results are called after; as before unless given.
  public func with(box: Box?, stem: String? = nil) -> PictureInput {
    var other = PictureInput(picture: picture, path: path, box: box, source: source, stem: stem ?? self.stem)
    other.clip = clip
    return other
  }

  /// The picture as a model sees it, or the clip where it looks at several frames.
  ///
  /// - Throws: the model's errors; those of the picture name its file.
  public func prepared(for model: any PoseModel, occlusion: Occlusion) throws -> any PreparedPicture {
    try naming { picture in
      if let clip, let model = model as? any ClipModel {
        return try model.prepare(clip, box: box, occlusion: occlusion)
      }
      return try model.prepare(picture, box: box, occlusion: occlusion)
    }
  }

  /// Refuses a box whose numbers make no sense.
  ///
  /// - Throws: `PictureError` that names the picture's file.
  public func checkBox() throws {
    guard let box else { return }
    try naming { try $0.check(box) }
  }

  /// Does something with the picture; errors then name its file.
  private func naming<R>(_ body: (Picture) throws -> R) throws -> R {
    do {
      return try body(picture)
    } catch let error as PictureError {
      throw error.naming(path)
    }
  }

  /// What a network sees, for looking at: as fine as the picture allows, up to 480 pixels, but no smaller than its crop.
  ///
  /// - Throws: `PictureError` where the box misses the picture.
  public func displayCrop(of frame: PictureFrame) throws -> Picture {
    try displayCrop(around: box(of: frame), side: frame.side)
  }

  /// What an occluder shows in that crop wherever it is, for looking at; nil where it is a colour of its own.
  ///
  /// - Throws: `PictureError` where the box misses the picture; `ModelError` where the fill is a file that was not read.
  public func displayFill(of occlusion: Occlusion, in frame: PictureFrame) throws -> Picture? {
    guard !occlusion.fill.isPlain else { return nil }
    switch try occlusion.filler(in: picture, box: box) {
    case .colour(let colour):
      let bytes = colour.map { UInt8(level: $0) }
      let side = try displayCrop(of: frame).width
      return Picture(width: side, height: side, red: bytes[0], green: bytes[1], blue: bytes[2])
    case .picture(let filler):
      return try displayCrop(of: filler, around: box(of: frame), side: frame.side)
    }
  }

  /// The person's box, for looking at: as fine as the picture allows, up to 480 pixels, but no smaller than `side`.
  ///
  /// - Throws: `PictureError` where the box misses the picture.
  public func displayCrop(side: Int) throws -> Picture { try displayCrop(around: box, side: side) }

  private func displayCrop(
    of shown: Picture? = nil, around box: Box?, side: Int
  ) throws -> Picture {
    let extent = box.map { max($0.width, $0.height) } ?? Double(max(picture.width, picture.height))
    let side = max(side, min(Self.displaySide, Int(bounded: extent, .towardZero)))
    return try naming { picture in
      let shown = shown ?? picture
      return try box.map { try shown.crop(around: $0, side: side, stretchedLike: picture) }
        ?? shown.cropAsIs(side: side, stretchedLike: picture)
    }
  }

  /// The box that a frame shows: the person's, or, of a network that sees more or less than it, what that sees.
  private func box(of frame: PictureFrame) -> Box? {
    frame.boxShare == 1 ? box : Box(x: frame.x, y: frame.y, width: frame.width, height: frame.height)
  }

  /// A camera of the whole picture as a camera of what a network sees.
  public func cropCamera(_ camera: WeakPerspectiveCamera, of frame: PictureFrame) -> WeakPerspectiveCamera {
    guard let box = box(of: frame) else { return camera }
    let whole = Box(wholeOf: picture)
    let side = max(box.width, box.height)
    let scale = camera.scale * Float(whole.width / side)
    // A point at k of the whole picture is at (k · W + 2 (whole centre − box centre)) / side of the crop.
    let shiftX = 2 * (whole.x + whole.width / 2 - box.x - box.width / 2) / side
    let shiftY = 2 * (whole.y + whole.height / 2 - box.y - box.height / 2) / side
    return WeakPerspectiveCamera(
      scale: scale, tx: camera.tx + Float(shiftX) / scale, ty: camera.ty + Float(shiftY) / scale)
  }
}

extension Picture {
  /// A digest of the pixels.
  public var fingerprint: Fingerprint {
    var fingerprint = Fingerprint()
    fingerprint.add(Data("\(width) \(height)".utf8))
    pixels.withUnsafeBytes { fingerprint.add($0) }
    return fingerprint
  }
}

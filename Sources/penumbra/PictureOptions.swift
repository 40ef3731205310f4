public import ArgumentParser
import Foundation
import Networks
public import Pictures
import Sweeps

extension Box: ExpressibleByArgument {
  /// A box written as `x,y,w,h`.
  public init?(argument: String) {
    let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
    guard numbers.count == 4, let x = numbers[0], let y = numbers[1], let width = numbers[2],
      let height = numbers[3]
    else { return nil }
    self.init(x: x, y: y, width: width, height: height)
  }
}

/// The picture of a person that a command looks at.
struct PictureOptions: ParsableArguments {
  @Argument(help: "A PNG or JPEG picture of one person.")
  var picture: String

  @Option(
    help: ArgumentHelp(
      "The person's box in pixels of the picture; without one the picture is taken as a crop already.",
      valueName: "x,y,w,h"))
  var box: Box?

  /// Reads the picture.
  func load() throws -> LoadedPicture {
    let picture = try Picture(contentsOf: self.picture)
    var fingerprint = Fingerprint()
    fingerprint.add(Data("\(picture.width) \(picture.height)".utf8))
    picture.pixels.withUnsafeBytes { fingerprint.add($0) }
    return LoadedPicture(
      picture: picture, path: self.picture, box: box,
      source: .init(name: URL(filePath: self.picture).lastPathComponent, fingerprint: fingerprint.text))
  }
}

/// A picture and the part of it that shows the person.
struct LoadedPicture {
  let picture: Picture
  let path: String
  let box: Box?
  let source: SweepRecord.Info.Source

  /// The most pixels a side of the crop that people look at.
  static let displaySide = 480

  /// The name of the file without its ending.
  var stem: String { URL(filePath: path).deletingPathExtension().lastPathComponent }

  /// The crop as a network of that side sees it.
  func crop(side: Int) throws -> Picture {
    do {
      return try box.map { try picture.crop(around: $0, side: side) } ?? picture.cropAsIs(side: side)
    } catch let error as PictureError {
      throw PictureError(error.kind, path, error.kind == .badBox ? error.description : error.sentence)
    }
  }

  /// The same crop for looking at: as fine as the picture allows, up to 480 pixels.
  func displayCrop(side: Int) throws -> Picture {
    let extent = box.map { max($0.width, $0.height) } ?? Double(max(picture.width, picture.height))
    return try crop(side: max(side, min(Self.displaySide, Int(extent))))
  }

  /// The camera `[scale, x, y]` of the whole picture as a camera of this crop.
  func cropCamera(_ camera: (scale: Float, tx: Float, ty: Float)) -> (scale: Float, tx: Float, ty: Float) {
    guard let box else { return camera }
    let whole = Box(wholeOf: picture)
    let side = max(box.width, box.height)
    let scale = camera.scale * Float(whole.width / side)
    // A point at k of the whole picture lies at (k · W + 2 (whole centre − box centre)) / side of the crop.
    let shiftX = 2 * (whole.x + whole.width / 2 - box.x - box.width / 2) / side
    let shiftY = 2 * (whole.y + whole.height / 2 - box.y - box.height / 2) / side
    return (scale, camera.tx + Float(shiftX) / scale, camera.ty + Float(shiftY) / scale)
  }
}

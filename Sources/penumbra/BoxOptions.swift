public import ArgumentParser
import Evaluation
import Foundation
import Networks
public import Pictures
import Sweeps
import Tensors

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

extension CropMethod: ExpressibleByArgument {}

/// Which part of a picture shows the person.
struct BoxOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The person's box in pixels of the picture; without one the picture is taken as a crop already.",
      valueName: "x,y,w,h"))
  var box: Box?

  @Option(
    help: ArgumentHelp("The person's box from SPIN's json, {\"bbox\": [x, y, w, h]}.", valueName: "file"))
  var bbox: String?

  @Option(help: ArgumentHelp("The person's box from the first person of OpenPose's json.", valueName: "file"))
  var openpose: String?

  @Option(
    help: ArgumentHelp(
      "How the box is cut out and resized: spin, pare (its evaluation) or demo (its demo); that of the network "
        + "unless given.", valueName: "spin|pare|demo"))
  var crop: CropMethod?

  /// Whether a box was given in any form.
  var isGiven: Bool { box != nil || bbox != nil || openpose != nil }

  func validate() throws {
    if [box != nil, bbox != nil, openpose != nil].count(where: { $0 }) > 1 {
      throw ValidationError("Give the box once: --box, --bbox or --openpose")
    }
  }

  /// Reads a picture.
  func load(_ path: String) throws -> LoadedPicture {
    let box = try box ?? bbox.map(Box.init(spinFile:)) ?? openpose.map(Box.init(openPoseFile:))
    let picture = try Picture(contentsOf: path)
    let fingerprint = picture.fingerprint
    return LoadedPicture(
      picture: picture, path: path, box: box, method: crop,
      source: .init(name: URL(filePath: path).lastPathComponent, fingerprint: fingerprint.text))
  }
}

/// A picture and the part of it that shows the person.
struct LoadedPicture {
  let picture: Picture
  let path: String
  let box: Box?
  /// How it is cut out; nil leaves that to the network.
  let method: CropMethod?
  let source: SweepRecord.Info.Source
  /// What results are called after; the file's name unless given.
  var name: String?

  /// The most pixels a side of the crop that people look at.
  static let displaySide = 480

  /// What results are called after: the name of the file without its ending, unless there is a better one.
  var stem: String { name ?? URL(filePath: path).deletingPathExtension().lastPathComponent }

  /// What a network sees, `[side, side, 3]`, normalised.
  func input(of model: LoadedModel) throws -> Tensor {
    try naming { try $0.networkInput(around: box, side: model.regressor.side, by: method(of: model)) }
  }

  /// How the crop for a network is cut.
  func method(of model: LoadedModel) -> CropMethod { method ?? model.cropMethod }

  /// Does something with the picture; errors then name its file.
  private func naming<R>(_ body: (Picture) throws -> R) throws -> R {
    do {
      return try body(picture)
    } catch let error as PictureError {
      throw error.naming(path)
    }
  }

  /// The same crop for looking at: as fine as the picture allows, up to 480 pixels.
  func displayCrop(side: Int) throws -> Picture {
    let extent = box.map { max($0.width, $0.height) } ?? Double(max(picture.width, picture.height))
    let side = max(side, min(Self.displaySide, Int(extent)))
    return try naming { picture in
      try box.map { try picture.crop(around: $0, side: side) } ?? picture.cropAsIs(side: side)
    }
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

extension Picture {
  /// A digest of the pixels.
  var fingerprint: Fingerprint {
    var fingerprint = Fingerprint()
    fingerprint.add(Data("\(width) \(height)".utf8))
    pixels.withUnsafeBytes { fingerprint.add($0) }
    return fingerprint
  }
}

import Archives
public import Bodies
import Foundation
public import Models
import Pictures
import Records
import Tensors

/// An occluder, and where it goes where that is not the rule of the sweep.
public struct PlacedOcclusion: Sendable {
  /// What hides part of the picture.
  public let occlusion: Occlusion
  /// Its one centre in pixels of the picture; nil for the rule of the sweep.
  public let centre: [Double]?

  /// An occluder at a place of its own, or by the rule of the sweep.
  public init(_ occlusion: Occlusion, at centre: [Double]? = nil) {
    (self.occlusion, self.centre) = (occlusion, centre)
  }
}

/// The body parts of the person in one picture as occluders, each of which hides the pixels that show a part.
///
/// The body is that of the ground truth or, without one, the clean prediction of the first network that gives a body.
public struct PartOccluders: Sendable {
  private let shown: Silhouette
  private let frame: PictureFrame
  /// What every network sees of the picture: no part is hidden beyond it.
  private let seen: Box
  /// The width of the square about the person in pixels of the picture.
  private let square: Double

  /// Finer than what most networks see, so that outlines are those of the body.
  private static let side = 448
  /// Looks at the person of a sweep's picture.
  ///
  /// - Throws: `RecordError` where no body is known; `PictureError` where the box makes no sense; an error of the network
  ///   that predicts the body.
  public init(of sweep: PictureSweep, models: [any PoseModel]) throws {
    let input = sweep.input
    try input.checkBox()
    let square = (input.box ?? Box(wholeOf: input.picture)).square
    self.square = square.width
    let margin = input.box == nil ? 1 : models.map(\.cropMargin).min() ?? 1
    seen = square.enlarged(by: margin)
    let person: (body: BodyModel, rotations: Tensor, betas: Tensor, camera: WeakPerspectiveCamera)
    if let truth = sweep.truth?.truth, let posed = truth.body, let camera = truth.camera,
      let body = sweep.body
    {
      frame = PictureFrame(
        side: Self.side, x: seen.x, y: seen.y, width: seen.width, height: seen.height, boxShare: 1 / margin)
      person = (
        body, posed.rotations, posed.betas, input.cropCamera(WeakPerspectiveCamera(camera), of: frame)
      )
    } else if let model = models.first(where: { $0.body != nil }), let body = model.body?.model {
      let prepared = try input.prepared(for: model, occlusion: Occlusion())
      let clean = try prepared.predict(at: [nil])
      guard let predicted = clean.body, let camera = clean.camera else { throw Self.unknown(input.path) }
      let own = prepared.frame
      frame = PictureFrame(
        side: Self.side, x: own.x, y: own.y, width: own.width, height: own.height, boxShare: own.boxShare)
      person = (body, predicted.rotations, predicted.betas, WeakPerspectiveCamera(camera))
    } else {
      throw Self.unknown(input.path)
    }
    shown = Silhouette(
      of: person.body, rotations: person.rotations, betas: person.betas, camera: person.camera,
      side: Self.side)
  }

  private static func unknown(_ path: String) -> RecordError {
    RecordError(
      .badData, path,
      "no body says where parts are; give a ground truth with a body and a camera, or also a network that gives a body"
    )
  }

  /// What hides a part, one with each fill; none where the picture shows less of it than 1/2000.
  public func occluders(hiding part: Joint, filledWith fills: [Occlusion.Fill]) -> [PlacedOcclusion] {
    let side = frame.side
    let label = UInt8(part.rawValue + 1)
    let on = shown.parts.indices.filter { index in
      guard shown.parts[index] == label else { return false }
      let (x, y) = (
        frame.pictureX(Float(index % side) + 0.5), frame.pictureY(Float(index / side) + 0.5)
      )
      return x >= seen.x && x < seen.x + seen.width && y >= seen.y && y < seen.y + seen.height
    }
    guard on.count * 2000 >= side * side else { return [] }
    let (rows, columns) = (on.map { $0 / side }, on.map { $0 % side })
    let (top, left) = (rows.min()!, columns.min()!)
    let (height, width) = (rows.max()! - top + 1, columns.max()! - left + 1)
    var opacity = [UInt8](repeating: 0, count: height * width)
    for (row, column) in zip(rows, columns) { opacity[(row - top) * width + column - left] = 1 }
    var fingerprint = Fingerprint()
    fingerprint.add(Data("\(width) \(height)".utf8))
    fingerprint.add(Data(opacity))
    // Sizes are shares of the person's square.
    let size = Double(width) / Double(side) * frame.width / square * Double(Occlusion.referenceSide)
    let mask = Cutout(
      width: width, height: height, pixels: opacity.map { SIMD4(0, 0, 0, Float($0)) })
    let shape = Occlusion.Shape.part(
      part, mask: mask, fingerprint: fingerprint.text, aspect: Float(height) / Float(width))
    let centre = [
      frame.pictureX(Float(left) + Float(width) / 2), frame.pictureY(Float(top) + Float(height) / 2),
    ]
    return fills.map { fill in
      let width = max(1, min(Int(bounded: size), Occlusion.referenceSide))
      return PlacedOcclusion(Occlusion(size: width, shape: shape, fill: fill), at: centre)
    }
  }
}

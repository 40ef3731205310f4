import Archives
import Foundation
public import Networks
public import Pictures
import Tensors

/// Finds the people in a picture, so that networks can crop from them.
///
/// MediaPipe's way (Bazarevsky et al. 2020): a detector tells the middle of the hips and how far the body reaches from
/// there, and the landmarks that BlazePose then reads off that square tell it once more.
public struct PersonFinder: Sendable {
  /// A person in a picture.
  public struct Person: Sendable, Equatable {
    /// The square about the middle of the hips that holds the whole body, in whole pixels; it may reach beyond the picture.
    public let box: Box
    /// How sure the detector is, from 0 to 1.
    public let score: Double
  }

  /// How sure it must be, as MediaPipe asks for by default.
  public static let leastScore = 0.5
  /// The name of its weights among the project's files.
  public static let file = "networks/\(PersonFinderNetwork.name).safetensors"

  private let network: PersonFinderNetwork
  private let landmarks: LandmarkNetwork

  /// A detector, and the network that reads landmarks.
  public init(_ network: PersonFinderNetwork, _ landmarks: LandmarkNetwork) {
    (self.network, self.landmarks) = (network, landmarks)
  }

  /// Reads the built-in networks.
  ///
  /// - Throws: `ArchiveError` or `WeightError` when one cannot be read.
  public init() throws {
    let path = try Fixtures.path(Self.file)
    let weights = Weights(try Archive(contentsOf: path).tensors(), source: path)
    self.init(
      try PersonFinderNetwork(weights),
      try NetworkFile(contentsOf: LoadedNetwork.path(of: LandmarkModel.name)).landmarkNetwork())
  }

  /// The people in a picture, by size and score, the first the one to take.
  ///
  /// - Throws: `PictureError` where the picture has too few pixels for anybody.
  public func people(in picture: Picture) throws -> [Person] {
    let side = PersonFinderNetwork.side
    let whole = Box(wholeOf: picture)
    // Smoothed, since a large picture loses most of its pixels; black beyond it.
    let small = try picture.crop(around: whole, side: side)
    let values = Tensor([1, side, side, 3], small.pixels.map { Float($0) / 127.5 - 1 })
    let results = try network.estimate(values)
    let part = try picture.partCut(around: whole, side: side, by: .spin)
    var people: [Person] = []
    for detection in Detection.people(scores: results.scores.elements, places: results.places.elements) {
      let square = detection.square.moved(from: side, to: part)
      guard square.overlaps(picture) else { continue }
      let box = try refined(square, in: picture).inWholePixels
      // Two detections of one person end up in one box.
      if box.overlaps(picture), !people.contains(where: { $0.box.intersectionOverUnion(box) > 0.5 }) {
        people.append(Person(box: box, score: detection.score))
      }
    }
    return people.sorted { a, b in
      let (x, y) = (a.box.area * a.score, b.box.area * b.score)
      return x != y ? x > y : (a.box.x, a.box.y) < (b.box.x, b.box.y)
    }
  }

  /// The square that the landmarks in a square tell; itself where they show nobody.
  private func refined(_ square: Box, in picture: Picture) throws -> Box {
    let side = LandmarkNetwork.side
    let crop = try picture.networkInput(around: square, side: side, by: .blazePose)
    let found = try landmarks.estimate(crop.reshaped([1, side, side, 3]))
    // A logistic function makes at least a half of it.
    guard found.presence[0] >= 0 else { return square }
    // Of the landmarks that serve tracking, the middle of the hips and the end of the body.
    let points = [33, 34].map { SIMD2(Double(found.screen[0, $0, 0]), Double(found.screen[0, $0, 1])) }
    let box = Box(about: points[0], reaching: points[1])
      .moved(from: side, to: try picture.partCut(around: square, side: side, by: .blazePose))
    return box.overlaps(picture) ? box : square
  }
}

/// What an anchor, or several near each other, say of a person, in pixels of the detector's picture.
package struct Detection: Sendable, Equatable {
  /// How sure the detector is, from 0 to 1.
  package let score: Double
  /// The box about the head, by which detections of one person are told.
  package let box: Box
  /// The middle of the hips, and the end of the body from there.
  package let hips: SIMD2<Double>, end: SIMD2<Double>

  package init(score: Double, box: Box, hips: SIMD2<Double>, end: SIMD2<Double>) {
    (self.score, self.box, self.hips, self.end) = (score, box, hips, end)
  }

  /// The square that holds the whole body.
  package var square: Box { Box(about: hips, reaching: end) }

  /// The people that anchors tell, the surest first.
  package static func people(scores: [Float], places: [Float]) -> [Detection] {
    let numbers = PersonFinderNetwork.placeNumbers
    let sure = PersonFinderNetwork.anchors.enumerated().compactMap { index, anchor -> Detection? in
      let score = 1 / (1 + exp(-Double(scores[index])))
      guard score >= PersonFinder.leastScore else { return nil }
      let place = places[index * numbers..<(index + 1) * numbers].map(Double.init)
      let middle = SIMD2(Double(anchor.x), Double(anchor.y))
      func point(_ first: Int) -> SIMD2<Double> { middle + SIMD2(place[first], place[first + 1]) }
      let corner = point(0) - SIMD2(place[2], place[3]) / 2
      return Detection(
        score: score, box: Box(x: corner.x, y: corner.y, width: place[2], height: place[3]), hips: point(4),
        end: point(6))
    }
    return merged(sure)
  }

  /// Detections whose boxes overlap by more than 0.3 made one, averaged by their scores, with the highest score.
  package static func merged(_ detections: [Detection]) -> [Detection] {
    var left = detections.enumerated().sorted {
      ($1.element.score, $0.offset) < ($0.element.score, $1.offset)
    }
    .map(\.element)
    var people: [Detection] = []
    while let best = left.first {
      let near = left.indices.filter { $0 == 0 || best.box.intersectionOverUnion(left[$0].box) > 0.3 }
      let group = near.map { left[$0] }
      let total = group.reduce(0) { $0 + $1.score }
      func mean(_ value: (Detection) -> SIMD2<Double>) -> SIMD2<Double> {
        group.reduce(.zero) { $0 + $1.score / total * value($1) }
      }
      let (corner, extent) = (mean { [$0.box.x, $0.box.y] }, mean { [$0.box.width, $0.box.height] })
      people.append(
        Detection(
          score: best.score, box: Box(x: corner.x, y: corner.y, width: extent.x, height: extent.y),
          hips: mean(\.hips), end: mean(\.end)))
      for index in near.reversed() { left.remove(at: index) }
    }
    return people
  }
}

extension Box {
  /// The square about a point that a circle through another touches.
  fileprivate init(about middle: SIMD2<Double>, reaching end: SIMD2<Double>) {
    let off = end - middle
    let radius = (off * off).sum().squareRoot()
    self.init(x: middle.x - radius, y: middle.y - radius, width: 2 * radius, height: 2 * radius)
  }

  /// The box of a crop of a side as a box of the picture, of which the crop shows a part.
  fileprivate func moved(from side: Int, to part: Box) -> Box {
    let scale = part.width / Double(side)
    return Box(
      x: part.x + x * scale, y: part.y + y * part.height / Double(side), width: width * scale,
      height: height * scale)
  }

  /// As it is written on a command line.
  fileprivate var inWholePixels: Box {
    Box(
      x: x.rounded(), y: y.rounded(), width: max(width.rounded(), 1), height: max(height.rounded(), 1))
  }

  fileprivate var area: Double { width * height }

  /// Whether a crop can be cut from it: of more than a pixel, some of it in the picture.
  fileprivate func overlaps(_ picture: Picture) -> Bool {
    width > 1 && height > 1 && x + width > 1 && y + height > 1 && x < Double(picture.width) - 1
      && y < Double(picture.height) - 1
  }

  /// The area that two boxes share, as a share of what they cover together.
  package func intersectionOverUnion(_ other: Box) -> Double {
    let shared =
      max(min(x + width, other.x + other.width) - max(x, other.x), 0)
      * max(min(y + height, other.y + other.height) - max(y, other.y), 0)
    return shared > 0 ? shared / (area + other.area - shared) : 0
  }
}

import Foundation
internal import Pictures
package import Tensors

/// What is done to a rendered picture and its labels before a network learns from them.
///
/// The distributions are the published ones (`spec/losses-and-training.md` §6); everything is off to begin with.
/// On a picture: a window is cut out (RandCrop, scale, rotation), mirrored, covered by occluders, its channels
/// change. What is drawn for one does not depend on whether another is on.
public struct Augmentation: Codable, Hashable, Sendable {
  /// Half of the pictures are mirrored, left and right exchanged.
  public var flip = false
  /// 40 % of the pictures are turned about their middle, by N(0, 30) degrees, at most 60.
  public var rotation = false
  /// The window's side is multiplied by N(1, 0.25), from 0.75 to 1.25.
  public var scale = false
  /// Each channel is multiplied by 0.6 to 1.4, clipped to 0…255.
  public var noise = false
  /// RandCrop: the chance that a picture shows only part of the person's box.
  public var cropProbability: Float = 0
  /// RandCrop: the share of its side that the box then loses; it lies in the middle across, anywhere down.
  public var cropFactor: Float = 0
  /// SynthOcc: where the one to seven occluders of every picture come from, `none`, `shapes`, `bodies` or a folder.
  public var occluders = Occluders.none

  enum CodingKeys: String, CodingKey {
    case flip, rotation, scale, noise, occluders
    case cropProbability = "crop_probability"
    case cropFactor = "crop_factor"
  }

  /// Nothing is done.
  public init() {}

  /// Whether pictures stay as they were rendered.
  public var isOff: Bool { self == Augmentation() }

  /// The pixels that are drawn on each side of a crop of `side`, so that a larger or turned window stays filled.
  ///
  /// A turn of more than about 13 degrees may still bring black corners, as the published code leaves outside a picture.
  package func margin(side: Int) -> Int {
    Int((Float(side) / 2 * ((scale ? 1.25 : 1) * (rotation ? 1.2 : 1) - 1)).rounded(.up))
  }

  /// What one picture is subjected to.
  package struct Draw: Sendable, Equatable {
    /// Whether it is mirrored.
    package var flips = false
    /// What red, green and blue are multiplied by.
    package var gains = SIMD3<Float>(1, 1, 1)
    /// The clockwise turn of what is seen, in degrees.
    package var degrees: Float = 0
    /// What the window's side is multiplied by.
    package var scale: Float = 1
    /// Where the smaller box starts, 0…1 from top to bottom; nil leaves the whole box.
    package var crop: Float?

    /// Nothing.
    package init() {}
  }

  /// Draws what happens to a picture; the order is that of `spec/losses-and-training.md` §6.
  package func draw(_ generator: inout SeededGenerator) -> Draw {
    var draw = Draw()
    let flips = generator.uniform() <= 0.5
    let gains = SIMD3(
      generator.uniform(0.6...1.4), generator.uniform(0.6...1.4), generator.uniform(0.6...1.4))
    let degrees = min(max(generator.normal(deviation: 30), -60), 60)
    let scale = min(max(generator.normal(mean: 1, deviation: 0.25), 0.75), 1.25)
    let isTurned = !generator.chance(0.6)
    let isCropped = generator.chance(cropProbability)
    let start = generator.uniform()
    if flip { draw.flips = flips }
    if noise { draw.gains = gains }
    if rotation, isTurned { draw.degrees = degrees }
    if self.scale { draw.scale = scale }
    if isCropped, cropFactor > 0 { draw.crop = start }
    return draw
  }

  /// The window of the drawn box's coordinates, −1…1, that a draw leaves.
  package func window(_ draw: Draw) -> Window {
    let half = draw.crop == nil ? 1 : 1 - cropFactor
    // The smaller box starts anywhere in what it leaves free, and lies in the middle across.
    let centre = SIMD2(0, (1 - half) * (2 * (draw.crop ?? 0.5) - 1))
    return Window(centre: centre, half: half * draw.scale, radians: draw.degrees * .pi / 180)
  }

  /// A square cut out of a picture: its middle and half its side in coordinates −1…1, and how far what is seen in
  /// it turns clockwise.
  package struct Window: Sendable, Equatable {
    package var centre: SIMD2<Float>
    package var half: Float
    package var radians: Float

    package init(centre: SIMD2<Float> = .zero, half: Float = 1, radians: Float = 0) {
      (self.centre, self.half, self.radians) = (centre, half, radians)
    }
  }

  /// A stream of random numbers that the studio does not use.
  static let stream: UInt64 = 0x6175_676D_656E_7400

  /// The people of a batch as a network learns from them.
  ///
  /// - Parameters:
  ///   - people: rendered with `margin(side:)` around the crop of `side`.
  ///   - numbers: the pictures' numbers in the run, which decide all draws.
  package func apply(
    to people: [RenderedPerson], numbers: Range<Int>, seed: UInt64, side: Int, occluders: Occluders,
    studio: Studio
  ) -> [RenderedPerson] {
    guard !isOff else { return people }
    return people.indices.map { index in
      var generator = SeededGenerator(
        seed: seed ^ Self.stream, stream: UInt64(numbers.lowerBound + index))
      let draw = draw(&generator)
      var window = window(draw)
      let shown = Float(side) / Float(people[index].picture.width)
      window.half *= shown
      window.centre *= shown
      var person = people[index].cropped(to: window, side: side)
      if draw.flips { person = person.mirrored() }
      if !occluders.isEmpty {
        person = occluders.covering(person, among: people, index, studio: studio, using: &generator)
      }
      person.picture.multiply(by: draw.gains)
      return person
    }
  }
}

extension Picture {
  /// Multiplies the channels, clipped to 0…255.
  fileprivate mutating func multiply(by gains: SIMD3<Float>) {
    guard gains != SIMD3(1, 1, 1) else { return }
    let tables = (0..<3).map { c in (0...255).map { UInt8(min(Float($0) * gains[c] + 0.5, 255)) } }
    for i in pixels.indices { pixels[i] = tables[i % 3][Int(pixels[i])] }
  }
}

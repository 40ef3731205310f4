import Foundation
internal import Pictures
package import Rendering
package import Tensors

/// Augmentation of a rendered picture and its labels.
///
/// The distributions are those of SPIN's and PARE's code (Kolotouros et al. 2019; Kocabas et al. 2021); everything
/// is off by default. A window is cut out (RandCrop, scale, rotation), mirrored, covered by occluders, and its
/// channels are scaled. The draws of one augmentation do not depend on whether another is on.
public struct Augmentation: Codable, Hashable, Sendable {
  /// Mirrors half of the pictures and exchanges left and right in the labels.
  public var flip = false
  /// Rotates 40 % of the pictures about their centre, by N(0, 30) degrees, at most 60.
  public var rotation = false
  /// Multiplies the window's side by N(1, 0.25), clamped to 0.75…1.25.
  public var scale = false
  /// Multiplies each channel by 0.6 to 1.4, clipped to 0…255.
  public var noise = false
  /// RandCrop: the probability that a picture shows only part of the person's box.
  public var cropProbability: Float = 0
  /// RandCrop: the share of its side that the box then loses; centred horizontally, anywhere vertically.
  public var cropFactor: Float = 0
  /// The probability that the photograph ends inside the crop, which is black beyond its edges; nil for never.
  ///
  /// Crops of half a person in a photograph are such; the renderer's pictures have no edges.
  public var edgeProbability: Float?
  /// SynthOcc: the source of the one to seven occluders of each picture: `none`, `shapes`, `bodies` or a folder.
  public var occluders = OccluderLibrary.none

  enum CodingKeys: String, CodingKey {
    case flip, rotation, scale, noise, occluders
    case cropProbability = "crop_probability"
    case cropFactor = "crop_factor"
    case edgeProbability = "edge_probability"
  }

  /// No augmentation.
  public init() {}

  /// Whether pictures stay as rendered.
  public var isOff: Bool { self == Augmentation() }

  /// Whether pixels move, and not colours alone.
  var movesPictures: Bool { flip || rotation || scale || cropProbability > 0 }

  /// The pixels to render on each side of a crop of `side`, so that a larger or rotated window is filled.
  ///
  /// A rotation by more than about 13 degrees may still give black corners, as in the published code.
  package func margin(side: Int) -> Int {
    Int(bounded: Float(side) / 2 * ((scale ? 1.25 : 1) * (rotation ? 1.2 : 1) - 1), .up)
  }

  /// The augmentation of one picture.
  package struct Draw: Sendable, Equatable {
    /// Whether it is mirrored.
    package var flips = false
    /// The factors of red, green and blue.
    package var gains = SIMD3<Float>(1, 1, 1)
    /// The clockwise rotation of the content, in degrees.
    package var degrees: Float = 0
    /// The factor of the window's side.
    package var scale: Float = 1
    /// Where the smaller box starts, 0…1 from top to bottom; nil for the whole box.
    package var crop: Float?

    /// No change.
    package init() {}
  }

  /// Draws the augmentation of a picture, in the order of the published code.
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

  /// The window that a draw leaves, in coordinates −1…1 of the rendered box.
  package func window(_ draw: Draw) -> Window {
    let half = draw.crop == nil ? 1 : 1 - cropFactor
    // The smaller box starts anywhere vertically and is centred horizontally.
    let centre = SIMD2(0, (1 - half) * (2 * (draw.crop ?? 0.5) - 1))
    return Window(centre: centre, half: half * draw.scale, radians: draw.degrees * .pi / 180)
  }

  /// A square cut out of a picture: its centre and half its side in coordinates −1…1, and the clockwise rotation of
  /// its content in radians.
  package struct Window: Sendable, Equatable {
    package var centre: SIMD2<Float>
    package var half: Float
    package var radians: Float

    package init(centre: SIMD2<Float> = .zero, half: Float = 1, radians: Float = 0) {
      (self.centre, self.half, self.radians) = (centre, half, radians)
    }
  }

  /// Where a photograph ends inside its crop, as shares of the crop's side from the left and the top.
  package struct Edges: Sendable, Equatable {
    package var left: Float = 0, top: Float = 0, right: Float = 1, bottom: Float = 1
    package init() {}
  }

  /// The edges of one picture; nil when it fills the crop.
  ///
  /// Mostly the lower part is missing: people are photographed from the waist up, from the chest up, or to the knees.
  package func edges(of number: Int, seed: UInt64) -> Edges? {
    var generator = SeededGenerator(seed: seed ^ Self.edgeStream, stream: UInt64(number))
    guard let edgeProbability, generator.chance(edgeProbability) else { return nil }
    var edges = Edges()
    if generator.chance(0.8) { edges.bottom = generator.uniform(0.3...1) }
    if generator.chance(0.4) { edges.left = generator.uniform(0...0.35) }
    if generator.chance(0.4) { edges.right = generator.uniform(0.65...1) }
    if generator.chance(0.4) { edges.top = generator.uniform(0...0.15) }
    return edges
  }

  /// Random streams that the renderer does not use.
  static let edgeStream: UInt64 = 0x6564_6765_7300_0000
  static let stream: UInt64 = 0x6175_676D_656E_7400

  /// Augments the people of a batch.
  ///
  /// - Parameters:
  ///   - people: rendered with `margin(side:)` around the crop of `side`.
  ///   - numbers: the pictures' numbers in the run, which determine all draws.
  package func apply(
    to people: [RenderedSample], numbers: Range<Int>, seed: UInt64, side: Int, occluders: OccluderLibrary,
    renderer: Renderer
  ) -> [RenderedSample] {
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
      if let edges = edges(of: numbers.lowerBound + index, seed: seed) { person.end(at: edges) }
      if !occluders.isEmpty {
        person = occluders.covering(person, among: people, index, renderer: renderer, using: &generator)
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

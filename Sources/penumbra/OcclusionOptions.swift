public import ArgumentParser
import Foundation
public import Models
import Pictures
import Sweeps

extension PositionRule.Kind: ExpressibleByArgument {
  /// A kind by its name; `script` is the name of version 0.1.0 for `corner`.
  public init?(argument: String) { self.init(name: argument) }
}

extension Occlusion.Fill: ExpressibleByArgument {
  /// A fill by its name.
  public init?(argument: String) { self.init(name: argument) }
  /// The name.
  public var defaultValueDescription: String { name }
}

extension Occlusion.Shape: ExpressibleByArgument {
  /// A shape by its name.
  public init?(argument: String) { self.init(name: argument) }
  /// The name.
  public var defaultValueDescription: String { name }
}

/// Occluders and grids that have a name.
public enum OcclusionPreset: String, ExpressibleByArgument, CaseIterable {
  /// The published script's: windows of 40, one beside the other.
  case pare
  /// Those of the paper's figures: windows of 40, overlapping by half.
  case pareFigure = "pare-figure"
  /// What the paper describes: an occluder of 40 centred on every pixel.
  case pareDense = "pare-dense"

  var stride: Int {
    switch self {
    case .pare: 40
    case .pareFigure: 20
    case .pareDense: 1
    }
  }
}

/// A length, written as `2`, `2mm` or `2 mm`.
struct Millimetres: ExpressibleByArgument {
  let value: Double

  init?(argument: String) {
    let number = argument.hasSuffix("mm") ? argument.dropLast(2) : argument[...]
    guard let value = Double(number.trimmingCharacters(in: .whitespaces)), value > 0, value < 10_000 else {
      return nil
    }
    self.value = value
  }

  var defaultValueDescription: String { String(format: "%gmm", value) }
}

/// The occluder and where it goes.
struct OcclusionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Occluder size, stride and grid of PARE's script (pare: 40/40), of its figures (pare-figure: 40/20), or of every "
        + "pixel (pare-dense: 40/1).", valueName: "name"))
  var preset: OcclusionPreset?

  @Option(
    name: .customLong("occluder-size"),
    help: ArgumentHelp(
      "Width of the occluder, in pixels of a 224-pixel crop (default: 40); scaled for other crops.",
      valueName: "pixels"))
  var size: Int?

  @Option(
    help: ArgumentHelp(
      "Shape of the occluder: square, disc, or rectangleA, A times as high as wide.", valueName: "shape"))
  var shape = Occlusion.Shape.square

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Fill of the occluder: gray (ImageNet's mean colour), black, #rrggbb, or a number in normalised colours.",
      valueName: "fill"))
  var fill = Occlusion.Fill.value(0)

  @Option(name: .customLong("occluder-value"), parsing: .unconditional, help: .hidden)
  var occluderValue: NormalisedFill?

  @Option(
    name: .customLong("stride"),
    help: ArgumentHelp(
      "Step between positions, in pixels of a 224-pixel crop (default: 4).", valueName: "pixels"))
  var step: Int?

  @Option(
    name: .customLong("grid"),
    help: ArgumentHelp(
      "Grid of positions: centred on pixels of what the network sees (centred, the default), from the corner as in PARE's "
        + "published script (corner), or at the same places of the picture for every network (picture, the default with "
        + "workers).",
      valueName: "centred|corner|picture"))
  var kind: PositionRule.Kind?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Use only positions whose centre is in this part of the picture, in its pixels.", valueName: "x,y,w,h"))
  var region: Box?

  @Option(
    help: ArgumentHelp(
      "Sample positions adaptively until the interpolated error maps are within this, on average over positions and "
        + "joints, such as 2mm; sets the default stride to 1.", valueName: "mm"))
  var tolerance: Millimetres?

  private var occluderSize: Int { size ?? 40 }
  private var stride: Int { step ?? preset?.stride ?? (tolerance == nil ? 4 : 1) }

  /// What hides part of the picture.
  var occlusion: Occlusion {
    Occlusion(size: occluderSize, shape: shape, fill: occluderValue?.fill ?? fill)
  }
  /// Where it goes: in the picture where networks run elsewhere or cut crops of different extent around a box, else in the
  /// crop.
  func positions(for models: [any PoseModel], in input: PictureInput? = nil) -> PositionRule {
    let sharesPicture =
      models.contains { $0 is WorkerModel }
      || input?.box != nil && Set(models.map(\.cropMargin)).count > 1
    let usual: PositionRule.Kind =
      preset == .pare || preset == .pareFigure
      ? .corner : sharesPicture && preset == nil ? .picture : .centred
    return PositionRule(
      kind ?? usual, stride: stride,
      region: region.map { [$0.x, $0.y, $0.width, $0.height] })
  }

  func validate() throws {
    let side = Occlusion.referenceSide
    guard preset == nil || (size == nil && step == nil && kind == nil) else {
      throw ValidationError(
        "--preset sets size, stride and grid; leave out --occluder-size, --stride and --grid")
    }
    guard (1...side).contains(occluderSize) else {
      throw ValidationError("--occluder-size is \(occluderSize); give 1 to \(side), the pixels of a crop")
    }
    guard (1...side).contains(stride) else {
      throw ValidationError("--stride is \(stride); give 1 to \(side) pixels")
    }
    if let region, !(region.width > 0 && region.height > 0) {
      throw ValidationError("--region needs a width and a height above 0")
    }
  }
}

/// A fill in the network's normalised colours: one number for all channels, or red, green and blue.
struct NormalisedFill: ExpressibleByArgument {
  let fill: Occlusion.Fill

  init?(argument: String) {
    let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map {
      Float($0.trimmingCharacters(in: .whitespaces))
    }
    let known = numbers.compactMap(\.self).filter(\.isFinite)
    guard known.count == numbers.count else { return nil }
    if known.count == 1 {
      fill = .value(known[0])
      return
    }
    guard known.count == 3 else { return nil }
    // A colour of eight bits: -2.118,-2.036,-1.804 is black.
    let bytes = known.indices.map { channel in
      (255 * (known[channel] * Picture.colourDeviation[channel] + Picture.meanColour[channel])).rounded()
    }
    guard bytes.allSatisfy({ (0...255).contains($0) }) else { return nil }
    fill = .colour(red: UInt8(bytes[0]), green: UInt8(bytes[1]), blue: UInt8(bytes[2]))
  }
}

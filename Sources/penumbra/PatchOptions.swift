public import ArgumentParser
import Foundation
public import Sweeps

extension Grid.Kind: ExpressibleByArgument {}

/// Patches and grids that have a name.
public enum PatchPreset: String, ExpressibleByArgument, CaseIterable {
  /// The published script's: windows of 40, one beside the other.
  case pare
  /// Those of the paper's figures: windows of 40, overlapping by half.
  case pareFigure = "pare-figure"
  /// What the paper describes: a patch of 40 centred on every pixel.
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

/// The patch and where it goes.
struct PatchOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The grid of PARE's script (pare: 40/40), of its figures (pare-figure: 40/20), or every pixel (pare-dense); "
        + "sets size, stride and grid.", valueName: "name"))
  var preset: PatchPreset?

  @Option(
    name: .customLong("occluder-size"),
    help: ArgumentHelp(
      "The patch's side in pixels of a 224-pixel crop, 40 unless given; scaled to other networks' crops.",
      valueName: "pixels"))
  var size: Int?

  @Option(
    help: ArgumentHelp(
      "What a hidden pixel becomes, in normalised space; 0 is the mean colour of ImageNet.",
      valueName: "value"))
  var occluderValue: Float = 0

  @Option(
    name: .customLong("stride"),
    help: ArgumentHelp(
      "Pixels of a 224-pixel crop from one place to the next, 4 unless given.", valueName: "pixels"))
  var step: Int?

  @Option(
    name: .customLong("grid"),
    help: ArgumentHelp(
      "Patches centred on pixels, or windows from the corner as in the published script; centred unless given.",
      valueName: "centred|script"))
  var kind: Grid.Kind?

  @Option(
    help: ArgumentHelp(
      "Work out only as many places as it takes to interpolate the error maps to this, on average over places and "
        + "joints, such as 2mm; the stride is 1 unless given.", valueName: "mm"))
  var tolerance: Millimetres?

  private var occluderSize: Int { size ?? 40 }
  private var stride: Int { step ?? preset?.stride ?? (tolerance == nil ? 4 : 1) }

  var occluder: Occluder { Occluder(size: occluderSize, value: occluderValue) }
  var places: Grid {
    Grid(kind ?? (preset == nil || preset == .pareDense ? .centred : .script), stride: stride)
  }

  func validate() throws {
    let side = Occluder.referenceSide
    guard preset == nil || (size == nil && step == nil && kind == nil) else {
      throw ValidationError(
        "--preset sets size, stride and grid; leave out --occluder-size, --stride and --grid")
    }
    guard (1...side).contains(occluderSize) else {
      throw ValidationError("--occluder-size is \(occluderSize); give 1 to \(side), the pixels of a crop")
    }
    guard occluderValue.isFinite else { throw ValidationError("--occluder-value must be a finite number") }
    guard (1...side).contains(stride) else {
      throw ValidationError("--stride is \(stride); give 1 to \(side) pixels")
    }
  }
}

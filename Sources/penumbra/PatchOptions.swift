public import ArgumentParser
public import Sweeps

extension Grid.Kind: ExpressibleByArgument {}

/// The patch and where it goes.
struct PatchOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The patch's side in pixels of a 224-pixel crop; scaled to other networks' crops.", valueName: "pixels")
  )
  var occluderSize = 40

  @Option(
    help: ArgumentHelp(
      "What a hidden pixel becomes, in normalised space; 0 is the mean colour of ImageNet.",
      valueName: "value"))
  var occluderValue: Float = 0

  @Option(
    help: ArgumentHelp("Pixels of a 224-pixel crop from one place to the next.", valueName: "pixels"))
  var stride = 4

  @Option(
    help: ArgumentHelp(
      "Patches centred on pixels, or windows from the corner as in the published script.", valueName: "kind"))
  var grid = Grid.Kind.centred

  var occluder: Occluder { Occluder(size: occluderSize, value: occluderValue) }
  var places: Grid { Grid(grid, stride: stride) }

  func validate() throws {
    let side = Occluder.referenceSide
    guard (1...side).contains(occluderSize) else {
      throw ValidationError("--occluder-size is \(occluderSize); give 1 to \(side), the pixels of a crop")
    }
    guard occluderValue.isFinite else { throw ValidationError("--occluder-value must be a finite number") }
    guard (1...side).contains(stride) else {
      throw ValidationError("--stride is \(stride); give 1 to \(side) pixels")
    }
  }
}

public import ArgumentParser
import Foundation
import Models
public import Pictures

extension Box: ExpressibleByArgument {
  /// A box written as `x,y,w,h`, spaces allowed.
  public init?(argument: String) {
    let numbers = argument.split(separator: ",", omittingEmptySubsequences: false)
      .map { Double($0.trimmingCharacters(in: .whitespaces)) }
    guard numbers.count == 4, let x = numbers[0], let y = numbers[1], let width = numbers[2],
      let height = numbers[3]
    else { return nil }
    self.init(x: x, y: y, width: width, height: height)
  }
}

extension CropMethod: ExpressibleByArgument {}

/// Which part of a picture shows the person.
struct BoxOptions: ParsableArguments {
  // A value that begins with a minus is a value all the same.
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Box of the person in pixels of the picture (default: the picture is the crop).",
      valueName: "x,y,w,h"))
  var box: Box?

  @Option(
    help: ArgumentHelp(
      "Box of the person in SPIN's JSON, {\"bbox\": [x, y, w, h]}, or the surest of a picture in COCO's results.",
      valueName: "file"))
  var bbox: String?

  @Option(
    help: ArgumentHelp(
      "Box of the person from OpenPose's JSON: of the largest one that it is sure of.", valueName: "file"))
  var openpose: String?

  @Option(help: ArgumentHelp("Number of the person in OpenPose's JSON, from 1.", valueName: "n"))
  var person: Int?

  @Option(
    help: ArgumentHelp(
      "Method to cut out and resize the box: spin, pare (PARE's evaluation) or demo (PARE's demo) (default: the "
        + "network's own).", valueName: "spin|pare|demo"))
  var crop: CropMethod?

  /// Whether a box was given in any form.
  var isGiven: Bool { box != nil || bbox != nil || openpose != nil }

  func validate() throws {
    if [box != nil, bbox != nil, openpose != nil].count(where: { $0 }) > 1 {
      throw ValidationError("Give the box once: --box, --bbox or --openpose")
    }
    if let person {
      guard openpose != nil else { throw ValidationError("--person is for --openpose; give that too") }
      guard person > 0 else { throw ValidationError("--person is \(person); give 1 for the first") }
    }
  }

  /// Reads a picture.
  func load(_ path: String) throws -> PictureInput {
    let box =
      try box ?? bbox.map { try Box(boxFile: $0, picture: path) }
      ?? openpose.map { try Box(openPoseFile: $0, person: person) }
    return try PictureInput(contentsOf: path, box: box)
  }
}

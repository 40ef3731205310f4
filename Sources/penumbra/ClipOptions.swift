import Archives
import ArgumentParser
import Foundation
import Models
import Pictures

/// A folder of frames as a clip of one moving person.
struct ClipOptions: ParsableArguments {
  @Flag(
    help: ArgumentHelp(
      "Take the folder for a clip of one person, its pictures in the order of their names: temporal networks look at the "
        + "frames about the middle one, all others at that alone. A temporal network implies it."))
  var clip = false

  @Flag(
    name: .customLong("follow"),
    help: "In a clip, move the occluder with the person from frame to frame (default: it stays).")
  var follows = false

  /// Whether the one folder is a clip; otherwise pictures are swept one by one.
  ///
  /// - Throws: a failure where a clip is wanted and no one folder is given.
  func isClip(_ pictures: [String], for models: [any PoseModel]) throws -> Bool {
    guard clip || follows || models.contains(where: { $0 is any ClipModel }) else { return false }
    let hasFolder = try pictures.contains { try isFolder($0) }
    if hasFolder, pictures.count == 1 { return true }
    guard clip || follows || hasFolder else { return false }
    throw Failure(
      .usage, "a clip is one folder of frames; give one, such as a folder of penumbra render --frames")
  }

  /// Reads a clip.
  ///
  /// - Parameter truth: the file of a picture's ground truth.
  func load(
    _ list: PictureList, _ box: BoxOptions, truth: (_ picture: String) throws -> String?
  ) throws -> PictureInput {
    let middle = list.paths[Clip.middle(of: list.paths.count)]
    var input = try box.load(middle, truth: try truth(middle))
    let frames = try list.paths.map { path -> Picture in
      let frame = path == middle ? input.picture : try Picture(contentsOf: path)
      guard frame.width == input.picture.width, frame.height == input.picture.height else {
        throw Failure(
          .badData,
          "\(path): is \(frame.width) × \(frame.height), and the middle frame \(input.picture.width) × "
            + "\(input.picture.height); frames of a clip are of one size")
      }
      return frame
    }
    input.clip = Clip(frames: frames, name: list.name, followsPerson: follows)
    return input.with(box: input.box, stem: list.name)
  }
}

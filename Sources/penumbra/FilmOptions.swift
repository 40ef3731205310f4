import ArgumentParser
import Bodies
import Figures
import Presentation

/// The film of a sweep.
struct FilmOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Also write the sweep of one picture as a film of at most 20 s: mp4 and webp (which need ffmpeg), or an animated \
      png. Of many positions every k-th is shown.
      """, valueName: "file"))
  var film: String?

  @Option(
    help: ArgumentHelp("Joint whose map the film shows below the mean map; repeatable.", valueName: "joint"))
  var filmJoint: [String] = []

  func validate() throws {
    guard film != nil || filmJoint.isEmpty else {
      throw ValidationError("--film-joint is for --film; give --film too")
    }
  }

  /// Refuses a film that cannot be made, before anything is drawn.
  func check(_ reports: [PictureReport]) throws {
    guard let film else { return }
    _ = try FilmFile(film)
    guard reports.count == 1 else {
      throw Failure(
        .usage,
        "\(film): a film shows one picture; give the records of one of \(reports.count) pictures or settings")
    }
    _ = try joints(of: reports[0])
  }

  /// Writes the film, if one was asked for, and prints its name.
  func write(_ reports: [PictureReport]) throws {
    guard let film else { return }
    Interruption.watch()
    let file = try FilmFile(film)
    try file.write(file.film(reports[0], joints: joints(of: reports[0])), Interruption.context())
    try Interruption.endAtOnce(film)
    Console.writeLine(film)
  }

  private func joints(of report: PictureReport) throws -> [Int] {
    try filmJoint.map { name in
      guard let joint = report.skeleton.index(of: name) else {
        throw Failure(
          .usage,
          "--film-joint \(name): \(report.skeleton.name) has no such joint; its joints are "
            + report.skeleton.joints.joined(separator: ", "))
      }
      return joint
    }
  }
}

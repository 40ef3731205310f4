import Bodies
import Foundation
public import Models
public import Pictures
import Tensors

/// The worker of `Tests/Workers/pixel_worker.py`, and what it should answer.
///
/// Joints of `common12` each look at a pixel of a picture of 32 by 32: how bright it is, is how far away they are, metres.
public enum PixelWorker {
  /// The side of its pictures.
  public static let side = 32
  /// Where every joint looks.
  public static let pixels = (0..<12).map { (row: 2 * $0 + 4, column: (5 * $0 + 3) % side) }

  /// The command that starts it; `fault` is what goes wrong, such as `die:3`.
  public static func command(_ fault: String = "", environment: [String: String] = [:]) -> String {
    let variables = environment.map { "\($0)='\($1)' " }.joined()
    return
      "\(variables)exec python3 '\(repository.appending(path: "Tests/Workers/pixel_worker.py").path)' \(fault)"
  }

  /// A model of such workers.
  public static func model(
    _ faults: String..., label: String? = "pixels", patience: Double = 60, environment: [String: String] = [:]
  ) throws -> WorkerModel {
    try WorkerModel(
      label: label, commands: (faults.isEmpty ? [""] : faults).map { command($0, environment: environment) },
      body: SMPLBody(contentsOf: fixture("body_1000.npz")), patience: patience)
  }

  /// Depths of the joints under an occluder of one colour that covers shares of pixels.
  public static func depths(
    in picture: Picture, filler: [Float], covered: (_ row: Int, _ column: Int) -> Float
  ) -> [Float] {
    pixels.map { row, column in
      let share = covered(row, column), colours = picture[column, row]
      let own = [Float(colours.red), Float(colours.green), Float(colours.blue)]
      return zip(filler, own).reduce(0) { $0 + share * $1.0 + (1 - share) * $1.1 } / 765
    }
  }
}

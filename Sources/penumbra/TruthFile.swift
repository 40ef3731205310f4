import Bodies
import Sweeps

extension LoadedGroundTruth {
  /// Reads a ground truth, and says on standard error what in it was taken for what.
  ///
  /// - Throws: `RecordError` when the file cannot be read or makes no sense.
  static func reading(_ path: String, body: BodyModel?) throws -> LoadedGroundTruth {
    let truth = try LoadedGroundTruth(contentsOf: path, body: body)
    for note in truth.notes { Console.writeNotice("penumbra: \(path): \(note)") }
    return truth
  }
}

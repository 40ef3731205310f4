import Archives
import Foundation
import Models
import Records
import Sweeps
import Tensors

/// A sweep that interpolates, against one that computes every position: what it saves, and how far it is really off.
struct AdaptiveBench: Encodable {
  let network: String
  let picture: String
  let mode = "adaptive"
  let toleranceMillimetres: Double
  /// All positions, and those that were computed.
  let positions: Int, computed: Int
  /// Of the whole sweeps, records and all.
  let fullSeconds: Double, seconds: Double
  /// The mean over positions and joints of the interpolation error that the adaptive sweep estimates, and the true one.
  let estimatedMillimetres: Double, trueMillimetres: Double
  /// The same of the mean map.
  let meanMapMillimetres: Double
  /// The maximum of the mean map that the adaptive sweep finds, and the true one.
  let worstMillimetres: Double, trueWorstMillimetres: Double

  enum CodingKeys: String, CodingKey {
    case network, picture, mode, positions
    case toleranceMillimetres = "tolerance_mm"
    case computed = "computed_positions"
    case fullSeconds = "full_wall_s"
    case seconds = "wall_s"
    case estimatedMillimetres = "estimated_mm"
    case trueMillimetres = "true_mm"
    case meanMapMillimetres = "mean_map_mm"
    case worstMillimetres = "worst_mm"
    case trueWorstMillimetres = "true_worst_mm"
  }

  var line: String {
    String(
      format:
        "%@ adaptive, %@, tolerance %g mm: %d of %d positions (%.1f times fewer), %.1f s against %.1f; "
        + "interpolation error %.2f mm, %.2f estimated; of the mean map %.2f mm; its maximum at least %.1f mm, in "
        + "full %.1f mm",
      network, picture, toleranceMillimetres, computed, positions, Double(positions) / Double(computed),
      seconds, fullSeconds, trueMillimetres, estimatedMillimetres, meanMapMillimetres, worstMillimetres,
      trueWorstMillimetres)
  }

  /// Sweeps the pictures of the demo, occluder 40, every pixel, in full and to each tolerance.
  static func run(
    _ model: any PoseModel, tolerances: [Double], batch: Int?, workers: Int, seed: UInt64,
    receive: (AdaptiveBench) -> Void
  ) throws -> [AdaptiveBench] {
    Interruption.watch()
    do {
      let results = try sweeps(
        model, tolerances: tolerances, batch: batch, workers: workers, seed: seed, receive: receive)
      try Interruption.endAtOnce("bench")
      return results
    } catch let failure as Failure where failure.code == .interrupted {
      throw Failure(.interrupted, "bench: interrupted; the same command begins anew")
    }
  }

  /// The same, in a folder that is removed however it ends.
  private static func sweeps(
    _ model: any PoseModel, tolerances: [Double], batch: Int?, workers: Int, seed: UInt64,
    receive: (AdaptiveBench) -> Void
  ) throws -> [AdaptiveBench] {
    let folder = FileManager.default.temporaryDirectory.appending(path: "penumbra-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var options = SweepOptions()
    (options.positions, options.batch) = (PositionRule(stride: 1), batch)
    (options.workers, options.seed) = (workers, seed)
    var results: [AdaptiveBench] = []
    for name in DemoCommand.people {
      let stem = try Fixtures.path("people/\(name)")
      var sweep = PictureSweep(
        try PictureInput(contentsOf: stem + ".png"),
        truth: try LoadedGroundTruth(contentsOf: stem + ".json", body: model.body?.model), options: options)
      let full = try sweep.record([model], in: folder)[0]
      for tolerance in tolerances {
        sweep.options.tolerance = tolerance
        let outcome = try sweep.record([model], in: folder)[0]
        results.append(AdaptiveBench(model.identity.label, name, tolerance, outcome, against: full))
        receive(results.last!)
      }
    }
    return results
  }

  private init(
    _ network: String, _ picture: String, _ tolerance: Double, _ outcome: SweepOutcome,
    against full: SweepOutcome
  ) {
    func off(_ exact: Tensor, _ found: Tensor) -> Double {
      zip(exact.elements, found.elements).reduce(0) { $0 + 1000 * Double(abs($1.0 - $1.1)) }
        / Double(exact.count)
    }
    (self.network, self.picture, toleranceMillimetres) = (network, picture, tolerance)
    let interpolation = outcome.record.notes.interpolation
    positions = full.record.positions.count
    computed = interpolation?.computed ?? positions
    (fullSeconds, seconds) = (full.seconds, outcome.seconds)
    estimatedMillimetres = interpolation?.meanMillimetres ?? 0
    trueMillimetres = off(full.record.results.error, outcome.record.results.error)
    meanMapMillimetres = off(full.record.meanError, outcome.record.meanError)
    worstMillimetres = 1000 * Double(outcome.record.meanError.elements.max() ?? 0)
    trueWorstMillimetres = 1000 * Double(full.record.meanError.elements.max() ?? 0)
  }
}

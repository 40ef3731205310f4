import Archives
import ArgumentParser
import Foundation
import Networks
import Sweeps
import Tensors

/// A sweep that interpolates, against one that works out every place: what it saves, and how far it is really off.
struct AdaptiveBench: Encodable {
  let network: String
  let picture: String
  let mode = "adaptive"
  let toleranceMillimetres: Double
  /// All places, and those that were worked out.
  let places: Int, computed: Int
  /// Of the whole sweeps, records and all.
  let fullSeconds: Double, seconds: Double
  /// The mean over places and joints that the adaptive sweep tells of its error maps, and what it really is.
  let estimatedMillimetres: Double, trueMillimetres: Double
  /// The same of the mean map.
  let meanMapMillimetres: Double

  enum CodingKeys: String, CodingKey {
    case network, picture, mode, places
    case toleranceMillimetres = "tolerance_mm"
    case computed = "computed_places"
    case fullSeconds = "full_wall_s"
    case seconds = "wall_s"
    case estimatedMillimetres = "estimated_mm"
    case trueMillimetres = "true_mm"
    case meanMapMillimetres = "mean_map_mm"
  }

  var line: String {
    String(
      format:
        "%@ adaptive, %@, tolerance %g mm: %d of %d places (%.1f times fewer), %.1f s against %.1f; error maps off "
        + "by %.2f mm, %.2f estimated; mean map by %.2f mm",
      network, picture, toleranceMillimetres, computed, places, Double(places) / Double(computed), seconds,
      fullSeconds, trueMillimetres, estimatedMillimetres, meanMapMillimetres)
  }

  /// Sweeps the pictures of the demo, patch 40, every pixel, in full and to each tolerance.
  static func run(
    _ network: String, _ regressor: Regressor, tolerances: [Double], batch: Int?, workers: Int,
    way: Regressor.Convolutions, seed: UInt64, receive: (AdaptiveBench) -> Void
  ) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "penumbra-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let body = try BodyOptions.parse([]).load()
    let model = LoadedModel(label: network, name: network, regressor: regressor)
    for name in DemoCommand.people {
      let stem = try Fixtures.path("people/\(name)")
      var sweep = PictureSweep(
        picture: try BoxOptions.parse([]).load(stem + ".png"),
        truth: try LoadedTruth(contentsOf: stem + ".json", body: body), body: body,
        settings: SweepSettings(
          grid: Grid(stride: 1), batch: batch, workers: workers, seed: seed, convolutions: way))
      let full = try sweep.record([model], in: "\(folder)/full")[0]
      for tolerance in tolerances {
        sweep.settings.tolerance = tolerance
        let outcome = try sweep.record([model], in: "\(folder)/\(tolerance)")[0]
        let (exact, found) = (full.record.measurements.error, outcome.record.measurements.error)
        func off(_ exact: Tensor, _ found: Tensor) -> Double {
          zip(exact.elements, found.elements).reduce(0) { $0 + 1000 * Double(abs($1.0 - $1.1)) }
            / Double(exact.count)
        }
        let info = outcome.record.info
        receive(
          AdaptiveBench(
            network: network, picture: name, toleranceMillimetres: tolerance,
            places: full.record.places.count,
            computed: info.interpolation?.computed ?? full.record.places.count, fullSeconds: full.seconds,
            seconds: outcome.seconds, estimatedMillimetres: info.interpolation?.meanMillimetres ?? 0,
            trueMillimetres: off(exact, found),
            meanMapMillimetres: off(full.record.meanError, outcome.record.meanError)))
      }
    }
  }
}

import Archives
import Foundation
import Models
import Pictures
import Sweeps
import Tensors

/// How fast positions of an occluder are computed, beside a gray square of the same width in the same run.
struct FillBench: Encodable {
  let network: String
  let occluder: String
  let positionsPerSecond: Double
  /// The speed over the mean of the gray squares timed before and after it.
  let shareOfGray: Double

  enum CodingKeys: String, CodingKey {
    case network, occluder
    case positionsPerSecond = "positions_per_second"
    case shareOfGray = "share_of_gray"
  }

  var line: String {
    String(
      format: "%@ %@: %.1f positions/s, %.2f of gray", network, occluder, positionsPerSecond, shareOfGray)
  }

  /// Every kind of fill and shape that needs no file of the user's.
  private static func occlusions() throws -> [Occlusion] {
    let other = try Picture(contentsOf: Fixtures.path("people/\(DemoCommand.people[1]).png"))
    let image = OccluderFile(
      source: SourceFile(name: "\(DemoCommand.people[1]).png", fingerprint: other.fingerprint.text),
      content: other)
    let fills: [Occlusion.Fill] = [
      .colour(red: 0, green: 0, blue: 0), .mean, .blur(Occlusion.Fill.usualBlur), .noise(1),
      try FillChoice.builtInTexture(seed: 1).load(), .image(image),
    ]
    let mask = Occlusion.Shape.mask(
      .init(source: .init(name: "cross", fingerprint: ""), content: cross), aspect: 1)
    return fills.map { Occlusion(fill: $0) } + [
      Occlusion(shape: .disc), Occlusion(shape: .rectangle(aspect: 1.5)),
      Occlusion(shape: .disc, fill: .blur(Occlusion.Fill.usualBlur)), Occlusion(shape: mask),
    ]
  }

  /// An outline as a file gives one: a cross, whose arms are a third as wide as it.
  private static var cross: Cutout {
    let side = 42
    return Cutout(
      width: side, height: side,
      pixels: (0..<side * side).map { index in
        let isIn = [index / side, index % side].contains { (side / 3..<2 * side / 3).contains($0) }
        return isIn ? SIMD4(0, 0, 0, 1) : .zero
      })
  }

  /// Times them on a person of the demo, each between two gray squares.
  static func run(
    _ model: any PoseModel, positions: Int, batch: Int?, workers: Int, seed: UInt64, done: (FillBench) -> Void
  ) throws -> [FillBench] {
    let input = try PictureInput(contentsOf: Fixtures.path("people/\(DemoCommand.people[0]).png"))
    func rate(_ occlusion: Occlusion) throws -> Double {
      try SweepBench(
        model, over: input.prepared(for: model, occlusion: occlusion), under: occlusion, multiplications: 1,
        positions: positions, batch: batch, workers: workers, seed: seed
      ).incremental().positionsPerSecond
    }
    _ = try rate(Occlusion())
    var before = try rate(Occlusion())
    return try occlusions().map { occlusion in
      let (own, after) = (try rate(occlusion), try rate(Occlusion()))
      let bench = FillBench(
        network: model.identity.label, occluder: "\(occlusion.shape.name), \(occlusion.fill.name)",
        positionsPerSecond: own, shareOfGray: 2 * own / (before + after))
      before = after
      done(bench)
      return bench
    }
  }
}

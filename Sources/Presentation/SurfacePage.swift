import Models
public import Pictures
import Records
import Tensors

/// The skin that a network lays out in UV space, with and without the occluder: what it sees of it, and what it fills in.
public struct SurfacePage: Sendable {
  /// The clean image, or the occluder at a position.
  public struct Column: Sendable {
    /// What is shown.
    public let title: String
    /// The occluder; nil on the clean image.
    public let mark: OccluderMark?
    /// The seen skin: colours are positions, holes are gray, what is no skin is white.
    public let seen: Picture
    /// All of it.
    public let filled: Picture
    /// How much of the skin the network takes for seen.
    public let share: String
  }

  /// The headline.
  public let heading: Heading
  /// The network.
  public let entry: Int
  /// The clean image and the worst positions.
  public let columns: [Column]
  /// The heads of the rows: picture, seen, filled.
  public let rows = ["picture", "seen skin", "filled in"]
  /// What the colours mean.
  public let key =
    "Each pixel is a point of the skin, its colour where it is: red to the right, green down, blue away. Gray: taken for "
    + "hidden."

  /// The page on one network; nil where its record has no skin.
  public init?(_ report: PictureReport, _ entry: PictureReport.Entry) {
    let record = entry.record
    guard let clean = record.context.cleanSurface, let worst = record.worstSurface else { return nil }
    let positions = record.worstPositions().prefix(worst.shape[0])
    guard !positions.isEmpty else { return nil }
    self.entry = entry.index
    let maps =
      [clean] + positions.indices.map { worst.rows($0..<$0 + 1).reshaped(Array(worst.shape.dropFirst())) }
    let range = SkinColours(of: clean)
    columns = maps.enumerated().map { index, map in
      Column(
        title: index == 0 ? "clean" : "\(report.occluder) \(index)",
        mark: index == 0 ? nil : report.mark(entry, at: positions[index - 1]), seen: range.seen(map),
        filled: range.filled(map),
        share: "\(NumberFormat.tenths(Float(100 * SkinColours.share(map)))) % seen")
    }
    heading = Heading(
      "\(name: entry.label): the skin it sees, and what it fills in",
      "\(name: report.name): the skin laid out in UV space on the clean image and with the \(report.occluder) at its worst "
        + "positions"
        + (entry.maximum == .lowerLimit ? " among those that an adaptive sweep has computed." : "."))
  }
}

/// The colours of points of the skin: their places in the box of a body.
private struct SkinColours {
  private let low: SIMD3<Float>, high: SIMD3<Float>
  private static let numbers = 7

  init(of map: Tensor) {
    var (low, high) = (SIMD3<Float>(repeating: .infinity), SIMD3<Float>(repeating: -.infinity))
    Self.eachPixel(map) { _, values in
      guard values[3] > 0 else { return }
      let point = SIMD3(values[4], values[5], values[6])
      (low, high) = (pointwiseMin(low, point), pointwiseMax(high, point))
    }
    (self.low, self.high) = (low, high)
  }

  /// Inside of the charts the share is above 0, outside it is 0.
  static func share(_ map: Tensor) -> Double {
    var (seen, inside) = (0, 0)
    eachPixel(map) { _, values in
      if values[3] > 0 { inside += 1 }
      if values[3] >= 0.5 { seen += 1 }
    }
    return Double(seen) / Double(max(1, inside))
  }

  func seen(_ map: Tensor) -> Picture {
    picture(map) { values in
      values[3] < 0.5 ? [222, 222, 222] : colour(SIMD3(values[0], values[1], values[2]) / values[3])
    }
  }

  func filled(_ map: Tensor) -> Picture { picture(map) { colour(SIMD3($0[4], $0[5], $0[6])) } }

  private func colour(_ point: SIMD3<Float>) -> [UInt8] {
    let share = (point - low) / pointwiseMax(high - low, SIMD3(repeating: 1e-6))
    return (0..<3).map { UInt8(level: 40 + 200 * share[$0]) }
  }

  private func picture(_ map: Tensor, _ colour: ([Float]) -> [UInt8]) -> Picture {
    let (rows, columns) = (map.shape[0], map.shape[1])
    var pixels = [UInt8](repeating: 255, count: rows * columns * 3)
    Self.eachPixel(map) { pixel, values in
      guard values[3] > 0 else { return }
      pixels.replaceSubrange(3 * pixel..<3 * pixel + 3, with: colour(values))
    }
    return Picture(width: columns, height: rows, pixels: pixels)
  }

  private static func eachPixel(_ map: Tensor, _ body: (_ pixel: Int, _ values: [Float]) -> Void) {
    map.withElements { elements in
      for pixel in 0..<elements.count / numbers {
        body(pixel, Array(elements[pixel * numbers..<(pixel + 1) * numbers]))
      }
    }
  }
}

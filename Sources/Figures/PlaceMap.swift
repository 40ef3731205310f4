import Foundation

/// One number in millimetres for every place of the patch, and where those places are.
public struct PlaceMap: Sendable {
  /// The numbers in row-major order, millimetres; NaN where nothing was measured.
  public let values: [Double]
  /// The patch's centres down the crop, in pixels from its upper edge.
  public let rowCentres: [Double]
  /// The patch's centres across the crop, in pixels from its left edge.
  public let columnCentres: [Double]
  /// The side of the crop in pixels.
  public let side: Double

  /// A map of `rowCentres.count · columnCentres.count` numbers.
  public init(_ values: [Double], rowCentres: [Double], columnCentres: [Double], side: Double) {
    precondition(
      values.count == rowCentres.count * columnCentres.count,
      "\(values.count) values for \(rowCentres.count) × \(columnCentres.count) places")
    self.values = values
    self.rowCentres = rowCentres
    self.columnCentres = columnCentres
    self.side = side
  }

  /// The map with every number multiplied.
  func scaled(by factor: Double) -> PlaceMap {
    PlaceMap(values.map { $0 * factor }, rowCentres: rowCentres, columnCentres: columnCentres, side: side)
  }

  /// The least number, or nil when there is none.
  public var low: Double? { values.lazy.filter { !$0.isNaN }.min() }
  /// The greatest number, or nil when there is none.
  public var high: Double? { values.lazy.filter { !$0.isNaN }.max() }
}

/// The range of numbers that a colour map spans, and the numbers written beside its bar.
public struct Scale: Sendable, Equatable {
  /// What the first colour stands for.
  public let low: Double
  /// What the last colour stands for.
  public let high: Double
  /// Round numbers from low to high.
  public let ticks: [Double]
  /// Whether some values lie above `high`.
  public let isCapped: Bool

  /// The least scale between round numbers that holds every value; for differences even around 0.
  ///
  /// With `share` below 1 the scale may leave out the greatest values, so that a few of them do not take the
  /// colours from all others; `isCapped` tells whether it did. The scale spans at least `leastRange`.
  public init(
    covering values: some Sequence<Double>, isDifference: Bool = false, share: Double = 1,
    leastRange: Double = 1
  ) {
    let sorted = values.filter(\.isFinite).sorted()
    var (low, high) = (sorted.first ?? 0, sorted.last ?? 1)
    let greatest = high
    if share < 1, !sorted.isEmpty { high = sorted[Int(Double(sorted.count - 1) * share)] }
    if isDifference {
      high = max(abs(low), abs(high), leastRange)
      low = -high
    }
    if high - low < leastRange { high = low + leastRange }
    let step = Self.step(high - low)
    self.low = (low / step + 1e-9).rounded(.down) * step
    isCapped = greatest > (high / step - 1e-9).rounded(.up) * step
    self.high = (high / step - 1e-9).rounded(.up) * step
    let first = self.low
    ticks = (0...Int(((self.high - first) / step).rounded())).map { first + Double($0) * step }
  }

  /// The round distance that cuts a range into four to eight.
  private static func step(_ range: Double) -> Double {
    var step = 0.001
    while true {
      for factor in [1.0, 2, 5] where range / (step * factor) <= 8 { return step * factor }
      step *= 10
    }
  }

  /// The place of a number between the ends, 0…1 inside.
  public func share(_ value: Double) -> Double { (value - low) / (high - low) }

  /// A tick as written beside the bar, the last one marked where greater values share its colour.
  func label(_ tick: Double) -> String { (isCapped && tick == ticks.last ? "≥ " : "") + Self.text(tick) }

  /// A number as written beside an axis.
  static func text(_ value: Double) -> String {
    let rounded = (value * 100).rounded() / 100
    if rounded == rounded.rounded() { return sign(rounded, String(format: "%.0f", abs(rounded))) }
    return sign(rounded, "\(abs(rounded))")
  }

  private static func sign(_ value: Double, _ digits: String) -> String { value < 0 ? "−" + digits : digits }
}

/// The range of numbers that a colour map or an axis spans, and the numbers written beside it.
public struct Scale: Sendable, Equatable {
  /// What the first colour stands for.
  public let low: Double
  /// What the last colour stands for.
  public let high: Double
  /// Round numbers from low to high.
  public let ticks: [Double]
  /// Whether some values are above `high`.
  public let isCapped: Bool

  /// The smallest scale between round numbers that holds every value; for differences even around 0.
  ///
  /// With `share` below 1 the scale may leave out the largest values, so that a few of them do not take the colours from
  /// all others; `isCapped` says whether it did. The scale spans at least `minRange`.
  public init(
    covering values: some Sequence<Double>, isDifference: Bool = false, share: Double = 1,
    minRange: Double = 1
  ) {
    let sorted = values.filter(\.isFinite).sorted()
    var (low, high) = (sorted.first ?? 0, sorted.last ?? 1)
    let largest = high
    if share < 1, !sorted.isEmpty { high = sorted[Int(Double(sorted.count - 1) * share)] }
    if isDifference {
      high = max(abs(low), abs(high), minRange)
      low = -high
    }
    if high - low < minRange { high = low + minRange }
    let step = Self.step(high - low)
    self.low = (low / step + 1e-9).rounded(.down) * step
    isCapped = largest > (high / step - 1e-9).rounded(.up) * step
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

  /// Where a number is between the ends, 0…1 inside.
  public func share(_ value: Double) -> Double { (value - low) / (high - low) }

  /// A tick as written beside the bar, the last one marked where larger values share its colour.
  public func label(_ tick: Double) -> String {
    (isCapped && tick == ticks.last ? "≥ " : "") + NumberFormat.tick(tick)
  }
}

/// What the colours of a map stand for: its legend.
public struct ColourKey: Sendable, Equatable {
  /// The numbers at the ends of the colours.
  public let scale: Scale
  /// The colours.
  public let colours: Colormap
  /// What the numbers measure, with the unit.
  public let title: Phrase

  /// A legend of its parts.
  public init(scale: Scale, colours: Colormap, title: Phrase) {
    (self.scale, self.colours, self.title) = (scale, colours, title)
  }
}

/// Coloured marks and what they stand for.
public struct LegendEntry: Sendable, Equatable {
  /// The colour of the mark.
  public let colour: Colour
  /// What it stands for.
  public let text: Phrase

  /// A mark and its text.
  public init(_ colour: Colour, _ text: Phrase) { (self.colour, self.text) = (colour, text) }
}

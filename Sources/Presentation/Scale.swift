import Tensors

/// The range of numbers that a colour map or an axis spans, and the numbers written beside it.
public struct Scale: Sendable, Equatable {
  /// What the first colour stands for.
  public let low: Double
  /// What the last colour stands for.
  public let high: Double
  /// Round numbers from low to high.
  public let ticks: [Double]
  /// Whether some values are below `low`, or above `high`.
  public let isCut: (below: Bool, above: Bool)
  /// The share of the values that are: their colour is that of the nearer end.
  public let saturatedShare: Double

  /// The smallest scale between round numbers that holds every value; for differences even around 0.
  ///
  /// With `share` below 1 the scale may leave out the values furthest from 0, so that a few of them do not take the colours from
  /// all others; `saturatedShare` says how many. The scale spans at least `minRange`.
  public init(
    covering values: some Sequence<Double>, isDifference: Bool = false, share: Double = 1,
    minRange: Double = 1
  ) {
    let sorted = values.filter(\.isFinite).sorted()
    var (low, high) = (sorted.first ?? 0, sorted.last ?? 1)
    if share < 1, !sorted.isEmpty {
      let reach = sorted.map(abs).sorted()[Int(Double(sorted.count - 1) * share)]
      (low, high) = (max(low, -reach), min(high, reach))
    }
    if isDifference {
      high = max(abs(low), abs(high), minRange)
      low = -high
    }
    if high - low < minRange { high = low + minRange }
    let step = Self.step(high - low)
    low = (low / step + 1e-9).rounded(.down) * step
    high = (high / step - 1e-9).rounded(.up) * step
    self.init(
      low: low, high: high,
      ticks: (0...Int(bounded: (high - low) / step)).map { low + Double($0) * step }, of: sorted)
  }

  /// A scale between two numbers, for some values.
  public init(from low: Double, to high: Double, of values: some Sequence<Double>) {
    let step = Self.step(high - low)
    let (first, last) = ((low / step - 1e-9).rounded(.up), (high / step + 1e-9).rounded(.down))
    // Numbers so large that a step is lost in their rounding have no round ones between them.
    let inner =
      first <= last && max(abs(first), abs(last)) < 1e15
      ? (Int(first)...Int(last)).map { Double($0) * step } : []
    // Ends that are no round numbers are written too, in place of what is too near.
    let kept = inner.filter { $0 - low > step * 0.4 && high - $0 > step * 0.4 }
    self.init(low: low, high: high, ticks: [low] + kept + [high], of: values.filter(\.isFinite))
  }

  /// The scale from the minimum of some values to their maximum.
  public init(spanning values: some Sequence<Double>) {
    let known = values.filter(\.isFinite)
    let low = known.min() ?? 0
    self.init(from: low, to: max(known.max() ?? 1, low + 1e-6), of: known)
  }

  private init(low: Double, high: Double, ticks: [Double], of values: [Double]) {
    (self.low, self.high, self.ticks) = (low, high, ticks)
    let (below, above) = (values.count { $0 < low - 1e-9 }, values.count { $0 > high + 1e-9 })
    isCut = (below > 0, above > 0)
    saturatedShare = values.isEmpty ? 0 : Double(below + above) / Double(values.count)
  }

  /// Scales are equal that have the same colours, ticks and marks.
  public static func == (a: Scale, b: Scale) -> Bool {
    a.low == b.low && a.high == b.high && a.ticks == b.ticks && a.isCut == b.isCut
      && a.saturatedShare == b.saturatedShare
  }

  /// The round distance that cuts a range into four to eight.
  private static func step(_ range: Double) -> Double {
    // No number of steps fills what is infinite.
    guard range.isFinite else { return .greatestFiniteMagnitude / 8 }
    var step = 0.001
    while true {
      for factor in [1.0, 2, 5] where range / (step * factor) <= 8 { return step * factor }
      step *= 10
    }
  }

  /// Where a number is between the ends, 0…1 inside.
  public func share(_ value: Double) -> Double { (value - low) / (high - low) }

  /// A tick as written beside the bar, the first or last one marked where other values share its colour.
  public func label(_ tick: Double) -> String {
    (isCut.above && tick == ticks.last ? "≥ " : isCut.below && tick == ticks.first ? "≤ " : "")
      + NumberFormat.tick(tick)
  }
}

/// What the colours of a map stand for: its legend.
public struct ColourKey: Sendable, Equatable {
  /// A number that stands out on the bar, such as a clean error.
  public struct Mark: Sendable, Equatable {
    /// The number.
    public let value: Double
    /// The colour of its mark.
    public let colour: Colour
  }

  /// The numbers at the ends of the colours.
  public let scale: Scale
  /// The colours.
  public let colours: Colormap
  /// What the numbers measure, with the unit.
  public internal(set) var title: Phrase
  /// The clean errors.
  public var marks: [Mark] = []
  /// Whether maps have positions at which nobody was found, which are hatched.
  public var hasMisses = false
  /// What the hatching means.
  public static let missed = "nobody found"

  /// A legend of its parts.
  public init(scale: Scale, colours: Colormap, title: Phrase) {
    (self.scale, self.colours, self.title) = (scale, colours, title)
  }

  /// The colour of a number; of signed colours 0 is the middle, and as far from it means as strong on either side.
  public func colour(of value: Double) -> Colour {
    guard colours.isSigned else { return colours.colour(at: scale.share(value)) }
    let reach = max(abs(scale.low), abs(scale.high))
    return colours.colour(at: 0.5 + 0.5 * min(max(value, scale.low), scale.high) / reach)
  }

  /// What the bar alone does not show: numbers beyond its ends; nil where there are none.
  public var note: String? {
    guard scale.saturatedShare > 0 else { return nil }
    let percent = scale.saturatedShare * 100
    let share = percent < 0.1 ? "under 0.1" : NumberFormat.tenths(percent)
    let ends = scale.isCut.below ? scale.isCut.above ? "beyond the ends" : "below the bar" : "above the bar"
    return "\(share) % of the values are \(ends)"
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

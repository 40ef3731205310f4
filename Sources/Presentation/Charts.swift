public import Evaluation

/// Means with their intervals: a row for each, and a mark in it for each network.
public struct IntervalRows: Sendable {
  /// One network's numbers, one a row; nil where it has none.
  public struct Series: Sendable {
    /// The network's colour.
    public let colour: Colour
    /// Its numbers.
    public let values: [MeanWithInterval?]
  }

  /// What the rows are.
  public let rows: [String]
  /// The networks.
  public let series: [Series]
  /// What the axis shows, with the unit.
  public let title: String
  /// The range of the axis.
  public private(set) var scale: Scale

  init(_ rows: [String], _ series: [Series], title: String, minRange: Double = 1) {
    (self.rows, self.series, self.title) = (rows, series, title)
    scale = Scale(covering: [0] + Self.ends(of: series), minRange: minRange)
  }

  private static func ends(of series: [Series]) -> [Double] {
    series.flatMap { $0.values.compactMap(\.self) }.flatMap { [$0.mean, $0.low, $0.high] }
  }

  /// Charts that are beside one another, on one axis.
  static func onOneScale(_ charts: [IntervalRows]) -> [IntervalRows] {
    let shared = Scale(covering: [0] + charts.flatMap { ends(of: $0.series) })
    return charts.map { chart in
      var chart = chart
      chart.scale = shared
      return chart
    }
  }
}

/// Lines of several networks over one axis.
public struct LinePanel: Sendable {
  /// One line.
  public struct Line: Sendable {
    /// The network's colour.
    public let colour: Colour
    /// The numbers along the line, and where they are across.
    public let points: [(x: Double, y: Double)]
    /// The intervals of all points, or none.
    public var intervals: [MeanWithInterval] = []
    /// Whether it is dashed, and has a dot at every point.
    public var isDashed = false, hasDots = false
  }

  /// What is written above.
  public let title: String
  /// The lines.
  public let lines: [Line]
  /// What the axes show, with the unit.
  public let across: String, upward: String
  /// The numbers written along the lower axis; those of its scale where none.
  public let ticks: [Double]?
  /// The ranges of the axes; lines are cut off beyond the upward one.
  public let acrossScale: Scale
  /// The range of the upward axis.
  public private(set) var upwardScale: Scale

  init(
    _ title: String, _ lines: [Line], across: String, upward: String, ticks: [Double]? = nil,
    share: Double = 1
  ) {
    (self.title, self.lines, self.across, self.upward, self.ticks) = (title, lines, across, upward, ticks)
    upwardScale = Scale(covering: Self.values(of: lines), share: share, minRange: 1e-3)
    acrossScale = Scale(covering: [0] + lines.flatMap { $0.points.map { max($0.x, 0) } })
  }

  private static func values(of lines: [Line]) -> [Double] {
    lines.flatMap { $0.points.map(\.y) + $0.intervals.flatMap { [$0.low, $0.high] } }.filter(\.isFinite)
  }

  /// Panels that are beside one another, on one upward axis.
  static func onOneScale(_ panels: [LinePanel]) -> [LinePanel] {
    let shared = Scale(covering: panels.flatMap { values(of: $0.lines) }, minRange: 1e-3)
    return panels.map { panel in
      var panel = panel
      panel.upwardScale = shared
      return panel
    }
  }

  /// A number of the lower axis, thousands as "160 k".
  public static func label(_ value: Double) -> String {
    value >= 1000 ? "\(NumberFormat.tick(value / 1000)) k" : NumberFormat.tick(value)
  }
}

/// Numbers of two names each: a square for every pair, coloured by its number.
public struct MatrixPanel: Sendable {
  /// What is written above.
  public let title: String
  /// The names down and across.
  public let rows: [String], columns: [String]
  /// The places in the order of rows where something new begins, and in that of columns.
  public let groups: [Int], columnGroups: [Int]
  /// The numbers, row by row; nil where there is none.
  public let values: [[Double?]]
}

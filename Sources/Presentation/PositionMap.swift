/// One number in millimetres for every position of the occluder, and where those positions are.
///
/// Positions are rows and columns of a grid, or a list of windows. Lengths are in pixels of the network's crop, from its
/// upper left corner.
public struct PositionMap: Sendable, Equatable {
  /// A part of the crop, in pixels.
  public struct Window: Sendable, Equatable {
    /// The pixels down and across.
    public let rows: Range<Double>, columns: Range<Double>

    /// A window of the given pixels.
    public init(rows: Range<Double>, columns: Range<Double>) { (self.rows, self.columns) = (rows, columns) }
  }

  /// The numbers in row-major order, millimetres; NaN where nothing was measured.
  public let values: [Double]
  /// Whether nobody was found at a position; empty where somebody was found at every one.
  public private(set) var misses: [Bool] = []
  /// The occluder's centres down the crop; empty where positions are a list.
  public let rowCentres: [Double]
  /// The occluder's centres across the crop; empty where positions are a list.
  public let columnCentres: [Double]
  /// The windows where positions are a list.
  public let windows: [Window]?
  /// The side of the crop.
  public let side: Double
  /// The distance between neighbouring centres, where one row or column alone does not show it.
  public let step: Double?

  /// A map of `rowCentres.count · columnCentres.count` numbers.
  public init(
    _ values: [Double], rowCentres: [Double], columnCentres: [Double], side: Double, step: Double? = nil
  ) {
    precondition(
      values.count == rowCentres.count * columnCentres.count,
      "\(values.count) values for \(rowCentres.count) × \(columnCentres.count) positions")
    (self.values, self.rowCentres, self.columnCentres) = (values, rowCentres, columnCentres)
    (self.side, self.step, windows) = (side, step, nil)
  }

  /// A map of a number for every window.
  public init(_ values: [Double], windows: [Window], side: Double) {
    precondition(values.count == windows.count, "\(values.count) values for \(windows.count) windows")
    (self.values, self.windows, self.side) = (values, windows, side)
    (rowCentres, columnCentres, step) = ([], [], nil)
  }

  /// The map of other numbers at the same positions.
  func with(_ values: [Double]) -> PositionMap {
    if let windows { return PositionMap(values, windows: windows, side: side) }
    return PositionMap(values, rowCentres: rowCentres, columnCentres: columnCentres, side: side, step: step)
  }

  /// The map with the positions at which nobody was found.
  func missing(at misses: [Bool]) -> PositionMap {
    precondition(misses.isEmpty || misses.count == values.count, "misses of other positions")
    var map = self
    map.misses = misses.contains(true) ? misses : []
    return map
  }

  /// The minimum, or nil when there are no numbers.
  public var low: Double? { values.lazy.filter { !$0.isNaN }.min() }
  /// The maximum, or nil when there are no numbers.
  public var high: Double? { values.lazy.filter { !$0.isNaN }.max() }
}

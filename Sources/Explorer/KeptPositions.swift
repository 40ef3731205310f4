import Models
import Presentation
import Records

/// Which positions of a report's networks a page keeps: all, or every so many rows and columns.
///
/// Rows and columns of the worst positions of every network are kept in any case, so that these can be gone to, and the
/// same ones for all networks, so that their differences can be seen.
struct KeptPositions {
  private let every: Int
  private let worst: (rows: Set<Int>, columns: Set<Int>)

  /// Every so many positions of a report, down and across.
  init(every: Int, of report: PictureReport) {
    self.every = every
    let worst = report.entries.flatMap { entry in
      entry.record.worstPositions().map { entry.record.positions[$0] }
    }
    self.worst = (Set(worst.map(\.row)), Set(worst.map(\.column)))
  }

  /// The rows and columns of a network that are kept.
  func kept(of grid: PositionGrid) -> (rows: [Int], columns: [Int]) {
    (
      grid.rows.indices.filter { $0 % every == 0 || worst.rows.contains($0) },
      grid.columns.indices.filter { $0 % every == 0 || worst.columns.contains($0) }
    )
  }
}

/// The positions of one network that a page has, as its arrays are laid out.
struct PagePositions {
  private let grid: PositionGrid
  let rows: [Int], columns: [Int]
  /// The kept positions by their numbers in the record.
  let indices: [Int]

  /// The kept positions of a network.
  init(_ grid: PositionGrid, _ kept: (rows: [Int], columns: [Int])) {
    self.grid = grid
    (rows, columns) = kept
    indices = kept.rows.flatMap { row in kept.columns.map { row * grid.columns.count + $0 } }
  }

  /// Whether positions are a list: one row of as many columns.
  var isList: Bool { grid.list != nil }

  /// Where a position of the record is on the page; nil where it was left out.
  func place(of index: Int) -> [Int]? {
    let (row, column) = index.quotientAndRemainder(dividingBy: grid.columns.count)
    guard let r = rows.firstIndex(of: row), let c = columns.firstIndex(of: column) else { return nil }
    return [r, c]
  }

  /// The spans down and across the crop; of a list an entry each position.
  var spans: (rows: ExplorerHeader.Spans, columns: ExplorerHeader.Spans) {
    if let list = grid.list {
      let windows = columns.map { list[$0] }
      return (Self.spans(windows.map(\.y)), Self.spans(windows.map(\.x)))
    }
    return (Self.spans(rows.map { grid.rows[$0] }), Self.spans(columns.map { grid.columns[$0] }))
  }

  private static func spans(_ spans: [Span]) -> ExplorerHeader.Spans {
    .init(
      centre: spans.map { Double($0.centre) }, start: spans.map(\.pixels.lowerBound),
      end: spans.map(\.pixels.upperBound), origin: spans.map(\.start))
  }
}

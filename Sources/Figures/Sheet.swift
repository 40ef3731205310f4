/// The page that all others are laid out on: margins, headline, footer.
struct Sheet {
  /// A4 landscape in points.
  static let width = 841.89
  static let height = 595.28
  static let margin = 40.0
  /// Where figures may be: below the headline, above the footer.
  static let body = Rect(margin, 78, width - 2 * margin, height - 78 - 46)

  let canvas: Canvas
  /// What the whole report is about, at the foot of every page.
  let foot: String
  private(set) var number: Int
  private var hasBegun = false

  /// A sheet whose first page has a number of its own where it is one of many.
  init(_ canvas: Canvas, foot: String, first: Int = 1) {
    self.canvas = canvas
    self.foot = foot
    number = first - 1
  }

  /// Begins a page with its headline and one line that explains it.
  mutating func begin(_ title: String, _ explanation: String) {
    if hasBegun { canvas.nextPage() }
    hasBegun = true
    number += 1
    let width = Self.width - 2 * Self.margin
    canvas.text(canvas.fitted(title, .title, width: width), Self.margin, 46, .title)
    canvas.text(canvas.fitted(explanation, .bodyMuted, width: width), Self.margin, 60, .bodyMuted)
    let y = Self.height - 32
    canvas.line(Self.margin, y, Self.width - Self.margin, y, .hairline)
    canvas.text(canvas.fitted(foot, .caption, width: width - 60), Self.margin, y + 11, .caption)
    canvas.text("\(number)", Self.width - Self.margin, y + 11, .caption, .right)
  }
}

/// Rows of numbers under column heads.
struct Table {
  /// One row: what it tells, and a number per column, already written out.
  struct Row {
    var label: String
    var cells: [String]
    /// The cell to stress: the better network's.
    var stressed: Int?
    var isHeading = false
  }

  var columns: [(title: String, colour: Colour)]
  var rows: [Row]
  var style = TypeStyle.body
  var rowHeight = 13.0
  /// The width of a column of numbers.
  var cellWidth = 58.0

  var height: Double { rowHeight * Double(rows.count + 1) }

  func draw(on canvas: Canvas, _ x: Double, _ y: Double, width: Double) {
    let left = x + width - cellWidth * Double(columns.count)
    for (i, column) in columns.enumerated() {
      let style = style.coloured(column.colour).bold()
      let right = left + cellWidth * Double(i + 1)
      canvas.text(
        canvas.fitted(column.title, style, width: cellWidth - 4), right, y + rowHeight * 0.7, style, .right)
    }
    canvas.line(x, y + rowHeight, x + width, y + rowHeight, .ink, width: 0.6)
    for (r, row) in rows.enumerated() {
      let top = y + rowHeight * Double(r + 1)
      let baseline = top + rowHeight * 0.7
      if row.isHeading {
        canvas.text(row.label, x, baseline, style.coloured(.muted).bold())
      } else {
        canvas.text(canvas.fitted(row.label, style, width: left - x + 10), x, baseline, style)
      }
      for (i, cell) in row.cells.enumerated() {
        let style = row.stressed == i ? style.bold() : style
        canvas.text(cell, left + cellWidth * Double(i + 1), baseline, style, .right)
      }
      canvas.line(x, top + rowHeight, x + width, top + rowHeight, .hairline, width: 0.3)
    }
  }
}

internal import Presentation

/// What charts of rows have in common: an axis across the bottom, a label for every row on the left.
struct RowFrame {
  let plot: Rect
  /// The height of a row.
  let group: Double
  private let rect: Rect, labelWidth: Double, rows: [String]
  private let scale: Scale

  /// Draws the axis with its title.
  init(rows: [String], scale: Scale, title: String, on canvas: Canvas, in rect: Rect, labelWidth: Double) {
    (self.rect, self.labelWidth, self.rows, self.scale) = (rect, labelWidth, rows, scale)
    // Few rows stay close together.
    let height = min(rect.height - 26, 60 * Double(rows.count))
    plot = Rect(rect.x + labelWidth, rect.y, rect.width - labelWidth, height)
    group = plot.height / Double(rows.count)
    for tick in scale.ticks {
      let isZero = abs(tick) < 1e-9
      canvas.line(
        x(tick), plot.y, x(tick), plot.maxY, isZero ? .muted : .hairline, width: isZero ? 0.7 : 0.35)
      canvas.text(NumberFormat.tick(tick), x(tick), plot.maxY + 9, .tick, .centre)
    }
    canvas.text(title, plot.midX, plot.maxY + 21, .caption, .centre)
  }

  /// Where a value is across.
  func x(_ value: Double) -> Double { plot.x + plot.width * scale.share(value) }

  /// Draws the label of a row and returns the row's middle.
  func row(_ index: Int, on canvas: Canvas) -> Double {
    let middle = plot.y + group * (Double(index) + 0.5)
    if index % 2 == 1 { canvas.fill(Rect(rect.x, middle - group / 2, labelWidth, group), .wash) }
    canvas.text(Phrase(rows[index]), plot.x - 6, middle + 2.3, .label, .right, width: labelWidth - 8)
    return middle
  }
}

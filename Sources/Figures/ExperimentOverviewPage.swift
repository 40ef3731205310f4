import Evaluation

extension ExperimentReport {
  func drawOverview(on sheet: inout Sheet) {
    sheet.begin(
      "\(summary.name): error under occlusion",
      "Means over \(summary.settings.people) rendered people, without a patch and with patches at every position of a "
        + "grid. Whiskers: 95 % confidence intervals."
        + (summary.variants.count > Self.most
          ? " Charts show the first \(Self.most) of \(summary.variants.count) variants." : ""))
    let canvas = sheet.canvas
    let area = Sheet.body
    let fills = summary.settings.fills
    let panels = fills.map { fill -> (title: String, fill: OcclusionRobustness.Settings.Fill) in
      (fill == .textured ? "Textured patch, coarse positions" : "Gray patch, all positions", fill)
    }
    // Charts are one below the other beside a table, side by side without.
    let height =
      hasTablePage
      ? area.height - 60 : (area.height - 30 - 26 * Double(panels.count - 1)) / Double(max(2, panels.count))
    let width = hasTablePage ? area.columns(max(1, panels.count), gap: 26)[0].width : 330
    let legendEnd = drawLegend(shown, on: canvas, area.x + 34, area.y + 2)
    let kinds = "solid: mean over positions  ·  dashed: worst position"
    if hasTablePage {
      canvas.text(kinds, legendEnd + 18, area.y + 2, .caption)
    } else {
      canvas.text(kinds, area.x + width, area.y + 2, .caption, .right)
    }
    for (index, panel) in panels.enumerated() {
      let left = area.x + (hasTablePage ? Double(index) * (width + 26) : 0)
      let top = area.y + 24 + (hasTablePage ? 0 : Double(index) * (height + 26))
      canvas.text(panel.title, left + 34, top - 5, .heading)
      var lines: [LineChart.Line] = []
      for (order, (variant, colour)) in shown.enumerated() {
        // Side by side, so that whiskers do not hide one another.
        let shift =
          (Double(order) - Double(shown.count - 1) / 2) * 0.012 * Double(summary.settings.patches.last ?? 1)
        for (statistic, isDashed) in [(Metric.Statistic.mean, false), (.worst, true)] {
          let found =
            [Metric(condition: .clean, kind: .error)]
            + summary.settings.patches.map {
              Metric(
                condition: .patch($0, panel.fill), kind: .error,
                region: panel.fill == .textured ? .coarse : .all, statistic: statistic)
            }
          let values = found.compactMap { estimate(variant, $0) }
          guard values.count == found.count else { continue }
          let points = zip([0] + summary.settings.patches, values).map { (x: Double($0) + shift, y: $1.mean) }
          lines.append(
            .init(colour: colour, points: points, bounds: values, isDashed: isDashed, hasDots: true))
        }
      }
      guard !lines.isEmpty else { continue }
      LineChart(
        lines: lines, across: "side of the patch, pixels of a 224-pixel crop", upward: "MPJPE, mm",
        ticks: ([0] + summary.settings.patches).map(Double.init)
      ).draw(on: canvas, in: Rect(left, top, width, height))
    }
    if !hasTablePage {
      headlines(summary.variants.indices, width: area.width - 356)
        .draw(on: canvas, area.x + 356, area.y - 6, width: area.width - 356)
    }
  }

  /// The tables of each page that shows the errors of all variants, one below the other.
  var tablePages: [[Table]] {
    let count = summary.variants.count
    let tables = stride(from: 0, to: count, by: Self.most).map {
      headlines($0..<min($0 + Self.most, count), width: Sheet.body.width)
    }
    let fitting = max(1, Int((Sheet.body.height + Self.gap) / (tables[0].height + Self.gap)))
    return stride(from: 0, to: tables.count, by: fitting).map {
      Array(tables[$0..<min($0 + fitting, tables.count)])
    }
  }

  private static let gap = 14.0

  /// The errors of all variants on pages of their own, where there are too many for the space beside the charts.
  func drawTables(_ tables: [Table], on sheet: inout Sheet) {
    sheet.begin(
      "\(summary.name): errors of all variants",
      "Means over \(summary.settings.people) rendered people, in brackets 95 % confidence intervals.")
    var y = Sheet.body.y
    for table in tables {
      table.draw(on: sheet.canvas, Sheet.body.x, y, width: Sheet.body.width)
      y += table.height + Self.gap
    }
  }

  private func headlines(_ range: Range<Int>, width: Double) -> Table {
    let variants = summary.variants[range]
    let cell = min(120, (width - 118) / Double(min(Self.most, summary.variants.count)))
    // Those that no chart shows have no colour.
    var table = Table(
      columns: zip(range, variants).map { (title: $1.name, colour: $0 < Self.most ? .network($0) : .ink) },
      rows: [])
    (table.style, table.cellWidth, table.rowHeight) = (TypeStyle(size: 6.6), cell, 10.8)
    var heading = ""
    for metric in summary.metrics
    where Self.isHeadline(metric) {
      if metric.heading != heading {
        heading = metric.heading
        table.rows.append(.init(label: heading, cells: [], isHeading: true))
      }
      table.rows.append(
        .init(
          label: metric.shortTitle,
          cells: variants.map { Self.text(estimate($0, metric), isSigned: metric.isSigned) }))
    }
    return table
  }

  /// Whether the table of errors has a metric: errors without a patch, and the most important ones with it.
  private static func isHeadline(_ metric: Metric) -> Bool {
    switch (metric.condition, metric.kind) {
    case (.clean, .error): true
    case (.objects, .error), (.objects, .increase): metric.points != .vertices
    case (.patch, .error):
      isOverPositions(metric) && metric.statistic == .mean && metric.alignment == .none
    case (.patch, .increase):
      isOverPositions(metric) && (metric.statistic == .mean || metric.alignment == .none)
    default: false
    }
  }

  private static func isOverPositions(_ metric: Metric) -> Bool {
    metric.region == .all || metric.region == .coarse
  }
}

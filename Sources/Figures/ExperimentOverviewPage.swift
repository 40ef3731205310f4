import Sweeps

extension ExperimentReport {
  func drawOverview(on sheet: inout Sheet) {
    sheet.begin(
      "\(summary.name): error under occlusion",
      "Means over \(summary.settings.people) rendered people, without a patch and with patches at every place of a "
        + "grid. Whiskers: bounds of 95 %."
        + (summary.variants.count > Self.most
          ? " Charts show the first \(Self.most) of \(summary.variants.count) variants." : ""))
    let canvas = sheet.canvas
    let area = Sheet.body
    let fills = summary.settings.fills
    let panels: [(title: String, section: (Int) -> RobustnessSection, prefix: String)] = fills.map { fill in
      let isCoarse = fill == .textured
      return (
        isCoarse ? "Textured patch, coarse places" : "Gray patch, all places", { .patch($0, fill) },
        isCoarse ? "coarse_" : ""
      )
    }
    // Beside a table charts stand one below the other, without it side by side.
    let height =
      hasTablePage
      ? area.height - 60 : (area.height - 30 - 26 * Double(panels.count - 1)) / Double(max(2, panels.count))
    let width = hasTablePage ? area.columns(max(1, panels.count), gap: 26)[0].width : 330
    let legendEnd = drawLegend(shown, on: canvas, area.x + 34, area.y + 2)
    let kinds = "solid: mean over places  ·  dashed: worst place"
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
        for (name, isDashed) in [("mean_mpjpe", false), ("worst_mpjpe", true)] {
          let keys = summary.settings.patches.map { "\(panel.section($0).name).\(panel.prefix)\(name)_mm" }
          let found = ["clean.mpjpe_mm"] + keys
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

  /// The errors of all variants on pages of their own, where there are too many to stand beside the charts.
  func drawTables(_ tables: [Table], on sheet: inout Sheet) {
    sheet.begin(
      "\(summary.name): errors of all variants",
      "Means over \(summary.settings.people) rendered people, in brackets bounds of 95 %.")
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
    for quantity in summary.quantities
    where quantity.unit == .millimetres && Self.isHeadline(quantity.key) {
      if quantity.heading != heading {
        heading = quantity.heading
        table.rows.append(.init(label: heading, cells: [], isHeading: true))
      }
      let isSigned = quantity.key.hasSuffix("_rise_mm")
      table.rows.append(
        .init(
          label: quantity.title,
          cells: variants.map { Self.text(estimate($0, quantity.key), isSigned: isSigned) }))
    }
    return table
  }

  private static func isHeadline(_ key: String) -> Bool {
    let name = key.split(separator: ".").last ?? ""
    return key.hasPrefix("clean.") || key.hasPrefix("objects.") && !name.contains("pve")
      || ["", "coarse_"].contains { prefix in
        ["mean_mpjpe_mm", "mean_mpjpe_rise_mm", "worst_mpjpe_rise_mm", "mean_pa_mpjpe_rise_mm"].contains {
          name == prefix + $0
        }
      }
  }
}

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
      drawHeadlines(on: canvas, Rect(area.x + 356, area.y - 6, area.width - 356, area.height))
    }
  }

  /// The errors of all variants on a page of their own, where there are too many to stand beside the charts.
  func drawTable(on sheet: inout Sheet) {
    sheet.begin(
      "\(summary.name): errors of all variants",
      "Means over \(summary.settings.people) rendered people, in brackets bounds of 95 %.")
    drawHeadlines(on: sheet.canvas, Sheet.body)
  }

  private func drawHeadlines(on canvas: Canvas, _ area: Rect) {
    let variants = Array(summary.variants.prefix(Self.most))
    let cell = min(120, (area.width - 118) / Double(variants.count))
    var table = Table(
      columns: variants.enumerated().map { (title: $1.name, colour: Colour.network($0)) }, rows: [])
    (table.style, table.cellWidth, table.rowHeight) = (TypeStyle(size: 6.6), cell, 11.6)
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
    table.draw(on: canvas, area.x, area.y, width: area.width)
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

import Sweeps

extension ExperimentReport {
  // MARK: Observations

  func drawObservations(on sheet: inout Sheet) {
    sheet.begin(
      "What the patch does, and where",
      "How much the mean joint error rises with the gray patch on the body and beside it, and how much a joint's own "
        + "error rises, visible in the whole picture or hidden.")
    let canvas = sheet.canvas
    let area = Sheet.body
    drawLegend(shown, on: canvas, area.x + 150, area.y + 2)
    let patches = Array(summary.settings.patches.prefix(3))
    let columns = Rect(area.x, area.y + 26, area.width, area.height - 26).columns(patches.count, gap: 26)
    let regions = ["on_body_rise", "edge_rise", "background_rise", "on_body_less_background"]
    let groups = [
      "visible_covered_rise", "visible_elsewhere_on_body_rise", "visible_elsewhere_rise",
      "hidden_covered_rise",
      "hidden_elsewhere_on_body_rise", "hidden_elsewhere_rise",
    ]
    for (patch, column) in zip(patches, columns) {
      let section = RobustnessSection.patch(patch, .gray).name
      canvas.text("Patch of \(patch) pixels", column.x, column.y - 8, .heading)
      let labelWidth = min(150, column.width * 0.42)
      let upper = Rect(column.x, column.y + 8, column.width, column.height * 0.4)
      let lower = Rect(column.x, upper.maxY + 26, column.width, column.maxY - upper.maxY - 26)
      for (names, rect, what) in [
        (regions, upper, "mean over joints"), (groups, lower, "one joint"),
      ] {
        let keys = names.map { "\(section).\($0)_mm" }
        let titles = keys.map { key in summary.quantities.first { $0.key == key }?.title ?? key }
        IntervalChart(
          rows: titles.map { $0.prefix(1).uppercased() + $0.dropFirst() },
          series: shown.map { variant, colour in
            .init(colour: colour, values: keys.map { estimate(variant, $0) })
          }, title: "rise of the error, \(what), mm"
        ).draw(on: canvas, in: rect, labelWidth: labelWidth)
      }
    }
  }

  // MARK: Differences

  func drawDifferences(on sheet: inout Sheet) {
    let reference = summary.reference ?? ""
    sheet.begin(
      "Difference from \(reference)",
      "Every variant's mean less that of \(reference) on the same pictures. Where a whisker crosses 0, these people do "
        + "not tell the two apart.")
    let canvas = sheet.canvas
    let area = Sheet.body
    let others = shown.filter { $0.variant.differences != nil }
    drawLegend(others, on: canvas, area.x + 178, area.y + 2)
    let chosen = summary.quantities.filter { quantity in
      quantity.unit == .millimetres && others.contains { $0.variant.differences?[quantity.key] != nil }
        && !["pve", "edge", "_elsewhere_rise"].contains { quantity.key.contains($0) }
        && !(quantity.key.hasPrefix("gray") && quantity.key.contains("coarse"))
    }
    let columns = Rect(area.x, area.y + 14, area.width, area.height - 14).columns(2, gap: 26)
    let errors = chosen.filter { !$0.key.contains("rise") && !$0.key.contains("_less_") }
    let rises = chosen.filter { $0.key.contains("rise") || $0.key.contains("_less_") }
    for (quantities, column, title) in [(errors, columns[0], "error"), (rises, columns[1], "rise")] {
      IntervalChart(
        rows: quantities.map(Self.shortTitle),
        series: others.map { variant, colour in
          .init(colour: colour, values: quantities.map { variant.differences?[$0.key] })
        }, title: "difference of the \(title), mm"
      ).draw(on: canvas, in: column, labelWidth: 178)
    }
  }

  /// A quantity in one line, "gray 40: MPJPE, worst place".
  private static func shortTitle(_ quantity: Quantity) -> String {
    let section = quantity.key.split(separator: ".").first.map(String.init) ?? ""
    let title = quantity.title.hasSuffix(", rise") ? String(quantity.title.dropLast(6)) : quantity.title
    return section.replacing("_", with: " ") + ": " + title
  }
}

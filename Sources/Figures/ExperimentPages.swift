import Bodies
import Sweeps

extension ExperimentReport {
  // MARK: Overview

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
    let width = hasTablePage ? (area.width - 26) / 2 : 330
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

  // MARK: Joints

  func drawJoints(_ patch: Int, on sheet: inout Sheet) {
    sheet.begin(
      "Which joints suffer, gray patch of \(patch) pixels",
      "Means over people of every joint's error: in the whole picture, over all places of the patch, and at the worst "
        + "place of each joint.")
    let canvas = sheet.canvas
    let area = Sheet.body
    let end = drawLegend(shown, on: canvas, area.x + 92, area.y + 6)
    canvas.text(
      "bar: mean over places  ·  line: to the worst place  ·  black tick: whole picture", end + 18,
      area.y + 6,
      .caption)
    let joints = InfluenceMatrix.order
    let series = shown.compactMap { variant, colour -> BarChart.Series? in
      guard let values = variant.joints[patch] else { return nil }
      let ordered = joints.map { values[$0.rawValue] }
      return BarChart.Series(
        name: variant.name, colour: colour, mean: ordered.map(\.mean.mean), worst: ordered.map(\.worst.mean),
        clean: ordered.map(\.clean.mean))
    }
    BarChart(rows: joints.map(\.title), series: series, title: "error, mm").draw(
      on: canvas, in: Rect(area.x, area.y + 16, area.width, area.height - 16), labelWidth: 92)
  }

  // MARK: Influence

  func drawInfluence(_ variant: ExperimentSummary.Variant, _ patch: Int, on sheet: inout Sheet) {
    sheet.begin(
      "\(variant.name): which covered part makes which joint err, gray patch of \(patch) pixels",
      "The rise of a joint's error while the patch covers at least half of what the picture shows of a part, mean over "
        + "people. Gray: fewer than \(InfluenceMatrix.fewest) people.")
    guard let influence = variant.influence[patch] else { return }
    let canvas = sheet.canvas
    let area = Sheet.body
    // One scale for all variants, but for the greatest hundredth of all numbers.
    let every = summary.variants.compactMap { $0.influence[patch] }
    let scale = Scale(
      covering: every.flatMap { InfluenceMatrix.shown($0.all) + InfluenceMatrix.shown($0.hidden) },
      isDifference: true, share: 0.99)
    let columns = area.columns(2, gap: 24)
    for (rises, title, column) in [
      (influence.all, "All joints", columns[0]),
      (influence.hidden, "Joints that the picture does not show", columns[1]),
    ] {
      canvas.text(title, column.x + InfluenceMatrix.labels, column.y + 2, .heading)
      InfluenceMatrix(rises: rises, scale: scale, colours: .difference).draw(
        on: canvas, in: Rect(column.x, column.y + 8, column.width, column.width))
    }
    let bottom = columns[0].y + 8 + columns[0].width
    canvas.text(
      "down: the part that is covered  ·  across: the joint", columns[0].x + InfluenceMatrix.labels,
      bottom + 14,
      .caption)
    ColourBar(scale: scale, colours: .difference, title: "rise of the joint's error, mm; below 0 it falls")
      .drawAcross(
        on: canvas,
        in: Rect(
          columns[1].x + InfluenceMatrix.labels, bottom + 10, columns[1].width - InfluenceMatrix.labels, 24))
  }

  // MARK: Attention

  func drawAttention(_ patch: Int, on sheet: inout Sheet) {
    let section = RobustnessSection.patch(patch, .gray).name
    sheet.begin(
      "Where it looks and where it errs, gray patch of \(patch) pixels",
      "Left: a joint's attention on the patch, mean over places on the body. Right: whether its error rises more where "
        + "more of its attention lay before the patch came.")
    let canvas = sheet.canvas
    let area = Sheet.body
    let variants = attending(patch)
    let joints = Array(InfluenceMatrix.order.dropFirst())
    func values(
      _ variant: ExperimentSummary.Variant, _ value: (ExperimentSummary.JointValues) -> BoundedMean?
    )
      -> [BoundedMean?]
    { joints.map { joint in variant.joints[patch].flatMap { value($0[joint.rawValue]) } } }
    let columns = Rect(area.x, area.y + 14, area.width, area.height - 14).columns(2, gap: 26)
    let shares = variants.flatMap { variant, colour in
      [
        IntervalChart.Series(
          colour: colour.mixed(with: .white, 0.5),
          values: values(variant) { $0.attentionBefore?.scaled(by: 100) }),
        IntervalChart.Series(
          colour: colour, values: values(variant) { $0.attentionAfter?.scaled(by: 100) }),
      ]
    }
    let end = drawLegend(variants, on: canvas, columns[0].x + 74, area.y + 4)
    canvas.text(
      "left, pale: attention before the patch  ·  full: with the patch", end + 18, area.y + 4, .caption)
    IntervalChart(
      rows: joints.map(\.title), series: shares, title: "share of the joint's attention on the patch, %"
    )
    .draw(on: canvas, in: columns[0], labelWidth: 74)
    let means = variants.map { variant, _ in
      estimate(variant, "\(section).attention_rise_spearman").map {
        Scale.text($0.mean) + " (" + Scale.text($0.low) + " to " + Scale.text($0.high) + ")"
      } ?? "–"
    }
    IntervalChart(
      rows: joints.map(\.title),
      series: variants.map { variant, colour in .init(colour: colour, values: values(variant, \.spearman)) },
      title: "rank correlation of attention and rise"
        + (means.count == 1 ? "; mean over joints \(means[0])" : ""),
      leastRange: 0.2
    ).draw(on: canvas, in: columns[1], labelWidth: 74)
  }

  // MARK: Training

  func drawCurves(on sheet: inout Sheet) {
    sheet.begin(
      "How the networks learned",
      "The losses of every training run over the pictures seen, as in its log; the lowest line is not always the most "
        + "robust network.")
    let canvas = sheet.canvas
    let area = Sheet.body
    let names = curves.reduce(into: [String]()) { names, curve in
      if !names.contains(curve.variant) { names.append(curve.variant) }
    }
    let measured = summary.variants.map(\.name)
    let colours = Dictionary(
      uniqueKeysWithValues: names.map { name in
        (name, measured.firstIndex(of: name).map { Colour.network($0) } ?? Colour.muted)
      })
    Legend(entries: names.map { (colours[$0]!, $0) }).draw(on: canvas, area.x + 34, area.y + 2)
    let columns = curves.reduce(into: [String]()) { columns, curve in
      for column in curve.columns.dropFirst()
      where !columns.contains(column) && !TrainingCurve.others.contains(column) {
        columns.append(column)
      }
    }
    // What is next to nothing throughout, as the camera's term, has no figure.
    let shown = columns.filter { column in
      curves.contains { $0.points(column)?.contains { $0.y > 0.1 } == true }
    }.prefix(9)
    let across = shown.count > 4 ? 3 : 2
    let down = (shown.count + across - 1) / across
    let height = (area.height - 14) / Double(max(down, 2)) - 18
    let cells = area.columns(across, gap: 18)
    for (index, column) in shown.enumerated() {
      let cell = cells[index % across]
      let top = area.y + 26 + Double(index / across) * (height + 18)
      let lines = curves.compactMap { curve -> LineChart.Line? in
        guard let points = curve.points(column), points.contains(where: { $0.y > 0 }) else { return nil }
        return .init(colour: colours[curve.variant]!, points: points, width: 1)
      }
      canvas.text(column.replacing("_", with: " "), cell.x + 34, top - 5, .heading)
      guard !lines.isEmpty else { continue }
      LineChart(lines: lines, across: "pictures", upward: "loss", share: 0.97)
        .draw(on: canvas, in: Rect(cell.x, top, cell.width, height - 10))
    }
  }

  // MARK: Definitions

  func drawDefinitions(on sheet: inout Sheet) {
    sheet.begin("Settings and definitions", "What was measured on whom, and what the words mean.")
    let canvas = sheet.canvas
    let columns = Sheet.body.columns(2, gap: 34)
    func list(_ title: String, _ entries: [(String, String)], _ area: Rect, _ start: Double) -> Double {
      var y = start + 8
      canvas.text(title, area.x, y, .heading)
      canvas.line(area.x, y + 4, area.maxX, y + 4, .hairline)
      y += 16
      for (term, meaning) in entries {
        canvas.text(term, area.x, y, TypeStyle(size: 7.5, isBold: true))
        y =
          canvas.paragraph(
            meaning, area.x + 96, y, width: area.width - 96, TypeStyle(size: 7.5), leading: 1.4) + 3
      }
      return y
    }
    let settings = summary.settings
    let networks = summary.variants.flatMap { variant in
      zip(variant.runs, variant.fingerprints).map { (variant.name, "\($0)  \($1)") }
    }
    let y = list(
      "Settings",
      [
        (
          "People", "\(settings.people), seed \(settings.seed), before panoramas that no network learned from"
        ),
        (
          "Patches",
          settings.patches.map(String.init).joined(separator: ", ") + " of 224 pixels, centred grid"
        ),
        (
          "Places",
          "every \(settings.stride) of 224 pixels; coarse: one in \(settings.texturedEvery) of these"
        ),
        (
          "Bounds",
          "\(summary.resamples) draws of people"
            + (summary.variants.contains { $0.runs.count > 1 } ? " and seeds" : "")
        ),
        ("Reference", summary.reference ?? "none"), ("Penumbra", Release.version),
      ], columns[0], columns[0].y)
    _ = list("Networks", Array(networks.prefix(24)), columns[0], y + 6)
    _ = list("Definitions", Self.definitions, columns[1], columns[1].y)
  }

  private static let definitions: [(String, String)] = [
    (
      "MPJPE",
      "Mean distance of predicted from true joints, 24 of them, with the pelvises laid on each other."
    ),
    ("PA-MPJPE", "The same after the similarity transform that fits the prediction to the truth best."),
    ("PVE", "Mean distance of the vertices, with the pelvises laid on each other."),
    ("Rise", "The error with the patch less the error of the same network in the whole picture."),
    (
      "Worst place",
      "Of every picture the place of the greatest mean over joints; MPJPE and PA-MPJPE each have their own."
    ),
    ("Gray patch", "A square of ImageNet's mean colour."),
    (
      "Textured patch", "A square out of a panorama that stands behind nobody here, another for every person."
    ),
    (
      "On the body",
      "The centre of the patch lies on the person; over its edge: the patch covers some of the person, its centre does not lie there; background: it covers nothing of the person."
    ),
    (
      "Visible, hidden",
      "Whether the picture without a patch shows the joint; nothing stands before these people, so what hides a joint is the body itself. The pelvis is left out."
    ),
    (
      "Covered",
      "The patch lies on the joint's place in the picture. A part is covered when the patch hides at least half of what is seen of it."
    ),
    ("Influence", "Mean of a joint's rise over the places where a part is covered, then over people."),
    (
      "Attention",
      "For every joint the weights that part attention gives to the cells of its map; they sum to 1. A cell that the patch covers in part counts in part."
    ),
    (
      "Bounds",
      "Between the 2.5th and the 97.5th hundredth of means over people drawn again with replacement. Differences draw the same people for both networks. Of several seeds the runs are drawn again, too."
    ),
  ]
}

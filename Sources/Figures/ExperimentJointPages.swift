import Bodies
import Sweeps

extension ExperimentReport {
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
}

import Bodies
import Evaluation

extension ExperimentReport {
  // MARK: Joints

  func drawJoints(_ patch: Int, on sheet: inout Sheet) {
    sheet.begin(
      "Error by joint, gray patch of \(patch) pixels",
      "Means over people of each joint's error: clean, over all positions of the patch, and at the worst position of "
        + "each joint.")
    let canvas = sheet.canvas
    let area = Sheet.body
    let end = drawLegend(shown, on: canvas, area.x + 92, area.y + 6)
    canvas.text(
      "bar: mean over positions  ·  line: to the worst position  ·  black tick: clean", end + 18,
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
      "\(variant.name): influence of covered parts on joints, gray patch of \(patch) pixels",
      "The error increase of a joint while the patch covers at least half of the visible pixels of a part, mean over "
        + "people. Gray: fewer than \(InfluenceMatrix.minPictures) people.")
    guard let influence = variant.influence[patch] else { return }
    let canvas = sheet.canvas
    let area = Sheet.body
    // One scale for all variants, except for the largest percent of all numbers.
    let every = summary.variants.compactMap { $0.influence[patch] }
    let scale = Scale(
      covering: every.flatMap { InfluenceMatrix.shown($0.all) + InfluenceMatrix.shown($0.hidden) },
      isDifference: true, share: 0.99)
    let columns = area.columns(2, gap: 24)
    for (increases, title, column) in [
      (influence.all, "All joints", columns[0]),
      (influence.hidden, "Joints that the picture does not show", columns[1]),
    ] {
      canvas.text(title, column.x + InfluenceMatrix.labels, column.y + 2, .heading)
      InfluenceMatrix(increases: increases, scale: scale, colours: .difference).draw(
        on: canvas, in: Rect(column.x, column.y + 8, column.width, column.width))
    }
    let bottom = columns[0].y + 8 + columns[0].width
    canvas.text(
      "down: the part that is covered  ·  across: the joint", columns[0].x + InfluenceMatrix.labels,
      bottom + 14,
      .caption)
    ColourBar(
      scale: scale, colours: .difference, title: "error increase of the joint, mm; below 0 a decrease"
    )
    .drawAcross(
      on: canvas,
      in: Rect(
        columns[1].x + InfluenceMatrix.labels, bottom + 10, columns[1].width - InfluenceMatrix.labels, 24))
  }

  // MARK: Attention

  func drawAttention(_ patch: Int, on sheet: inout Sheet) {
    let correlation = Metric(condition: .patch(patch, .gray), kind: .correlation(.spearman))
    sheet.begin(
      "Attention and error increase, gray patch of \(patch) pixels",
      "Left: a joint's attention on the patch, mean over positions on the body. Right: whether its error increases more "
        + "where more of its attention was before occlusion.")
    let canvas = sheet.canvas
    let area = Sheet.body
    let variants = attending(patch)
    let joints = Array(InfluenceMatrix.order.dropFirst())
    func values(
      _ variant: ExperimentSummary.Variant, _ value: (ExperimentSummary.JointValues) -> MeanWithInterval?
    )
      -> [MeanWithInterval?]
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
      "left, pale: attention before occlusion  ·  full: with the patch", end + 18, area.y + 4, .caption)
    IntervalChart(
      rows: joints.map(\.title), series: shares, title: "share of the joint's attention on the patch, %"
    )
    .draw(on: canvas, in: columns[0], labelWidth: 74)
    let means = variants.map { variant, _ in
      estimate(variant, correlation).map {
        Scale.text($0.mean) + " (" + Scale.text($0.low) + " to " + Scale.text($0.high) + ")"
      } ?? "–"
    }
    IntervalChart(
      rows: joints.map(\.title),
      series: variants.map { variant, colour in .init(colour: colour, values: values(variant, \.spearman)) },
      title: "rank correlation of attention and error increase"
        + (means.count == 1 ? "; mean over joints \(means[0])" : ""),
      leastRange: 0.2
    ).draw(on: canvas, in: columns[1], labelWidth: 74)
  }
}

import Evaluation

extension ExperimentReport {
  // MARK: Observations

  func drawObservations(on sheet: inout Sheet) {
    sheet.begin(
      "What the patch does, and where",
      "The increase of the mean joint error with the gray patch on the body and beside it, and that of a joint's own "
        + "error, visible in the unoccluded image or hidden.")
    let canvas = sheet.canvas
    let area = Sheet.body
    drawLegend(shown, on: canvas, area.x + 150, area.y + 2)
    let patches = Array(summary.settings.patches.prefix(3))
    let columns = Rect(area.x, area.y + 26, area.width, area.height - 26).columns(patches.count, gap: 26)
    for (patch, column) in zip(patches, columns) {
      let under = summary.metrics.filter { $0.condition == .patch(patch, .gray) && $0.kind.isIncrease }
      let regions = under.filter { [.body, .edge, .background, .bodyMinusBackground].contains($0.region) }
      let groups = [Metric.Points.visibleJoints, .hiddenJoints].flatMap { points in
        [Metric.Region.covered, .elsewhereOnBody, .elsewhere].compactMap { region in
          under.first { $0.points == points && $0.region == region }
        }
      }
      canvas.text("Patch of \(patch) pixels", column.x, column.y - 8, .heading)
      let labelWidth = min(150, column.width * 0.42)
      let upper = Rect(column.x, column.y + 8, column.width, column.height * 0.4)
      let lower = Rect(column.x, upper.maxY + 26, column.width, column.maxY - upper.maxY - 26)
      for (metrics, rect, what) in [
        (regions, upper, "mean over joints"), (groups, lower, "one joint"),
      ] {
        IntervalChart(
          rows: metrics.map { $0.title.prefix(1).uppercased() + $0.title.dropFirst() },
          series: shown.map { variant, colour in
            .init(colour: colour, values: metrics.map { estimate(variant, $0) })
          }, title: "error increase, \(what), mm"
        ).draw(on: canvas, in: rect, labelWidth: labelWidth)
      }
    }
  }

  // MARK: Differences

  func drawDifferences(on sheet: inout Sheet) {
    let reference = summary.reference ?? ""
    sheet.begin(
      "Difference from \(reference)",
      "Each variant's mean minus that of \(reference) on the same pictures. Where a whisker crosses 0, the two do not "
        + "differ significantly on these people.")
    let canvas = sheet.canvas
    let area = Sheet.body
    let others = shown.filter { $0.variant.differences != nil }
    drawLegend(others, on: canvas, area.x + 178, area.y + 2)
    let chosen = summary.metrics.filter { metric in
      others.contains { $0.variant.differences?[metric.key] != nil } && Self.isCompared(metric)
    }
    let columns = Rect(area.x, area.y + 14, area.width, area.height - 14).columns(2, gap: 26)
    let errors = chosen.filter { $0.kind == .error }
    let increases = chosen.filter { $0.kind != .error }
    for (metrics, column, title) in [
      (errors, columns[0], "error"), (increases, columns[1], "error increase"),
    ] {
      IntervalChart(
        rows: metrics.map { "\($0.condition.title): \($0.baseTitle)" },
        series: others.map { variant, colour in
          .init(colour: colour, values: metrics.map { variant.differences?[$0.key] })
        }, title: "difference of the \(title), mm"
      ).draw(on: canvas, in: column, labelWidth: 178)
    }
  }

  /// Whether the page of differences shows a metric: errors of joints, with gray patches at all positions.
  private static func isCompared(_ metric: Metric) -> Bool {
    let isCoarseGray =
      if case .patch(_, .gray) = metric.condition { metric.region == .coarse } else { false }
    return metric.unit == .millimetres && metric.points != .vertices && !isCoarseGray
      && metric.region != .edge && metric.region != .elsewhere
  }
}

extension Metric.Kind {
  /// Whether it is an error increase or a difference of such.
  fileprivate var isIncrease: Bool { self == .increase || self == .difference }
}

extension Condition {
  /// The condition in a few letters, "gray 40".
  fileprivate var title: String { name.replacing("_", with: " ") }
}

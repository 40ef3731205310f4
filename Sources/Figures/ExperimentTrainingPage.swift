import Evaluation

extension ExperimentReport {
  func drawCurves(on sheet: inout Sheet) {
    let all = curves.reduce(into: [String]()) { names, curve in
      if !names.contains(curve.variant) { names.append(curve.variant) }
    }
    // More would repeat colours.
    let names = all.prefix(Self.most)
    let curves = curves.filter { names.contains($0.variant) }
    sheet.begin(
      "How the networks were trained",
      "The losses of every training run over the pictures seen, as in its log; the lowest line is not always the most "
        + "robust network."
        + (all.count > names.count ? " The first \(names.count) of \(all.count) variants." : ""))
    let canvas = sheet.canvas
    let area = Sheet.body
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
    // What is next to nothing but for an outlier, as the camera's term, has no figure; others leave outliers out.
    let shown = columns.compactMap { column -> (column: String, share: Double)? in
      let values = curves.flatMap { ($0.points(column) ?? []).map(\.y) }.sorted()
      guard let last = values.last else { return nil }
      let high = values[Int(0.97 * Double(values.count - 1))]
      return high > 0.1 ? (column, last > 2 * high ? 0.97 : 1) : nil
    }.prefix(9)
    let across = shown.count > 4 ? 3 : 2
    let down = (shown.count + across - 1) / across
    let height = (area.height - 14) / Double(max(down, 2)) - 18
    let cells = area.columns(across, gap: 18)
    for (index, (column, share)) in shown.enumerated() {
      let cell = cells[index % across]
      let top = area.y + 26 + Double(index / across) * (height + 18)
      let lines = curves.compactMap { curve -> LineChart.Line? in
        guard let points = curve.points(column), points.contains(where: { $0.y > 0 }) else { return nil }
        return .init(colour: colours[curve.variant]!, points: points, width: 1)
      }
      canvas.text(column.replacing("_", with: " "), cell.x + 34, top - 5, .heading)
      guard !lines.isEmpty else { continue }
      LineChart(lines: lines, across: "pictures", upward: "loss", share: share)
        .draw(on: canvas, in: Rect(cell.x, top, cell.width, height - 10))
    }
  }
}

internal import Presentation

extension ExperimentReport {
  // MARK: Overview and tables

  /// Charts one below the other beside a table, or side by side without.
  func drawOverview(hasTable: Bool, on layout: inout PageLayout) {
    let page = content.overview
    layout.begin(page.heading)
    let (canvas, area) = (layout.canvas, PageLayout.body)
    let count = page.panels.count
    let width = hasTable ? 330 : area.columns(max(1, count), gap: 26)[0].width
    let top =
      drawBarKey(
        page.legend, page.key, on: canvas,
        Rect(area.x + 34, area.y + 2, (hasTable ? width : area.width) - 34, 0)) + 22
    let height =
      hasTable ? (area.maxY - top - 26 * Double(count - 1)) / Double(max(2, count)) : area.maxY - top - 36
    for (index, panel) in page.panels.enumerated() {
      panel.draw(
        on: canvas,
        in: Rect(
          area.x + (hasTable ? 0 : Double(index) * (width + 26)),
          top + (hasTable ? Double(index) * (height + 26) : 0), width, height))
    }
    guard hasTable else { return }
    for table in content.tables {
      let left = area.x + 356
      drawing(table, width: area.maxX - left)
        .draw(on: canvas, in: Rect(left, area.y - 6, area.maxX - left, 0))
    }
  }

  private static let gap = 14.0

  /// The tables of each page that shows the errors of all variants, one below the other.
  var tablePages: [[TableDrawing]] {
    let tables = content.tables.map { drawing($0, width: PageLayout.body.width) }
    let fitting = max(1, Int((PageLayout.body.height + Self.gap) / (tables[0].height + Self.gap)))
    return tables.chunks(of: fitting)
  }

  func drawTables(_ tables: [TableDrawing], on layout: inout PageLayout) {
    layout.begin(content.tableHeading)
    let area = PageLayout.body
    var y = area.y
    for table in tables {
      table.draw(on: layout.canvas, in: Rect(area.x, y, area.width, table.height))
      y += table.height + Self.gap
    }
  }

  private func drawing(_ table: NumberTable, width: Double) -> TableDrawing {
    let columns = Double(min(ExperimentPages.maxVariants, content.variants.count))
    return TableDrawing(
      table: table, style: TypeStyle(size: 6.6), rowHeight: 10.8, cellWidth: min(120, (width - 118) / columns)
    )
  }

  // MARK: Intervals

  /// Charts of intervals in columns; two in a column share its height.
  func drawCharts(_ page: ExperimentPages.Charts, labelWidth: Double, on layout: inout PageLayout) {
    layout.begin(page.heading)
    let (canvas, area) = (layout.canvas, PageLayout.body)
    let columns = area.columns(page.columns.count, gap: 26)
    let label = min(labelWidth, columns[0].width * 0.5)
    let key = Rect(area.x + label, area.y + 2, area.width - label, 0)
    let bottom = drawBarKey(page.legend, page.key, on: canvas, key)
    for (column, whole) in zip(page.columns, columns) {
      var area = whole.dropping(bottom - whole.y + 12)
      if !column.title.isEmpty {
        canvas.text(column.title, area.x, area.y + 4, .heading)
        area = area.dropping(20)
      }
      let rows = column.charts.map { Double(max($0.rows.count, 1)) }
      let space = area.height - 26 * Double(rows.count - 1)
      var y = area.y
      for (chart, count) in zip(column.charts, rows) {
        let height = space * count / rows.reduce(0, +)
        chart.draw(on: canvas, in: Rect(area.x, y, area.width, height), labelWidth: label)
        y += height + 26
      }
    }
  }

  // MARK: Joints

  func jointPages(_ page: ExperimentPages.Joints) -> [PageLayout.Page] {
    [
      { layout in
        layout.begin(page.heading)
        let (canvas, area) = (layout.canvas, PageLayout.body)
        let chart = BarChart(rows: page.rows, series: page.series, title: page.title, scale: page.scale)
        let label = chart.labelWidth(on: canvas, atLeast: 92)
        let bottom = drawBarKey(
          page.legend, page.key, on: canvas, Rect(area.x + label, area.y + 6, area.width - label, 0))
        chart.draw(on: canvas, in: area.dropping(bottom - area.y + 10), labelWidth: label)
      }
    ]
  }

  // MARK: Training

  /// Nine losses a page.
  func trainingPages(_ page: ExperimentPages.Training) -> [PageLayout.Page] {
    let parts = page.panels.isEmpty ? [[]] : page.panels.chunks(of: 9)
    return parts.enumerated().map { index, panels in
      { layout in
        layout.begin(page.heading.part(index, of: parts.count))
        let (canvas, area) = (layout.canvas, PageLayout.body)
        let end = Legend(entries: page.legend)
          .draw(on: canvas, area.x + 34, area.y + 2, width: area.width - 34)
        let across = page.panels.count > 4 ? 3 : 2
        let down = max(2, (panels.count + across - 1) / across)
        let top = end.y + 23
        let height = (area.maxY - top + 18) / Double(down) - 18
        let cells = area.columns(across, gap: 18)
        for (index, panel) in panels.enumerated() {
          let cell = cells[index % across]
          panel.draw(
            on: canvas,
            in: Rect(cell.x, top + Double(index / across) * (height + 18), cell.width, height - 8), width: 1)
        }
      }
    }
  }
}

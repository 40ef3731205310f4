internal import Presentation

/// The last pages: what was run on what, in as many columns as it takes, and what the words mean.
struct SettingsDrawing {
  private let page: SettingsPage
  private static let style = TypeStyle(size: 7.5)
  private static let indent = 92.0

  init(_ page: SettingsPage) { self.page = page }

  /// A heading or a line of a column, and how much of the column it takes.
  private struct Item {
    enum Content {
      case heading(Phrase)
      case line(Phrase, Phrase)
    }
    let content: Content
    let height: Double
    var isLine: Bool { if case .line = content { true } else { false } }
  }

  var pages: [PageLayout.Page] {
    // Texts are as wide on any canvas.
    let columns = columns(on: Canvas(pictureWidth: 10, height: 10, scale: 1))
    // The first page has one column, beside the definitions; later ones have two.
    let parts = [[columns[0]]] + Array(columns.dropFirst()).chunks(of: 2)
    return parts.enumerated().map { index, columns in
      { layout in
        layout.begin(page.heading.part(index, of: parts.count))
        let areas = PageLayout.body.columns(2, gap: 34)
        for (column, area) in zip(columns, areas) { draw(column, on: layout.canvas, area) }
        if index == 0 { drawDefinitions(on: layout.canvas, areas[1]) }
      }
    }
  }

  /// The sections, cut into columns; a heading stays with its first line, and what is about one thing together.
  private func columns(on canvas: Canvas) -> [[Item]] {
    let area = PageLayout.body.columns(2, gap: 34)[0]
    var (columns, height): ([[Item]], Double) = ([[]], 8)
    func add(_ items: [Item]) {
      let more = items.reduce(0) { $0 + $1.height }
      if height + more > area.height, !columns[columns.count - 1].isEmpty {
        columns.append([])
        height = 8
      }
      columns[columns.count - 1] += items
      height += more
    }
    for section in page.sections {
      var block = [Item(content: .heading(section.title), height: 22)]
      for line in section.lines {
        // Lines without a name stay with the one that they go on with.
        if !line.name.isEmpty, block.contains(where: \.isLine) {
          add(block)
          block = []
        }
        let count = canvas.lines(line.value.text, width: area.width - Self.indent, Self.style).count
        block.append(
          Item(content: .line(line.name, line.value), height: Double(max(1, count)) * Self.style.size * 1.6))
      }
      add(block)
    }
    return columns
  }

  private func draw(_ items: [Item], on canvas: Canvas, _ area: Rect) {
    var y = area.y + 8
    for item in items {
      switch item.content {
      case .heading(let title):
        Self.draw(heading: title, on: canvas, area, y + 6)
      case .line(let name, let value):
        canvas.text(name, area.x, y, Self.style.coloured(.muted), width: Self.indent - 6)
        canvas.paragraph(
          value.text, area.x + Self.indent, y, width: area.width - Self.indent, Self.style, leading: 1.6)
      }
      y += item.height
    }
  }

  private static func draw(heading: Phrase, on canvas: Canvas, _ area: Rect, _ y: Double) {
    canvas.text(heading, area.x, y, .heading, width: area.width)
    canvas.line(area.x, y + 4, area.maxX, y + 4, .hairline)
  }

  private func drawDefinitions(on canvas: Canvas, _ area: Rect) {
    Self.draw(heading: "Definitions", on: canvas, area, area.y + 14)
    let term = Self.style.bold()
    let longest = page.definitions.map { canvas.width(of: $0.term, term) }.max() ?? 0
    let indent = min(max(Self.indent, longest + 12), area.width / 3)
    var y = area.y + 30
    for entry in page.definitions {
      canvas.text(Phrase(entry.term), area.x, y, term, width: indent - 6)
      y =
        canvas.paragraph(
          entry.meaning, area.x + indent, y, width: area.width - indent, Self.style, leading: 1.4) + 4
    }
  }
}

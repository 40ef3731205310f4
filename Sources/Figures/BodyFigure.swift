internal import Bodies
public import Pictures
public import Presentation

/// The error increase of every joint on the surface of a body, from the front and from behind.
///
///     let figure = BodyFigure([try BodyPage(report)])
///     try AtomicFile.write(figure.document().pdf, to: "body.pdf")
public struct BodyFigure: Sendable {
  private let contents: [BodyPage]

  /// A figure of one or more pages.
  public init(_ pages: [BodyPage]) {
    precondition(!pages.isEmpty, "a figure of no page")
    contents = pages
  }

  private var pages: [PageLayout.Page] { contents.map { page in { draw(page, on: &$0) } } }

  /// All pages as a PDF, A4 landscape.
  public func document() -> Document {
    PageLayout.document(pages, title: "Penumbra: error on the body", foot: contents[0].foot)
  }

  /// All pages on one canvas, for checks of their layout.
  package func drawn() -> Canvas { PageLayout.recorded(pages, foot: contents[0].foot) }

  /// One page as a picture, twice as many pixels as points.
  public func picture(page: Int = 0, scale: Double = 2) -> Picture {
    PageLayout.picture(pages[page], foot: contents[page].foot, scale: scale).picture()
  }

  // MARK: Drawing

  private static let (noteWidth, gap, head, foot) = (132.0, 22.0, 18.0, 20.0)

  private func draw(_ page: BodyPage, on layout: inout PageLayout) {
    layout.begin(page.heading)
    let (canvas, area) = (layout.canvas, PageLayout.body)
    let views = [page.front, page.back]
    let aspect = surface(page, page.front, nil).aspect
    let (columns, height) = Self.grid(page.maps.count, in: area, aspect: aspect)
    let width = height * aspect
    var end = area.x
    for (index, map) in page.maps.enumerated() {
      let x = area.x + Double(index % columns) * (2 * width + Self.gap)
      let y = area.y + Self.head + Double(index / columns) * (height + Self.head + Self.foot)
      let range = canvas.width(of: map.range, .caption)
      canvas.text(
        map.title, x, y - 6, .heading.coloured(map.colour), width: 2 * width - range - 6)
      canvas.text(map.range, x + 2 * width, y - 6, .caption, .right)
      for (view, points) in views.enumerated() {
        let rect = Rect(x + Double(view) * width, y, width, height)
        canvas.draw(surface(page, points, map).bitmap(height: Int(height * 3)), in: rect)
        let titles = page.viewTitles[view]
        canvas.text(titles.left, rect.x + width * 0.1, rect.maxY + 9, .tick, .left)
        canvas.text(titles.view, rect.midX, rect.maxY + 9, .label, .centre)
        canvas.text(titles.right, rect.maxX - width * 0.1, rect.maxY + 9, .tick, .right)
        end = max(end, rect.maxX)
      }
    }
    let left = end + 26
    let noteWidth = min(area.maxX - left, 220)
    let barHeight = min(220, area.height * 0.5)
    ColourBar(page.key)
      .drawUpward(on: canvas, in: Rect(left, area.y + Self.head, Self.noteWidth, barHeight))
    var y = area.y + Self.head + barHeight + 26
    for note in page.notes { y = canvas.paragraph(note, left, y, width: noteWidth, .caption) + 5 }
  }

  private func surface(_ page: BodyPage, _ points: [Point], _ map: BodyMap?) -> BodySurfaceMap {
    BodySurfaceMap(points: points, faces: page.faces, map: map, key: page.key, unmeasured: page.unmeasured)
  }

  /// The number of columns that makes the bodies largest, and their height.
  private static func grid(
    _ count: Int, in area: Rect, aspect: Double
  ) -> (columns: Int, height: Double) {
    let heights = (1...count).map { columns in
      let rows = Double((count + columns - 1) / columns)
      let width = (area.width - noteWidth - gap * Double(columns)) / Double(columns)
      return min(width / (2 * aspect), (area.height - (head + foot) * rows) / rows)
    }
    let best = heights.indices.max { heights[$0] < heights[$1] }!
    return (best + 1, heights[best])
  }
}

internal import Bodies
public import Pictures
public import Presentation

/// The numbers of every joint on the surface of a body, from the front and from behind.
///
///     let figure = BodyFigure([try BodyPage(report)])
///     try AtomicFile.write(figure.document().data, to: "body.pdf")
public struct BodyFigure: Sendable {
  private let contents: [BodyPage]

  /// A figure of one or more pages.
  public init(_ pages: [BodyPage]) {
    precondition(!pages.isEmpty, "a figure of no page")
    contents = pages
  }

  private var pages: [PageLayout.Page] { contents.map { page in { BodyDrawing(page).draw(on: &$0) } } }

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
}

/// Draws bodies, network beside network.
struct BodyDrawing {
  private let page: BodyPage
  private let aspect: Double

  private static let (noteWidth, gap, head, foot) = (132.0, 22.0, 24.0, 18.0)

  init(_ page: BodyPage) {
    self.page = page
    aspect = Self.surface(page, page.front, nil).aspect
  }

  private static func surface(_ page: BodyPage, _ points: [Point], _ map: BodyMap?) -> BodySurfaceMap {
    BodySurfaceMap(points: points, faces: page.faces, map: map, key: page.key, unmeasured: page.unmeasured)
  }

  /// A page of its own.
  func draw(on layout: inout PageLayout) {
    layout.begin(page.heading)
    let (canvas, area) = (layout.canvas, PageLayout.body)
    let (columns, height) = grid(in: area)
    let end = drawBodies(on: canvas, area.x, area.y, columns: columns, height: height)
    let left = end.x + 26
    let barHeight = min(220, area.height * 0.5)
    ColourBar(page.key)
      .drawUpward(on: canvas, in: Rect(left, area.y + Self.head, Self.noteWidth, barHeight))
    var y = area.y + Self.head + barHeight + 26
    let width = min(area.maxX - left, 220)
    for note in page.notes { y = canvas.paragraph(note, left, y, width: width, .caption) + 5 }
  }

  /// A figure within a width; returns its height.
  func draw(on canvas: Canvas, width: Double) -> Double {
    let count = page.maps.count
    let columns = max(1, min(count, Int((width + Self.gap) / (104 + Self.gap))))
    let pair = min((width - Self.gap * Double(columns - 1)) / Double(columns), 260)
    let end = drawBodies(on: canvas, 0, 0, columns: columns, height: pair / (2 * aspect))
    var y = ColourBar(page.key).drawAcross(on: canvas, at: 0, end.y + 8, width: min(width, 320)) + 12
    for note in page.notes { y = canvas.paragraph(note, 0, y, width: width, .caption) + 3 }
    return y - 8
  }

  /// Draws every network's body from both sides, and returns where they end.
  private func drawBodies(
    on canvas: Canvas, _ left: Double, _ top: Double, columns: Int, height: Double
  ) -> (x: Double, y: Double) {
    let width = height * aspect
    var end = (x: left, y: top)
    for (index, map) in page.maps.enumerated() {
      let x = left + Double(index % columns) * (2 * width + Self.gap)
      let y = top + Self.head + Double(index / columns) * (height + Self.head + Self.foot)
      canvas.text(map.title, x, y - 14, .heading.coloured(map.colour), width: 2 * width)
      canvas.text(Phrase(map.range), x, y - 5, .label.coloured(.muted), width: 2 * width)
      for (view, points) in [page.front, page.back].enumerated() {
        let rect = Rect(x + Double(view) * width, y, width, height)
        canvas.draw(Self.surface(page, points, map).bitmap(height: Int(height * 3)), in: rect)
        let titles = page.viewTitles[view]
        canvas.text(titles.left, rect.x + width * 0.06, rect.maxY + 9, .tick, .left)
        canvas.text(titles.view, rect.midX, rect.maxY + 9, .label, .centre)
        canvas.text(titles.right, rect.maxX - width * 0.06, rect.maxY + 9, .tick, .right)
        end = (max(end.x, rect.maxX), max(end.y, rect.maxY + 10))
      }
    }
    return end
  }

  /// The number of columns that makes the bodies largest, and their height.
  private func grid(in area: Rect) -> (columns: Int, height: Double) {
    let count = page.maps.count
    let heights = (1...count).map { columns in
      let rows = Double((count + columns - 1) / columns)
      let width = (area.width - Self.noteWidth - Self.gap * Double(columns)) / Double(columns)
      return min(width / (2 * aspect), (area.height - (Self.head + Self.foot) * rows) / rows)
    }
    let best = heights.indices.max { heights[$0] < heights[$1] }!
    return (best + 1, heights[best])
  }
}

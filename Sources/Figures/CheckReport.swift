public import Pictures
public import Presentation

/// The page on a checked network: what it saw, what it predicts there, and what was found.
public struct CheckReport: Sendable {
  private let page: CheckPage

  /// The drawing of a page.
  public init(_ page: CheckPage) { self.page = page }

  /// The page as a PDF, A4 landscape.
  public func document() -> Document {
    PageLayout.document([draw], title: "Penumbra: check", foot: page.foot)
  }

  /// The page as a picture, twice as many pixels as points.
  public func picture(scale: Double = 2) -> Picture {
    PageLayout.picture(draw, foot: page.foot, scale: scale).picture()
  }

  private func draw(on layout: inout PageLayout) {
    layout.begin(page.heading)
    let (canvas, area) = (layout.canvas, PageLayout.body)
    let side = 186.0, gap = 16.0
    var y = area.y + 12
    canvas.text("Picture, and the frame that is swept", area.x, y - 4, .label, .left)
    let crop = Rect(area.x, y, side, side)
    canvas.draw(page.crop, in: crop)
    canvas.frame(crop)
    canvas.outline(
      crop.part(x: page.frame.x, y: page.frame.y, width: page.frame.width, height: page.frame.height),
      .network(1), width: 1.2)
    if page.isOverPicture { page.skeleton?.draw(on: canvas, in: crop) }
    y += side + 26
    let isBeside = !page.isOverPicture && page.skeleton != nil
    let small = isBeside ? (side - gap / 2) / 2 : side
    if let shown = page.shown {
      canvas.text("What the network sees", area.x, y - 4, .label, .left)
      let longer = Double(max(shown.width, shown.height))
      let (width, height) = (Double(shown.width) / longer * small, Double(shown.height) / longer * small)
      let rect = Rect(area.x + (small - width) / 2, y + (small - height) / 2, width, height)
      canvas.draw(shown, in: rect)
      canvas.frame(rect)
    }
    if isBeside {
      let rect = Rect(area.x + small + gap / 2, y, small, small)
      canvas.text("Joints from the front", rect.x, y - 4, .label, .left)
      canvas.fill(rect, .wash)
      page.skeleton?.draw(on: canvas, in: rect, thickness: 1.2)
      canvas.frame(rect)
    }
    drawFindings(on: canvas, Rect(area.x + side + 34, area.y + 2, area.width - side - 34, area.height))
  }

  private func drawFindings(on canvas: Canvas, _ area: Rect) {
    let (wordWidth, titleWidth) = (40.0, 122.0)
    var y = area.y + 10
    for line in page.lines {
      canvas.text(line.word, area.x, y, TypeStyle.body.coloured(line.colour).bold(), .left)
      canvas.text(line.title, area.x + wordWidth, y, TypeStyle.body.bold(), .left)
      let lines = canvas.lines(line.text, width: area.width - wordWidth - titleWidth, .body)
      for (index, text) in lines.enumerated() {
        canvas.text(text, area.x + wordWidth + titleWidth, y + Double(index) * 11, .body, .left)
      }
      y += 11 * Double(max(lines.count, 1)) + 9
      canvas.line(area.x, y - 13.5, area.maxX, y - 13.5, .hairline, width: 0.3)
    }
  }
}
